"""The image's steps, done without an engine: each RUN of the Dockerfile in clean environments on its build context."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.dockerfile import ROOT, Stage, copies, in_context, stages

pytestmark = pytest.mark.slow

MOVED = ("/opt/gateway", "/wheels")
"""Absolute folders of the image that the steps use; here they lie below the test's own folder."""


def moved(text: str, top: Path) -> str:
    """The step with the image's folders put below ``top``."""
    for folder in MOVED:
        text = text.replace(folder, f"{top}{folder}")
    return text


def copy_in(stage: Stage, workdir: Path) -> None:
    """What COPY would bring from the checkout, cut by .dockerignore."""
    for origin, sources, destination in copies(stage):
        if origin:
            continue
        for source in sources:
            target = workdir / destination / (Path(source).name if destination.endswith("/") else "")
            if (ROOT / source).is_file():
                target.parent.mkdir(parents=True, exist_ok=True)
                shutil.copy2(ROOT / source, target)
                continue
            for path in sorted((ROOT / source).rglob("*")):
                inside = path.relative_to(ROOT)
                skipped = {"node_modules", "__pycache__", "dist"} & set(inside.parts)
                if path.is_file() and not skipped and in_context(inside.as_posix()):
                    copied = target / path.relative_to(ROOT / source)
                    copied.parent.mkdir(parents=True, exist_ok=True)
                    shutil.copy2(path, copied)


def perform(stage: Stage, workdir: Path, top: Path, path: str) -> None:
    """Every RUN of the stage, in the shell the image would use."""
    environment = {**os.environ, "PATH": path, "PIP_DISABLE_PIP_VERSION_CHECK": "1"}
    for step in stage.all("RUN"):
        done = subprocess.run(
            ["/bin/sh", "-ec", moved(step.rest, top)],
            cwd=workdir, env=environment, capture_output=True, text=True, check=False,
        )  # fmt: skip
        assert done.returncode == 0, f"{step.rest}\n{done.stdout[-4000:]}\n{done.stderr[-4000:]}"


def test_the_image_can_be_made_and_its_gateway_runs(tmp_path: Path) -> None:
    wheel, packages, image = stages(ROOT / "docker" / "Dockerfile")
    plain = tmp_path / "python"  # stands for the base image: a Python with nothing in it
    subprocess.run([sys.executable, "-m", "venv", plain], check=True)
    base = f"{plain}/bin:/usr/bin:/bin"

    source = tmp_path / "src"
    source.mkdir()
    copy_in(wheel, source)
    perform(wheel, source, tmp_path, base)
    assert list((tmp_path / "wheels").glob("*.whl"))

    second = tmp_path / "second"
    second.mkdir()
    copy_in(packages, second)
    perform(packages, second, tmp_path, base)

    binary = tmp_path / "opt" / "gateway" / "bin"
    program = binary / image.last("ENTRYPOINT").words[0]
    for arguments in (["version"], ["--help"], ["check"]):
        done = subprocess.run([program, *arguments], cwd=tmp_path, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
    assert not (binary / "npm").exists(), "the image holds no node"
    assert subprocess.run([binary / "python", "-m", "pip", "check"], check=False).returncode == 0
