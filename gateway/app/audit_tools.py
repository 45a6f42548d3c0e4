"""What the commands about the audit do: verify it, write a root for another machine, show the public key."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from pathlib import Path

from sqlalchemy.engine import URL

from gateway.app.footing import (
    CannotRun,
    data_folder,
    database_of,
    gateway_id,
    known_keys,
    make_folder,
    named_chains,
    refuse_new_key,
    store_of,
)
from gateway.clock import SystemClock
from gateway.domain.audit_roots import BadRoot, SignedRoot, from_file, grouped, to_file
from gateway.services.ending import answer_for
from gateway.services.errors import Invalid
from gateway.services.reasons import check_reason
from gateway.services.verifying import HeldRoot, Outside, Report, verify
from gateway.settings import Settings
from gateway.storage import audit_roots
from gateway.storage.migrating import refuse_newer
from gateway.storage.note_files import kept_notes
from gateway.storage.signing import key_is_given, open_signer
from gateway.storage.store import database_url

Say = Callable[[str], None]


async def verify_audit(
    settings: Settings, roots: Sequence[Path], public_keys: Sequence[str], say: Say, *, views: bool = True
) -> bool:
    """Verifies the audit and says what it found, the first broken line of each chain by name; True if all holds.

    ``views`` is whether the register of views is compared with it.
    """
    held = [HeldRoot(str(path), _held(path)) for path in roots]
    url = database_url(database_of(settings))
    _refuse_missing(url)
    await refuse_newer(url)
    keys, outside = keys_of(settings, public_keys), Outside(settings.data, named_chains(settings.data))
    report = await asyncio.to_thread(verify, url, keys, held, views=views, outside=outside)
    for line in told(report):
        say(line)
    return not report.findings


def keys_of(settings: Settings, more: Sequence[str] = ()) -> frozenset[bytes]:
    """The public keys that a root may be signed with: this data folder's, the configured and the given ones.

    Raises ``CannotRun`` if there is none of them, and something is signed.
    """
    keys = set(known_keys(settings, more))
    if key_is_given(settings.data) or not keys:
        refuse_new_key(settings)
        keys.add(open_signer(settings.data).public)
    return frozenset(keys)


def told(report: Report) -> list[str]:
    """The report as lines for an operator."""
    lines = [
        f"chain {finding.chain}: {finding.message}" if finding.chain else finding.message for finding in report.findings
    ]
    counted = f"{report.lines} lines in {len(report.chains)} chains and {report.roots} roots"
    if lines:
        return [*lines, f"the audit does NOT hold ({counted} were read in {report.seconds:.1f} s)"]
    return [f"the audit holds: {counted}, {report.seconds:.1f} s"]


async def accept_ends(settings: Settings, reason: str, say: Say) -> None:
    """Answers for chains that are not as they were noted: a line of the audit says who they are and why, and they are
    noted anew. The gateway must be stopped. Raises ``CannotRun``.
    """
    _refuse_missing(database_url(database_of(settings)))
    try:
        check_reason(reason)
    except Invalid as problem:
        raise CannotRun(f"{problem}: give it with --reason") from None
    refuse_new_key(settings)
    with data_folder(settings.data):
        name, held = gateway_id(settings.data), kept_notes(settings.data)
        async with store_of(settings) as store:
            found = await answer_for(
                store,
                name,
                held,
                SystemClock().now(),
                "accept_chain_ends",
                detail={},
                typed={"reason": reason.strip()},
                algorithm=settings.audit.algorithm,
            )
    for chain, lines in sorted(found.items()):
        say(f"chain {chain} is taken as it is, with {lines} lines")
    say("the audit says so, and how it ended before")


async def export_root(settings: Settings, number: int | None, say: Say) -> SignedRoot:
    """The newest root, or the one with that number."""
    async with store_of(settings) as store, store.read() as conn:
        found = await (audit_roots.last(conn) if number is None else audit_roots.get(conn, number))
    if found is None:
        hint = "the first is made when a day has ended, or by the audit manager in the console"
        raise CannotRun(f"there is no such root: {hint}")
    say(f"root {found.root.number}: {grouped(found.digest)}")
    return found


def written(signed: SignedRoot, file: Path) -> None:
    """Writes the root to a file; the name decides whether another machine or a printer takes it."""
    from gateway.services.root_page import page

    text = page(signed) if file.suffix == ".html" else to_file(signed)
    try:
        file.write_text(text, "utf-8")
    except OSError as problem:
        raise CannotRun(f"{file} cannot be written: {problem.strerror}") from None


def public_key(settings: Settings) -> str:
    """The public key in hexadecimal digits."""
    make_folder(settings.data)
    refuse_new_key(settings)
    return open_signer(settings.data).public.hex()


def _refuse_missing(url: URL) -> None:
    if url.get_backend_name() == "sqlite" and not Path(str(url.database)).exists():
        raise CannotRun(f"there is no database at {url.database}: give the data folder that the gateway runs with")


def _held(path: Path) -> SignedRoot:
    try:
        return from_file(path.read_text("utf-8"))
    except OSError as problem:
        raise CannotRun(f"{path} cannot be read: {problem.strerror}") from None
    except (BadRoot, UnicodeDecodeError) as problem:
        raise CannotRun(f"{path}: {problem}") from None
