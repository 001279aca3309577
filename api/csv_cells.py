"""Cells of tables that spreadsheets open. Pure."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable

BOM = "\ufeff"  # by which a spreadsheet knows UTF-8
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")


def text_cell(value: str) -> str:
    """A text as a cell that is no formula: one that could begin one begins with an apostrophe.

    Spreadsheets pass over blanks before it, so these do not hide it.
    """
    return (
        f"'{value}" if value.startswith(_FORMULA) or value.lstrip().startswith(_FORMULA) else value
    )


def csv_lines(rows: Iterable[Iterable[object]]) -> str:
    """Rows as lines of a table; None is an empty cell."""
    out = io.StringIO()
    csv.writer(out).writerows(rows)
    return out.getvalue()
