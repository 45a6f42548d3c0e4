from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.storage.paging import MAX_LIMIT, BadCursor, bounded, cursor, moment, position
from gateway.storage.pinyin import INITIALS_LENGTH, initials


@given(st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"])), st.integers(-(2**62), 2**62))
def test_a_cursor_brings_its_values_back(text: str, number: int) -> None:
    assert position(cursor("name", text, number), "name", str, int) == [text, number]


@given(st.text())
def test_any_other_text_is_refused_and_never_worse(text: str) -> None:
    with pytest.raises(BadCursor):
        position(text, "name", str)


def test_a_cursor_of_another_order_or_type_is_refused() -> None:
    for text in (cursor("id", "a"), cursor("name", 1), cursor("name", "a", "b"), cursor("name", "a\0"), cursor("name")):
        with pytest.raises(BadCursor, match="start again from the first page"):
            position(text, "name", str)
    with pytest.raises(BadCursor):
        position(cursor("n", 2**70), "n", int)
    with pytest.raises(BadCursor):
        position(cursor("n", True), "n", int)
    assert moment("2026-03-01T08:30:00+00:00") == datetime(2026, 3, 1, 8, 30, tzinfo=UTC)
    for text in ("yesterday", "2026-03-01T08:30:00"):
        with pytest.raises(BadCursor):
            moment(text)


def test_pages_are_bounded() -> None:
    assert [bounded(limit) for limit in (-1, 0, 7, 10**9)] == [1, 1, 7, MAX_LIMIT]


@pytest.mark.parametrize(
    ("name", "letters"),
    [
        ("金沙街道朝霞路", "jsjdzxl"),
        ("重庆路1号", "cql1h"),
        ("Gate A-3 东门(示例)", "gatea3dmsl"),
        ("", ""),
        ("！？", ""),
    ],
)
def test_initials_are_what_an_operator_types(name: str, letters: str) -> None:
    assert initials(name) == letters


def test_initials_are_bounded() -> None:
    assert len(initials("路" * 500)) == INITIALS_LENGTH
