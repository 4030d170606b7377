"""Numbered checks: what a reader of a result should know, and what can be done about it.

A check is raised where its figures are known; `docs/checks.md` lists all of them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True)
class Finding:
    """What a check has found in one run."""

    code: str
    title: str
    severity: Literal["warning", "note"]
    message: str
    remedy: str


@dataclass(frozen=True)
class Check:
    """Something to look for. A warning may make the result wrong, a note tells more of it."""

    code: str
    title: str
    severity: Literal["warning", "note"]
    remedy: str

    def found(self, message: str) -> Finding:
        """It was found; the message is a sentence with its figures."""
        return Finding(self.code, self.title, self.severity, message, self.remedy)


# EN1: the data
GAPS_PREDICT = Check(
    "EN101",
    "Gaps tell of the target",
    "note",
    "look at missingness.csv; imputer.indicator=auto gives the model columns that say what is "
    "missing",
)
ENCODING_GUESSED = Check(
    "EN102",
    "The file's encoding was guessed",
    "note",
    "where names or texts look wrong, give dataset.encoding",
)
SIGNS_REMOVED = Check(
    "EN103",
    "Numbers were written with signs",
    "note",
    "nothing is wrong; new rows have to be read in the same way",
)
RAGGED_LINES = Check(
    "EN104",
    "Lines are shorter than the header",
    "warning",
    "look at these lines: what they lack at the end counts as missing, and may be shifted",
)
GIVES_TARGET = Check(
    "EN105",
    "A feature gives the target almost alone",
    "warning",
    "ask whether it is known before the target is; if not, put it into dataset.drop",
)
TARGET_TWO_VALUED = Check(
    "EN106",
    "The target has two values",
    "note",
    "family=binomial predicts probabilities; under squared error predictions are scores, not "
    "classes and no sure probabilities",
)
TARGET_SKEWED = Check(
    "EN107",
    "The target is heavily skewed",
    "note",
    "few rows decide its squared error: set dataset.transform=log, sqrt or yeo-johnson, or choose "
    "metric=mae",
)
LOOKS_LIKE_ID = Check(
    "EN108",
    "A column may only name rows",
    "note",
    "if it does, put it into dataset.drop; if it orders or groups them, make it dataset.time or "
    "dataset.group",
)
DUPLICATES_IN_TEST = Check(
    "EN109",
    "Test rows are among the training rows",
    "warning",
    "scores are too good: take repeated rows out of the file, or keep them together with "
    "split=grouped",
)
DUPLICATE_ROWS = Check(
    "EN110",
    "Rows are there more than once",
    "note",
    "if they are one and the same, take them out of the file, or let dataset.weight count them",
)
SENTINEL_VALUE = Check(
    "EN111",
    "A frequent value may stand for a missing one",
    "warning",
    "if it does, put it into dataset.na_values, by column: {age: [-998]}",
)
MUCH_MEMORY = Check(
    "EN112",
    "The rows take much of the memory",
    "note",
    "dataset.stream=true reads them once, in batches, and keeps none",
)
UNEVEN_TIMES = Check(
    "EN113",
    "Rows are not equally spaced in time",
    "note",
    "lags count rows, whatever lies between them: if times have no row on purpose, as weekends may "
    "have none, nothing is wrong; else rows are lost, perhaps as they lack the target",
)

MAPE_UNDEFINED = Check(
    "EN120",
    "A share of the target is undefined where it is 0",
    "note",
    "there is no mape; look at mae and median_ae",
)

# EN2: the folds
SOLVED_FROM_ROWS = Check(
    "EN201",
    "Solved from rows instead of moments",
    "note",
    "nothing is wrong, only slower; features.scale=true often spares it",
)
WARNED_IN_FOLDS = Check(
    "EN202",
    "A library warned while a fold was prepared",
    "warning",
    "what it says is about the training rows of a fold: look at the imputer and at rare levels",
)

CLASS_NOT_VALIDATED = Check(
    "EN203",
    "Rows that score lack a class",
    "warning",
    "scores of these folds, or of the test, say nothing of it: choose fewer split.folds, another "
    "split, or merge the class",
)

# EN3: the search
BEST_NOT_CONVERGED = Check(
    "EN301",
    "The best candidate has not converged",
    "warning",
    "raise model.max_iter or model.tol",
)
CANDIDATES_FAILED = Check(
    "EN302",
    "Candidates failed",
    "warning",
    "the status column of trials.csv has the reason of each",
)
SPACE_WITHOUT_EFFECT = Check(
    "EN303",
    "A searched key has no effect",
    "warning",
    "take it out of search.space, or choose the option that has it",
)
BEST_AT_EDGE = Check(
    "EN304",
    "The best candidate is at the edge of what was searched",
    "note",
    "a better one may lie beyond: the override in the message extends the range",
)

NOT_REPRODUCIBLE = Check(
    "EN305",
    "The same command may find other candidates",
    "note",
    "search.study in run.json says why, and who made them; one worker, search.workers=1 without "
    "search.storage and search.timeout, finds the same ones each time",
)
NOT_COMPILED = Check(
    "EN306",
    "Paths are solved without the compiled library",
    "note",
    "nothing is wrong, only slower: install gcc or clang, and then enet-runner again, which builds "
    "the library",
)

# EN4: the winner
REFIT_NOT_CONVERGED = Check(
    "EN401",
    "The refitted winner has not converged",
    "warning",
    "the saved model is not the minimum of its objective: raise model.max_iter or model.tol",
)
WARNED_IN_REFIT = Check(
    "EN402",
    "A library warned while the winner was refitted",
    "warning",
    "what it says is about all training rows: look at the imputer and at rare levels",
)

NO_INFERENCE = Check(
    "EN403",
    "There is no inference.csv",
    "note",
    "predictions are not concerned; a larger model.alpha selects fewer features, and merging rare "
    "levels helps where these separate rows",
)

INTERACTION_ALONE = Check(
    "EN404",
    "An interaction is selected without its main effects",
    "note",
    "it then says that the slope that is not selected is 0 where the other column is 0, or at its "
    "mean if products are standardised: model.penalty_factors={COLUMN: 0} keeps a main effect in",
)
BEYOND_TRANSFORM = Check(
    "EN405",
    "Predictions lie beyond what the transform of the target reaches",
    "warning",
    "they are NaN, and the scores with them: choose dataset.transform=log or sqrt, which have no "
    "such end, or look at these rows",
)

# EN5: folders of runs and sweeps
NO_LOCK = Check(
    "EN501",
    "The file system has no locks",
    "note",
    "let no other process write to the same folder",
)

# EN9: records of earlier versions
EARLIER_WARNING = Check(
    "EN901",
    "A warning of an earlier version",
    "warning",
    "run it again for what this version says",
)


def all_checks() -> list[Check]:
    """Every check, by code."""
    checks = [value for value in globals().values() if isinstance(value, Check)]
    return sorted(checks, key=lambda check: check.code)
