"""A compiled model comes in; a Python file that needs the standard library alone goes out."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from runner.compiled.linear_model import PLAIN, adds

if TYPE_CHECKING:
    from collections.abc import Mapping

HEAD = '''\
"""Predictions of the model of {origin}.

    predict({{"column": value, ...}})

gives {what} for a row. A value that is None, NaN or absent counts as missing; columns that are not
named below make no difference. Where a gap cannot be filled the prediction is None.

    python FILE < rows.jsonl

prints the prediction for each line, which is an object of JSON.
"""

import json
import math
import sys

NAN = math.nan
'''
ADD_UP = '''

def add_up(row):
    """What the columns add up to, for each response; None if a gap cannot be filled."""
    sums = list(INTERCEPT)
    for name, (coefficients, missing) in NUMERIC.items():
        value = row.get(name)
        gap = value is None or value != value
        for k, number in enumerate(missing if gap else coefficients):
            sums[k] += number if gap else number * value
    for name, (levels, other, missing) in CATEGORICAL.items():
        value = row.get(name)
        gap = value is None or value != value
        for k, number in enumerate(missing if gap else levels.get(value, other)):
            sums[k] += number
    return None if any(map(math.isnan, sums)) else sums
'''
EXP = '''

def exp(x):
    """The exponential, infinite where it is beyond any number."""
    try:
        return math.exp(x)
    except OverflowError:
        return math.inf
'''
MAIN = """

if __name__ == "__main__":
    for line in sys.stdin:
        if line.strip():
            print(json.dumps(predict(json.loads(line))))
"""
TWO_CLASSES = '''

def probabilities(row):
    """The probability of each class; None if a gap cannot be filled."""
    sums = add_up(row)
    if sums is None:
        return None
    small = math.exp(-abs(sums[0]))
    second = (1.0 if sums[0] >= 0 else small) / (1.0 + small)
    return dict(zip(CLASSES, (1.0 - second, second)))
'''
CLASSES = '''

def probabilities(row):
    """The probability of each class; None if a gap cannot be filled."""
    sums = add_up(row)
    if sums is None:
        return None
    powers = [math.exp(one - max(sums)) for one in sums]
    return {label: one / sum(powers) for label, one in zip(CLASSES, powers)}
'''
LOG_ODDS = '''

def predict(row):
    """The label, the second where its log odds are positive."""
    sums = add_up(row)
    return None if sums is None else CLASSES[sums[0] > 0]
'''
AT_THRESHOLD = '''

def predict(row):
    """The label, POSITIVE where its probability is at least THRESHOLD."""
    found = probabilities(row)
    if found is None:
        return None
    return POSITIVE if found[POSITIVE] >= THRESHOLD else NEGATIVE
'''
LIKELIEST = '''

def predict(row):
    """The label, that of the largest sum."""
    sums = add_up(row)
    return None if sums is None else CLASSES[sums.index(max(sums))]
'''
ONE = '''

def predict(row):
    """The prediction, a number."""
    sums = add_up(row)
    return None if sums is None else undo(sums[0])
'''
SEVERAL = '''

def predict(row):
    """The predictions, a number for each target."""
    sums = add_up(row)
    return None if sums is None else dict(zip(TARGETS, map(undo, sums)))
'''
UNDO = {
    "identity": '''

def undo(x):
    """What is predicted where the sum is x."""
    return x
''',
    "log": f'''{EXP}

def undo(x):
    """What is predicted where the sum is x."""
    return exp(x)
''',
    "sqrt": '''

def undo(x):
    """What is predicted where the sum is x, the root of the target."""
    return max(x, 0.0) ** 2
''',
    "yeo-johnson": f'''{EXP}

def raised(x, power):
    """What is raised to x by a power; None if nothing is."""
    if abs(power) < 2.0**-52:
        return exp(x) - 1.0
    base = x * power + 1.0
    try:
        return None if base < 0 else base ** (1.0 / power) - 1.0
    except (OverflowError, ZeroDivisionError):
        return math.inf


def undo(x):
    """What is predicted where the sum is x, Yeo and Johnson's power of the target."""
    value = x * SD + MEAN
    if value >= 0:
        return raised(value, POWER)
    below = raised(-value, 2.0 - POWER)
    return None if below is None else -below
