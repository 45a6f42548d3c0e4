"""R14: the notes of how chains end are kept through full disks, root's commands, forged lines and keys elsewhere."""

from __future__ import annotations

import asyncio
import base64
import os
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from gateway.app.footing import DATABASE
from gateway.domain.audit import canonical, chained
from gateway.domain.audit_ends import cli_chain
from gateway.services import auditing as desk
from gateway.services import ending, verifying
from gateway.services.office import Caller, Office
from gateway.storage import auditing
from gateway.storage.end_notes import EndNotes
from gateway.storage.note_files import BEGUN, FOLDER, Held, kept_notes
from gateway.storage.store import open_store, sqlite_url
from tests.integration.test_r14_chain_ends import GW, _cut, _found, _noted, _running, _write
from tests.integration.test_r14_commands import _gateway
from tests.integration.world import START, World


async def _waited(office: Office) -> dict[str, str]:
    notes = office.store.ends
    assert notes is not None
    await asyncio.to_thread(notes.wait)
    return notes.behind


async def test_r14_a_chain_that_begins_to_be_noted_during_a_verification_is_not_missed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with _running(tmp_path, noting=False) as office:
        await _write(office, 3)

    async def upgraded() -> None:
        async with _running(tmp_path):
            pass

    def read_and_upgraded(data: Path) -> dict[str, Held]:
        found = kept_notes(data)
        asyncio.run(upgraded())
        return found

    monkeypatch.setattr(verifying, "kept_notes", read_and_upgraded)
    assert await asyncio.to_thread(_found, tmp_path) == []
    assert _noted(tmp_path) == 4


@pytest.mark.parametrize("before", [True, False], ids=["noted before", "never noted"])
async def test_r14_a_note_that_cannot_be_taken_up_at_the_start_is_told_and_tried_again(
    tmp_path: Path, before: bool
) -> None:
    async with _running(tmp_path, noting=before) as office:
        await _write(office, 2)
    if before:
        (tmp_path / FOLDER).rename(tmp_path / "away")
    (tmp_path / FOLDER).write_text("a file where the folder was")
    async with _running(tmp_path) as office:
        await _write(office, 1)
        assert list(await _waited(office)) == [GW]
        (tmp_path / FOLDER).unlink()
        if before:
            (tmp_path / "away").rename(tmp_path / FOLDER)
            await _write(office, 1)  # the next commit takes it up
        else:
            await ending.take_up(office, START)
            await _write(office, 1)
        assert await _waited(office) == {}
    assert _noted(tmp_path) == 5
    assert _found(tmp_path) == []


def _owner(path: Path) -> int:
    return path.stat().st_uid


def test_r14_a_command_run_as_root_leaves_what_it_notes_to_the_owner_of_the_data_folder(tmp_path: Path) -> None:
    file, data = tmp_path / "catalogue.yaml", tmp_path / "data"
    file.write_text("organisations:\n- {id: district, kind: district, name_zh: 中心（示例）}\n", "utf-8")
    data.mkdir()
    if os.geteuid() == 0:
        os.chown(data, 12345, 12345)
    assert _gateway("load", str(file), "--data", str(data)).returncode == 0
    made = [data / FOLDER, *(data / FOLDER).iterdir(), data / BEGUN, data / "audit-key", data / "key"]
    assert len(made) == 6
    assert {_owner(path) for path in made} == {_owner(data)}


def _cli_line(data: Path, action: str) -> int:
    with closing(sqlite3.connect(data / DATABASE)) as connection:
        found = connection.execute("SELECT count(*) FROM audit_entries WHERE action = ?", (action,)).fetchone()
    return int(found[0])


