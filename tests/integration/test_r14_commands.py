"""R14: the commands about the audit, run as an operator runs them, on a data folder that somebody has tampered with."""

from __future__ import annotations

import os
import sqlite3
import stat
import subprocess
import sys
from contextlib import closing
from datetime import timedelta
from pathlib import Path

from gateway.app.footing import DATABASE
from gateway.bus.local import LocalBus
from gateway.services import rooting
from gateway.services.office import Office
from gateway.storage import view_records
from gateway.storage.secrets import open_box
from gateway.storage.store import open_store, sqlite_url
from gateway.storage.view_records import ViewRecord
from tests.integration.world import START, FakeClock

ROOT = Path(__file__).resolve().parents[2]


def _gateway(*words: str, **more: str) -> subprocess.CompletedProcess[str]:
    environment = {name: value for name, value in os.environ.items() if not name.startswith("SHARP_EYES_")}
    done = subprocess.run(
        [sys.executable, "-m", "gateway", *words],
        cwd=ROOT,
        env=environment | more,
        capture_output=True,
        text=True,
        check=False,
    )
    assert "Traceback" not in done.stderr, done.stderr
    return done


async def _lived(data: Path) -> None:
    """A data folder with two days of audit and their roots."""
    clock = FakeClock()
    async with open_store(sqlite_url(data / DATABASE)) as store:
        office = Office(store, clock, LocalBus(), "gw1", data, open_box(data))
        for _ in range(2):
            async with store.begin() as conn:
                for number in range(10):
                    typed = {"reason": "巡查 sample"}
                    await office.note(conn, clock.now(), "o1", "revoke_grant", "grant", f"g{number}", typed=typed)
            clock.at += timedelta(days=1)
            await rooting.close_the_day(office, clock.now())
            await rooting.close_the_day(office, clock.now())


async def test_r14_the_command_names_the_first_broken_line(tmp_path: Path) -> None:
    await _lived(tmp_path)
    root, paper = tmp_path / "root.json", tmp_path / "root.html"
    exported = _gateway("audit", "export-root", str(root), "--data", str(tmp_path))
    assert exported.returncode == 0, exported.stderr
    assert exported.stdout.startswith("root 2: ")
    assert _gateway("audit", "export-root", str(paper), "--number", "1", "--data", str(tmp_path)).returncode == 0
    assert "第 1 号" in paper.read_text("utf-8")
    good = _gateway("audit", "verify", "--root", str(root), "--data", str(tmp_path))
    assert (good.returncode, good.stderr) == (0, "")
    assert good.stdout.startswith("the audit holds: 22 lines in 1 chains and 3 roots")
    with closing(sqlite3.connect(tmp_path / DATABASE)) as connection:
        connection.execute("DROP TRIGGER audit_entries_kept_update")
        (line,) = connection.execute("SELECT canonical FROM audit_entries WHERE seq = 14").fetchone()
        flipped = bytes([line[0], line[1] ^ 1, *line[2:]])
        connection.execute("UPDATE audit_entries SET canonical = ? WHERE seq = 14", (flipped,))
        connection.commit()
    bad = _gateway("audit", "verify", "--data", str(tmp_path))
    assert bad.returncode == 1
    assert bad.stdout.splitlines()[0] == "chain gw1: line 14 was changed after it was written"
    assert "does NOT hold" in bad.stdout


async def _looked(data: Path) -> None:
    """A look that began in that data folder, with its line of the audit."""
    words = ("o1", "o", None, "C-1", "view_live", "sub", "ws-fmp4", "PS-ORDER", "", None, "g", "192.0.2.1", "gw1")
    async with open_store(sqlite_url(data / DATABASE)) as store:
        office = Office(store, FakeClock(), LocalBus(), "gw1", data, open_box(data))
        begun = view_records.sealed([ViewRecord(office.new_id(), *words, started_at=START)])
        async with store.begin() as conn:
            line = await office.note(conn, START, "o1", "begin_views", "views", "", count=1, digest=begun.digest)
            await view_records.begin(conn, begun, line)