''',
}


def to_python(form: Mapping[str, Any], origin: str = "a run") -> str:
    """A file with `predict`, and of a classifier `probabilities`, of rows as dictionaries.

    Args:
        form: as `compile_model` gives it.
        origin: which run the model is of, for the reader.
    """
    head = HEAD.format(origin=_within_docstring(origin), what=_what(form))
    functions = "".join([ADD_UP, *_functions(form), MAIN])
    return head + "\n".join(_numbers(form)) + "\n" + functions


def _what(form: Mapping[str, Any]) -> str:
    """What is predicted."""
    if form["classes"] is not None:
        return "the label, and `probabilities` that of each class,"
    if form["link"] == "hazard":
        return "the risk, the logarithm of the hazard ratio,"
    return "a number for each target" if form["responses"] else "the prediction"


def _functions(form: Mapping[str, Any]) -> list[str]:
    if form["link"] == "softmax":
        return [CLASSES, LIKELIEST]
    if form["link"] == "logit":
        return [TWO_CLASSES, LOG_ODDS if _is_plain(form) else AT_THRESHOLD]
    undone = "log" if form["link"] == "log" else (form["transform"] or {}).get("name", "identity")
    return [UNDO[undone], SEVERAL if form["responses"] else ONE]


def _is_plain(form: Mapping[str, Any]) -> bool:
    return form["threshold"] is None or form["threshold"] == PLAIN


def _numbers(form: Mapping[str, Any]) -> list[str]:
    """The lines that hold the model."""
    lines = [f"INTERCEPT = {form['intercept']!r}"]
    if form["classes"] is not None:
        lines.append(f"CLASSES = {form['classes']!r}")
        if not _is_plain(form):
            first, second = form["classes"]
            negative = second if form["positive"] == first else first
            lines += [f"POSITIVE, NEGATIVE = {form['positive']!r}, {negative!r}"]
            lines += [f"THRESHOLD = {form['threshold']!r}"]
    elif form["responses"]:
        lines.append(f"TARGETS = {form['responses']!r}")
    if form["transform"] and "lambda" in form["transform"]:
        power = form["transform"]
        lines.append(f"POWER, MEAN, SD = {power['lambda']!r}, {power['mean']!r}, {power['sd']!r}")
    used = [column for column in form["columns"] if adds(column)]
    numeric = [_numeric_line(column) for column in used if column["kind"] == "numeric"]
    levels = [line for c in used if c["kind"] == "categorical" for line in _level_lines(c)]
    return [
        *lines,
        "# column: coefficients, and what is added where it is missing",
        *_braced("NUMERIC", numeric),
        "# column: what each level adds, what another does, and what a gap does",
        *_braced("CATEGORICAL", levels),
    ]


def _braced(name: str, lines: list[str]) -> list[str]:
    return [f"{name} = {{", *lines, "}"] if lines else [f"{name} = {{}}"]


def _numeric_line(column: Mapping[str, Any]) -> str:
    coefficients, fill = column["coefficients"], column["fill"]
    fill = math.nan if fill is None else fill
    gap = [b * fill + more for b, more in zip(coefficients, column["missing"], strict=True)]
    missing = ", ".join("NAN" if math.isnan(one) else repr(one) for one in gap)
    return f"    {column['name']!r}: ({coefficients!r}, [{missing}]),"


def _level_lines(column: Mapping[str, Any]) -> list[str]:
    levels = [f"            {level!r}: {numbers!r}," for level, numbers in column["levels"]]
    return [
        f"    {column['name']!r}: (",
        *(["        {", *levels, "        },"] if levels else ["        {},"]),
        f"        {column['other']!r},",
        f"        {column['missing']!r},",
        "    ),",
    ]


def _within_docstring(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', "'")
