"""Workbooks as other programs leave them: a size that is not so, rows that cannot be, and damage."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable

from openpyxl import Workbook

from gateway.services.catalogue_files import read

HEAD = ("id", "name_zh", "organisation_id", "latitude", "longitude")
SHEET = "xl/worksheets/sheet1.xml"


def workbook(rows: int, change: Callable[[bytes], bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    """A workbook of sites whose sheet is changed as somebody else's program would have written it."""
    book = Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.title = "sites"
    sheet.append(HEAD)
    for number in range(rows):
        sheet.append([f"S-{number:05d}", "站", "T-1", 32.07, 121.07])
    saved, written = io.BytesIO(), io.BytesIO()
    book.save(saved)
    with zipfile.ZipFile(saved) as before, zipfile.ZipFile(written, "w", method) as after:
        for name in before.namelist():
            after.writestr(name, change(before.read(name)) if name == SHEET else before.read(name))
    return written.getvalue()


def test_a_sheet_that_is_said_to_end_at_its_first_cell_is_read_whole() -> None:
    told = workbook(3, lambda xml: xml.replace(b'<dimension ref="A1:E4"', b'<dimension ref="A1"'))
    document = read("x.xlsx", told)
    assert document.problems == []
    assert [(row.line, row.cells["id"]) for row in document.rows] == [(2, "S-00000"), (3, "S-00001"), (4, "S-00002")]
    assert document.rows[0].cells.keys() == set(HEAD)
    assert document.rows == read("x.xlsx", workbook(3, lambda xml: xml)).rows


def test_a_row_that_no_sheet_can_have_is_not_counted_up_to() -> None:
    far = workbook(1, lambda xml: xml.replace(b'<row r="2"', b'<row r="99999999999"'))
    assert read("x.xlsx", far).rows == []


def test_a_damaged_sheet_is_said_and_not_a_fault_of_the_gateway() -> None:
    """The archive's list is whole; what is behind it is not, and a large sheet shows that only on the way."""
    stored = workbook(3000, lambda xml: xml, zipfile.ZIP_STORED)
    other_bytes = stored.replace(b"<v>121.07</v>", b"<v>121.70</v>")
    cut = workbook(3000, lambda xml: xml[: len(xml) // 2])
    own, none = b't="inlineStr"><is><t>S-01998</t></is></c>', b't="s"><v>99999</v></c>'
    no_text = workbook(3000, lambda xml: xml.replace(own, none))
    for data in (other_bytes, cut, no_text, _garbled(3000), _garbled(3)):
        assert data != stored
        (problem,) = read("x.xlsx", data).problems
        assert "save it again as .xlsx" in problem.message
        assert "sites" in problem.message or problem.row == 0
    (problem,) = read("x.xlsx", no_text).problems
    assert str(problem).startswith("row 1999: the sheet 'sites' is damaged")


def _garbled(rows: int) -> bytes:
    """The end of the sheet's packed bytes is no packed bytes."""
    data = bytearray(workbook(rows, lambda xml: xml))
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        entry = archive.getinfo(SHEET)
    end = entry.header_offset + 30 + len(SHEET) + entry.compress_size
    half = entry.compress_size // 2
    data[end - half : end] = b"\xff" * half
    return bytes(data)
