"""Figures of runs that select little, have ties, or predict a row several times."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pytest
from conftest import Program, mixed_frame
from page_cases import make_run

from runner.report.page import class_figures, fit_figures, missing_figures
from runner.report.page.feature_figures import draw_importance, draw_paths
from runner.report.page.material import Material
from runner.report.page.run_page import sections
from runner.report.page.search_figures import draw_curve
from runner.report.page.survival_figures import draw_survival

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

ALPHAS = (1.0, 0.3, 0.1, 0.03)


def curve_run(folder: Path, coefficients: Sequence[Sequence[float]], **more: Any) -> Material:  # noqa: ANN401
    """A run with path.csv, of features named f0 and so on, none of which is selected."""
    folder.mkdir(exist_ok=True)
    values = np.array(coefficients, dtype=float)
    names = [f"f{at}" for at in range(values.shape[1])]
    path = pd.DataFrame({"alpha": ALPHAS, "l1_ratio": 1.0, "mse": [4.0, 3.0, 2.0, 2.5], "se": 0.5})
    path = path.assign(n_nonzero=(values != 0).sum(axis=1), intercept=0.0)
    pd.concat([path, pd.DataFrame(values, columns=names)], axis=1).to_csv(
        folder / "path.csv", index=False
    )
    rows = {"coefficient": 0.0, "standardised": 0.0, "sd": 1.0, "selected": False, "rank": 1}
    pd.DataFrame({"feature": names, **rows}).to_csv(folder / "coefficients.csv", index=False)
    best = {"model.alpha": 0.1, "model.l1_ratio": 1.0}
    record = {
        "metric": "mse",
        "best": {"parameters": best},
        "cv": {"mse": {"mean": 2.0, "se": 0.5}},
        "folds": {"training": [80] * 5},
    }
    return Material(folder, record | more)


def test_lines_are_drawn_of_the_features_that_enter(tmp_path: Path) -> None:
    """Of many columns those that enter first are drawn and named, wherever they stand."""
    values = np.zeros((4, 60))
    values[2:, 59], values[1:, 55] = 0.5, 0.2
    (figure,) = draw_paths(curve_run(tmp_path, values.tolist()))
    assert figure.data["ends"]["label"] == ["f55", "f59"]
    assert [row[0] for row in figure.table.rows] == ["f55", "f59"]
    assert "the order is f55 and f59" in figure.sentence


def test_a_ridge_has_no_order_of_entry(tmp_path: Path) -> None:
    """Features that are in from the strongest penalty on do not enter one after the other."""
    (figure,) = draw_paths(curve_run(tmp_path, [[0.1, 0.2]] * 4))
    assert figure.sentence.startswith("All at once")


def test_a_path_on_which_nothing_enters_is_not_drawn(tmp_path: Path) -> None:
    """It would be an axis without lines."""
    assert [] == draw_paths(curve_run(tmp_path, [[0.0, 0.0]] * 4))


@pytest.mark.parametrize(
    ("chosen", "labels"), [(0.1, ["best, chosen", "one SE"]), (0.3, ["best", "one SE, chosen"])]
)
def test_the_chosen_alpha_is_told_from_the_best(
    tmp_path: Path, chosen: float, labels: list[str]
) -> None:
    """With search.rule=one_se the chosen line is not called the best."""
    rules = {
        name: {"parameters": {"model.alpha": alpha, "model.l1_ratio": 1.0}, "score": 2.0,
               "n_features": 1.0}
        for name, alpha in {"best": 0.1, "one_se": 0.3}.items()
    }  # fmt: skip
    best = {"parameters": {"model.alpha": chosen, "model.l1_ratio": 1.0}}
    figure = draw_curve(curve_run(tmp_path, [[0.0]] * 4, rules=rules, best=best))
    assert figure is not None
    assert figure.data["rules"]["rule"] == labels
    assert "on average, 1 feature." in figure.sentence
    assert "All of the curve has l1_ratio 1." in figure.sentence


def test_one_candidate_has_no_part_of_how_it_was_chosen(tmp_path: Path) -> None:
    """Neither counts of a search nor figures of it."""
    mixed_frame(60).to_csv(tmp_path / "mixed.csv", index=False)
    fixed = ("model.alpha=0.5", "model.l1_ratio=0.5", "search=none", "evaluation.nested=false")
    folder = Program(tmp_path).run(
        "dataset=csv", "dataset.path=mixed.csv", "dataset.target=outcome", *fixed
    )
    named = [section.name for section in sections(Material.of(folder))]
    assert "choice" not in named
    assert "scores" in named


def test_a_row_of_repeats_is_one_row(tmp_path: Path) -> None:
    """Its predictions are averaged, and its row is in a table once."""
    rows = {"row": [1, 2, 3, 1, 2, 3], "part": "oof", "fold": [1, 1, 1, 2, 2, 2]}
    table = pd.DataFrame(rows).assign(y_true=[1.0, 2.0, 9.0] * 2, y_pred=[1, 2, 3, 2, 3, 5])
    table.astype({"y_pred": float}).to_csv(tmp_path / "predictions.csv", index=False)
    run = Material(tmp_path, {"metric": "mse", "target": {"name": "y"}})
    (found,) = fit_figures.out_of_fold(run)
    assert found.fitted.tolist() == [1.5, 2.5, 4.0]
    (cells,) = fit_figures.worst_rows(run).values()
    assert [row[0] for row in cells.rows] == ["3", "1", "2"]


def test_each_target_has_its_residuals(tmp_path: Path) -> None:
    """Of several targets each has figures and a table of its own."""
    values = {"y_true_a": [1.0, 2, 3], "y_pred_a": [1.0, 2, 4], "y_true_b": [0.0, 1, 5]}
    table = pd.DataFrame({"row": [1, 2, 3], "part": "oof", **values, "y_pred_b": [0.5, 1, 2]})
    table.to_csv(tmp_path / "predictions.csv", index=False)
    run = Material(tmp_path, {"metric": "mse", "family": "multi_gaussian"})
    names = [figure.name for figure in fit_figures.draw_fit(run)]
    assert {"predicted-1", "residuals-1", "predicted-2", "residuals-2"} <= set(names)
    worst = fit_figures.worst_rows(run)
    assert [cells.rows[0][0] for cells in worst.values()] == ["3", "3"]
    assert list(worst) == [f"{name}: the rows predicted the worst" for name in "ab"]


def test_several_classes_have_curves(tmp_path: Path) -> None:
    """A curve for each class against the others, with scikit-learn's area; and the worst rows."""
    from sklearn.metrics import roc_auc_score

    run = Material.of(make_run(tmp_path, "multinomial"))
    figure, found = class_figures.draw_each_roc(run), run.out_of_fold
    assert figure is not None
    for label, area in figure.table.rows:
        wanted = roc_auc_score(found["y_true"] == label, found[f"probability_{label}"])
        assert f"{wanted:.3f}" == area
    own = [row[f"probability_{row['y_true']}"] for _, row in found.iterrows()]
    worst = class_figures.worst_rows(run)
    assert worst is not None
    assert worst.rows[0][2] == f"{min(own):.2%}"


