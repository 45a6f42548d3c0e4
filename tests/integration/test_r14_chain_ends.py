"""R14: what is cut off a chain's end by hand is found at once, by a note of the end that lies outside the database."""

from __future__ import annotations

import asyncio
import shutil
import sqlite3
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, closing
from pathlib import Path

import pytest

from gateway.app.footing import DATABASE, gateway_id
from gateway.bus.local import LocalBus
from gateway.domain.audit import canonical, chained
from gateway.domain.audit_ends import EndNote, SignedNote, cli_chain, document, from_file, own_chains, to_file
from gateway.services import auditing as desk
from gateway.services.ending import begin
from gateway.services.office import Caller, Office
from gateway.services.verifying import Finding, Outside, verify
from gateway.storage.note_files import FOLDER
from gateway.storage.secrets import open_box
from gateway.storage.signing import open_signer
from gateway.storage.store import open_store, sqlite_url
from tests.integration.test_r14_commands import _gateway
from tests.integration.world import START, FakeClock, World

GW = "gw1"


@asynccontextmanager
async def _running(data: Path, *, noting: bool = True) -> AsyncIterator[Office]:
    """An office as a gateway of that name has it on that data folder."""
    (data / "gateway-id").write_text(GW)
    ends = (data, frozenset[bytes]()) if noting else None
    async with open_store(sqlite_url(data / DATABASE), ends=ends) as store:
        office = Office(store, FakeClock(), LocalBus(), GW, data, open_box(data))
        await begin(store, GW, START)
        yield office


async def _write(office: Office, lines: int) -> None:
    for number in range(lines):
        async with office.store.begin() as conn:
            await office.note(conn, START, "o1", "revoke_grant", "grant", f"g{number}", typed={"reason": "示例"})


def _noted(data: Path) -> int:
    return from_file(_note(data).read_bytes()).note.end.seq


def _note(data: Path) -> Path:
    return data / FOLDER / f"{GW}.note"


def _by_hand(data: Path, *statements: str) -> None:
    with closing(sqlite3.connect(data / DATABASE)) as connection:
        for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
            connection.execute(f"DROP TRIGGER {name}")
        for statement in statements:
            connection.execute(statement)
        connection.commit()


def _cut(data: Path, after: int) -> None:
    where = f"WHERE chain = '{GW}' AND seq > {after}"
    _by_hand(data, f"DELETE FROM audit_entries {where}", f"DELETE FROM audit_texts {where}")


def _found(data: Path) -> list[Finding]:
    keys = frozenset([open_signer(data).public])
    return verify(sqlite_url(data / DATABASE), keys, outside=Outside(data, own_chains(GW))).findings


async def test_r14_lines_cut_off_before_any_root_covers_them_are_found_by_the_command(tmp_path: Path) -> None:
    async with _running(tmp_path) as office:
        await _write(office, 20)
    good = _gateway("audit", "verify", "--data", str(tmp_path))
    assert good.returncode == 0, good.stdout
    _cut(tmp_path, 17)
    bad = _gateway("audit", "verify", "--data", str(tmp_path))
    assert bad.returncode == 1
    first = bad.stdout.splitlines()[0]
    assert first == "chain gw1: line 21 was noted as the chain's end, and it ends at line 17: it was cut off"


def _edit(data: Path) -> None:
    path = _note(data)
    path.write_bytes(path.read_bytes().replace(b'"seq":11', b'"seq":10'))


def _resign(data: Path) -> None:
    note = from_file(_note(data).read_bytes()).note
    stranger = open_signer(data / "elsewhere")
    written = document(EndNote(GW, note.end, stranger.public))
    _note(data).write_bytes(to_file(SignedNote(written, stranger.sign(written))))


def _swap(data: Path) -> None:
    signed = from_file(_note(data).read_bytes())
    (data / FOLDER / "other.note").write_bytes(to_file(signed))


def _rewrite_last(data: Path) -> None:
    with closing(sqlite3.connect(data / DATABASE)) as connection:
        (previous,) = connection.execute("SELECT previous FROM audit_entries WHERE seq = 11").fetchone()
    line = canonical(GW, 11, START, "o1", "revoke_grant", "grant", "g9", {"n": 1})
    values = f"canonical = x'{line.hex()}', hash = x'{chained(previous, line).hex()}'"
    texts = "DELETE FROM audit_texts WHERE seq = 11"
    _by_hand(data, f"UPDATE audit_entries SET {values} WHERE seq = 11", texts)


def _whole_chain(data: Path) -> None:
    _cut(data, 0)


