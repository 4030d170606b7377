"""Items of work on the workers of a Dask cluster that is there already."""

from __future__ import annotations

from contextlib import ExitStack
from typing import TYPE_CHECKING, Literal

from runner.errors import ConfigError
from runner.launcher.base import Launcher, R, Site, T, WorkerDied
from runner.launcher.cluster.client import quiet_client
from runner.launcher.cluster.dealing import Dealer
from runner.launcher.cluster.extra import check_extra
from runner.launcher.cluster.transport import Tls, check_address
from runner.spec import Positive

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from distributed import Client


class Dask(Launcher):
    """The cluster of the scheduler at `address`; all workers see the folder of the sweep."""

    name: Literal["dask"]
    address: str
    tls: Tls
    insecure: bool
    timeout: Positive

    @property
    def in_this_process(self) -> bool:
        """No."""
        return False

    def check(self) -> None:
        """The extra must be installed, and the address be one that can be trusted."""
        check_extra()
        check_address(self.address, self.tls, insecure=self.insecure)

    def launch(
        self, work: Callable[[T], R], items: Sequence[T], site: Site
    ) -> Iterator[tuple[int, R | WorkerDied]]:
        """The items, as workers become free."""
        with ExitStack() as stack:
            client = self._connect(stack)
            site.say(f"cluster {self.address}, dashboard {client.dashboard_link}")
            yield from Dealer(client, work, items, site).deal()

    def _connect(self, stack: ExitStack) -> Client:
        """A client that ends with the stack."""
        security = None if self.address.startswith("tcp") else self.tls.security()
        client = quiet_client(self.address, security=security, timeout=self.timeout)
        try:
            return stack.enter_context(client)
        except (OSError, TimeoutError) as error:
            reason = (str(error).strip().splitlines() or [repr(error)])[0]
            raise ConfigError(f"no scheduler answers at {self.address}: {reason}") from error
