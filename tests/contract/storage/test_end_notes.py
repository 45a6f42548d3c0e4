"""Notes of how chains end, with several gateways on one database: each notes its own chains, in its own folder."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

from gateway.domain.audit_ends import from_file, own_chains
from gateway.services.ending import begin
from gateway.services.verifying import Outside, verify
from gateway.storage import auditing
from gateway.storage.note_files import kept_notes
from gateway.storage.signing import open_signer
from gateway.storage.store import Store, open_store

NOW = datetime(2026, 3, 1, 8, 30, tzinfo=UTC)
LINES = 12


async def _write(store: Store, chain: str) -> None:
    async with store.begin() as conn:
        await auditing.append(conn, chain, NOW, "o1", "revoke_grant", "grant", "g", {})


async def test_r14_each_gateway_on_one_database_notes_its_own_chain(database_url: str, tmp_path: Path) -> None:
    folders = {name: tmp_path / name for name in ("gw1", "gw2")}
    nobody = frozenset[bytes]()
    async with (
        open_store(database_url, ends=(folders["gw1"], nobody)) as one,
        open_store(database_url, ends=(folders["gw2"], nobody)) as two,
    ):
        for store, chain in ((one, "gw1"), (two, "gw2")):
            await begin(store, chain, NOW)
        # at once: on a server transactions on one chain may end in another order than their notes are made
        await asyncio.gather(*(_write(store, chain) for store, chain in ((one, "gw1"), (two, "gw2")) * LINES))
        for store in (one, two):
            assert store.ends is not None
            await asyncio.to_thread(store.ends.wait)
            assert store.ends.behind == {}
    keys = frozenset(open_signer(folder).public for folder in folders.values())
    for name, folder in folders.items():
        notes = kept_notes(folder)
        assert {chain: from_file(held).note.end.seq for chain, held in notes.items()} == {name: LINES + 1}
        asked = partial(verify, database_url, keys, processes=1, outside=Outside(folder, own_chains(name)))
        found = (await asyncio.to_thread(asked)).findings
        assert [one for one in found if one.chain == name] == []
        if database_url.startswith("postgresql"):
            assert found == []


async def test_r14_two_commands_on_one_folder_go_on_with_each_others_note(database_url: str, tmp_path: Path) -> None:
    ends = (tmp_path / "data", frozenset[bytes]())
    async with open_store(database_url, ends=ends) as one, open_store(database_url, ends=ends) as two:
        for store in (one, two):
            await begin(store, "gw-cli", NOW)
        for store in (one, two, two, one):
            await _write(store, "gw-cli")
            assert store.ends is not None
            await asyncio.to_thread(store.ends.wait)
            assert store.ends.behind == {}
    assert from_file(kept_notes(tmp_path / "data")["gw-cli"]).note.end.seq == 5
