"""A compiled model comes in; an ONNX model that computes in double precision goes out."""

from __future__ import annotations

import json
import math
from typing import TYPE_CHECKING, Any

import numpy as np

from runner.compiled.linear_model import PLAIN
from runner.compiled.onnx_graph import OF_CATEGORIES, Graph
from runner.compiled.sql_text import is_number
from runner.core.target_scale import ROUNDING

if TYPE_CHECKING:
    from collections.abc import Mapping

    import onnx

OUTPUTS = ("prediction", "probabilities")


def to_onnx(form: Mapping[str, Any]) -> onnx.ModelProto:
    """A model with an input (n, 1) per column, and the outputs `prediction` and `probabilities`.

    A column of numbers, or of levels that are numbers, is an input of doubles, in which NaN is a
    gap; one of texts an input of strings, in which a gap is the text that `missing` in the model's
    `metadata_props` says: "", or another where that is a level. Inputs are called as the columns
    but for those in `inputs` there. `prediction` is (n,), or (n, t) of several targets;
    `probabilities` (n, c), which only classifiers have, in the order of `classes` there.

    Raises:
        ExportError: the package onnx is not installed.
    """
    names = _input_names(form)
    graph = Graph([*names.values(), *OUTPUTS])
    missing: dict[str, str] = {}
    terms = _numeric_terms(graph, form, names)
    for column in form["columns"]:
        if column["kind"] == "categorical" and not _of_numbers(column):
            missing[column["name"]] = _gap_text(column)
            terms.append(_text_term(graph, column, names, missing[column["name"]]))
        elif column["kind"] == "categorical":
            terms.append(_code_term(graph, column, names))
    eta = graph.constant(np.array([form["intercept"]], dtype=np.float64))
    for term in terms:
        eta = graph.node("Add", eta, term)
    _add_outputs(graph, form, eta)
    mapped = {column: name for column, name in names.items() if name != column}
    described = {"inputs": mapped, "missing": missing, "classes": form["classes"]}
    return graph.model({key: json.dumps(value) for key, value in described.items()})


def _input_names(form: Mapping[str, Any]) -> dict[str, str]:
    """What each column's input is called: as the column, where that is possible."""
    columns = [column["name"] for column in form["columns"]]
    taken, found = {*columns, *OUTPUTS}, {}
    for at, name in enumerate(columns):
        own = name
        while own in OUTPUTS or not own or (own != name and own in taken):
            own = f"column_{at}" if own in (*OUTPUTS, "") else f"{own}_"
        found[name] = own
    return found


def _numeric_terms(graph: Graph, form: Mapping[str, Any], names: dict[str, str]) -> list[str]:
    """What columns of numbers add, (n, K): filled values and gaps, each times its numbers."""
    columns = [column for column in form["columns"] if column["kind"] == "numeric"]
    if not columns:
        return []
    inputs = [graph.input(names[column["name"]], "number") for column in columns]
    X = graph.node("Concat", *inputs, axis=1)
    gaps = graph.node("IsNaN", X)
    fills = [math.nan if column["fill"] is None else column["fill"] for column in columns]
    filled = graph.node("Where", gaps, graph.constant(np.array([fills])), X)
    coefficients = graph.constant(np.array([column["coefficients"] for column in columns]))
    missing = graph.constant(np.array([column["missing"] for column in columns]))
    return [
        graph.node("MatMul", filled, coefficients),
        graph.node("MatMul", graph.cast(gaps, "number"), missing),
    ]


def _of_numbers(column: Mapping[str, Any]) -> bool:
    """Whether a categorical column's levels are numbers."""
    return bool(column["levels"]) and all(is_number(level) for level, _ in column["levels"])


def _gap_text(column: Mapping[str, Any]) -> str:
    """What stands for a gap: a text that is no level."""
    levels, text = {str(level) for level, _ in column["levels"]}, ""
    while text in levels:
        text = f"(missing{text})"
    return text


def _text_term(graph: Graph, column: Mapping[str, Any], names: dict[str, str], gap: str) -> str:
    """What a column of texts adds, (n, K)."""
    levels = [str(level) for level, _ in column["levels"]]
    codes = graph.node(
        "LabelEncoder",
        graph.input(names[column["name"]], "text"),
        domain=OF_CATEGORIES,
        keys_strings=[*levels, gap],
        values_int64s=list(range(len(levels) + 1)),
        default_int64=len(levels) + 1,
    )
    own = [numbers for _, numbers in column["levels"]]
    table = graph.constant(np.array([*own, column["missing"], column["other"]], dtype=np.float64))
    return graph.node("Gather", table, graph.node("Squeeze", codes, graph.constant([1])))


