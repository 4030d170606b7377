"""What is handed to compiled code: the structures of library.h, field by field."""

from __future__ import annotations

import ctypes

WHOLE, REAL, POINTER = ctypes.c_int64, ctypes.c_double, ctypes.c_void_p


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


class EnetRows(ctypes.Structure):
    """A path by rows."""

    _fields_ = (
        *((name, WHOLE) for name in ("n", "p", "count", "most", "patience")),
        *((name, POINTER) for name in ("data", "places", "ends", "unscale", "shift")),
        *((name, POINTER) for name in ("root", "target", "l1", "l2", "factors")),
        *((name, POINTER) for name in ("lower", "upper", "start")),
        *((name, REAL) for name in ("tol", "before")),
        *((name, POINTER) for name in ("stop", "kept", "out", "gaps", "sweeps", "solved")),
        *((name, POINTER) for name in ("work", "index")),
    )
