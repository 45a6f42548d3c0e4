"""An auditor sees all of what was done and no video; a flipped byte in the database file is found."""

from __future__ import annotations

import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

from playwright.sync_api import expect

from tests.e2e.conftest import Desk


def test_r14_an_auditor_sees_all_and_no_video_and_a_flipped_byte_is_found(
    desks: Callable[..., Desk], tmp_path: Path
) -> None:
    desk = desks("audit")
    page = desk.page
    expect(page.locator('[data-test="nav-wall"]')).to_have_count(0)
    desk.go("audit")
    page.locator('[data-test="audit-list"]').wait_for()
    page.locator('[data-test="audit-sign"]').click()
    page.locator('[data-test="audit-digest"]').wait_for()
    page.locator('[data-test="audit-verify"]').click()
    expect(page.locator('[data-test="audit-verdict"] .ok')).to_be_visible()
    desk.shoot("audit")
    assert page.locator("video").count() == 0
    with desk.district.client("audit") as client:
        camera = client.get("/api/v1/cameras", params={"limit": 1}).json()["items"][0]["id"]
        assert client.get(f"/api/v1/cameras/{camera}/snapshot").status_code == 403
    data = tmp_path / "data"
    # before the database: a note may be behind what is committed, and never ahead
    notes = desk.district.data / "audit-ends"
    shutil.copytree(notes, data / "audit-ends", ignore=shutil.ignore_patterns("*.partial"))
    with closing(sqlite3.connect(desk.district.data / "gateway.sqlite3")) as connection:
        connection.execute("VACUUM INTO ?", (str(data / "gateway.sqlite3"),))
    (data / "audit-key").write_bytes((desk.district.data / "audit-key").read_bytes())
    (data / "audit-key").chmod(0o600)
    command = [sys.executable, "-m", "gateway", "audit", "verify", "--views", "--data", str(data)]
    good = subprocess.run(command, capture_output=True, text=True, check=False)
    assert good.returncode == 0, good.stdout
    with closing(sqlite3.connect(data / "gateway.sqlite3")) as connection:
        connection.execute("DROP TRIGGER audit_entries_kept_update")
        chain, seq, line = connection.execute("SELECT chain, seq, canonical FROM audit_entries LIMIT 1").fetchone()
        flipped = bytes([*line[:9], line[9] ^ 1, *line[10:]])
        where = "WHERE chain = ? AND seq = ?"
        connection.execute(f"UPDATE audit_entries SET canonical = ? {where}", (flipped, chain, seq))
        connection.commit()
    bad = subprocess.run(command, capture_output=True, text=True, check=False)
    assert bad.returncode == 1
    assert bad.stdout.startswith(f"chain {chain}: line {seq} was changed after it was written")
