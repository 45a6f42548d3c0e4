"""What people type into an audited action: an erasure reaches wherever the same words stand, or says why not."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

from gateway.storage.typed_rows import KEPT, NOWHERE_ELSE, PLACES
from tests.conftest import ROOT

KIND_AT = {"note": 4, "append": 5}
"""Where the kind of the object stands among the arguments of the functions that write a line."""
HELPERS = {("legal_holds.py", "_note"): "legal_hold", ("inquiries.py", "told"): "inquiry"}
"""Functions that write lines about one kind of object, in their own files."""
LEDGER = "_append"
"""Its third argument from the end is the kind and the id."""
PASSED_ON = {
    ("office.py", "note"), ("legal_holds.py", "_note"), ("inquiries.py", "told"), ("catalogue_ledger.py", "_append"),
    ("ending.py", "answer_for"), ("auditing.py", "append"),
}  # fmt: skip
"""Functions that hand on what they were given; who calls them is read instead."""
SAID = {
    ("audit_tools.py", "accept_ends"): {("audit", "reason")},
    ("erasing.py", "erase"): {("audit_text", "reason"), ("view_record", "reason")},
}
"""What is written by a function that is not named like the others, or about more than one kind of object."""

Found = set[tuple[str, str]]


def _functions(tree: ast.AST) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node


def _keys(node: ast.expr | None, inside: ast.AST, module: ast.AST) -> set[str] | None:
    """The keys of what is typed; None if they cannot be read."""
    match node:
        case ast.Constant(value=None) | None:
            return set()
        case ast.Dict():
            return {str(ast.literal_eval(key)) for key in node.keys if key is not None}
        case ast.DictComp(generators=[ast.comprehension(iter=ast.Tuple() as names)]):
            return set(ast.literal_eval(names))
        case ast.IfExp(body=body, orelse=orelse):
            one, other = _keys(body, inside, module), _keys(orelse, inside, module)
            return None if one is None or other is None else one | other
        case ast.Name(id=name):
            values = [
                each.value
                for each in ast.walk(inside)
                if isinstance(each, ast.Assign | ast.AnnAssign)
                for target in (each.targets if isinstance(each, ast.Assign) else [each.target])
                for named in ast.walk(target)
                if isinstance(named, ast.Name) and named.id == name
            ]
            found = [_keys(one.elts[-1] if isinstance(one, ast.Tuple) else one, inside, module) for one in values]
            return set().union(*(one for one in found if one)) if found and None not in found else None
        case ast.Call(func=ast.Name(id=name)):
            made = [one for one in _functions(module) if one.name == name]
            returns = [each.value for one in made for each in ast.walk(one) if isinstance(each, ast.Return)]
            found = [_keys(one, inside, module) for one in returns]
            return set().union(*(one for one in found if one)) if found and None not in found else None
    return None


def _called(node: ast.Call) -> str:
    return node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")


def _line(node: ast.Call, file: str) -> tuple[ast.expr | None, str | None] | None:
    """What is typed into the line that the call writes, and the kind of its object; None if it writes none."""
    name = _called(node)
    keyword = next((one.value for one in node.keywords if one.arg == "typed"), None)
    if (file, name) in HELPERS:
        last = keyword or (node.args[5] if len(node.args) > 5 else None)
        return last, HELPERS[file, name]
    if name in ("replace", "AuditEntry"):
        return None
    if name == LEDGER and len(node.args) > 6:
        about = node.args[4]
        return node.args[6], about.elts[0].value if isinstance(about, ast.Tuple) else None  # type: ignore[attr-defined]
    if name == "append" and len(node.args) < 8 and keyword is None:
        return None
    if name not in KIND_AT:
        return None if keyword is None else (keyword, None)
    typed = keyword or (node.args[8] if name == "append" and len(node.args) > 8 else None)
    at = KIND_AT[name]
    kind = node.args[at] if len(node.args) > at else None
    return typed, kind.value if isinstance(kind, ast.Constant) and isinstance(kind.value, str) else None


def typed_fields(root: Path) -> tuple[Found, list[str]]:
    """Every kind and field into which somebody types, and the places that cannot be read."""
    found: Found = set()
    unread: list[str] = []
    for file in sorted((root / "gateway").rglob("*.py")):
        module = ast.parse(file.read_text("utf-8"))
        for function in _functions(module):
            where = (file.name, function.name)
            if where in PASSED_ON:
                continue
            if where in SAID:
                found |= SAID[where]
                continue
            for node in ast.walk(function):
                line = _line(node, file.name) if isinstance(node, ast.Call) else None
                if line is None:
                    continue
                keys = _keys(line[0], function, module)
                if keys is None or (keys and line[1] is None):
                    unread.append(f"{file.name}:{node.lineno} in {function.name}")
                else:
                    found |= {(str(line[1]), key) for key in keys}
    return found, unread


def test_an_erasure_knows_every_field_that_somebody_types() -> None:
    found, unread = typed_fields(ROOT)
    assert unread == [], "write the typed fields as a dictionary in the function that writes the line"
    assert len(found) > 35
    known = PLACES.keys() | NOWHERE_ELSE | KEPT.keys()
    assert sorted(found - known) == [], "say in gateway/storage/typed_rows.py where else the words stand"


def test_what_an_erasure_leaves_is_told_with_its_reason() -> None:
    assert not NOWHERE_ELSE & (PLACES.keys() | KEPT.keys())
    assert all(KEPT.values())
    page = (ROOT / "docs" / "accountability.md").read_text("utf-8")
    assert [field for field in KEPT if f"`{field[0]}.{field[1]}`" not in page] == []
