"""How a search went, as run.json has it: by hand, and of each strategy's own runs."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pytest
from conftest import read_json

from runner.records import Candidate, Trial
from runner.search.diagnostics import describe_trials

if TYPE_CHECKING:
    from conftest import Program


def trials(*losses: float, status: str = "ok") -> list[Trial]:
    """Make trials of an alpha each; the last one's is that of the first."""
    alphas = [*range(1, len(losses)), 1]
    return [
        Trial(number, Candidate({"model.alpha": alpha}), {}, loss, 1.0, 0.0, 0.0, status)
        for number, (alpha, loss) in enumerate(zip(alphas, losses, strict=True), start=1)
    ]


def test_trials_are_counted() -> None:
    """Duplicates, those not converged and those failed are counted apart."""
    made = [*trials(3.0, 2.0, 1.0), *trials(0.5, status="not converged")]
    made += trials(np.inf, status="failed: singular")
    found = describe_trials(made, "mse", in_any_order=False)
    # three of one value each have an alpha of 1, the last of three too
    assert {"trials": 5, "duplicates": 3, "not_converged": 1, "failed": 1}.items() <= found.items()
    assert {"order": "proposed", "candidates": [5]}.items() <= found["best_so_far"].items()
    assert [1.0] == list(found["best_so_far"]["scores"])  # what has not converged cannot win


def test_shares_explained_are_shown_as_they_are() -> None:
    """The best so far of r2 is the largest, in its own sign."""
    found = describe_trials(trials(*np.linspace(-0.1, -0.6, 20)), "r2", in_any_order=False)
    scores = list(found["best_so_far"]["scores"])
    assert [pytest.approx(0.1 + 0.5 * 9 / 19), pytest.approx(0.6)] == scores


@pytest.mark.parametrize(
    ("search", "order"), [("random", "random"), ("optuna", "proposed"), ("grid", "random")]
)
def test_a_run_says_how_its_search_went(
    program: Program, mixed: tuple[str, ...], search: str, order: str
) -> None:
    """The best so far ends with the winner's score, and starts with that of ten candidates."""
    own = [] if search == "grid" else [f"search={search}", "search.n_trials=30"]
    made = program.run(*mixed, *own)
    record = read_json(made / "run.json")
    found = record["search"]["best_so_far"]
    table = pd.read_csv(made / "trials.csv")
    scores = table["mse_mean"].to_numpy()
    assert order == found["order"]
    assert len(scores) == found["candidates"][-1] == record["search"]["trials"]
    assert record["cv"]["mse"]["mean"] == pytest.approx(found["scores"][-1], rel=1e-6)
    if order == "proposed":
        assert scores[:10].min() == pytest.approx(found["scores"][0])
    else:
        draws = np.random.default_rng(0).permuted(np.tile(scores, (4_000, 1)), axis=1)[:, :10]
        least = draws.min(axis=1)
        error = least.std() / np.sqrt(len(least))
        assert abs(least.mean() - found["scores"][0]) <= 4 * error
    parameters = table[["model.alpha", "model.l1_ratio"]]
    assert parameters.duplicated().sum() == record["search"]["duplicates"]
    importances = record["search"].get("importances", {})
    assert (search == "optuna") == bool(importances)
    if importances:
        assert {"model.alpha", "model.l1_ratio"} == set(importances)
        assert 1.0 == pytest.approx(sum(importances.values()))


def test_importances_tell_what_matters(program: Program, mixed: tuple[str, ...]) -> None:
    """The penalty's strength, over six powers of ten, matters more than the rounds allowed."""
    own = ("model.alpha={low:1e-4,high:100,log:true}", "model.l1_ratio=0.5")
    space = "+search.space.model.max_iter=[5000,6000,7000]"
    made = program.run(*mixed[:4], *own, "search=optuna", "search.n_trials=40", space)
    found = read_json(made / "run.json")["search"]["importances"]
    assert ["model.alpha", "model.max_iter"] == list(found)
    assert found["model.alpha"] > 0.8


def test_one_trial_has_no_importances(program: Program, mixed: tuple[str, ...]) -> None:
    """Of one candidate nothing can be told apart, and nothing is said."""
    made = program.run(*mixed, "search=optuna", "search.n_trials=1")
    found = read_json(made / "run.json")["search"]
    assert "importances" not in found
    assert [1] == found["best_so_far"]["candidates"]
