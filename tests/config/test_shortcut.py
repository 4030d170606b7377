"""A config that is put together from parts is the one that Hydra composes."""

from __future__ import annotations

import functools
import pickle
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from runner.config import composer
from runner.config.compose import Composer
from runner.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from runner.config import Composed

OWN = {
    "imputer/near.yaml": "defaults: [knn]\nn_neighbors: 1\n",
    "imputer/tied.yaml": "name: knn\nn_neighbors: ${split.folds}\n",
    "model/loud.yaml": "# @package _global_\nmodel: {name: lasso, alpha: 0.1}\nseed: 9\n",
    "split/moved.yaml": "defaults: [{override /imputer: knn}, kfold]\nfolds: 4\n",
    "search/led.yaml": "defaults: [grid, optional /search: ${imputer}]\n",
    "experiment/own.yaml": "# @package _global_\ndefaults: [{override /model: ridge}]\n"
    "imputer: {delta: 1.0}\nhydra: {sweeper: {params: {seed: '1,2'}}}\n",
    "experiment/led.yaml": "# @package _global_\ndefaults: [{override /model: lasso}]\n"
    "seed: ${split.folds}\n",
}
CHOICES = {
    "dataset": ["nhefs", "hitters", "penguins", "csv", "synthetic", "none"],
    "split": ["kfold", "time", "moved", "holdout"],
    "imputer": ["mean", "knn", "linear", "near", "tied", "meen", "null"],
    "model": ["elastic_net", "lasso", "ols", "loud", "[lasso]"],
    "search": ["grid", "random", "optuna", "led", "search/grid"],
    "experiment": ["null", "smoke", "own", "led", "delta", "imputer_benchmark"],
    "report": ["html", "none", "summary"],
}
VALUES = [
    "seed=3", "seed=null", "seed='${split.folds}'", "seed=${split.folds}", "seed=???", "+seed=4",
    "++seed=5", "~seed", "seed={a: 1}", "sead=1", "seed='a b'", "seed=1e3", "seed=true",
    "metric=mae", "trial_metrics=[mse,mae]", "trial_metrics=[[mse]]", "trial_metrics=[]",
    "split.folds=4", "split.folds=4.0", "split.test=null", "split={folds: 2}", "split.gap=1",
    "imputer.indicator=true", "imputer.delta=-1.5", "imputer.columns.drop=0.5",
    "imputer.columns=[1]", "imputer.columns=null", "imputer.columns={drop: 0.1}",
    "imputer.n_neighbors=2", "imputer.nothing=1", "imputer.name=knn",
    "model.alpha=0.1", "model.alpha=[0.1,0.2]", "model.alpha={low: 1, high: 2, count: 3}",
    "model.alpha={eps: 0.1, count: 5}", "model.alpha={count: 5}", "model.alpha={eps: {a: 1}}",
    "model.alpha={eps: '${seed}'}", "model.alpha={eps: [0.1, 0.2]}", "model.alpha={}",
    "imputer={columns: {drop: 0.1}, delta: 2}", "imputer={columns: null}", "imputer={columns: [1]}",
    "imputer={name: knn, nothing: 1}", "imputer={columns: {drop: ???}}", "seed=[{a: 1}]",
    "model={1: 2}", "model.l1_ratio={0: 0.5}",
    "model.alpha.eps=0.1", "model.alpha.count=5", "model.l1_ratio=0.5", "model.l1_ratio=[0.5]",
    "model.l1_ratio.0=0.5", "model.l1_ratio[0]=0.5", "dataset.path='a, b.csv'",
    "dataset.drop=[a,b]", "dataset.mask={share: 0.2}", "dataset.time=day", "dataset.target=y",
    "+search.space.imputer.n_neighbors=[3]", "search.space={}", "search.n_trials=4",
    "cache.folder=\"x: 'y'\"", "cache.folder=-", "cache.megabytes=0", "~bootstrap",
    "imputer@features=knn", "hydra.run.dir=here", "hydra.sweep.dir='${seed}'",
    "hydra.sweep.subdir='${hydra.job.override_dirname}'", "hydra.sweep.subdir='${imputer.name}'",
    "hydra.job.num=7", "hydra.job.name=x", "hydra.mode=MULTIRUN", "hydra.verbose=true",
    "hydra.sweeper.params={seed: '1,2'}", "hydra.searchpath=[]", "hydra/launcher=basic",
    "+dataset=nhefs", "~dataset", "hydra=1", "search=led",
]  # fmt: skip
OVERRIDES = st.one_of(
    st.sampled_from([f"{group}={name}" for group, names in CHOICES.items() for name in names]),
    st.sampled_from(VALUES),
)


