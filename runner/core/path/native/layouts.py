"""What is handed to compiled code: the structures of library.h, field by field."""

from __future__ import annotations

import ctypes

WHOLE, REAL, POINTER = ctypes.c_int64, ctypes.c_double, ctypes.c_void_p
Field = tuple[str, type[ctypes.c_int64 | ctypes.c_double | ctypes.c_void_p]]


class EnetGram(ctypes.Structure):
    """A path by cross products."""

    _fields_ = (
        *((name, WHOLE) for name in ("p", "stride", "count", "most", "exact")),
        *((name, POINTER) for name in ("gram", "xy", "l1", "l2", "pull", "ridge")),
        *((name, POINTER) for name in ("lower", "upper", "start")),
        *((name, REAL) for name in ("yy", "tol")),
        *((name, POINTER) for name in ("stop", "out", "gaps", "sweeps", "products")),
        *((name, POINTER) for name in ("work", "index", "memory")),
    )


OUTCOME: tuple[Field, ...] = (
    *((name, WHOLE) for name in ("family", "intercept")),
    *((name, POINTER) for name in ("share", "y", "offset")),
    ("balance", REAL),
)
COLUMNS: tuple[Field, ...] = (
    *((name, WHOLE) for name in ("n", "p")),
    *((name, POINTER) for name in ("data", "places", "ends")),
)


class EnetRows(ctypes.Structure):
    """A path by rows."""

    _fields_ = (
        *COLUMNS,
        *((name, WHOLE) for name in ("count", "most", "patience")),
        *((name, POINTER) for name in ("unscale", "shift")),
        *((name, POINTER) for name in ("root", "target", "l1", "l2", "factors")),
        *((name, POINTER) for name in ("lower", "upper", "start")),
        *((name, REAL) for name in ("tol", "before")),
        *((name, POINTER) for name in ("stop", "kept", "out", "gaps", "sweeps", "solved")),
        *((name, POINTER) for name in ("work", "index")),
    )


class EnetPass(ctypes.Structure):
    """What several models of a likelihood need of all rows."""

    _fields_ = (
        *COLUMNS,
        *OUTCOME,
        ("models", WHOLE),
        *((name, POINTER) for name in ("vectors", "eta", "slope", "value", "shift", "gradient")),
        ("work", POINTER),
    )


class EnetLosses(ctypes.Structure):
    """A path of a penalised likelihood by rows."""

    _fields_ = (
        *COLUMNS,
        *OUTCOME,
        *((name, WHOLE) for name in ("count", "most", "patience")),
        *((name, POINTER) for name in ("l1", "l2", "factors", "start")),
        *((name, REAL) for name in ("start_intercept", "before", "enough", "rough", "scale")),
        *((name, POINTER) for name in ("stop", "kept", "out", "intercepts", "gaps", "steps")),
        *((name, POINTER) for name in ("solved", "work", "index")),
    )
