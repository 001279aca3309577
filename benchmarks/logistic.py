"""Logistic regression by Newton's method, for a handful of weights."""

from __future__ import annotations

from collections.abc import Sequence
from math import exp


def fit(rows: Sequence[tuple[tuple[float, ...], bool]], *, rounds: int = 30) -> list[float]:
    """The weights that make the answers of `rows` (values, answer) most likely."""
    size = len(rows[0][0])
    weights = [0.0] * size
    for _ in range(rounds):
        step = _solve(*_slopes(rows, weights))
        weights = [weight + change for weight, change in zip(weights, step, strict=True)]
        if max(abs(change) for change in step) < 1e-6:
            break
    return weights


def _slopes(
    rows: Sequence[tuple[tuple[float, ...], bool]], weights: list[float]
) -> tuple[list[list[float]], list[float]]:
    """The second and the first derivatives of the likelihood."""
    size = range(len(weights))
    curve = [[1e-9 if a == b else 0.0 for b in size] for a in size]
    slope = [0.0 for _ in size]
    for values, answer in rows:
        points = sum(weight * value for weight, value in zip(weights, values, strict=True))
        share = 1 / (1 + exp(-max(-30.0, min(30.0, points))))
        spread = share * (1 - share)
        for a in size:
            slope[a] += (answer - share) * values[a]
            for b in size:
                curve[a][b] += spread * values[a] * values[b]
    return curve, slope


def _solve(matrix: list[list[float]], wanted: list[float]) -> list[float]:
    """Gauss and Jordan, with the largest pivot of each column."""
    rows = [[*row, value] for row, value in zip(matrix, wanted, strict=True)]
    size = len(rows)
    for column in range(size):
        pivot = max(range(column, size), key=lambda row: abs(rows[row][column]))
        rows[column], rows[pivot] = rows[pivot], rows[column]
        for row in range(size):
            if row != column:
                factor = rows[row][column] / rows[column][column]
                rows[row] = [a - factor * b for a, b in zip(rows[row], rows[column], strict=True)]
    return [rows[row][size] / rows[row][row] for row in range(size)]
