"""The bytes of a body come in; the bytes of its answer go out.

A small body is answered by the compiled form where it is; whatever takes longer is given to a
thread, so that other requests are read meanwhile. There is one such thread: neither pandas nor
scikit-learn promises that two may use one fitted model.
"""

from __future__ import annotations

import asyncio
import json
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import numpy as np

from runner.errors import KnownAnswerError
from runner.saved_model.loaded_model import AGREES
from runner.saved_model.serving.body_model import BodyModel
from runner.saved_model.serving.explanations import explain
from runner.saved_model.serving.strict_json import read_json

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from runner.saved_model.serving.counters import Metrics
    from runner.saved_model.serving.limits import Limits
    from runner.saved_model.serving.served_model import Row, ServedModel

    Answer = Callable[[Sequence[Row]], list[Row]]

PREDICT, EXPLAIN = "/predict", "/explain"
SMALL = 20_000  # bytes of a body that takes a few milliseconds


class Answering:
    """Answers what is posted to `/predict` and `/explain`."""

    def __init__(self, served: ServedModel, limits: Limits, metrics: Metrics) -> None:
        self.served = served
        self.body = BodyModel.of(served.model.manifest, limits.rows)
        self.not_ready: str | None = "the known answer has not been given yet"
        self._metrics = metrics
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="model")
        self.answers: dict[str, Answer] = {
            PREDICT: served.predict,
            EXPLAIN: lambda rows: explain(served, rows),
        }

    async def answer(self, path: str, content: bytes) -> bytes:
        """The answer to a body.

        Raises:
            RefusedError: it has none.
        """
        if self.served.linear is not None and len(content) <= SMALL:
            return self._answer(path, content)
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._thread, self._answer, path, content)

    async def give_known_answer(self) -> None:
        """Predict the manifest's example as a request would be, and be ready if that is right."""
        loop = asyncio.get_running_loop()
        try:
            await loop.run_in_executor(self._thread, self._check)
        except Exception as error:
            self.not_ready = f"the known answer was not given: {error}"
            raise
        self.not_ready = None

    def close(self) -> None:
        """End what has not begun, and wait for what has."""
        self._thread.shutdown(cancel_futures=True)

    def _answer(self, path: str, content: bytes) -> bytes:
        rows = self.body.rows(read_json(content))
        told = self.answers[path](rows)
        self._metrics.predicted(path, len(rows))
        key = "predictions" if path == PREDICT else "explanations"
        return json.dumps({key: told}).encode("ascii")

    def _check(self) -> None:
        example = self.served.model.manifest.example
        content = json.dumps({"rows": example.rows}).encode()
        told = self.served.predict(self.body.rows(read_json(content)))
        found = [_values(one["prediction"]) for one in told]
        if not _same(found, example.predictions):
            raise KnownAnswerError(
                f"the example is predicted as {found}, and model.json states {example.predictions}",
                expected=str(example.predictions),
                found=str(found),
                remedy="do not use the model before you know why",
            )


def _values(prediction: Any) -> Any:  # noqa: ANN401 - a number, a label, or numbers by target
    return list(prediction.values()) if isinstance(prediction, dict) else prediction


def _same(found: list[Any], stated: list[Any]) -> bool:
    mine, its = np.asarray(found), np.asarray(stated)
    if mine.dtype.kind in "fiu" and its.dtype.kind in "fiu":
        return bool(np.allclose(mine, its, rtol=AGREES, atol=AGREES))
    return found == stated