async def test_r14_a_command_makes_no_key_beside_notes_that_another_has_signed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    key = base64.b64encode(bytes(range(32))).decode()
    file, data = tmp_path / "catalogue.yaml", tmp_path / "data"
    file.write_text("organisations:\n- {id: district, kind: district, name_zh: 中心（示例）}\n", "utf-8")
    data.mkdir()
    with monkeypatch.context() as patched:
        patched.setenv("SHARP_EYES_AUDIT_KEY", key)
        async with _running(data) as office:
            await _write(office, 1)
    for words in (
        ("load", str(file)),
        ("account-link", "--login", "nobody"),
        ("audit", "accept", "--reason", "示例"),
        ("audit", "verify"),
        ("audit", "key"),
    ):
        told = _gateway(*words, "--data", str(data))
        assert told.returncode == 1, words
        assert told.stderr.startswith("gateway: give SHARP_EYES_AUDIT_KEY as the service has it"), words
    assert not (data / "audit-key").exists()
    assert list(kept_notes(data)) == [GW]
    assert _cli_line(data, "load_catalogue") == 0
    assert _gateway("load", str(file), "--data", str(data), SHARP_EYES_AUDIT_KEY=key).returncode == 0
    quiet = _gateway("audit", "verify", "--data", str(data), SHARP_EYES_AUDIT_KEY=key)
    assert quiet.returncode == 0, quiet.stdout
    assert sorted(kept_notes(data)) == [GW, cli_chain(GW)]


async def test_r14_the_name_of_a_new_note_is_on_disk_before_its_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    synced: list[str] = []
    waited = os.fsync

    def seen(descriptor: int) -> None:
        synced.append(os.readlink(f"/proc/self/fd/{descriptor}"))
        waited(descriptor)

    monkeypatch.setattr(os, "fsync", seen)
    async with _running(tmp_path):
        assert synced.count(str(tmp_path / FOLDER)) == 1
        assert str(tmp_path) in synced, "the folder's own name too"


def _forge(data: Path, after: int, count: int) -> None:
    """Adds lines to the end of the gateway's chain, as a writer to the database alone could."""
    with closing(sqlite3.connect(data / DATABASE)) as connection:
        found = connection.execute("SELECT hash FROM audit_entries WHERE chain = ? AND seq = ?", (GW, after))
        (previous,) = found.fetchone()
        columns = "chain, seq, at, actor_id, action, object_kind, object_id, canonical, previous, hash"
        at = int(START.timestamp() * 1_000_000)
        for seq in range(after + 1, after + 1 + count):
            line = canonical(GW, seq, START, "o9", "give_grant", "grant", "g", {})
            here = chained(previous, line)
            values = (GW, seq, at, "o9", "give_grant", "grant", "g", line, previous, here)
            connection.execute(f"INSERT INTO audit_entries ({columns}) VALUES (?,?,?,?,?,?,?,?,?,?)", values)
            previous = here
        connection.commit()


async def test_r14_lines_put_onto_the_end_of_a_running_gateways_chain_are_found(tmp_path: Path) -> None:
    async with _running(tmp_path) as office:
        await _write(office, 4)
        await _waited(office)
        _forge(tmp_path, 5, 2)
        await _write(office, 2)
        assert "lines 6 to 7" in (await _waited(office))[GW]
    told = "lines 6 to 7 were not written by the gateway whose chain it is: somebody else added them"
    assert [(one.seq, one.message) for one in _found(tmp_path)] == [(6, told)]
    async with _running(tmp_path) as office:
        await _write(office, 1)
        assert list(await _waited(office)) == [GW], "no restart forgets it"
    assert [one.seq for one in _found(tmp_path)] == [6]
    assert _noted(tmp_path) == 10, "and what comes after it is noted nonetheless"
    assert _gateway("audit", "accept", "--reason", "已查明（示例）", "--data", str(tmp_path)).returncode == 0
    assert _found(tmp_path) == []


async def _cancelled(data: Path, notes: EndNotes) -> None:
    """A transaction whose task is cancelled after its commit, before it hears of it."""
    with notes.following() as followed:
        async with open_store(sqlite_url(data / DATABASE)) as other, other.begin() as conn:
            await auditing.append(conn, GW, START, "o1", "revoke_grant", "grant", "g", {})
            followed.added.update(auditing.added_by(conn))
        followed.done = True
        raise asyncio.CancelledError


