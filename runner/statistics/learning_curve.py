"""Blocks of rows come in; smaller and smaller training sides made of parts of them go out.

The parts are nested: what trains at one size trains at every larger one.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from runner.records import Fold, Integers

SIZES = 5  # of training sides, in equal steps


def cut_blocks(block: Integers, key: Integers, parts: int) -> Integers:
    """Cut each block into parts of about as many rows, (n,): part p of block b is b * parts + p.

    Args:
        block: (n,), -1 of a row in none, which stays there.
        key: (n,), by which the rows of a block are ordered; rows of one key stay together.
        parts: how many.
    """
    finer = np.full_like(block, -1)
    for number in range(int(block.max()) + 1):
        rows = np.flatnonzero(block == number)
        before = np.searchsorted(np.sort(key[rows]), key[rows], side="left")
        # by the middle of a row, so that no part is the larger one in every block
        finer[rows] = number * parts + (2 * before + 1) * parts // max(2 * len(rows), 1)
    return finer


def growing(parts: Sequence[int], sizes: int) -> list[tuple[int, ...]]:
    """The first 1/sizes, 2/sizes, ... of some parts, each in ascending order."""
    counts = sorted({-(-len(parts) * step // sizes) for step in range(1, sizes + 1)})
    return [tuple(sorted(parts[:count])) for count in counts if count]


def in_turn(blocks: Sequence[Sequence[int]]) -> list[int]:
    """The first part of each block, then the second of each, and so on."""
    longest = max((len(block) for block in blocks), default=0)
    return [block[at] for at in range(longest) for block in blocks if at < len(block)]


def folds_within(outer: Fold, groups: Sequence[Sequence[int]], *, ordered: bool) -> list[Fold]:
    """Folds of a training side: each group validates what the others, or those before it, train.

    Args:
        outer: the fold whose training side it is.
        groups: of parts; in order of time, if they are ordered.
        ordered: whether only what lies before may train.
    """
    found = []
    for at, validation in enumerate(groups):
        others = groups[:at] if ordered else [*groups[:at], *groups[at + 1 :]]
        training = tuple(part for group in others for part in group)
        if training and validation:
            found.append(
                replace(outer, number=at + 1, training=training, validation=tuple(validation))
            )
    return found
