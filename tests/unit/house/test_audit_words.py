"""Everything that the audit records has a word in both languages: an auditor reads no code of ours."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from gateway.domain.inquiries import InquiryMove
from gateway.domain.request_states import PartMove
from gateway.domain.ticket_states import Operation

WRITERS = {"note", "_note", "_tell"}
"""What the functions are called that write a line of the audit; those that help one begin with the office."""
WORD = re.compile(r"[a-z]+(_[a-z]+)+")
KINDS = {"audit_root", "audit_text", "legal_hold"}
MADE = {f"{move}_access" for move in PartMove} | {f"ticket_{operation}" for operation in Operation}
MADE |= {f"{step}_emergency" for step in ("propose", "approve", "refuse", "renew", "end")}
MADE |= {f"{verb}_export" for verb in ("approve", "refuse")}
MADE |= {f"{step}_inquiry" for step in (*InquiryMove, "take", "erase")}
MADE |= {"enable_operator", "disable_operator", "lock_account", "wrong_password", "sign_out", "end_session"}
"""Actions whose names are put together or chosen before they are written."""


def _literals(node: ast.expr) -> Iterator[str]:
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        yield node.value
    elif isinstance(node, ast.IfExp):
        yield from _literals(node.body)
        yield from _literals(node.orelse)


def recorded(root: Path) -> set[str]:
    """Every action that the services write into the audit."""
    found = set(MADE)
    for file in (root / "gateway").rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_text("utf-8"))):
            if not isinstance(node, ast.Call):
                continue
            name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
            if name not in WRITERS:
                continue
            first = node.args[0] if node.args else None
            if name != "note" and not (isinstance(first, ast.Name) and first.id == "office"):
                continue
            given = node.args[3:4] if name == "note" else node.args
            found |= {word for one in given for word in _literals(one) if WORD.fullmatch(word)}
    return found - KINDS


def told(root: Path) -> set[str]:
    """The name of every figure that the services write beside an action of the audit."""
    found: set[str] = set()
    for file in (root / "gateway").rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_text("utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "note":
                found |= {one.arg for one in node.keywords if one.arg is not None}
    return found - {"typed", "by_hand"}


def words_under(heading: str, text: str) -> set[str]:
    """The codes that a file of words knows under a heading."""
    part = text.split(f"  {heading}: {{\n", 1)[1].split("\n  },", 1)[0]
    return set(re.findall(r"^    (\w+): '", part, re.MULTILINE))


@pytest.mark.parametrize("language", ["zh", "en"])
@pytest.mark.parametrize(
    ("said", "least", "file", "heading"),
    [(recorded, 80, "records.ts", "auditAction"), (told, 60, "details.ts", "auditDetail")],
    ids=["actions", "figures"],
)
def test_everything_in_the_audit_has_a_word(
    root: Path, language: str, said: Callable[[Path], set[str]], least: int, file: str, heading: str
) -> None:
    text = (root / "gateway/console/src/words" / language / file).read_text("utf-8")
    codes = said(root)
    assert len(codes) > least
    assert sorted(codes - words_under(heading, text)) == []
