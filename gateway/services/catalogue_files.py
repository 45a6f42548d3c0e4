"""Catalogue files as rows: YAML, CSV and XLSX, UTF-8 or GB18030, each row with the line a person would look for."""

from __future__ import annotations

import csv
import io
import re
import zipfile
import zlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import PurePath
from typing import Any

import yaml
from openpyxl import load_workbook
from openpyxl.utils.exceptions import InvalidFileException

from gateway.services.catalogue_cells import Unmarked
from gateway.services.catalogue_columns import COLUMNS

LARGEST_FILE = 32 * 1024 * 1024
LARGEST_UNPACKED = 256 * 1024 * 1024
"""Bytes that an XLSX file, which is a ZIP archive, may unpack to."""

LAST_ROW = 1_048_576
"""The last row that a sheet can have."""

DAMAGED = (
    *(zipfile.BadZipFile, zlib.error, EOFError, InvalidFileException, SyntaxError, OSError, RuntimeError),
    *(KeyError, IndexError, ValueError, TypeError, AttributeError),
)
"""What a damaged workbook raises, from the archive up to its cells."""

LINE = "\0line"
"""The key under which a YAML mapping carries its line; no file can hold it."""


@dataclass(frozen=True, slots=True)
class Problem:
    """Something wrong with a file: the row as the file counts it (0 = the file), the column, and what to change."""

    row: int
    column: str
    message: str
    noun: str = "cameras"

    def __str__(self) -> str:
        where = [f"row {self.row}"] if self.row else []
        where += [f"column {self.column}"] if self.column else []
        return f"{', '.join(where)}: {self.message}" if where else self.message


@dataclass(frozen=True, slots=True)
class Row:
    """One entry of a file: what noun it is, its line, and its raw cells by column; empty cells are left out."""

    noun: str
    line: int
    cells: Mapping[str, Any]


@dataclass(slots=True)
class Document:
    """What a file holds, and what is wrong with its form. ``other`` are lists that are not the catalogue's own."""

    rows: list[Row] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    other: dict[str, list[Mapping[str, Any]]] = field(default_factory=dict)
    headers: dict[str, list[str]] = field(default_factory=dict)
    """The columns of each sheet, in the order of the file; YAML has none."""


OTHER = ("operators", "grants")
"""Lists a YAML document may hold besides; ``seeding`` reads them."""


def read(name: str, data: bytes) -> Document:
    """The rows of a file; ``name`` tells the format by its ending and, for CSV, the noun by its stem.

    Never raises for a bad file: what is wrong is in ``problems``.
    """
    document = Document()
    if len(data) > LARGEST_FILE:
        limit = LARGEST_FILE // 1024 // 1024
        document.problems.append(Problem(0, "", f"the file is larger than {limit} MB: split it"))
        return document
    ending = PurePath(name).suffix.lower()
    try:
        match ending:
            case ".yaml" | ".yml":
                _read_yaml(data, document)
            case ".csv" | ".txt":
                _read_csv(PurePath(name).stem.lower(), data, document)
            case ".xlsx":
                _read_xlsx(data, document)
            case _:
                raise Unreadable(f"a file that ends in {ending or 'nothing'} is not known: give .yaml, .csv or .xlsx")
    except Unreadable as error:
        document.problems.append(Problem(error.row, "", str(error)))
    return document


class Unreadable(Exception):
    """The file as a whole cannot be read; the text is one sentence."""

    def __init__(self, message: str, row: int = 0) -> None:
        super().__init__(message)
        self.row = row


def decoded(data: bytes) -> str:
    """The text of a file in UTF-8 (with or without BOM), UTF-16 with BOM, or GB18030. Raises ``Unreadable``."""
    encodings = ("utf-16",) if data[:2] in (b"\xff\xfe", b"\xfe\xff") else ("utf-8-sig", "gb18030")
    for encoding in encodings:
        try:
            text = data.decode(encoding)
        except UnicodeDecodeError:
            continue
        if "\0" in text:
            break
        return text
    raise Unreadable("the file is text in neither UTF-8 nor GB18030: save it as CSV UTF-8, or as .xlsx")


