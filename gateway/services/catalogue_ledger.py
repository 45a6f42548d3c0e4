"""What loading a file writes into the audit: itself, and every organisation and grant that it changed, a line each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any

from sqlalchemy.ext.asyncio import AsyncConnection

from gateway.domain.audit import SHA256
from gateway.domain.organisations import Organisation
from gateway.services.standing import Given
from gateway.storage import auditing


@dataclass(frozen=True, slots=True)
class Ledger:
    """The chain that the lines go to, and the algorithm of new lines.

    Whoever loads organisations and grants has one: without a line in the audit they are not loaded at all.
    """

    chain: str
    algorithm: str = SHA256

    async def note(
        self,
        conn: AsyncConnection,
        at: datetime,
        actor: str,
        action: str,
        kind: str,
        object_id: str,
        *,
        typed: Mapping[str, str] | None = None,
        **detail: Any,
    ) -> int:
        """Appends an audit entry in the caller's transaction; returns the number of its line."""
        return await auditing.append(
            conn, self.chain, at, actor, action, kind, object_id, detail, typed, self.algorithm
        )

    async def loaded(
        self, conn: AsyncConnection, at: datetime, actor: str, name: str, *, added: int, changed: int
    ) -> None:
        """Notes that a file was loaded."""
        typed = {"file": name[:64]}
        await self.note(conn, at, actor, "load_catalogue", "catalogue", "", typed=typed, added=added, changed=changed)

    async def organisations(
        self,
        conn: AsyncConnection,
        at: datetime,
        actor: str,
        changed: Sequence[tuple[Organisation | None, Organisation]],
    ) -> None:
        """Notes each organisation that is new or was changed, with what it hangs below: grants reach down the tree."""
        for old, new in changed:
            await self.note(
                conn,
                at,
                actor,
                "add_organisation" if old is None else "change_organisation",
                "organisation",
                new.id,
                fields=[
                    one.name for one in fields(new) if old is None or getattr(old, one.name) != getattr(new, one.name)
                ],
                parent=new.parent_id,
                parent_before=None if old is None else old.parent_id,
                typed={"unit": new.name_zh},
            )

    async def grants(self, conn: AsyncConnection, at: datetime, actor: str, changed: Sequence[Given]) -> None:
        """Notes each grant that was given, and before it the one that it took the place of."""
        for one in changed:
            if one.replaced is not None:
                await self.note(conn, at, actor, "revoke_grant", "grant", one.replaced, replaced_by=one.grant.id)
            await self.note(
                conn,
                at,
                actor,
                "give_grant",
                "grant",
                one.grant.id,
                grantee=f"{one.grant.grantee_kind}:{one.grant.grantee_id}",
                target=f"{one.grant.target_kind}:{one.grant.target_id}",
                actions=sorted(one.grant.actions),
                effect=one.grant.effect.value,
                typed={"reason": one.grant.reason, "policy": one.policy},
            )
