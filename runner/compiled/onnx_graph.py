"""The nodes of an ONNX graph, one after the other, each with a name of its own."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from runner.compiled.not_linear import ExportError

if TYPE_CHECKING:
    from collections.abc import Iterable

    import onnx
    from numpy.typing import ArrayLike

NEEDS = "an ONNX model needs the package onnx: pip install 'enet-runner[onnx]'"
OPSET, ML_OPSET, IR = 17, 2, 8  # of 2022, which all runtimes in use know
OF_CATEGORIES = "ai.onnx.ml"


class Graph:
    """Grows by an input, a constant or a node at a time; each gives the name of its result.

    Args:
        taken: names that are those of inputs and outputs.
    """

    def __init__(self, taken: Iterable[str]) -> None:
        try:
            from onnx import TensorProto, helper, numpy_helper
        except ImportError:
            raise ExportError(NEEDS) from None
        self._helper, self._tensors = helper, numpy_helper
        self._kinds = {"number": TensorProto.DOUBLE, "text": TensorProto.STRING}
        self._prefix = "enet"
        while any(name.startswith(self._prefix) for name in taken):
            self._prefix += "_"
        self._inputs: list[Any] = []
        self._outputs: list[Any] = []
        self._nodes: list[Any] = []
        self._constants: list[Any] = []

    def input(self, name: str, kind: str) -> str:
        """A column of numbers or texts, (n, 1)."""
        info = self._helper.make_tensor_value_info(name, self._kinds[kind], ("rows", 1))
        self._inputs.append(info)
        return name

    def constant(self, values: ArrayLike) -> str:
        """Numbers in double precision, whole numbers, truth values or texts."""
        name = f"{self._prefix}_c{len(self._constants)}"
        array = np.asarray(values)
        array = array.astype(object) if array.dtype.kind == "U" else array
        self._constants.append(self._tensors.from_array(array, name))
        return name

    def node(self, kind: str, *inputs: str, domain: str = "", **attributes: Any) -> str:  # noqa: ANN401
        """What an operator makes of its inputs."""
        name = f"{self._prefix}_{len(self._nodes)}"
        self._nodes.append(
            self._helper.make_node(kind, list(inputs), [name], domain=domain, **attributes)
        )
        return name

    def cast(self, source: str, kind: str) -> str:
        """The same as numbers, or as whole numbers."""
        from onnx import TensorProto

        to = TensorProto.DOUBLE if kind == "number" else TensorProto.INT64
        return self.node("Cast", source, to=to)

    def output(self, name: str, source: str, like: ArrayLike, shape: list[Any]) -> None:
        """Give a result out, of the type that an array has."""
        values = np.asarray(like)
        dtype = np.dtype(object) if values.dtype.kind == "U" else values.dtype
        kind = self._helper.np_dtype_to_tensor_dtype(dtype)
        self._nodes.append(self._helper.make_node("Identity", [source], [name]))
        self._outputs.append(self._helper.make_tensor_value_info(name, kind, shape))

    def model(self, described: dict[str, str]) -> onnx.ModelProto:
        """The whole, with texts about it by name."""
        import onnx

        from runner import __version__

        graph = self._helper.make_graph(
            self._nodes, "enet", self._inputs, self._outputs, self._constants
        )
        opsets = [("", OPSET), (OF_CATEGORIES, ML_OPSET)]
        made = self._helper.make_model(
            graph,
            opset_imports=[self._helper.make_opsetid(*one) for one in opsets],
            ir_version=IR,
            producer_name="enet-runner",
            producer_version=__version__,
        )
        self._helper.set_model_props(made, described)
        onnx.checker.check_model(made)
        return made
