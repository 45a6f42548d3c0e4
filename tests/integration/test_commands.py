"""The command line's bad input: one sentence that says what to change, exit code 1, no traceback."""

from __future__ import annotations

import os
import socket
import sqlite3
import subprocess
from pathlib import Path

import pytest

from tests.running import GATEWAY


def said(*words: str, **environment: str) -> str:
    """What a command prints that must fail with a sentence."""
    done = subprocess.run(
        [str(GATEWAY), *words],
        env={**os.environ, **environment},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 1, done.stdout
    assert "Traceback" not in done.stdout
    return done.stdout


def test_a_port_in_use_is_said(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        assert f"gateway: port {port} on 127.0.0.1 cannot be used: Address already in use" in said(
            "run", "--data", str(tmp_path / "data"), "--port", port
        )


@pytest.mark.parametrize("command", ["run", "migrate"])
def test_a_data_folder_of_a_newer_version_is_said_and_left_alone(tmp_path: Path, command: str) -> None:
    data = tmp_path / "data"
    data.mkdir()
    with sqlite3.connect(data / "gateway.sqlite3") as connection:
        connection.execute("CREATE TABLE alembic_version (version_num VARCHAR(32) NOT NULL)")
        connection.execute("INSERT INTO alembic_version VALUES ('r9999')")
    before = (data / "gateway.sqlite3").read_bytes()
    port = ("--port", "0") if command == "run" else ()
    line = said(command, "--data", str(data), *port)
    assert "newer" in line
    assert (data / "gateway.sqlite3").read_bytes() == before


def test_a_variable_that_is_not_yaml_is_said_by_check_and_by_run(tmp_path: Path) -> None:
    for words in (("check",), ("run", "--data", str(tmp_path / "data"))):
        assert "SHARP_EYES_SERVER__PORT: the value is not YAML" in said(*words, SHARP_EYES_SERVER__PORT="[1, 2")


def test_a_password_in_a_bad_address_is_not_printed() -> None:
    line = said("check", SHARP_EYES_DATABASE="mysql://admin:geheim@db/x")
    assert "is not supported" in line
    assert "geheim" not in line


def test_check_notes_rules_for_cameras_that_the_catalogue_does_not_have(tmp_path: Path) -> None:
    rules, config = tmp_path / "rules.yaml", tmp_path / "gateway.yaml"
    rules.write_text("rules:\n  - {id: own, kinds: [anomaly], cameras: [C-404]}\n")
    config.write_text(f"data: {tmp_path / 'data'}\ndetection: {{extra_rules: {rules}}}\n")
    subprocess.run([str(GATEWAY), "migrate", "--config", str(config)], check=True, capture_output=True, timeout=120)
    done = subprocess.run(
        [str(GATEWAY), "check", "--config", str(config)], check=True, capture_output=True, text=True, timeout=120
    )
    assert "note: rule 'own' names cameras that are not in the catalogue: C-404" in done.stdout
    assert "the configuration is good" in done.stdout
