"""The wheel is a real wheel: built as anybody would, installed alone, and complete."""

from __future__ import annotations

import shutil
import subprocess
import sys
import tarfile
import tomllib
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent.parent

pytestmark = pytest.mark.slow


def run(*command: str | Path, cwd: Path) -> str:
    """What the command prints. Shows all of it when the command fails."""
    done = subprocess.run(command, cwd=cwd, capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"{command}\n{done.stdout}\n{done.stderr}"
    return done.stdout


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder with the wheel and the source archive made by ``python -m build``."""
    folder = tmp_path_factory.mktemp("dist")
    assert (ROOT / "gateway/console/dist/index.html").exists(), "build the console first: make setup"
    run(sys.executable, "-m", "build", "--no-isolation", "--outdir", folder, ROOT, cwd=folder)
    return folder


@pytest.fixture(scope="module")
def installed(built: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The ``bin`` of a new environment with the wheel alone; dependencies are lent by the one that runs this test."""
    environment = tmp_path_factory.mktemp("venv") / "venv"
    run(sys.executable, "-m", "venv", environment, cwd=built)
    python = environment / "bin" / "python"
    run(python, "-m", "pip", "install", "--quiet", "--no-deps", "--no-index", next(built.glob("*.whl")), cwd=built)
    lent = next(path for path in map(Path, sys.path) if path.name == "site-packages")
    target = next((environment / "lib").glob("python*/site-packages"))
    # behind the wheel's own files, and without the lender's .pth files, which would bring in the checkout
    (target / "lent.pth").write_text(f"{lent}\n")
    return environment / "bin"


def test_no_wheel_is_built_without_a_console(tmp_path: Path) -> None:
    for name in ("pyproject.toml", "hatch_build.py", "README.md", "LICENSE", "THIRD_PARTY.md"):
        shutil.copy(ROOT / name, tmp_path)
    for package in ("gateway", "adapters", "inference", "config"):
        (tmp_path / package).mkdir()
        (tmp_path / package / "__init__.py").touch()
    command = (sys.executable, "-m", "build", "--no-isolation", "--wheel", tmp_path)
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode != 0
    assert "the console is not built: run `make setup` first" in done.stdout + done.stderr
    assert not list(tmp_path.rglob("*.whl"))


def test_the_wheel_holds_the_product_and_nothing_else(built: Path) -> None:
    names = zipfile.ZipFile(next(built.glob("*.whl"))).namelist()
    assert "gateway/console/dist/index.html" in names
    assert any(name.startswith("gateway/console/dist/assets/") and name.endswith(".js") for name in names)
    assert "gateway/_config/rules.yaml" in names
    assert "gateway/_config/sample/cameras.yaml" in names
    assert any(name.startswith("gateway/_config/sample/footage/") for name in names)
    assert any(name.startswith("gateway/storage/migrations/versions/") for name in names)
    assert {"adapters/__init__.py", "inference/__init__.py", "gateway/cli.py"} <= set(names)
    unwanted = ("node_modules", "gateway/console/src", "tests/", "package.json", "__pycache__", ".ts", ".vue")
    assert [name for name in names if any(word in name for word in unwanted)] == []
    assert any(name.endswith("licenses/LICENSE") for name in names)
    assert any(name.endswith("licenses/THIRD_PARTY.md") for name in names)


def test_the_source_archive_can_be_built_from(built: Path) -> None:
    with tarfile.open(next(built.glob("*.tar.gz"))) as archive:
        names = {name.partition("/")[2] for name in archive.getnames()}
    assert {"pyproject.toml", "requirements.lock", "Makefile", "config/rules.yaml", "tests/conftest.py"} <= names
    assert not any("node_modules" in name or name.startswith((".git/", "data/", ".venv/")) for name in names)


def test_the_command_works_from_the_wheel_alone(installed: Path, tmp_path: Path) -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    where = run(installed / "python", "-c", "import gateway; print(gateway.__file__)", cwd=tmp_path).strip()
    assert Path(where).is_relative_to(installed.parent)
    assert project["version"] in run(installed / "gateway", "version", cwd=tmp_path)
    shown = run(installed / "gateway", "--help", cwd=tmp_path)
    for command in ("run", "worker", "check", "load", "migrate", "backup", "restore", "create-user", "sample-cameras"):
        assert command in shown
    assert "good" in run(installed / "gateway", "check", cwd=tmp_path)
    run(installed / "gateway", "migrate", "--data", tmp_path / "data", cwd=tmp_path)
    assert list((tmp_path / "data").glob("*.sqlite3"))


def test_the_installed_gateway_finds_its_console_and_its_data(installed: Path, tmp_path: Path) -> None:
    program = """
from gateway.settings import Settings, config_folder, rules_of
import gateway, pathlib
folder = config_folder()
assert folder.name == "_config", folder
assert (folder / "sample" / "cameras.yaml").exists()
documents, rules = rules_of(Settings())
assert rules
assert (pathlib.Path(gateway.__file__).parent / "console" / "dist" / "index.html").exists()
print("found")
"""
    assert "found" in run(installed / "python", "-c", program, cwd=tmp_path)
