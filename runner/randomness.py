"""Random generators whose seed comes from names, never from the order of calls."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np


def derive_seed(seed: int, *names: str | int) -> int:
    """A seed below 2**32 for the purpose that `names` spell out, the same on every platform."""
    text = "/".join(str(part) for part in (seed, *names))
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:4], "little")


def generator(seed: int, *names: str | int) -> np.random.Generator:
    """A generator for the purpose that `names` spell out."""
    import numpy as np  # a config is validated before numpy is needed

    return np.random.default_rng(derive_seed(seed, *names))
