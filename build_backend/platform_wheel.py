"""The wheel of one platform, and of every Python that runs there."""

from __future__ import annotations

from compilers import NATIVE
from setuptools.command.bdist_wheel import bdist_wheel


class PlatformWheel(bdist_wheel):
    """A wheel that is for one platform if it holds a library, else for any."""

    def finalize_options(self) -> None:
        """Count the library as an extension module: it goes to the folder of what is compiled."""
        if any(NATIVE.glob("libpaths.*")):
            self.distribution.has_ext_modules = lambda: True  # type: ignore[method-assign]
        super().finalize_options()

    def get_tag(self) -> tuple[str, str, str]:
        """No ABI of Python, as the library is called through ctypes."""
        platform = self.plat_name if self.plat_name_supplied else None
        return "py3", "none", platform or super().get_tag()[2]
