"""Ending: from which line on a chain's end is noted outside the database, and how a lawful break is answered for."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy.ext.asyncio import AsyncConnection

from gateway.domain.audit import SHA256
from gateway.domain.audit_ends import CHAIN, NOTED, BadNote, cli_chain, from_file, own_chains
from gateway.services.office import SYSTEM, Office
from gateway.storage import audit_roots, auditing
from gateway.storage.note_files import Held
from gateway.storage.store import Store


async def begin(store: Store, chain: str, at: datetime, algorithm: str = SHA256) -> None:
    """Goes on noting how the chain ends, or begins to, which is a line of the chain.

    The note of the end before that line is written before the line is committed: a line without a note means that
    the note is gone. A chain that was noted from this folder and has neither was begun too: it is not begun anew. That
    a note cannot be read or written is said in the log and stops nobody; it is tried again.
    """
    notes = store.ends
    if notes is None:
        return
    async with store.read() as conn:
        begun = await _begun(conn, chain)
    try:
        if begun or await asyncio.to_thread(notes.is_missed, chain):
            await asyncio.to_thread(notes.take_up, chain, None)
            return
        async with store.begin() as conn:
            await auditing.append(conn, chain, at, SYSTEM, NOTED, CHAIN, chain, {}, algorithm=algorithm)
            await asyncio.to_thread(notes.take_up, chain, auditing.added_by(conn)[chain].before)
    except OSError as problem:
        notes.put_off(chain, str(problem), begun=begun)


async def take_up(office: Office, at: datetime) -> None:
    """Tries again to note how the gateway's chain ends, if that was put off; a sweep."""
    notes = office.store.ends
    if notes is not None and notes.waits(office.gateway_id):
        await begin(office.store, office.gateway_id, at, office.hashing)


async def answer_for(
    store: Store,
    gateway_id: str,
    held: Mapping[str, Held],
    at: datetime,
    action: str,
    *,
    detail: Mapping[str, Any],
    typed: Mapping[str, str] | None = None,
    algorithm: str = SHA256,
) -> dict[str, int]:
    """Writes into the audit that this gateway's chains end where they do, lawfully, and only then notes these ends.

    ``held`` are the notes as they were. Returns how many lines each chain has.
    """
    own = set(own_chains(gateway_id))
    async with store.begin() as conn:
        there = await audit_roots.ends(conn)
        own |= there.keys() if store.dialect == "sqlite" else set()
        own |= store.ends.begun() if store.ends is not None else set()
        ends = {chain: end.seq for chain, end in there.items() if chain in own}
        before = {chain: _seq(one) for chain, one in held.items()}
        told = {**detail, "ends": ends, "noted": before}
        chain = cli_chain(gateway_id)
        await auditing.append(conn, chain, at, "cli", action, "audit", "", told, typed, algorithm)
        for chain in sorted(own):
            if not await _begun(conn, chain):
                await auditing.append(conn, chain, at, SYSTEM, NOTED, CHAIN, chain, {}, algorithm=algorithm)
    async with store.read() as conn:
        now = await audit_roots.ends(conn)
    if store.ends is not None:
        for chain in sorted(own):
            await asyncio.to_thread(store.ends.settle, chain, now[chain])
    return ends


async def _begun(conn: AsyncConnection, chain: str) -> bool:
    return await auditing.noted_since(conn, chain) is not None


def _seq(held: Held) -> int | None:
    try:
        return None if isinstance(held, OSError) else from_file(held).note.end.seq
    except BadNote:
        return None
