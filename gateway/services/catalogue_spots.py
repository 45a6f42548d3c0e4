"""Where in a file a problem is: the cell as a spreadsheet names it, and what stands in it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from openpyxl.utils import get_column_letter

from gateway.services.catalogue_files import Document, Problem

UNTOLD = frozenset({"password", "secret_from", "username", "host", "main_path", "sub_path"})
"""Columns whose values are not repeated: they may hold a password, in their place or out of it."""

LONGEST = 60


@dataclass(frozen=True, slots=True)
class Spot:
    """A problem's cell ("C12", "" where there is none) and its value, shortened."""

    cell: str
    value: str


def spots(document: Document, problems: Sequence[Problem]) -> list[Spot]:
    """Where each of the problems is, in their order."""
    rows = {(row.noun, row.line): row.cells for row in document.rows}
    return [_spot(document, rows.get((one.noun, one.row), {}), one) for one in problems]


def _spot(document: Document, cells: object, problem: Problem) -> Spot:
    names = document.headers.get(problem.noun, [])
    known = problem.row > 0 and problem.column in names
    cell = f"{get_column_letter(names.index(problem.column) + 1)}{problem.row}" if known else ""
    value = cells.get(problem.column) if isinstance(cells, dict) and problem.column not in UNTOLD else None
    return Spot(cell, "" if value is None else str(value)[:LONGEST])