async def test_r14_a_commit_that_was_cancelled_in_the_middle_is_no_gap(tmp_path: Path) -> None:
    async with _running(tmp_path) as office:
        await _write(office, 2)
        notes = office.store.ends
        assert notes is not None
        with pytest.raises(asyncio.CancelledError):
            await _cancelled(tmp_path, notes)
        await _write(office, 1)
        assert await _waited(office) == {}
    assert (_noted(tmp_path), _found(tmp_path)) == (5, [])


@pytest.mark.parametrize("gone", [False, True])
async def test_r14_what_stands_behind_the_note_after_a_crash_is_no_forgery(tmp_path: Path, gone: bool) -> None:
    """Be its first commit one that ends uncertainly, or its note taken away beside it: only the next tells."""
    async with _running(tmp_path) as office:
        await _write(office, 2)
        await _waited(office)
    _forge(tmp_path, _noted(tmp_path), 2)  # as if it had been killed before these two were noted
    async with _running(tmp_path) as office:
        notes = office.store.ends
        assert notes is not None
        with pytest.raises(asyncio.CancelledError):
            await _cancelled(tmp_path, notes)
        assert await _waited(office) == {}
        if gone:
            next((tmp_path / FOLDER).glob(f"{GW}*")).unlink()
            with pytest.raises(asyncio.CancelledError):
                await _cancelled(tmp_path, notes)
            await _waited(office)
        await _write(office, 1)
        assert await _waited(office) == {}
    assert _found(tmp_path) == []


async def test_r14_a_commit_heard_of_before_the_one_it_follows_waits_for_it(tmp_path: Path) -> None:
    async with _running(tmp_path) as office:
        notes = office.store.ends
        assert notes is not None
        async with open_store(sqlite_url(tmp_path / DATABASE)) as other:
            with notes.following() as earlier:
                async with other.begin() as conn:
                    await auditing.append(conn, GW, START, "o1", "revoke_grant", "grant", "g", {})
                    earlier.added.update(auditing.added_by(conn))
                earlier.done = True
                await _write(office, 1)
                assert await _waited(office) == {}
                assert (_noted(tmp_path), notes.depth) == (1, 1)
        assert await _waited(office) == {}
        assert (_noted(tmp_path), notes.depth) == (3, 0)


async def test_r14_notes_that_were_taken_away_with_every_line_are_not_begun_anew(tmp_path: Path) -> None:
    async with _running(tmp_path) as office:
        await _write(office, 3)
    shutil.rmtree(tmp_path / FOLDER)
    _cut(tmp_path, 0)
    async with _running(tmp_path) as office:
        await _write(office, 2)
        assert "is gone" in (await _waited(office))[GW]
    told = _gateway("audit", "verify", "--data", str(tmp_path))
    assert told.returncode == 1
    assert told.stdout.startswith("chain gw1: the chain was noted in this data folder, and neither its note nor")
    assert _gateway("audit", "accept", "--reason", "示例", "--data", str(tmp_path)).returncode == 0
    assert _gateway("audit", "verify", "--data", str(tmp_path)).returncode == 0


async def test_r14_a_folder_from_before_keeps_from_then_on_that_it_notes(tmp_path: Path) -> None:
    async with _running(tmp_path) as office:
        await _write(office, 1)
    (tmp_path / BEGUN).unlink()
    async with _running(tmp_path):
        pass
    assert (tmp_path / BEGUN).read_text() == f"{GW}\n"


async def test_r14_a_note_that_cannot_be_read_is_a_finding_of_the_consoles_verification(world: World) -> None:
    data, name = world.office.data, world.office.gateway_id
    (data / FOLDER / f"{name}.note").mkdir(parents=True)
    check = await desk.Verifier(world.office).verify_now(Caller(world.people["audit"], "s", None))
    assert ["cannot be read (Is a directory)" in one["message"] for one in check.findings] == [True]