@pytest.fixture(scope="module")
def composing(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Composer]:
    """Give a composer that knows options of the user's, some of which reach beyond themselves."""
    folder = tmp_path_factory.mktemp("own")
    for name, text in OWN.items():
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_text(text, encoding="utf-8")
    with composer(folder, "config") as made, pytest.MonkeyPatch.context() as patched:
        patched.setattr(made, "compose_anew", remembering(made.compose_anew))
        yield made


def remembering(anew: Callable[[list[str], int | None], Composed]) -> Callable[..., Composed]:
    """Compose a job once: it is both what is expected and what is fallen back on."""

    @functools.cache
    def of(job: tuple[str, ...], number: int | None) -> bytes:
        try:
            return pickle.dumps(anew(list(job), number))
        except ConfigError as error:
            return pickle.dumps(ConfigError(str(error)))  # its cause may be of no bytes

    def compose(job: list[str], number: int | None = None) -> Composed:
        made = pickle.loads(of(tuple(job), number))  # noqa: S301 - made here
        if isinstance(made, ConfigError):
            raise made
        composed: Composed = made
        return composed

    return compose


def told(compose: Callable[[list[str], int | None], Composed], job: list[str], number: int | None):  # type: ignore[no-untyped-def]  # noqa: ANN201
    """All that a config says, types and order included, or the complaint about it."""
    try:
        made = compose(job, number)
    except ConfigError as error:
        return str(error)
    raw = repr([made.hydra["run"], made.hydra["sweep"]])
    dirs = [made.subdir, *([made.run_dir, made.sweep_dir] if "${now" not in raw else [])]
    return [repr(made.sections), repr(made.overrides), repr(made.choices), made.yaml,
            made.hydra_overrides, repr(made.hydra), repr(dirs), repr(made.own_sweep)]  # fmt: skip


@settings(max_examples=40, derandomize=True, deadline=None)
@given(job=st.lists(OVERRIDES, max_size=5), number=st.sampled_from([None, 0, 12]))
def test_it_is_what_hydra_composes(composing: Composer, job: list[str], number: int | None) -> None:
    """Sections, choices, overrides, texts and folders are equal, and so is every complaint."""
    assert told(composing.compose_anew, job, number) == told(composing.compose, job, number)


@pytest.mark.parametrize("value", VALUES)
def test_every_value_beside_choices(composing: Composer, value: str) -> None:
    """Each kind of override alone, beside choices of two groups."""
    job = ["imputer=knn", value, "model=lasso"]
    assert told(composing.compose_anew, job, 3) == told(composing.compose, job, 3)


def test_each_option_is_composed_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """A sweep has Hydra compose each option that is not the default, not each combination."""
    composed: list[list[str]] = []
    anew = Composer.compose_anew

    def counted(self: Composer, job: list[str], number: int | None = None) -> Composed:
        composed.append(job)
        return anew(self, job, number)

    monkeypatch.setattr(Composer, "compose_anew", counted)
    sweep = ["dataset=hitters,penguins", "imputer=mean,linear,knn", "search=grid,random,optuna",
             "seed=1,2", "model.l1_ratio=0.5,[0.1,1.0]", "split.folds=3"]  # fmt: skip
    with composer(None, "config") as composing:
        jobs, _ = composing.jobs(sweep, multirun=True)
        made = [composing.compose(job, number) for number, job in enumerate(jobs)]
    assert 18 * 2 * 2 == len(made)
    assert 1 + 2 + 2 + 2 == len(composed)
    last = made[-1].sections
    assert ("knn", "optuna", 2, [0.1, 1.0], 3) == (
        last["imputer"]["name"], last["search"]["name"], last["seed"], last["model"]["l1_ratio"],
        last["split"]["folds"],
    )  # fmt: skip


def test_parts_are_not_shared_between_runs() -> None:
    """What one run's config says is not changed by setting values in another's."""
    with composer(None, "config") as composing:
        first = composing.compose(["imputer=knn", "imputer.columns.drop=0.5"])
        second = composing.compose(["imputer=knn"])
    assert (0.5, None) == (
        first.sections["imputer"]["columns"]["drop"],
        second.sections["imputer"]["columns"]["drop"],
    )
