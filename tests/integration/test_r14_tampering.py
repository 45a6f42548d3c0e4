"""R14: whatever is done by hand to the audit in the database file, the verification finds it and names the line."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from gateway.domain.audit import GENESIS, canonical, chained
from gateway.domain.audit_roots import SignedRoot, from_file, to_file
from gateway.services import rooting
from gateway.services.verifying import HeldRoot, Report, verify
from gateway.storage import auditing
from gateway.storage.signing import open_signer
from tests.integration.world import START, World

LINES = 40
Tamper = Callable[[sqlite3.Connection], object]


async def _written(world: World) -> SignedRoot:
    """Forty lines in one chain, every third with a typed reason, and a root over them."""
    async with world.office.store.begin() as conn:
        for number in range(LINES):
            typed = {"reason": f"patrol {number}"} if number % 3 == 0 else None
            await auditing.append(conn, "gw", START, "o1", "revoke_grant", "grant", f"g{number}", {"n": number}, typed)
    await rooting.close_the_day(world.office, START)
    async with world.office.store.read() as conn:
        found = await rooting.audit_roots.last(conn)
    assert found is not None
    return found


def _by_hand(world: World, tamper: Tamper) -> None:
    """Changes the file as somebody with a SQLite shell would: triggers first."""
    with closing(sqlite3.connect(str(world.office.store.url.database))) as connection:
        for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
            connection.execute(f"DROP TRIGGER {name}")
        tamper(connection)
        connection.commit()


def _verified(world: World, held: SignedRoot | None = None) -> Report:
    keys = frozenset([open_signer(world.office.data).public])
    return verify(world.office.store.url, keys, [HeldRoot("paper", held)] if held else [])


def _sql(*statements: str) -> Tamper:
    return lambda connection: [connection.execute(statement) for statement in statements]


def _swap(connection: sqlite3.Connection) -> None:
    columns = "at, actor_id, action, object_kind, object_id, canonical, previous, hash"
    one, other = (
        connection.execute(f"SELECT {columns} FROM audit_entries WHERE chain = 'gw' AND seq = ?", (seq,)).fetchone()
        for seq in (11, 12)
    )
    setters = ", ".join(f"{name.strip()} = ?" for name in columns.split(","))
    for seq, row in ((11, other), (12, one)):
        connection.execute(f"UPDATE audit_entries SET {setters} WHERE chain = 'gw' AND seq = ?", (*row, seq))


def _flip(column: str, seq: int) -> Tamper:
    def flip(connection: sqlite3.Connection) -> None:
        where = "WHERE chain = 'gw' AND seq = ?"
        (found,) = connection.execute(f"SELECT {column} FROM audit_entries {where}", (seq,)).fetchone()
        changed = bytearray(found)
        changed[len(changed) // 2] ^= 1
        connection.execute(f"UPDATE audit_entries SET {column} = ? {where}", (bytes(changed), seq))

    return flip


def _rewrite(connection: sqlite3.Connection) -> None:
    """The whole chain anew from line 5 on, with hashes that fit."""
    previous = GENESIS
    statement = "SELECT seq, canonical, previous FROM audit_entries WHERE chain = 'gw' ORDER BY seq"
    for seq, line, _ in connection.execute(statement).fetchall():
        if seq == 5:
            line = canonical("gw", 5, START, "o1", "revoke_grant", "grant", "g4", {"n": 99})
        fresh = chained(previous, line)
        update = "UPDATE audit_entries SET canonical = ?, previous = ?, hash = ? WHERE chain = 'gw' AND seq = ?"
        connection.execute(update, (line, previous, fresh, seq))
        previous = fresh


WHERE = "WHERE chain = 'gw' AND seq"
CASES: dict[str, tuple[Tamper, int, str]] = {
    "a byte of what was hashed": (_flip("canonical", 7), 7, "was changed"),
    "a byte of a hash": (_flip("hash", 7), 7, "was changed"),
    "a byte of the hash before": (_flip("previous", 7), 7, "does not follow"),
    "an actor": (_sql(f"UPDATE audit_entries SET actor_id = 'o2' {WHERE} = 8"), 8, "columns"),
    "an action": (_sql(f"UPDATE audit_entries SET action = 'give_grant' {WHERE} = 8"), 8, "columns"),
    "an object": (_sql(f"UPDATE audit_entries SET object_id = 'g1' {WHERE} = 9"), 9, "columns"),
    "a kind of object": (_sql(f"UPDATE audit_entries SET object_kind = 'camera' {WHERE} = 9"), 9, "columns"),
    "a line of another type": (_sql(f"UPDATE audit_entries SET canonical = 'text' {WHERE} = 8"), 8, "cannot be read"),
    "a time that is none": (_sql(f"UPDATE audit_entries SET at = 'noon' {WHERE} = 8"), 8, "cannot be read"),
    "a time": (_sql(f"UPDATE audit_entries SET at = at + 1 {WHERE} = 9"), 9, "columns"),
    "a line taken out": (_sql(f"DELETE FROM audit_entries {WHERE} = 20"), 20, "missing"),
    "the first line taken out": (_sql(f"DELETE FROM audit_entries {WHERE} = 1"), 1, "missing"),
    "two lines swapped": (_swap, 11, "does not follow"),
    "the end cut off": (_sql(f"DELETE FROM audit_entries {WHERE} > 30"), 31, "cut off"),
    "a whole chain gone": (_sql("DELETE FROM audit_entries WHERE chain = 'gw'"), 1, "cut off"),
    "a chain written anew": (_rewrite, 40, "written anew"),
    "a typed text": (_sql(f"UPDATE audit_texts SET text = 'x' {WHERE} = 4"), 4, "the reason typed into line 4 was"),
    "a salt": (_sql(f"UPDATE audit_texts SET salt = zeroblob(32) {WHERE} = 4"), 4, "was changed"),
    "a text taken out": (_sql(f"DELETE FROM audit_texts {WHERE} = 4"), 4, "gone without an erasure"),
    "a text emptied": (_sql(f"UPDATE audit_texts SET text = NULL, salt = NULL {WHERE} = 4"), 4, "no line says"),
    "an erasure that nobody noted": (
        _sql(f"UPDATE audit_texts SET text = NULL, salt = NULL, erased_at = 5 {WHERE} = 4"),
        4,
        "no line says by whom",
    ),
    "a text added": (
        _sql("INSERT INTO audit_texts (id, chain, seq, field, salt, text) VALUES ('x', 'gw', 2, 'why', x'00', 'y')"),
        2,
        "that it did not have",
    ),
}


async def test_r14_an_untouched_audit_holds(world: World) -> None:
    held = await _written(world)
    report = _verified(world, held)
    assert report.findings == []
    assert (report.chains["gw"], report.roots) == (LINES, 2)


@pytest.mark.parametrize("name", CASES)
async def test_r14_tampering_by_hand_is_found_and_its_line_named(world: World, name: str) -> None:
    await _written(world)
    tamper, seq, words = CASES[name]
    _by_hand(world, tamper)
    first = _verified(world).findings[0]
    assert (first.chain, first.seq) == ("gw", seq)
    assert words in first.message


async def test_r14_cutting_chain_and_roots_together_is_found_with_a_root_kept_elsewhere(world: World) -> None:
    held = await _written(world)
    kept = from_file(to_file(held))
    cut = _sql("DELETE FROM audit_roots", "DELETE FROM audit_entries WHERE seq > 30 OR chain <> 'gw'")
    _by_hand(world, cut)
    assert _verified(world).findings == []
    found = _verified(world, kept).findings
    assert [(one.chain, one.seq) for one in found if one.chain == "gw"] == [("gw", 31)]
    assert "gone from the database" in found[0].message


async def test_r14_roots_rewritten_with_another_key_are_found(world: World, tmp_path: Path) -> None:
    held = await _written(world)
    stranger = open_signer(tmp_path / "elsewhere")
    document = held.document.replace(held.root.key.hex().encode(), stranger.public.hex().encode())

    def forge(connection: sqlite3.Connection) -> None:
        connection.execute("UPDATE audit_roots SET document = ?, signature = ?", (document, stranger.sign(document)))

    _by_hand(world, forge)
    assert ["key that is not known" in one.message for one in _verified(world).findings] == [True]
    assert any("not the one kept in paper" in one.message for one in _verified(world, held).findings)


async def test_r14_a_changed_root_is_found(world: World) -> None:
    await _written(world)
    _by_hand(world, _sql("UPDATE audit_roots SET document = replace(document, '2026', '2025')"))
    assert any("root" in one.message for one in _verified(world).findings)


async def test_r14_the_database_refuses_what_the_program_would_never_do(world: World) -> None:
    await _written(world)
    with closing(sqlite3.connect(str(world.office.store.url.database))) as connection:
        for statement in (
            "UPDATE audit_entries SET action = 'x'",
            "DELETE FROM audit_entries",
            "INSERT OR REPLACE INTO audit_entries SELECT * FROM audit_entries WHERE seq = 3",
            "DELETE FROM audit_roots",
            "UPDATE audit_roots SET day = NULL",
            "DELETE FROM audit_texts",
            "UPDATE audit_texts SET text = 'x'",
        ):
            with pytest.raises(sqlite3.IntegrityError, match="append-only"):
                connection.execute(statement)
