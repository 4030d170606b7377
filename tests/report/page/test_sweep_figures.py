"""The figures of a sweep: what its options change, how they go together, what they cost."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from swept import Made, grid, make_sweep

from runner.report.page.combination_figures import draw_combinations, grid_of
from runner.report.page.cost_figures import draw_costs, unbeaten
from runner.report.page.option_figures import draw_effects, effects_of, same_scores
from runner.report.page.sweep_material import Sweep

if TYPE_CHECKING:
    from pathlib import Path

    from runner.report.page.figure import Figure


def swept(tmp_path: Path, runs: list[Made], **about: Any) -> Sweep:  # noqa: ANN401 - JSON
    """A sweep of such runs."""
    return Sweep.of(make_sweep(tmp_path / "s", runs, **about))


def by(figure: Figure, key: str, column: str) -> dict[Any, Any]:
    """A column of what a figure draws, by another one."""
    rows = figure.data["rows"]
    return dict(zip(rows[key], rows[column], strict=True))


def test_effects_are_paired(tmp_path: Path) -> None:
    """Knn is 2 worse than the mean at each ratio, which is what is drawn, told and in the table."""
    imputer, _ = draw_effects(effects_of(swept(tmp_path, grid())))
    assert "How much does imputer matter?" == imputer.question
    assert pytest.approx({"mean": 0.0, "knn": 2.0}) == by(imputer, "value", "behind")
    ((low, high),) = zip(
        imputer.data["intervals"]["low"], imputer.data["intervals"]["high"], strict=True
    )
    assert 1.9 < low < 2.0 < high < 2.1
    assert "Over 3 sets of runs" in imputer.sentence
    assert "mean is best; knn is 2 behind and worse" in imputer.sentence
    assert ("knn", "2") == imputer.table.rows[1][:2]
    assert ["best", ""] == imputer.data["rows"]["best"]


def test_effects_that_tie_are_told(tmp_path: Path) -> None:
    """A value that cannot be told from the best is not called worse."""
    _, ratio = draw_effects(effects_of(swept(tmp_path, grid())))
    assert ["0.25", "0.5", "1.0"] == ratio.data["rows"]["value"]
    assert "1.0 and 0.5 are 0 to 0.1 behind and cannot be told from it" in ratio.sentence
    assert "worse" not in ratio.sentence
    assert ["best", "", ""] == ratio.data["rows"]["best"]


def test_effects_without_a_test(tmp_path: Path) -> None:
    """Of CV scores that have chosen their winner there are no intervals and no p-values."""
    imputer, _ = draw_effects(effects_of(swept(tmp_path, grid(nested=False))))
    assert "There is no test" in imputer.sentence
    assert [] == imputer.data["intervals"]["value"]
    assert all("data" not in layer for layer in imputer.spec["layer"])
    assert {"-"} == {cell for row in imputer.table.rows for cell in row[2:]}


def test_an_option_without_effect_is_a_sentence(tmp_path: Path) -> None:
    """Where all values score the same there is nothing to draw."""
    runs = [Made({"imputer": name}, more={"n_selected": at}) for at, name in enumerate("ab")]
    found = effects_of(swept(tmp_path, runs))
    assert [] == draw_effects(found)
    assert ["The same score comes of every imputer."] == same_scores(found)


def test_a_single_option_has_no_heat_map(tmp_path: Path) -> None:
    """It has no other to go together with."""
    runs = [Made({"imputer": name}, [at] * 5) for at, name in enumerate(("mean", "knn"))]
    assert [] == draw_combinations(swept(tmp_path, runs))


def test_cells_have_the_scores(tmp_path: Path) -> None:
    """Two options are the axes, and each cell tells how many standard errors it is behind."""
    sweep = swept(tmp_path, grid())
    (figure,) = draw_combinations(sweep)
    scores = {run.name: run.score("expected") for run in sweep.runs}
    assert scores == by(figure, "run", "score")
    best = min(score for score in scores.values() if score is not None)
    expected = {name: ((score or 0.0) - best) / 0.5 for name, score in scores.items()}
    assert pytest.approx(expected) == by(figure, "run", "behind")
    assert ("imputer", "0.25", "0.5", "1.0") == figure.table.headers


def test_datasets_have_colours_of_their_own(tmp_path: Path) -> None:
    """The best of each is 0 behind, however large its scores are; a third option makes panels."""
    runs = [
        Made(
            {"dataset": data, "imputer": imputer, "search": search},
            [scale * (1 + worse + at / 10) for at in range(5)],
            data=data,
        )
        for data, scale in (("small", 1.0), ("large", 1e6))
        for imputer, worse in (("mean", 0.0), ("knn", 0.1))
        for search in ("grid", "random")
    ]
    first, second = draw_combinations(swept(tmp_path, runs))
    assert "How do dataset and imputer go together with search=grid?" == first.question
    assert "search=random" in second.question
    assert "for small" in first.sentence
    assert "for large" in first.sentence
    rows = first.data["rows"]
    best = [b for b, y in zip(rows["behind"], rows["y"], strict=True) if y == "mean"]
    assert [0.0, 0.0] == best
    assert (
        first.spec["layer"][0]["encoding"]["color"] == second.spec["layer"][0]["encoding"]["color"]
    )


def test_a_failed_run_is_a_cell_in_words(tmp_path: Path) -> None:
    """And not one that looks as if nobody had asked for it."""
    runs = grid()
    runs[4] = Made(runs[4].settings, error="no such file")
    sweep = swept(tmp_path, runs)
    (figure,) = draw_combinations(sweep)
    assert {"x": ["0.5"], "y": ["knn"], "text": ["failed"]} == figure.data["failed"]
    assert "failed" == dict(zip(figure.table.headers, figure.table.rows[1], strict=True))["0.5"]


def test_cells_of_several_runs_show_the_best(tmp_path: Path) -> None:
    """Where more varied than a figure has room for, that is said."""
    runs = [
        Made({"a": a, "b": b, "c": c}, [float(f"{int(a) + int(b)}.{c}")] * 5)
        for a in "12"
        for b in "12"
        for c in "12345678"
    ]
    found = grid_of(swept(tmp_path, runs))
    assert found is not None
    assert ("c", "a", "b") == (found.x, found.y, found.panel)
    runs = [
        Made({**run.settings, "d": d}, [run.folds[0] + int(d)] * 5) for run in runs for d in "12"
    ]
    (tmp_path / "more").mkdir()
    figure = draw_combinations(swept(tmp_path / "more", runs))[0]
    assert "Each cell is the best of its runs." in figure.sentence
    assert pytest.approx(3.1) == min(figure.data["rows"]["score"])


def costly(times: dict[str, tuple[float, float]], **more: Any) -> list[Made]:  # noqa: ANN401
    """A run per value, of so many seconds and such a score."""
    return [
        Made({"imputer": name}, [score, score + 0.1, score - 0.1] * 2, seconds, **more)
        for name, (seconds, score) in times.items()
    ]


def test_runs_that_no_other_beats_are_ringed(tmp_path: Path) -> None:
    """The quickest, the best, and what is between them on the way; not what another beats."""
    times = {"slow": (9.0, 1.0), "bad": (4.0, 3.0), "quick": (1.0, 2.0), "same": (2.0, 2.0)}
    sweep = swept(tmp_path, costly(times))
    (figure,) = draw_costs(sweep)
    assert ["2", "0"] == figure.data["unbeaten"]["run"]
    assert ["2", "0"] == [run.name for run in unbeaten(sweep.groups[0], sweep.groups[0].runs)]
    assert "Run 2 is the quickest (mse 2 in 1 s), run 0 the best (mse 1 in 9 s)" in figure.sentence
    assert {"0": 9.0, "1": 4.0, "2": 1.0, "3": 2.0} == by(figure, "run", "seconds")
    assert (("2", "quick", "2", "1"), ("0", "slow", "1", "9")) == figure.table.rows


def test_a_larger_score_can_be_better(tmp_path: Path) -> None:
    """Of r2 the largest one is ringed."""
    times = {"slow": (9.0, 0.9), "bad": (4.0, 0.3), "quick": (1.0, 0.5)}
    (figure,) = draw_costs(swept(tmp_path, costly(times, metric="r2")))
    assert ["2", "0"] == figure.data["unbeaten"]["run"]


def test_a_run_that_was_taken_over_has_no_cost(tmp_path: Path) -> None:
    """It took no time here."""
    runs = costly({"a": (9.0, 1.0), "b": (4.0, 3.0), "c": (1.0, 2.0)})
    taken = Made({"imputer": "d"}, [0.5] * 6, 0.01, status="reused")
    (figure,) = draw_costs(swept(tmp_path, [*runs, taken]))
    assert "3" not in figure.data["rows"]["run"]
    assert "1 run taken over from elsewhere left out" in figure.sentence