CASES: dict[str, tuple[Callable[[Path], object], str, int, str]] = {
    "the last line": (
        lambda data: _cut(data, 10),
        GW,
        11,
        "line 11 was noted as the chain's end",
    ),
    "all lines": (_whole_chain, GW, 1, "and it ends at line 0: it was cut off"),
    "the last line written anew": (_rewrite_last, GW, 11, "line 11 is not the one that was noted as the chain's end"),
    "the note edited": (_edit, GW, 10, "does not bear its signature: it was changed"),
    "the note emptied": (lambda data: _note(data).write_bytes(b""), GW, 11, "cannot be read: it was changed"),
    "another one's signature": (_resign, GW, 11, "is signed with a key that is not known here"),
    "the note of another chain": (_swap, "other", 11, "does not bear its signature"),
    "the note deleted": (lambda data: _note(data).unlink(), GW, 1, "kept since line 1, is gone from the data folder"),
    "the folder of notes deleted with all lines": (
        lambda data: (shutil.rmtree(data / FOLDER), _cut(data, 0)),
        GW,
        1,
        "neither its note nor the line that says so is left",
    ),
    "the note made unreadable": (
        lambda data: (_note(data).unlink(), _note(data).mkdir()),
        GW,
        11,
        "cannot be read (Is a directory): give it to the service",
    ),
    "the folder of notes deleted": (lambda data: shutil.rmtree(data / FOLDER), GW, 1, "is gone from the data folder"),
}


@pytest.mark.parametrize("name", CASES)
async def test_r14_what_is_done_to_a_chains_end_or_its_note_is_found_with_the_line(tmp_path: Path, name: str) -> None:
    async with _running(tmp_path) as office:
        await _write(office, 10)
    assert _found(tmp_path) == []
    tamper, chain, seq, words = CASES[name]
    tamper(tmp_path)
    (found,) = _found(tmp_path)
    assert (found.chain, found.seq) == (chain, seq)
    assert words in found.message


async def test_r14_a_note_deleted_before_the_next_start_is_not_made_anew(tmp_path: Path) -> None:
    async with _running(tmp_path) as office:
        await _write(office, 5)
    _note(tmp_path).unlink()
    _cut(tmp_path, 3)
    async with _running(tmp_path) as office:
        await _write(office, 5)
        assert office.store.ends is not None
        await asyncio.to_thread(office.store.ends.wait)
        assert list(office.store.ends.behind) == [GW]
    assert [one.message for one in _found(tmp_path)] == [
        "the note of how the chain ends, kept since line 1, is gone from the data folder"
    ]


@pytest.mark.parametrize("restarting", [False, True])
async def test_r14_a_chain_that_was_cut_cannot_be_grown_over_its_note(tmp_path: Path, restarting: bool) -> None:
    async with _running(tmp_path) as office:
        await _write(office, 10)
        if not restarting:
            assert office.store.ends is not None
            _cut(tmp_path, 8)
            await _write(office, 10)
    if restarting:
        _cut(tmp_path, 8)
        async with _running(tmp_path) as office:
            await _write(office, 10)
    (found,) = _found(tmp_path)
    assert found.chain == GW
    assert "is not the one that was noted as the chain's end" in found.message or "cut off" in found.message


async def _rolled_back(office: Office) -> None:
    async with office.store.begin() as conn:
        await office.note(conn, START, "o1", "revoke_grant", "grant", "g")
        raise RuntimeError("rolled back")


async def test_r14_the_note_follows_commits_alone(tmp_path: Path) -> None:
    async with _running(tmp_path) as office:
        await _write(office, 3)
        with pytest.raises(RuntimeError, match="rolled back"):
            await _rolled_back(office)
        async with office.store.begin() as conn:
            await office.note(conn, START, "o1", "revoke_grant", "grant", "g")
            await office.note(conn, START, "o1", "revoke_grant", "grant", "h")
            assert _noted(tmp_path) <= 4, "never ahead of a commit"
    assert _noted(tmp_path) == 6
    assert _found(tmp_path) == []


async def test_r14_a_note_that_a_kill_left_behind_catches_up(tmp_path: Path) -> None:
    async with _running(tmp_path) as office:
        await _write(office, 3)
    behind = _note(tmp_path).read_bytes()
    async with _running(tmp_path) as office:
        await _write(office, 3)
    _note(tmp_path).write_bytes(behind)  # as if it had been killed before each note
    assert _found(tmp_path) == []
    async with _running(tmp_path) as office:
        await _write(office, 1)
    assert _noted(tmp_path) == 8


async def test_r14_an_upgrade_raises_no_false_alarm_and_is_noted_from_then_on(tmp_path: Path) -> None:
    async with _running(tmp_path, noting=False) as office:
        await _write(office, 10)
    assert _found(tmp_path) == []
    async with _running(tmp_path):
        pass
    assert (_noted(tmp_path), _found(tmp_path)) == (11, [])
    _cut(tmp_path, 9)
    assert len(_found(tmp_path)) == 1