def test_a_chosen_threshold_is_said_to_be_chosen(tmp_path: Path) -> None:
    """The table at a threshold that its own rows have chosen flatters."""
    rows = {"row": [1, 2], "part": "oof", "y_true": ["no", "yes"], "probability": [0.2, 0.4]}
    pd.DataFrame(rows).to_csv(tmp_path / "predictions.csv", index=False)
    (tmp_path / ".hydra").mkdir()
    target = {"labels": ["no", "yes"]}
    run = Material(tmp_path, {"family": "binomial", "target": target, "threshold": 0.3})
    run.__dict__["config"] = {"family": {"threshold": "f1"}}
    confused = class_figures.confusion(run)
    assert confused is not None
    assert "from a probability of 0.3 on, chosen on these rows for the largest f1." in confused[0]


def test_a_pattern_of_many_columns_is_counted(tmp_path: Path) -> None:
    """Not each of them is named; a figure that leaves out columns says so."""
    names = [f"c{at}" for at in range(25)]
    missing = pd.DataFrame({"column": names, "missing": 3, "share": 0.3})
    missing.to_csv(tmp_path / "missingness.csv", index=False)
    pattern = {"missing": [", ".join(names), ""], "rows": [1, 9], "share": [0.1, 0.9]}
    pd.DataFrame(pattern).to_csv(tmp_path / "missing_patterns.csv", index=False)
    known = {"columns": 25, "patterns": 2}
    figure = missing_figures.draw_map(Material(tmp_path, {"missingness": known}))
    assert figure is not None
    assert "of 1 training row (10%), lacks 25 columns." in figure.sentence
    assert "The 20 columns that lack most are drawn." in figure.sentence
    assert {row[3] for row in figure.table.rows} == {"-"}


def test_a_median_that_nobody_reaches_is_not_listed(tmp_path: Path) -> None:
    """Of few events there is no median."""
    rows = {"row": range(9), "part": "oof", "y_true": range(1, 10), "event": [True] + [False] * 8}
    table = pd.DataFrame(rows).assign(risk=np.linspace(0, 1, 9))
    table.to_csv(tmp_path / "predictions.csv", index=False)
    figure = draw_survival(Material(tmp_path, {"family": "cox", "target": {"name": "weeks"}}))
    assert figure is not None
    assert "not reached" not in figure.sentence


def test_columns_without_use_are_not_said_to_help(tmp_path: Path) -> None:
    """Where the loss falls without each column nothing grows."""
    rows = {"column": ["a", "b"], "drop_one_mean": [-0.1, -0.2], "drop_one_se": [0.1, 0.1]}
    table = pd.DataFrame(rows).assign(permutation_mean=0.0, permutation_se=0.0)
    table.to_csv(tmp_path / "importance.csv", index=False)
    figure = draw_importance(Material(tmp_path, {"importance": {"loss": "mse"}}))
    assert figure is not None
    assert figure.sentence.startswith("Nothing: without any single column the mse does not grow.")