async def test_r14_a_view_deleted_by_hand_is_found_unless_views_are_left_out(tmp_path: Path) -> None:
    await _lived(tmp_path)
    await _looked(tmp_path)
    good = _gateway("audit", "verify", "--data", str(tmp_path))
    assert (good.returncode, good.stderr) == (0, ""), good.stdout
    with closing(sqlite3.connect(tmp_path / DATABASE)) as connection:
        assert connection.execute("DELETE FROM view_records").rowcount == 1
        connection.commit()
    for more in ((), ("--views",)):
        bad = _gateway("audit", "verify", *more, "--data", str(tmp_path))
        assert bad.returncode == 1, more
        assert bad.stdout.startswith("chain gw1: the views that began by line 23 are not those in the register")
    assert _gateway("audit", "verify", "--no-views", "--data", str(tmp_path)).returncode == 0


async def test_r14_the_signing_key_is_private_and_its_public_half_is_shown(tmp_path: Path) -> None:
    await _lived(tmp_path)
    assert stat.S_IMODE((tmp_path / "audit-key").stat().st_mode) == 0o600
    shown = _gateway("audit", "key", "--data", str(tmp_path)).stdout.strip()
    (tmp_path / "audit-key").rename(tmp_path / "elsewhere")
    keyless = _gateway("audit", "verify", "--data", str(tmp_path))
    assert (keyless.returncode, keyless.stdout) == (1, "")
    assert "give SHARP_EYES_AUDIT_KEY as the service has it" in keyless.stderr
    assert not (tmp_path / "audit-key").exists()
    strange = _gateway("audit", "verify", "--public-key", "ab" * 32, "--data", str(tmp_path))
    assert strange.returncode == 1
    assert "not known here" in strange.stdout
    assert _gateway("audit", "verify", "--public-key", shown, "--data", str(tmp_path)).returncode == 0
    (tmp_path / "elsewhere").rename(tmp_path / "audit-key")
    (tmp_path / "audit-key").chmod(0o644)
    assert "chmod 600" in _gateway("audit", "verify", "--data", str(tmp_path)).stderr


async def test_r14_a_day_is_closed_once_and_an_empty_audit_needs_no_root(tmp_path: Path) -> None:
    await _lived(tmp_path)
    with closing(sqlite3.connect(tmp_path / DATABASE)) as connection:
        days = [row[0] for row in connection.execute("SELECT day FROM audit_roots ORDER BY seq")]
    assert days == [START.date().isoformat(), (START.date() + timedelta(days=1)).isoformat()]
    clock = FakeClock()
    async with open_store(sqlite_url(tmp_path / "other.sqlite3")) as store:
        office = Office(store, clock, LocalBus(), "gw1", tmp_path, open_box(tmp_path))
        await rooting.close_the_day(office, clock.now())
        async with store.read() as conn:
            assert await rooting.audit_roots.last(conn) is None


async def test_r14_a_missing_database_or_root_file_is_said_in_a_sentence(tmp_path: Path) -> None:
    missing = _gateway("audit", "verify", "--data", str(tmp_path / "nowhere"))
    assert missing.returncode == 1
    assert "there is no database at" in missing.stderr
    (tmp_path / "root.json").write_text("{}")
    bad = _gateway("audit", "verify", "--root", str(tmp_path / "root.json"), "--data", str(tmp_path))
    assert "is not a root file" in bad.stderr


def test_r14_the_command_that_loads_grants_and_organisations_writes_them_into_its_chain(tmp_path: Path) -> None:
    file, data = tmp_path / "catalogue.yaml", tmp_path / "data"
    file.write_text(
        "organisations:\n- {id: district, kind: district, name_zh: 中心（示例）}\n"
        "grants:\n"
        "- {grantee_kind: organisation, grantee_id: district, target_kind: all, actions: [list], reason: 示例}\n",
        "utf-8",
    )
    assert _gateway("load", str(file), "--dry-run", "--data", str(data)).returncode == 0
    done = _gateway("load", str(file), "--data", str(data))
    assert done.stdout.strip() == "2 added, 0 changed, 0 unchanged", done.stderr
    with closing(sqlite3.connect(data / DATABASE)) as connection:
        lines = connection.execute(
            "SELECT chain, actor_id, action, object_kind FROM audit_entries ORDER BY seq"
        ).fetchall()
    assert {chain[-4:] for chain, *_ in lines} == {"-cli"}
    assert [tuple(line) for _, *line in lines] == [
        ("system", "note_chain_end", "audit_chain"),
        ("cli", "load_catalogue", "catalogue"),
        ("cli", "add_organisation", "organisation"),
        ("cli", "give_grant", "grant"),
    ]
    assert _gateway("audit", "verify", "--data", str(data)).returncode == 0
