"""What the documents tell people to type, typed: each marked snippet runs as it stands."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from gateway import settings
from tests.documents import ROOT, Fence, documents, fences
from tests.running import District, running_district, wait_until

pytestmark = pytest.mark.slow

ENVIRONMENT = Path(sys.executable).parent


def marked(document: str, **marks: str) -> list[Fence]:
    """The document's snippets with those marks, in order; there must be some."""
    found = [fence for fence in fences(ROOT / document) if marks.items() <= fence.marks.items()]
    assert found, f"{document} has no snippet marked {marks}"
    return found


def bash(script: str, folder: Path, **variables: str) -> str:
    """What the script prints. ``.venv`` in the folder is this environment, as in a checkout after set-up."""
    if not (folder / ".venv").exists():
        (folder / ".venv").symlink_to(ENVIRONMENT.parent)
    environment = {**os.environ, **variables, "PATH": f"{ENVIRONMENT}:{os.environ['PATH']}"}
    done = subprocess.run(
        ["/bin/bash", "-euo", "pipefail", "-c", script],
        cwd=folder, env=environment, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, f"{script}\n{done.stdout[-3000:]}\n{done.stderr[-3000:]}"
    return done.stdout


@pytest.fixture(scope="module")
def district(tmp_path_factory: pytest.TempPathFactory) -> Iterator[District]:
    """The sample district, few of its cameras under detection."""
    import socket

    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    data = tmp_path_factory.mktemp("district") / "data"
    with running_district(data, port, config={"detection": {"max_cameras": 4}}) as running:
        with running.client("district") as client:
            wait_until(
                lambda: client.get("/api/v1/figures").json()["cameras"]["online"] > 0, "the first camera to be online"
            )
        yield running


def test_the_integrators_examples_run(district: District, tmp_path: Path) -> None:
    base = f"{district.base_url}/api/v1"
    shell = [fence for fence in marked("docs/integrator-guide.md", run="api") if "DELETE" not in fence.text]
    script = "\n".join(fence.text for fence in shell) + "\necho CAMERA=$CAMERA\n"
    shown = bash(script, tmp_path, BASE=base, PASSWORD=district.passwords["district"])
    assert (tmp_path / "snapshot.jpg").read_bytes().startswith(b"\xff\xd8")
    assert (tmp_path / "cameras.csv").stat().st_size > 1000
    camera = next(line.removeprefix("CAMERA=") for line in shown.splitlines() if line.startswith("CAMERA="))

    (live,) = marked("docs/integrator-guide.md", run="live")
    cookie = f"seg_session={district.cookie('district')}"
    done = subprocess.run(
        [sys.executable, "-c", live.text],
        env={**os.environ, "BASE": base, "CAMERA": camera, "COOKIE": cookie},
        capture_output=True, text=True, check=True, timeout=120,
    )  # fmt: skip
    first, *_, last = done.stdout.split()
    assert first == "start"
    assert int(last) > 100_000

    (sign_out,) = (fence for fence in marked("docs/integrator-guide.md", run="api") if "DELETE" in fence.text)
    bash(sign_out.text, tmp_path, BASE=base)


def test_the_readmes_camera_file_loads(district: District, tmp_path: Path) -> None:
    (catalogue,) = marked("README.md", load="sample")
    (commands,) = marked("README.md", run="load")
    (tmp_path / "cameras.yaml").write_text(catalogue.text)
    (tmp_path / "data").symlink_to(district.data)
    bash(commands.text, tmp_path)
    camera = yaml.safe_load(catalogue.text)["cameras"][0]
    with district.client("district") as client:
        answer = client.get(f"/api/v1/cameras/{camera['id']}")
        assert answer.status_code == 200
        assert camera["credential"]["password"] not in answer.text


def test_the_backup_can_be_made_and_restored(district: District, tmp_path: Path) -> None:
    (command,) = marked("docs/operator-guide.md", run="backup")
    (tmp_path / "data").symlink_to(district.data)
    bash(command.text, tmp_path)
    bash(".venv/bin/gateway restore backup.tar --data restored", tmp_path)
    assert (tmp_path / "restored" / "gateway.sqlite3").exists()


def test_the_first_steps_lead_to_a_running_gateway(tmp_path: Path, free_port: int) -> None:
    (catalogue,) = marked("docs/operator-guide.md", first="catalogue")
    (steps,) = marked("docs/operator-guide.md", run="first-steps")
    (tmp_path / "catalogue.yaml").write_text(catalogue.text)
    *before, last = steps.text.strip().splitlines()
    assert "chief" in bash("\n".join(before), tmp_path)
    process = subprocess.Popen(
        ["/bin/bash", "-c", f"exec {last}"], cwd=tmp_path, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        env={**os.environ, "SHARP_EYES_SERVER__PORT": str(free_port)},
    )  # fmt: skip
    try:
        assert process.stdout is not None
        assert any(f"127.0.0.1:{free_port}" in line for line in process.stdout)
    finally:
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=60)
    assert process.returncode == 0


def test_settings_in_documents_are_good(tmp_path: Path) -> None:
    shown = [fence for document in documents() for fence in fences(document) if fence.marks.get("check") == "settings"]
    assert shown
    for number, fence in enumerate(shown):
        file = tmp_path / f"{number}.yaml"
        file.write_text(fence.text)
        assert settings.problems(file, {}) == []
