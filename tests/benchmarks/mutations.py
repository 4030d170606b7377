"""Source comes in; every small change of it that a test should notice goes out.

A change is one of an operator, a sign, a number, a bound of a slice, `abs`, `min` or `max`, a
condition, or what is returned. Text is left alone, as are annotations, decorators, imports,
assertions, what is raised, and blocks for the type checker.
"""

from __future__ import annotations

import ast
import copy
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

OTHER: dict[type[ast.AST], tuple[type[ast.AST], ...]] = {
    ast.Add: (ast.Sub,),
    ast.Sub: (ast.Add,),
    ast.Mult: (ast.Div,),
    ast.Div: (ast.Mult,),
    ast.FloorDiv: (ast.Mult,),
    ast.Mod: (ast.FloorDiv,),
    ast.Pow: (ast.Mult,),
    ast.BitAnd: (ast.BitOr,),
    ast.BitOr: (ast.BitAnd,),
    ast.BitXor: (ast.BitAnd,),
    ast.LShift: (ast.RShift,),
    ast.RShift: (ast.LShift,),
    ast.Lt: (ast.LtE, ast.Gt),
    ast.LtE: (ast.Lt, ast.Gt),
    ast.Gt: (ast.GtE, ast.Lt),
    ast.GtE: (ast.Gt, ast.Lt),
    ast.Eq: (ast.NotEq,),
    ast.NotEq: (ast.Eq,),
    ast.Is: (ast.IsNot,),
    ast.IsNot: (ast.Is,),
    ast.In: (ast.NotIn,),
    ast.NotIn: (ast.In,),
    ast.And: (ast.Or,),
    ast.Or: (ast.And,),
}
SWAPPED = {
    "min": "max",
    "max": "min",
    "minimum": "maximum",
    "maximum": "minimum",
    "argmin": "argmax",
    "argmax": "argmin",
    "floor": "ceil",
    "ceil": "floor",
    "any": "all",
    "all": "any",
}
SKIPPED = (
    ast.Import, ast.ImportFrom, ast.Assert, ast.Raise, ast.JoinedStr, ast.arg, ast.match_case,
)  # fmt: skip
GUARDS = {"strict"}  # keywords that only check


@dataclass(frozen=True)
class Mutant:
    """One change of a module's source.

    Args:
        line: where, from 1.
        before: the line as it was.
        after: the line as it is now.
        source: the whole module, changed.
    """

    line: int
    before: str
    after: str
    source: str


def mutants_of(source: str) -> list[Mutant]:
    """Every mutant of a module, in the order of its lines, each different."""
    made = [
        _mutant(source, place, text)
        for node in _visited(ast.parse(source))
        for place, text in _replacements(node)
    ]
    unlike = {mutant.source: mutant for mutant in made if mutant.source != source}
    return sorted(unlike.values(), key=lambda mutant: (mutant.line, mutant.after, mutant.source))


def _visited(tree: ast.AST) -> Iterator[ast.expr | ast.stmt]:
    """The nodes that may be changed."""
    for child in _children(tree):
        if isinstance(child, SKIPPED) or _is_for_types(child):
            continue
        if isinstance(child, ast.expr | ast.stmt):
            yield child
        yield from _visited(child)


def _children(node: ast.AST) -> Iterator[ast.AST]:
    """The parts of a node that are run, annotations, decorators and guards aside."""
    unseen: list[ast.AST | None] = []
    if isinstance(node, ast.AnnAssign):
        unseen = [node.annotation]
    elif isinstance(node, ast.FunctionDef | ast.ClassDef):
        unseen = [*node.decorator_list, getattr(node, "returns", None)]
    elif isinstance(node, ast.Call):
        unseen = [keyword for keyword in node.keywords if keyword.arg in GUARDS]
    return (child for child in ast.iter_child_nodes(node) if child not in unseen)


def _is_for_types(node: ast.AST) -> bool:
    """Whether a statement is for the type checker alone."""
    return (
        isinstance(node, ast.If)
        and isinstance(node.test, ast.Name)
        and node.test.id == "TYPE_CHECKING"
    )


