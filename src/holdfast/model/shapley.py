"""Why a row got its answer: Shapley values, by asking the compiled graph alone.

A field's value is what it changes on average when it is told after some of the others, over all orders (Shapley, 1953;
Strumbelj & Kononenko, Explaining prediction models and individual predictions with feature contributions, 2014). Fields not yet
told come from the background: values as they were in training, each field for itself. So a field that only stands for another
gets nothing of the other's share, and rows are asked about that training may never have seen.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from holdfast.arrays import Floats, Strings
from holdfast.errors import ModelError
from holdfast.model.schema import NUMERIC, Schema

# Orders are drawn in pairs, one the other's reverse, which halves the error of what fields do together (Mitchell et al.,
# Sampling permutations for Shapley value estimation, 2022).
PAIRS = 32


@dataclass(frozen=True)
class Explanation:
    """What each field adds to the answer, beside the base: base + the sum over fields = answer, exactly.

    Shapes: base (n_outputs,), values and errors (n_rows, n_fields, n_outputs), answers (n_rows, n_outputs), where outputs are
    the classes, or one for a value. errors: standard errors of values, from the orders drawn.
    """

    fields: tuple[str, ...]
    base: Floats
    values: Floats
    errors: Floats
    answers: Floats


@dataclass(frozen=True)
class Background:
    """Rows drawn from each field's own distribution: numbers (n, n_numeric) and strings (n, n_others)."""

    numbers: Floats
    strings: Strings

    @classmethod
    def from_json(cls, given: Any, schema: Schema) -> "Background":
        """Read a manifest's `background`: by field, as many values for each; ModelError when it is no such thing."""
        sound = isinstance(given, Mapping) and all(isinstance(given.get(field.name), list) for field in schema.fields)
        sizes = {len(given[field.name]) for field in schema.fields} if sound else set()
        if len(sizes) != 1 or sizes == {0}:
            raise ModelError("this model holds no background to explain against; expected one: train it again")
        n = sizes.pop()
        random = np.random.default_rng(0)  # values of fields are put together anew, the same way each time
        columns: dict[bool, list[Any]] = {True: [], False: []}
        for field in schema.fields:
            numeric = field.type in NUMERIC
            cells = given[field.name]
            wanted: tuple[type, ...] = (float, int, type(None)) if numeric else (str,)
            if not all(isinstance(cell, wanted) for cell in cells):
                raise ModelError(
                    f"the background of {field.name!r} holds wrong values; expected numbers or text: copy the model again"
                )
            column = np.array(
                [np.nan if cell is None else cell for cell in cells], dtype=np.float64 if numeric else object
            )
            columns[numeric].append(column[random.permutation(n)])
        return cls(
            np.column_stack(columns[True]) if columns[True] else np.empty((n, 0)),
            np.column_stack(columns[False]) if columns[False] else np.empty((n, 0), dtype=object),
        )


def shapley(
    ask: Callable[[Floats, Strings], Floats],
    schema: Schema,
    background: Background,
    numbers: Floats,
    strings: Strings,
    *,
    n_pairs: int = PAIRS,
    seed: int = 0,
) -> Explanation:
    """Explain rows given as the graph's arrays. ask: gives the graph's answers, (n,) or (n, n_outputs)."""
    fields = schema.fields
    random = np.random.default_rng(seed)
    drawn = np.stack([random.permutation(len(fields)) for _ in range(n_pairs)])
    orders = np.stack([drawn, drawn[:, ::-1]], axis=1)  # (n_pairs, 2, n_fields)
    # told[pair, way, step, field]: whether the field is told before the step.
    place = np.argsort(orders, axis=2)
    told = place[:, :, None, :] < np.arange(len(fields) + 1)[None, None, :, None]
    flat = told.reshape(-1, len(fields))
    numeric = np.array([field.type in NUMERIC for field in fields])
    first = np.arange(n_pairs) % len(background.numbers)
    which = np.repeat(first, 2 * (len(fields) + 1))
    base = _asked(
        ask, len(first), lambda part: (background.numbers[first[part]], background.strings[first[part]])
    ).mean(axis=0)
    values, errors, answers = [], [], []
    for row in range(len(numbers)):

        def told_so_far(part: slice, row: int = row) -> tuple[Floats, Strings]:
            known, others = flat[part], which[part]
            return (
                np.where(known[:, numeric], numbers[row], background.numbers[others]),
                np.where(known[:, ~numeric], strings[row], background.strings[others]),
            )

        found = _asked(ask, len(flat), told_so_far).reshape(n_pairs, 2, len(fields) + 1, -1)
        steps = np.diff(found, axis=2)
        by_field = np.take_along_axis(steps, place[..., None], axis=2).mean(axis=1)
        values.append(by_field.mean(axis=0))
        errors.append(
            by_field.std(axis=0, ddof=1) / np.sqrt(n_pairs) if n_pairs > 1 else np.full_like(values[-1], np.nan)
        )
        answers.append(found[0, 0, -1])
    return Explanation(
        tuple(field.name for field in fields), base, np.array(values), np.array(errors), np.array(answers)
    )


def _asked(
    ask: Callable[[Floats, Strings], Floats],
    n_rows: int,
    made: Callable[[slice], tuple[Floats, Strings]],
    size: int = 4_000,
) -> Floats:
    """Ask about rows that are made some at a time: of a wide model all together may not fit in memory."""
    parts = [ask(*made(slice(at, at + size))) for at in range(0, n_rows, size)]
    answers = np.concatenate(parts)
    return answers if answers.ndim == 2 else answers[:, None]
