"""The house's own rules that no linter knows: a pure ground floor, owned tasks, small files with telling names."""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Iterator
from pathlib import Path

from tests.documents import ROOT

PRODUCT = [
    path
    for package in ("gateway", "adapters", "inference")
    for path in sorted((ROOT / package).rglob("*.py"))
    if "node_modules" not in path.parts
]
DOMAIN = sorted((ROOT / "gateway" / "domain").glob("*.py"))
TESTS = sorted((ROOT / "tests").rglob("*.py"))


def trees(paths: list[Path]) -> Iterator[tuple[Path, ast.Module]]:
    for path in paths:
        yield path, ast.parse(path.read_text(), str(path))


def place(path: Path, node: ast.AST) -> str:
    return f"{path.relative_to(ROOT)}:{getattr(node, 'lineno', 0)}"


def test_the_ground_floor_imports_the_standard_library_only() -> None:
    found = []
    for path, tree in trees(DOMAIN):
        for node in ast.walk(tree):
            names = []
            if isinstance(node, ast.Import):
                names = [alias.name for alias in node.names]
            elif isinstance(node, ast.ImportFrom):
                names = [node.module or ""]
            for name in names:
                if name.split(".")[0] not in sys.stdlib_module_names and not name.startswith("gateway.domain"):
                    found.append(f"{place(path, node)}: {name}")
    assert found == []


def test_the_ground_floor_has_no_clock_and_does_not_wait() -> None:
    clocks = {"now", "utcnow", "today", "monotonic", "perf_counter", "time_ns", "sleep"}
    found = []
    for path, tree in trees(DOMAIN):
        for node in ast.walk(tree):
            if isinstance(node, ast.AsyncFunctionDef | ast.Await):
                found.append(place(path, node))
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
                called = node.func
                owner = called.value.id if isinstance(called.value, ast.Name) else ""
                if called.attr in clocks or (owner == "time" and called.attr == "time"):
                    found.append(f"{place(path, node)}: {owner}.{called.attr}()")
    assert found == []


def test_every_task_belongs_to_a_group() -> None:
    """asyncio.create_task and ensure_future make tasks that nobody owns; a TaskGroup's create_task does not."""
    found = []
    for path, tree in trees(PRODUCT):
        for node in ast.walk(tree):
            if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)):
                continue
            owner = node.func.value
            loose = isinstance(owner, ast.Name) and owner.id in {"asyncio", "loop"}
            if node.func.attr == "ensure_future" or (node.func.attr == "create_task" and loose):
                found.append(place(path, node))
    assert found == []


def test_no_class_is_started_and_stopped() -> None:
    found = []
    for path, tree in trees(PRODUCT):
        for node in ast.walk(tree):
            if isinstance(node, ast.ClassDef):
                methods = {item.name for item in node.body if isinstance(item, ast.FunctionDef | ast.AsyncFunctionDef)}
                if {"start", "stop"} <= methods:
                    found.append(f"{place(path, node)}: {node.name}")
    assert found == []


def test_files_are_small_and_named_for_what_they_hold() -> None:
    vague = {"utils", "util", "helpers", "helper", "common", "manager", "base", "misc", "core"}
    # migrations are pictures of the tables, not code that is read
    data = [*(ROOT / "gateway/storage/migrations/versions").glob("*.py")]
    judged = [path for path in PRODUCT + TESTS if path not in data]
    long = [f"{path.relative_to(ROOT)}" for path in judged if len(path.read_text().splitlines()) > 400]
    named = [f"{path.relative_to(ROOT)}" for path in PRODUCT + TESTS if path.stem in vague]
    assert (long, named) == ([], [])


def test_nothing_is_left_open_and_no_test_is_skipped() -> None:
    words = "|".join(("TO" + "DO", "FIX" + "ME", "X" * 3, "Not" + "ImplementedError"))
    skips = r"pytest\.mark\.(?:ski[p]|xfai[l])|pytest\.ski[p]\("
    console = [
        path
        for suffix in ("*.ts", "*.vue")
        for path in (ROOT / "gateway" / "console").rglob(suffix)
        if not {"node_modules", "dist"} & set(path.parts)
    ]
    found = [
        f"{path.relative_to(ROOT)}:{number}"
        for path in PRODUCT + TESTS + console
        for number, line in enumerate(path.read_text().splitlines(), 1)
        if re.search(rf"\b(?:{words})\b", line) or re.search(skips, line)
    ]
    assert found == []


def test_the_worker_and_the_gateway_keep_their_sides_of_ffmpeg() -> None:
    """The gateway never lets FFmpeg touch bytes from a camera: av and cv2 are imported by workers' code only."""
    allowed = {"adapters", "inference", "gateway/worker", "gateway/media", "gateway/samples"}
    found = []
    for path, tree in trees(PRODUCT):
        where = path.relative_to(ROOT).as_posix()
        for node in ast.walk(tree):
            if isinstance(node, ast.Import | ast.ImportFrom):
                module = node.module if isinstance(node, ast.ImportFrom) else node.names[0].name
                decoder = (module or "").split(".")[0] in {"av", "cv2"}
                if decoder and not any(where.startswith(f"{part}/") for part in allowed):
                    found.append(place(path, node))
    assert found == []
