"""Every sentence that says what is wrong with a catalogue file, or with the audit, is known in Chinese, too."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Mapping
from itertools import product
from pathlib import Path

from gateway.services.catalogue_hands import RECORDER
from gateway.services.standing_denies import DEVICE, RESTS

FILES = ("catalogue_cells", "catalogue_checks", "catalogue_files", "catalogue_lives", "loading")
SAYING = {"BadCell": 0, "Unreadable": 0, "Problem": 2, "_say": 2, "Finding": 0, "Fault": 1, "Break": 1}
"""Who is told a sentence, and the place that it has among what is given."""
COLUMN = {"catalogue_cells": "host "}
"""What stands before the sentence of a cell."""
ELSEWHERE = {"7", "host 7", "7 7", "gb_id cannot be: 7", "7 names the 7 7, which is not known: load it first"}
"""Sentences that are made of others, which are looked at by themselves."""
NOUNS = ("organisation", "site", "recorder")

REFUSALS = ("Invalid", "Conflict", "Forbidden", "KeptInDirectory", "NotSignedIn", "Unavailable", "Refused")
REFUSING = {**dict.fromkeys(REFUSALS, 0), "Unfit": 1}
FOLDERS = ("services", "web")
"""Where a person is refused something."""
BY_FILE = {"seeding", "standing", "standing_ends", "loading"}
"""What is refused of files on the machine, by a command that speaks English alone."""
FINDING = ("services/verifying", "storage/view_reading", "domain/audit_lines", "domain/audit_roots")
ROOTS = ["root 7", "root 7, kept in 7,"]
NAMES = {"_verify_root": ROOTS, "_noted_wrong": ["the note that the chain ends at line 7"]}
"""What is found wrong, by the function that says it."""

Assigned = dict[str, list[str]]


def _texts(node: ast.expr, assigned: Assigned) -> list[str]:
    """What an expression may say; a value in it is a 7."""
    if isinstance(node, ast.Constant):
        return [str(node.value)]
    if isinstance(node, ast.FormattedValue):
        return _texts(node.value, assigned) if isinstance(node.value, ast.Name) else ["7"]
    if isinstance(node, ast.JoinedStr):
        return ["".join(parts) for parts in product(*(_texts(part, assigned) for part in node.values))]
    if isinstance(node, ast.IfExp):
        return _texts(node.body, assigned) + _texts(node.orelse, assigned)
    return assigned.get(node.id, ["7"]) if isinstance(node, ast.Name) else ["7"]


def _said(file: Path, hints: list[str], saying: Mapping[str, int] = SAYING) -> Iterator[str]:
    """The sentences that a file's functions say, each with what it has assigned."""
    for function in ast.walk(ast.parse(file.read_text("utf-8"))):
        if isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef):
            assigned: Assigned = {"hint": hints} if file.stem == "catalogue_cells" else {}
            assigned |= {"name": NAMES[function.name]} if function.name in NAMES else {}
            for node in ast.walk(function):
                if isinstance(node, ast.Assign) and isinstance(node.value, ast.Constant | ast.JoinedStr | ast.IfExp):
                    assigned |= {
                        one.id: _texts(node.value, assigned) for one in node.targets if isinstance(one, ast.Name)
                    }
            for node in ast.walk(function):
                place = saying.get(_called(node))
                if isinstance(node, ast.Call) and place is not None and len(node.args) > place:
                    yield from (COLUMN.get(file.stem, "") + text for text in _texts(node.args[place], assigned))


def _called(node: ast.AST) -> str:
    """The name of what is called there, "" for nothing."""
    if not isinstance(node, ast.Call):
        return ""
    return node.func.id if isinstance(node.func, ast.Name) else getattr(node.func, "attr", "")


def _errors(file: Path, before: str) -> Iterator[str]:
    """The sentences of the ValueErrors that a file raises."""
    for node in ast.walk(ast.parse(file.read_text("utf-8"))):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "ValueError":
            yield from (f"{before}{text}" for text in _texts(node.args[0], {}))


def _hints(file: Path) -> list[str]:
    """How the columns' forms are described."""
    calls = [node for node in ast.walk(ast.parse(file.read_text("utf-8"))) if isinstance(node, ast.Call)]
    texts = [node for node in calls if getattr(node.func, "id", "") == "text" and len(node.args) > 2]
    return [text for node in texts for text in _texts(node.args[2], {})]


def _returned(file: Path, *functions: str) -> Iterator[str]:
    """The sentences that these functions return."""
    for function in ast.walk(ast.parse(file.read_text("utf-8"))):
        if isinstance(function, ast.FunctionDef) and function.name in functions:
            for node in ast.walk(function):
                if isinstance(node, ast.Return) and node.value is not None:
                    told = [node.value.body, node.value.orelse] if isinstance(node.value, ast.IfExp) else [node.value]
                    yield from (text for one in told for text in _texts(one, {}) if " " in text)


def _missing(said: set[str], words: Path) -> list[str]:
    """Those that no pattern of the console's words knows."""
    found = re.findall(r"^ +\[?/(\^.+\$)/,", words.read_text("utf-8"), re.MULTILINE)
    patterns = [re.compile(one.replace("\\/", "/")) for one in found]
    return sorted(one for one in said if not any(pattern.match(one) for pattern in patterns))


def test_every_problem_of_a_file_has_a_chinese_sentence(root: Path) -> None:
    services, domain = root / "gateway/services", root / "gateway/domain"
    hints = _hints(services / "catalogue_columns.py")
    said = {sentence for name in FILES for sentence in _said(services / f"{name}.py", hints)} - ELSEWHERE
    said |= {*_errors(domain / "hosts.py", "host ")}
    said |= {f"owner_id names the {noun} 7, which is not known: load it first" for noun in NOUNS}
    said |= {one for one in _errors(domain / "gbid.py", "gb_id cannot be: ") if "id" in one}
    assert len(hints) > 3
    assert len(said) > 60
    assert _missing(said, root / "gateway/console/src/words/problems.ts") == []
    shared = {RECORDER, RESTS, DEVICE}
    assert _missing(shared, root / "gateway/console/src/words/refusals/cameras.ts") == []


def test_every_finding_of_a_verification_has_a_chinese_sentence(root: Path) -> None:
    said = {one for file in FINDING for one in _said(root / "gateway" / f"{file}.py", [])} - ELSEWHERE
    said |= set(_returned(root / "gateway/domain/audit_lines.py", "_fault", "_text_fault"))
    said |= set(_returned(root / "gateway/domain/audit_roots.py", "follows"))
    assert len(said) > 30
    assert _missing(said, root / "gateway/console/src/words/findings.ts") == []


def test_every_refusal_has_a_chinese_sentence(root: Path) -> None:
    files = [
        path for folder in FOLDERS for path in (root / "gateway" / folder).glob("*.py") if path.stem not in BY_FILE
    ]
    files.append(root / "gateway/domain/accounts.py")
    said = {one for file in files for one in _said(file, [], REFUSING) if " " in one}
    words = root / "gateway/console/src/words/refusals"
    missing = [set(_missing(said, path)) for path in words.glob("*.ts")]
    assert len(said) > 180
    assert sorted(set.intersection(*missing)) == []