def _replacements(node: ast.expr | ast.stmt) -> Iterator[tuple[ast.expr | ast.stmt, str]]:
    """The node or a part of it, and what may stand in its place."""
    match node:
        case ast.If(test=test) | ast.While(test=test) | ast.IfExp(test=test):
            if not isinstance(test, ast.Compare | ast.UnaryOp):  # these have changes of their own
                yield test, f"(not {ast.unparse(test)})"
        case ast.Return(value=ast.expr()):
            yield node, "return None"
        case ast.expr() | ast.AugAssign():
            yield from ((node, text) for text in _changed(node))


def _changed(node: ast.expr | ast.AugAssign) -> Iterator[str]:
    """An expression with another operator, number, function or bound."""
    match node:
        case ast.Constant(value=value):
            yield from _numbers(value)
        case ast.Compare(ops=ops):
            for at, op in enumerate(ops):
                for other in OTHER[type(op)]:
                    yield _with(node, ops=[*ops[:at], other(), *ops[at + 1 :]])
        case ast.BinOp(op=op) | ast.BoolOp(op=op) | ast.AugAssign(op=op):
            for other in OTHER.get(type(op), ()):
                yield _with(node, op=other())
        case ast.UnaryOp(operand=operand):
            yield f"({ast.unparse(operand)})"
        case ast.Call(func=function, args=arguments):
            yield from _calls(node, function, arguments)
        case ast.Subscript(slice=index):
            yield from _bounds(node, index)


def _numbers(value: object) -> Iterator[str]:
    if isinstance(value, bool):
        yield str(not value)
    elif isinstance(value, int):
        yield f"{value + 1}"
        yield f"({value - 1})"
    elif isinstance(value, float):
        yield repr(2 * value) if value else "1.0"


def _calls(node: ast.Call, function: ast.expr, arguments: list[ast.expr]) -> Iterator[str]:
    """`abs` removed, or one function in another's place."""
    name = function.attr if isinstance(function, ast.Attribute) else ast.unparse(function)
    if name == "abs":
        yield f"({ast.unparse(arguments[0] if arguments else function)})".removesuffix(".abs)")
    elif name in SWAPPED and isinstance(function, ast.Attribute):
        yield _with(node, func=ast.Attribute(function.value, SWAPPED[name], ast.Load()))
    elif name in SWAPPED:
        yield _with(node, func=ast.Name(SWAPPED[name], ast.Load()))


def _bounds(node: ast.Subscript, index: ast.expr) -> Iterator[str]:
    """Bounds of a slice, one further; those that are numbers are changed as such."""
    if not isinstance(index, ast.Slice):
        return
    for name in ("lower", "upper"):
        bound = getattr(index, name)
        if bound is not None and not isinstance(bound, ast.Constant | ast.UnaryOp):
            moved = copy.copy(index)
            setattr(moved, name, ast.BinOp(bound, ast.Add(), ast.Constant(1)))
            yield _with(node, slice=moved)


def _with(node: ast.AST, **fields: object) -> str:
    """The node's source with other fields."""
    changed = copy.copy(node)
    for name, value in fields.items():
        setattr(changed, name, value)
    text = ast.unparse(ast.fix_missing_locations(changed))
    return f"({text})" if isinstance(node, ast.expr) else text


def _mutant(source: str, node: ast.expr | ast.stmt, text: str) -> Mutant:
    """The module with the node's text replaced."""
    lines = source.encode().splitlines(keepends=True)
    assert node.end_lineno is not None
    assert node.end_col_offset is not None
    start = sum(map(len, lines[: node.lineno - 1])) + node.col_offset
    end = sum(map(len, lines[: node.end_lineno - 1])) + node.end_col_offset
    whole = source.encode()
    changed = (whole[:start] + text.encode() + whole[end:]).decode()
    number = node.lineno
    before, after = (text.splitlines()[number - 1].strip() for text in (source, changed))
    return Mutant(number, before, after, changed)
