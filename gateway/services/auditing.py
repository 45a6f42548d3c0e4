"""Auditing: the audit manager searches the audit, has it verified, and takes its signed roots away."""

from __future__ import annotations

import asyncio
from dataclasses import asdict, dataclass
from datetime import date, datetime

from gateway.domain.audit_ends import own_chains
from gateway.domain.audit_roots import SignedRoot, grouped
from gateway.services import rooting
from gateway.services.errors import Conflict
from gateway.services.office import Caller, Office
from gateway.services.verifying import Outside, verify
from gateway.storage import audit_checks, audit_roots, auditing
from gateway.storage.audit_checks import AuditCheck
from gateway.storage.auditing import AuditEntry, AuditQuery
from gateway.storage.paging import Page
from gateway.storage.signing import open_signer

FINDINGS_MOST = 100


@dataclass(frozen=True, slots=True)
class RootView:
    """A root as a person reads it; figures are grouped to be read aloud."""

    number: int
    day: date | None
    at: datetime
    digest: str
    key: str
    algorithm: str
    chains: dict[str, int]


@dataclass(frozen=True, slots=True)
class AuditState:
    """Whether the audit holds, as far as is known."""

    root: RootView | None
    check: AuditCheck | None
    verifying: bool


async def searched(
    office: Office, caller: Caller, query: AuditQuery, after: str | None, limit: int
) -> Page[AuditEntry]:
    """Entries that fit, newest first; a search for words is itself noted. Raises ``BadCursor``."""
    if query.text is None or after is not None:
        async with office.store.read() as conn:
            return await auditing.page(conn, query, after=after, limit=limit)
    async with office.store.begin() as conn:
        found = await auditing.page(conn, query, limit=limit)
        typed = {"text": query.text}
        await office.note(conn, office.clock.now(), caller.operator.id, "search_audit", "audit", "", typed=typed)
    return found


class Verifier:
    """Verifies one at a time, in processes of its own."""

    def __init__(self, office: Office, keys: frozenset[bytes] = frozenset()) -> None:
        self._office = office
        self._keys = keys
        self._turn = asyncio.Lock()

    async def state(self) -> AuditState:
        """The newest root and the newest verification."""
        async with self._office.store.read() as conn:
            root, check = await audit_roots.last(conn), await audit_checks.last(conn)
        return AuditState(None if root is None else view_of(root), check, self._turn.locked())

    async def verify_now(self, caller: Caller) -> AuditCheck:
        """Verifies everything and keeps the result. Raises ``Conflict`` while another one runs."""
        if self._turn.locked():
            raise Conflict("the audit is being verified: wait for the result")
        office = self._office
        async with self._turn:
            keys = self._keys | {open_signer(office.data).public}
            outside = Outside(office.data, own_chains(office.gateway_id))
            report = await asyncio.to_thread(verify, office.store.url, keys, views=True, outside=outside)
            found = [asdict(finding) for finding in report.findings[:FINDINGS_MOST]]
            at, who = office.clock.now(), caller.operator.id
            check = AuditCheck(office.new_id(), at, who, report.lines, report.roots, round(report.seconds, 3), found)
            async with office.store.begin() as conn:
                await audit_checks.insert(conn, check)
                count = len(report.findings)
                await office.note(conn, at, who, "verify_audit", "audit", check.id, lines=report.lines, findings=count)
        return check


def view_of(signed: SignedRoot) -> RootView:
    """The root as a person reads it."""
    root = signed.root
    chains = {name: end.seq for name, end in sorted(root.chains.items())}
    return RootView(root.number, root.day, root.at, grouped(signed.digest), grouped(root.key), root.algorithm, chains)


async def sign_now(office: Office, caller: Caller) -> RootView:
    """A root over the audit as it is now."""
    return view_of(await rooting.sign_now(office, caller))


async def roots(office: Office, after: str | None, limit: int) -> Page[RootView]:
    """Roots, newest first. Raises ``BadCursor``."""
    page = await rooting.listed(office, after, limit)
    return Page([view_of(signed) for signed in page.items], page.next)
