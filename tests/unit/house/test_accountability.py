"""The table of requirements is true: its paths are there, its tests are there, and what is met has a test."""

from __future__ import annotations

import ast
import re
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
DOCUMENT = ROOT / "docs" / "accountability.md"
LINK = re.compile(r"\]\(([^)#]+)\)")
TEST = re.compile(r"`([\w/]+\.py)::(\w+)`")


@dataclass(frozen=True)
class Row:
    """One requirement as the table has it."""

    number: str
    requirement: str
    state: str
    code: str
    tests: str
    instead: str


def rows() -> list[Row]:
    """The table's rows, in their order."""
    lines = [line for line in DOCUMENT.read_text().splitlines() if re.match(r"\| R\d\d \|", line)]
    return [Row(*(cell.strip() for cell in line.strip().strip("|").split("|"))) for line in lines]


def names_in(path: Path) -> set[str]:
    """The names of a file's tests."""
    tree = ast.parse(path.read_text())
    kinds = (ast.FunctionDef, ast.AsyncFunctionDef)
    return {node.name for node in ast.walk(tree) if isinstance(node, kinds) and node.name.startswith("test_")}


def test_all_thirty_requirements_are_there_once() -> None:
    assert [row.number for row in rows()] == [f"R{number:02}" for number in range(1, 31)]


@pytest.mark.parametrize("row", rows(), ids=lambda row: row.number)
def test_a_row_is_what_the_house_holds(row: Row) -> None:
    assert row.state in ("met", "open")
    assert len(row.requirement) > 20
    links = LINK.findall(row.code)
    assert links, "every row says where its code is, or what stands in"
    assert [link for link in links if not (DOCUMENT.parent / link).resolve().exists()] == []
    named = TEST.findall(row.tests)
    missing = [name for path, name in named if name not in names_in(ROOT / "tests" / path)]
    assert missing == []
    if row.state == "met":
        number = re.compile(rf"_{row.number.lower()}_")
        assert [name for _, name in named if number.search(name)], f"no test carries {row.number} in its name"
    else:
        assert len(row.instead) > 20, "what is open says what stands in for it"
