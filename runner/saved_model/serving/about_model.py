"""A served model comes in; what anyone who asks it must know goes out, without a row of data."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from runner.store.finding import StoredRun

if TYPE_CHECKING:
    from runner.saved_model.serving.served_model import ServedModel

FAMILIES = {"logit": "binomial", "softmax": "multinomial", "hazard": "cox"}


def about_model(served: ServedModel) -> dict[str, Any]:
    """Its columns with their kinds, ranges and levels, its family, versions, hash and score."""
    manifest, record = served.model.manifest, served.record
    form = manifest.linear
    return {
        "run": served.name,
        "family": record.get("family") or FAMILIES.get((form or {}).get("link", "")),
        "target": (record.get("target") or {}).get("name"),
        "classes": served.model.classes,
        "threshold": manifest.threshold,
        "columns": [column.model_dump(exclude_defaults=True) for column in manifest.features],
        "format": manifest.format,
        "sha256": manifest.sha256,
        "versions": manifest.versions,
        "compiled": served.linear is not None,
        "not_compiled": manifest.not_linear,
        "score": _score(StoredRun(served.model.folder, record)),
    }


def _score(run: StoredRun) -> dict[str, Any] | None:
    """The run's own, of its optimised metric; None where there is no record beside the model."""
    if run.metric is None or run.score is None:
        return None
    return {
        "metric": run.metric,
        "cv_mean": run.score,
        "cv_se": run.facts.get(f"cv_{run.metric}_se"),
        "test": run.facts.get(f"test_{run.metric}"),
    }
