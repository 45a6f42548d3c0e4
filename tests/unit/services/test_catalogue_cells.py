"""Numbers that a spreadsheet or YAML made of what somebody typed: never taken for it, and no password repeated."""

from __future__ import annotations

import io
from datetime import datetime
from typing import Any

import pytest
from openpyxl import Workbook

from gateway.services.catalogue_checks import entries
from gateway.services.catalogue_files import Problem, read

CUT = "32061200011329100000"
"""Fifteen digits and five zeros, as a spreadsheet saves twenty digits; its number, 100000, may be given out."""


def wrong(name: str, data: bytes, column: str) -> list[Problem]:
    """What is said of that column."""
    document = read(name, data)
    _, problems = entries(document.rows)
    return [one for one in (*document.problems, *problems) if one.column == column]


def test_an_id_that_lost_its_last_digits_in_a_spreadsheet_is_refused() -> None:
    (problem,) = wrong("cameras.csv", f"id,gb_id\nC-1,{CUT}\n".encode(), "gb_id")
    assert str(problem).startswith(
        f"row 2, column gb_id: gb_id was stored as the number {CUT}, and a number keeps only 15"
    )
    assert problem.message.endswith("if it does end in five zeros, save the file as .xlsx")


def test_an_id_that_does_end_in_zeros_is_taken_as_text() -> None:
    for name, text in (
        ("cameras.csv", f"id,gb_id\nC-1,'{CUT}\n"),
        ("cameras.csv", f'id,gb_id\nC-1,"=""{CUT}"""\n'),
        ("cameras.csv", f"id,gb_id\nC-1,{CUT[:-1]}1\n"),
        ("cameras.yaml", f'cameras: [{{id: C-1, gb_id: "{CUT}"}}]'),
    ):
        assert wrong(name, text.encode(), "gb_id") == [], text
    assert wrong("x.xlsx", _cells(gb_id=CUT), "gb_id") == []


def _cells(**cells: Any) -> bytes:
    book = Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.append(list(cells))
    sheet.append(list(cells.values()))
    target = io.BytesIO()
    book.save(target)
    return target.getvalue()


@pytest.mark.parametrize(
    "typed",
    [
        "01234567",
        "0x1F",
        "1_000",
        "12:30:45",
        "12345678901234567890",
        "8.0",
        "1.5",
        "yes",
        "2024-05-31 10:20:30",
        "2024-13-45",
    ],
)
def test_a_password_of_yaml_is_what_was_typed(typed: str) -> None:
    document = read("x.yaml", f"cameras:\n- id: C-1\n  credential: {{username: {typed}, password: {typed}}}\n".encode())
    assert document.problems == []
    (row,) = document.rows
    assert (row.cells["username"], row.cells["password"]) == (typed, typed)


def test_no_password_is_none_and_not_a_word() -> None:
    document = read("x.yaml", b"cameras:\n- {id: C-1, credential: {username: viewer, password: ~}}\n")
    assert "password" not in document.rows[0].cells


def test_numbers_of_yaml_are_decimal() -> None:
    document = read("x.yaml", b"recorders:\n- {id: 010, rtsp_port: 0554, channels: 8, max_opens: 1:10}\n")
    (row,) = document.rows
    assert row.cells == {"id": "010", "rtsp_port": "0554", "channels": 8, "max_opens": "1:10"}
    _, problems = entries(document.rows)
    assert {one.column for one in problems} >= {"max_opens"}
    assert not {"id", "rtsp_port", "channels"} & {one.column for one in problems}


@pytest.mark.parametrize("value", [1234567890123456789, 12.5, True, datetime(2024, 5, 31)])
@pytest.mark.parametrize("column", ["username", "password", "secret_from"])
def test_a_password_that_a_spreadsheet_changed_is_refused_and_never_repeated(column: str, value: Any) -> None:
    (problem,) = wrong("x.xlsx", _cells(id="C-1", **{column: value}), column)
    assert problem.message == (
        f"{column} is not text: format the column as text, or put it in quotes, and enter it again"
    )


def test_a_short_number_is_a_password_as_it_is_shown() -> None:
    assert wrong("x.xlsx", _cells(id="C-1", password=12345), "password") == []
