"""Write docs/checks.md from the checks in the code: python tests/make_checks.py."""

from __future__ import annotations

from pathlib import Path

from runner.checks import all_checks

HEAD = """\
# Checks

What a run may find, by code. Each finding is a record in `run.json` under `checks`, with `code`,
`title`, `severity`, `message` (a sentence with its figures) and `remedy`; the screen shows a line
for each code. A **warning** may make the result wrong, a **note** tells more of it.

| code | severity | what was found | what can be done |
|---|---|---|---|
"""


def render() -> str:
    """The page."""
    rows = [f"| {c.code} | {c.severity} | {c.title} | {c.remedy} |" for c in all_checks()]
    return HEAD + "\n".join(rows) + "\n"


if __name__ == "__main__":
    page = Path(__file__).parents[1] / "docs" / "checks.md"
    page.write_text(render(), encoding="utf-8")