def _code_term(graph: Graph, column: Mapping[str, Any], names: dict[str, str]) -> str:
    """What a column of levels that are numbers adds, (n, K)."""
    x = graph.input(names[column["name"]], "number")
    levels = np.array([[level for level, _ in column["levels"]]], dtype=np.float64)
    here = graph.cast(graph.node("Equal", x, graph.constant(levels)), "number")
    gap = graph.cast(graph.node("IsNaN", x), "number")
    flags = graph.node("Concat", here, gap, axis=1)
    # what another level adds is within each of the others, and so is added once more or less
    other = np.array([column["other"]], dtype=np.float64)
    own = [*(numbers for _, numbers in column["levels"]), column["missing"]]
    table = graph.constant(np.array(own, dtype=np.float64) - other)
    return graph.node("Add", graph.node("MatMul", flags, table), graph.constant(other))


def _add_outputs(graph: Graph, form: Mapping[str, Any], eta: str) -> None:
    """What is predicted at link-scale values (n, K)."""
    if form["classes"] is None:
        values = _values(graph, form, eta)
        width = len(form["intercept"])
        if width == 1:
            values = graph.node("Squeeze", values, graph.constant([1]))
        graph.output("prediction", values, [0.0], ["rows", width] if width > 1 else ["rows"])
        return
    if form["link"] == "logit":
        chances, called = _two_classes(graph, form, eta)
    else:
        chances = graph.node("Softmax", eta, axis=1)
        called = graph.node("ArgMax", eta, axis=1, keepdims=0)
    labels = graph.node("Gather", graph.constant(form["classes"]), called)
    graph.output("prediction", labels, form["classes"], ["rows"])
    graph.output("probabilities", chances, [0.0], ["rows", len(form["classes"])])


def _two_classes(graph: Graph, form: Mapping[str, Any], eta: str) -> tuple[str, str]:
    """The probabilities (n, 2) of two classes, and which of them each row is called, (n,)."""
    second = graph.node("Sigmoid", eta)
    first = graph.node("Sub", graph.constant([[1.0]]), second)
    chances = graph.node("Concat", first, second, axis=1)
    if form["threshold"] is None or form["threshold"] == PLAIN:
        at, positive = 1, graph.node("Greater", eta, graph.constant(0.0))
    else:
        at = form["classes"].index(form["positive"])
        least = graph.constant(float(form["threshold"]))
        positive = graph.node("GreaterOrEqual", second if at else first, least)
    called = graph.node("Where", positive, graph.constant([[at]]), graph.constant([[1 - at]]))
    return chances, graph.node("Squeeze", called, graph.constant([1]))


def _values(graph: Graph, form: Mapping[str, Any], eta: str) -> str:
    """Numbers (n, K) in the target's units."""
    transform = form["transform"] or {"name": form["link"]}
    if transform["name"] == "log":
        return graph.node("Exp", eta)
    if transform["name"] == "sqrt":
        root = graph.node("Max", eta, graph.constant(0.0))
        return graph.node("Mul", root, root)
    return _power_undone(graph, transform, eta) if "lambda" in transform else eta


def _power_undone(graph: Graph, transform: Mapping[str, Any], eta: str) -> str:
    """The inverse of Yeo and Johnson's power; NaN where no number has it."""
    zero, power = graph.constant(0.0), transform["lambda"]
    scaled = graph.node("Mul", eta, graph.constant(float(transform["sd"])))
    value = graph.node("Add", scaled, graph.constant(float(transform["mean"])))
    above = _raised(graph, graph.node("Max", value, zero), power)
    turned = graph.node("Max", graph.node("Neg", value), zero)
    below = graph.node("Neg", _raised(graph, turned, 2 - power))
    return graph.node("Where", graph.node("GreaterOrEqual", value, zero), above, below)


def _raised(graph: Graph, value: str, power: float) -> str:
    one = graph.constant(1.0)
    if abs(power) < ROUNDING:
        return graph.node("Sub", graph.node("Exp", value), one)
    base = graph.node("Add", graph.node("Mul", value, graph.constant(float(power))), one)
    there = graph.node("GreaterOrEqual", base, graph.constant(0.0))
    known = graph.node("Where", there, base, graph.constant(math.nan))
    return graph.node("Sub", graph.node("Pow", known, graph.constant(1 / power)), one)
