"""The fingerprint: what changes a result changes it, and nothing else does."""

from __future__ import annotations

import copy
import json
from typing import TYPE_CHECKING, Any

import pytest

from runner.store import fingerprint as module
from runner.store.fingerprint import code_hash, fingerprint, settled, study_facts

if TYPE_CHECKING:
    from pathlib import Path

SECTIONS: dict[str, Any] = {
    "dataset": {"name": "csv", "path": "a.csv", "target": "y"},
    "model": {"name": "elastic_net", "l1_ratio": [0.5]},
    "report": {"name": "summary"},
    "launcher": {"name": "serial"},
    "cache": {"folder": None, "megabytes": 1000},
    "seed": 0,
    "metric": "mse",
    "reuse": True,
    "fail_fast": False,
    "retries": 0,
}
PLUGIN = {"kind": "model=huber", "package": "enet-huber", "version": "1.0"}
BASE = (SECTIONS, "d" * 64, [PLUGIN])


def having(key: str, value: Any) -> dict[str, Any]:  # noqa: ANN401 - a config's value
    """The config with another value under a dotted key."""
    sections = copy.deepcopy(SECTIONS)
    inner = sections
    *path, last = key.split(".")
    for name in path:
        inner = inner[name]
    inner[last] = value
    return sections


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("seed", 1),
        ("metric", "mae"),
        ("dataset.target", "z"),
        ("dataset.name", "parquet"),
        ("dataset.missing", 0.1),
        ("model.l1_ratio", [0.5, 1.0]),
        ("model.name", "lasso"),
        ("trial_metrics", None),
    ],
)
def test_the_config_counts(key: str, value: Any) -> None:  # noqa: ANN401
    """A key that determines the result changes it."""
    assert fingerprint(*BASE) != fingerprint(having(key, value), *BASE[1:])


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("dataset.path", "/elsewhere/b.csv"),
        ("report", {"name": "none"}),
        ("launcher", {"name": "processes", "workers": 2}),
        ("cache.megabytes", 0),
        ("reuse", False),
        ("fail_fast", True),
        ("retries", 3),
    ],
)
def test_how_and_for_whom_does_not_count(key: str, value: Any) -> None:  # noqa: ANN401
    """Keys that change no result, and where the data lies, leave it as it was."""
    assert fingerprint(*BASE) == fingerprint(having(key, value), *BASE[1:])


@pytest.mark.parametrize("key", ["model.path", "model.report", "dataset.cache"])
def test_only_these_very_keys_do_not_count(key: str) -> None:
    """A volatile name elsewhere in the config is a key like others."""
    assert fingerprint(*BASE) != fingerprint(having(key, "x"), *BASE[1:])


def test_the_data_counts() -> None:
    """Another content of the data changes it."""
    assert fingerprint(*BASE) != fingerprint(SECTIONS, "e" * 64, [PLUGIN])


@pytest.mark.parametrize(
    "plugins", [[], [{**PLUGIN, "version": "1.1"}], [PLUGIN, {**PLUGIN, "kind": "search=x"}]]
)
def test_plugins_count(plugins: list[dict[str, str]]) -> None:
    """A plugin less, more or of another version changes it."""
    assert fingerprint(*BASE) != fingerprint(*BASE[:2], plugins)


def test_versions_and_code_count(monkeypatch: pytest.MonkeyPatch) -> None:
    """Another numpy changes it, and so does another source of this package."""
    before = fingerprint(*BASE)
    with monkeypatch.context() as patched:
        patched.setattr(module, "versions", lambda: {"numpy": "0.1"})
        assert before != fingerprint(*BASE)
    with monkeypatch.context() as patched:
        patched.setattr(module, "code_hash", lambda: "c" * 64)
        assert before != fingerprint(*BASE)
    assert before == fingerprint(*BASE)