def _read_csv(stem: str, data: bytes, document: Document) -> None:
    noun = stem if stem in COLUMNS else "cameras"
    text = decoded(data)
    first = text.partition("\n")[0]
    delimiter = max(",;\t", key=first.count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    lines = _csv_lines(reader)
    _table(noun, lines, document)


def _csv_lines(reader: Any) -> Iterator[tuple[int, Sequence[Any]]]:
    line = 1
    try:
        for cells in reader:
            yield line, [unescaped(cell) for cell in cells]
            line = reader.line_num + 1
    except csv.Error as error:
        raise Unreadable(f"the quotes or separators are broken ({error}): save the file as CSV again", line) from None


def unescaped(cell: str) -> str:
    """The cell without the one apostrophe that ``exporting`` sets before what a spreadsheet would take for a formula
    or a number, and without the ="…" that people set for the same reason."""
    if cell.startswith("'"):
        return cell[1:]
    if cell.startswith('="') and cell.endswith('"') and len(cell) > 2:
        return cell[2:-1].replace('""', '"')
    return Unmarked(cell)


def _read_xlsx(data: bytes, document: Document) -> None:
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            if sum(entry.file_size for entry in archive.infolist()) > LARGEST_UNPACKED:
                raise Unreadable("the workbook unpacks to far more than a catalogue can need: split it")
        workbook = load_workbook(io.BytesIO(data), read_only=True, keep_links=False)
    except DAMAGED:
        raise Unreadable("the file is no workbook that can be read: save it again as .xlsx") from None
    try:
        sheets = [sheet for sheet in workbook.worksheets if sheet.title.lower() in COLUMNS]
        for sheet in sheets or workbook.worksheets[:1]:
            noun = sheet.title.lower() if sheets else "cameras"
            _table(noun, _xlsx_lines(sheet), document)
    finally:
        workbook.close()


def _xlsx_lines(sheet: Any) -> Iterator[tuple[int, Sequence[Any]]]:
    line = 0
    # Programs that write row by row say that the sheet ends at A1, as they cannot know better when they begin.
    sheet.reset_dimensions()
    try:
        for line, cells in enumerate(sheet.iter_rows(max_row=LAST_ROW), 1):
            yield line, [_Formula(cell.value) if cell.data_type == "f" else cell.value for cell in cells]
    except DAMAGED:
        message = f"the sheet {sheet.title!r} is damaged and cannot be read any further: save it again as .xlsx"
        raise Unreadable(message, line) from None


class _Formula(str):
    """A cell that holds a formula, not a value."""

    __slots__ = ()


def _table(noun: str, lines: Iterator[tuple[int, Sequence[Any]]], document: Document) -> None:
    """Rows of a sheet whose first line names the columns."""
    header = next(((line, cells) for line, cells in lines if not _blank(cells)), None)
    if header is None:
        document.problems.append(Problem(1, "", "the sheet is empty: its first row must name the columns", noun))
        return
    line, cells = header
    names = ["" if cell is None else str(cell).strip().lstrip("\ufeff") for cell in cells]
    while names and not names[-1]:
        names.pop()
    document.headers[noun] = names
    known = {column.name for column in COLUMNS[noun]}
    for name in dict.fromkeys(names):
        if name not in known:
            hint = "take the column out, or correct its name"
            document.problems.append(Problem(line, name, f"the column {name!r} is not known: {hint}", noun))
        elif names.count(name) > 1:
            document.problems.append(Problem(line, name, f"the column {name!r} is there twice: take one out", noun))
    for number, values in lines:
        if _blank(values):
            continue
        if any(value not in (None, "") for value in values[len(names) :]):
            message = f"the row has {len(values)} cells where the first row names {len(names)} columns"
            document.problems.append(Problem(number, "", f"{message}: look for a stray separator", noun))
            continue
        document.rows.append(Row(noun, number, _cells(noun, number, names, values, document)))


def _cells(noun: str, line: int, names: Sequence[str], values: Sequence[Any], document: Document) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, value in zip(names, values, strict=False):
        if isinstance(value, _Formula):
            message = "holds a formula: replace it by its value"
            document.problems.append(Problem(line, name, message, noun))
        elif value is not None and not (isinstance(value, str) and not value.strip()):
            found[name] = value
    return found


def _blank(cells: Sequence[Any]) -> bool:
    return all(cell is None or (isinstance(cell, str) and not cell.strip()) for cell in cells)


class _Loader(yaml.CSafeLoader):
    """YAML that keeps line numbers, refuses a key written twice, and takes only plain mappings."""


def _mapping(loader: _Loader, node: yaml.MappingNode) -> dict[Any, Any]:
    found: dict[Any, Any] = {LINE: node.start_mark.line + 1}
    for key_node, value_node in node.value:
        key = loader.construct_object(key_node, deep=True)
        if not isinstance(key, str):
            raise Unreadable(f"the key {key!r} is not a word", key_node.start_mark.line + 1)
        if key in found:
            raise Unreadable(f"the key {key!r} is there twice: take one out", key_node.start_mark.line + 1)
        if key in ("username", "password") and value_node.tag in _TYPED:
            found[key] = value_node.value
        else:
            found[key] = loader.construct_object(value_node, deep=True)
    return found


_INT = "tag:yaml.org,2002:int"
_TYPED = frozenset({_INT, *(f"tag:yaml.org,2002:{kind}" for kind in ("float", "bool", "timestamp"))})
"""What YAML takes for more than text, where a user or a password is what somebody typed."""

_Loader.add_constructor(yaml.resolver.BaseResolver.DEFAULT_MAPPING_TAG, _mapping)
# To YAML 1.1 010 is 8, 1_0 is 10 and 1:10 is 70; nobody who fills in a port or a telephone number means that.
_Loader.yaml_implicit_resolvers = {
    first: [(tag, form) for tag, form in forms if tag != _INT]
    for first, forms in _Loader.yaml_implicit_resolvers.items()
}
_Loader.add_implicit_resolver(_INT, re.compile(r"[-+]?(0|[1-9][0-9]*)\Z"), list("-+0123456789"))


def _read_yaml(data: bytes, document: Document) -> None:
    try:
        loaded = yaml.load(decoded(data), _Loader)
    except yaml.MarkedYAMLError as error:
        line = 0 if error.problem_mark is None else error.problem_mark.line + 1
        raise Unreadable(f"the file is not YAML here ({error.problem}): correct the line", line) from None
    except (yaml.YAMLError, RecursionError, ValueError) as error:
        raise Unreadable(f"the file is not YAML: {str(error).splitlines()[0]}") from None
    if not isinstance(loaded, dict):
        raise Unreadable(f"the file must hold lists by name: {', '.join(COLUMNS)}")
    for noun, items in loaded.items():
        if noun == LINE:
            continue
        if noun not in COLUMNS and noun not in OTHER:
            document.problems.append(Problem(0, noun, f"{noun!r} is not known: write {', '.join(COLUMNS)}", noun))
        elif not isinstance(items, list) or not all(isinstance(item, dict) for item in items):
            document.problems.append(Problem(0, noun, f"{noun!r} must be a list of entries", noun))
        elif noun in OTHER:
            document.other[noun] = items
        else:
            document.rows += [_entry(noun, item, document) for item in items]


def _entry(noun: str, item: dict[str, Any], document: Document) -> Row:
    line = item[LINE]
    cells = {name: value for name, value in item.items() if name != LINE and value is not None and value != ""}
    known = {column.name for column in COLUMNS[noun]} | {"credential"} | ({"streams"} if noun == "cameras" else set())
    for name in [name for name in cells if name not in known]:
        message = f"the key {name!r} is not known: take it out, or correct it"
        document.problems.append(Problem(line, name, message, noun))
        del cells[name]
    _flatten_credential(noun, line, cells, document)
    _flatten_streams(noun, line, cells, document)
    return Row(noun, line, cells)


def _flatten_credential(noun: str, line: int, cells: dict[str, Any], document: Document) -> None:
    credential = cells.pop("credential", None)
    if credential is None:
        return
    if not isinstance(credential, dict) or credential.keys() - {LINE, "username", "password", "secret_from"}:
        message = "write username, and password or secret_from, nothing else"
        document.problems.append(Problem(line, "credential", message, noun))
        return
    cells |= {name: value for name, value in credential.items() if name != LINE and value is not None}


def _flatten_streams(noun: str, line: int, cells: dict[str, Any], document: Document) -> None:
    streams = cells.pop("streams", None)
    for stream in streams if isinstance(streams, list) else [streams] if streams is not None else []:
        kind = stream.get("kind") if isinstance(stream, dict) else None
        if kind not in ("main", "sub") or stream.keys() - {LINE, "kind", "path", "transport"} or "path" not in stream:
            message = "write for each stream its kind (main or sub), its path and, if need be, its transport"
            document.problems.append(Problem(line, "streams", message, noun))
            continue
        if f"{kind}_path" in cells:
            document.problems.append(Problem(line, "streams", f"the stream {kind} is there twice", noun))
        cells |= {f"{kind}_{name}": stream[name] for name in ("path", "transport") if name in stream}