async def test_r14_a_note_that_cannot_be_written_stops_nobody_and_is_said(tmp_path: Path) -> None:
    async with _running(tmp_path) as office:
        notes = office.store.ends
        assert notes is not None
        await _write(office, 2)
        await asyncio.to_thread(notes.wait)
        assert _noted(tmp_path) == 3
        away = (tmp_path / FOLDER).rename(tmp_path / "away")
        (tmp_path / FOLDER).write_text("a file where the folder was")
        await _write(office, 2)
        await asyncio.to_thread(notes.wait)
        assert notes.failures
        assert list(notes.behind) == [GW]
        (tmp_path / FOLDER).unlink()
        away.rename(tmp_path / FOLDER)
        assert _found(tmp_path) == []
        await _write(office, 1)
    assert (_noted(tmp_path), notes.behind) == (6, {})


async def test_r14_a_database_put_back_by_hand_is_found_until_somebody_answers_for_it(tmp_path: Path) -> None:
    async with _running(tmp_path) as office:
        await _write(office, 5)
    shutil.copyfile(tmp_path / DATABASE, tmp_path / "older")
    async with _running(tmp_path) as office:
        await _write(office, 5)
    shutil.copyfile(tmp_path / "older", tmp_path / DATABASE)
    assert "cut off" in _gateway("audit", "verify", "--data", str(tmp_path)).stdout
    mute = _gateway("audit", "accept", "--reason", "  ", "--data", str(tmp_path))
    assert (mute.returncode, mute.stderr) == (1, "gateway: a reason is needed: give it with --reason\n")
    done = _gateway("audit", "accept", "--reason", "硬盘损坏，由备份恢复（示例）", "--data", str(tmp_path))
    assert done.returncode == 0, done.stderr
    quiet = _gateway("audit", "verify", "--data", str(tmp_path))
    assert quiet.returncode == 0, quiet.stdout
    assert b'"ends":{"gw1":6},"noted":{"gw1":11}' in _line_of_the_command(tmp_path, "accept_chain_ends")
    async with _running(tmp_path) as office:
        await _write(office, 1)
    assert _found(tmp_path) == []
    _cut(tmp_path, 6)
    assert len(_found(tmp_path)) == 1


async def test_r14_a_restored_backup_is_quiet_and_a_line_of_the_audit(tmp_path: Path) -> None:
    old, new, archive = tmp_path / "old", tmp_path / "new", tmp_path / "b.tar"
    old.mkdir()
    async with _running(old) as office:
        await _write(office, 5)
    assert _gateway("backup", str(archive), "--data", str(old)).returncode == 0
    async with _running(old) as office:
        await _write(office, 5)
    done = _gateway("restore", str(archive), "--data", str(new))
    assert done.returncode == 0, done.stderr
    quiet = _gateway("audit", "verify", "--data", str(new))
    assert quiet.returncode == 0, quiet.stdout
    assert b'"ends":{"gw1":6}' in _line_of_the_command(new, "restore_backup")
    _cut(new, 4)
    assert "it was cut off" in _gateway("audit", "verify", "--data", str(new)).stdout


def test_r14_what_commands_wrote_is_noted_too(tmp_path: Path) -> None:
    file = tmp_path / "catalogue.yaml"
    file.write_text("organisations:\n- {id: district, kind: district, name_zh: 中心（示例）}\n", "utf-8")
    data = tmp_path / "data"
    assert _gateway("load", str(file), "--data", str(data)).returncode == 0
    file.write_text("organisations:\n- {id: district, kind: district, name_zh: 区中心（示例）}\n", "utf-8")
    assert _gateway("load", str(file), "--data", str(data)).returncode == 0
    assert _gateway("audit", "verify", "--data", str(data)).returncode == 0
    chain = cli_chain(gateway_id(data))
    _by_hand(data, "DELETE FROM audit_entries WHERE seq = 5", "DELETE FROM audit_texts WHERE seq = 5")
    told = _gateway("audit", "verify", "--data", str(data)).stdout
    assert f"chain {chain}: line 5 was noted as the chain's end, and it ends at line 4: it was cut off" in told


async def test_r14_the_consoles_verification_compares_the_note(world: World, tmp_path: Path) -> None:
    person = world.people["audit"]
    data = tmp_path / "data"
    data.mkdir()
    async with _running(data) as office:
        await _write(office, 5)
    _cut(data, 4)
    async with open_store(sqlite_url(data / DATABASE)) as store:
        office = Office(store, FakeClock(), LocalBus(), GW, data, open_box(data))
        check = await desk.Verifier(office).verify_now(Caller(person, "s", None))
    assert [(one["chain"], one["seq"]) for one in check.findings] == [(GW, 5)]


def _line_of_the_command(data: Path, action: str) -> bytes:
    """The one line of that action, which stands in the chain of the machine's commands."""
    with closing(sqlite3.connect(data / DATABASE)) as connection:
        statement = "SELECT chain, canonical FROM audit_entries WHERE action = ?"
        ((chain, line),) = connection.execute(statement, (action,)).fetchall()
    assert chain == cli_chain(GW)
    return bytes(line)