def test_the_code_is_all_of_the_packages_sources(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A source's content and its name count; what is compiled or is no source does not."""

    def found() -> str:
        code_hash.cache_clear()
        return code_hash()

    (tmp_path / "core" / "__pycache__").mkdir(parents=True)
    (tmp_path / "a.py").write_text("a = 1\n")
    (tmp_path / "core" / "b.py").write_text("b = 1\n")
    with monkeypatch.context() as patched:
        patched.setattr(module, "files", lambda _: tmp_path)
        first = found()
        (tmp_path / "core" / "__pycache__" / "b.py").write_text("b = 2\n")
        (tmp_path / "core" / "b.md").write_text("of b\n")
        assert first == found()
        (tmp_path / "core" / "b.py").write_text("b = 2\n")
        second = found()
        (tmp_path / "core" / "b.py").rename(tmp_path / "core" / "c.py")
        assert 3 == len({first, second, found()})
    code_hash.cache_clear()


def test_settling_leaves_the_config_as_it_was() -> None:
    """What counts is taken from the config, which keeps all its keys."""
    before = copy.deepcopy(SECTIONS)
    kept = settled(SECTIONS)
    assert {"dataset", "model", "seed", "metric"} == kept.keys()
    assert {"name": "csv", "target": "y"} == kept["dataset"]
    assert before == SECTIONS


@pytest.mark.parametrize("key", ["model.penalty_factors", "model.limits"])
def test_the_order_of_rules_for_columns_counts(key: str) -> None:
    """Of two rules for one column the later wins; that of other dictionaries does not matter."""
    there, back = {"age": 0, "a*": 2}, {"a*": 2, "age": 0}
    first, second = having(key, there), having(key, back)
    assert fingerprint(first, *BASE[1:]) != fingerprint(second, *BASE[1:])
    alike = [
        having("model.alpha", alpha) for alpha in ({"eps": 1, "count": 2}, {"count": 2, "eps": 1})
    ]
    assert fingerprint(alike[0], *BASE[1:]) == fingerprint(alike[1], *BASE[1:])


def searching(**keys: Any) -> dict[str, Any]:  # noqa: ANN401 - any YAML value
    """The sections with a search by Optuna."""
    search = {"name": "optuna", "sampler": "tpe", "n_trials": 10, "rule": "best", **keys}
    return {**SECTIONS, "search": search}


def test_a_shared_study_is_another_run_wherever_it_is() -> None:
    """Where it is and how many make it does not count; that it is shared, and which one, does."""
    alone = fingerprint(searching(storage=None, study=None, workers=1), *BASE[1:])
    assert alone == fingerprint(searching(), *BASE[1:])  # of an earlier version
    shared = [
        fingerprint(searching(storage=storage, study=None, workers=workers), *BASE[1:])
        for storage, workers in ((None, 4), ("postgresql://a/b", 1), ("postgresql://c/d", 2))
    ]
    assert [shared[0]] * 3 == shared
    assert alone != shared[0]
    named = searching(storage="postgresql://a/b", study="mine", workers=1)
    assert fingerprint(named, *BASE[1:]) not in {alone, shared[0]}


def test_a_study_depends_on_what_its_trials_do() -> None:
    """Not on how many there are, on which is kept, or on what comes after; on all else."""
    before = study_facts(searching(), *BASE[1:])
    same = [
        searching(n_trials=20), searching(timeout=3.0), searching(rule="one_se", within=3),
        searching(storage="postgresql://a/b", study="mine", workers=4),
        {**searching(), "persistence": {"name": "none"}, "report": {"name": "none"}},
        {**searching(), "evaluation": {"nested": True}, "bootstrap": {"resamples": 7}},
    ]  # fmt: skip
    assert [before] * len(same) == [study_facts(sections, *BASE[1:]) for sections in same]
    others = [searching(sampler="random"), {**searching(), "seed": 8}, {**searching(), "metric": 1}]
    assert before not in [study_facts(sections, *BASE[1:]) for sections in others]
    assert before != study_facts(searching(), "other data", *BASE[2:])
    assert before == json.loads(json.dumps(before))
