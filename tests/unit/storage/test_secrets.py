from __future__ import annotations

import base64
import stat
from pathlib import Path

import pytest

from gateway.storage.secrets import KEY_VARIABLE, BadKey, SecretBox, open_box


def test_a_key_is_made_once_for_its_owner_alone(tmp_path: Path) -> None:
    sealed = open_box(tmp_path / "data", {}).seal("camera:1", "密码")
    assert stat.S_IMODE((tmp_path / "data" / "key").stat().st_mode) == 0o600
    assert open_box(tmp_path / "data", {}).open("camera:1", sealed) == "密码"
    assert [path.name for path in (tmp_path / "data").iterdir()] == ["key"]


def test_the_environment_comes_first(tmp_path: Path) -> None:
    environment = {KEY_VARIABLE: base64.b64encode(bytes(range(32))).decode()}
    sealed = open_box(tmp_path, environment).seal("a", "x")
    assert SecretBox(bytes(range(32))).open("a", sealed) == "x"
    assert list(tmp_path.iterdir()) == []


def test_a_secret_opens_only_under_its_own_name_unchanged() -> None:
    box = SecretBox(bytes(32))
    sealed = box.seal("camera:1", "hunter2")
    assert b"hunter2" not in sealed
    assert box.seal("camera:1", "hunter2") != sealed
    for name, changed in (("camera:2", sealed), ("camera:1", sealed[:-1] + b"x"), ("camera:1", b"")):
        with pytest.raises(BadKey, match="does not open with this key"):
            box.open(name, changed)


def test_a_key_that_others_may_read_or_that_is_broken_is_refused(tmp_path: Path) -> None:
    open_box(tmp_path, {})
    (tmp_path / "key").chmod(0o644)
    with pytest.raises(BadKey, match="may be read by others: run chmod 600"):
        open_box(tmp_path, {})
    with pytest.raises(BadKey, match="is not base64 of 32 bytes"):
        open_box(tmp_path, {KEY_VARIABLE: "not base64!"})
    with pytest.raises(BadKey, match="must have 32 bytes, not 3"):
        open_box(tmp_path, {KEY_VARIABLE: "YWJj"})
