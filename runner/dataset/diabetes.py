"""scikit-learn's diabetes data: 442 patients, complete."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from runner.dataset.base import Dataset

if TYPE_CHECKING:
    from runner.dataset.outcome import Reads
    from runner.records import Table


class Diabetes(Dataset):
    """Disease progression after a year from ten measurements (Efron et al. 2004)."""

    name: Literal["diabetes"]

    @property
    def target_name(self) -> str:
        """scikit-learn's name of it."""
        return "target"

    def load_unmasked(self, seed: int, reads: Reads = "numbers") -> Table:
        """The ten measurements in their own units; no argument has a say in them."""
        from sklearn.datasets import load_diabetes

        from runner.dataset.table import table_of

        del seed, reads
        data = load_diabetes(as_frame=True, scaled=False)
        return table_of(data.data.astype(float), data.target.to_numpy(dtype=float))
