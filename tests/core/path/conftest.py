"""Every path is solved by the compiled library, and by numpy."""

from __future__ import annotations

import pytest

from runner.core.path.native import gram
from runner.core.path.native.library import library


@pytest.fixture(params=["compiled", "numpy"], autouse=True)
def core(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """What solves."""
    if request.param == "numpy":
        monkeypatch.setattr(gram, "library", lambda: None)
    else:
        assert library() is not None, "the library is not built: pip install -e ."
    return str(request.param)
