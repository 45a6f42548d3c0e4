"""What loading a file writes into the audit: itself, and every organisation and grant that it changed, a line each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any

from sqlalchemy.ext.asyncio import AsyncConnection

from gateway.domain.audit import SHA256
from gateway.domain.operators import Operator
from gateway.domain.organisations import Organisation
from gateway.services.standing import Given
from gateway.services.standing_ends import Ended
from gateway.storage import auditing


@dataclass(frozen=True, slots=True)
class Ledger:
    """The chain that the lines go to, and the algorithm of new lines.

    Whoever loads organisations and grants has one: without a line in the audit they are not loaded at all.
    """

    chain: str
    algorithm: str = SHA256

    async def loaded(
        self, conn: AsyncConnection, at: datetime, actor: str, name: str, *, added: int, changed: int
    ) -> None:
        """Notes that a file was loaded."""
        typed = {"file": name[:64]}
        detail = {"added": added, "changed": changed}
        await self._append(conn, at, actor, "load_catalogue", ("catalogue", ""), detail, typed)

    async def organisations(
        self,
        conn: AsyncConnection,
        at: datetime,
        actor: str,
        changed: Sequence[tuple[Organisation | None, Organisation]],
    ) -> None:
        """Notes each organisation that is new or was changed, with what it hangs below: grants reach down the tree."""
        for old, new in changed:
            names = [one.name for one in fields(new)]
            detail = {
                "fields": [one for one in names if old is None or getattr(old, one) != getattr(new, one)],
                "parent": new.parent_id,
                "parent_before": None if old is None else old.parent_id,
            }
            action = "add_organisation" if old is None else "change_organisation"
            await self._append(conn, at, actor, action, ("organisation", new.id), detail, {"unit": new.name_zh})

    async def accounts(self, conn: AsyncConnection, at: datetime, actor: str, made: Sequence[Operator]) -> None:
        """Notes each account that was made."""
        for one in made:
            detail = {"roles": sorted(role.value for role in one.roles)}
            typed = {"login": one.login, "name": one.name}
            await self._append(conn, at, actor, "create_operator", ("operator", one.id), detail, typed)

    async def grants(self, conn: AsyncConnection, at: datetime, actor: str, changed: Sequence[Given]) -> None:
        """Notes each grant that was given, and before it the one that it took the place of."""
        for one in changed:
            if one.replaced is not None:
                instead = {"replaced_by": one.grant.id}
                await self._append(conn, at, actor, "revoke_grant", ("grant", one.replaced), instead, {})
            detail = {
                "grantee": f"{one.grant.grantee_kind}:{one.grant.grantee_id}",
                "target": f"{one.grant.target_kind}:{one.grant.target_id}",
                "actions": sorted(one.grant.actions),
                "effect": one.grant.effect.value,
            }
            typed = {"reason": one.grant.reason, "policy": one.policy}
            await self._append(conn, at, actor, "give_grant", ("grant", one.grant.id), detail, typed)

    async def ended(self, conn: AsyncConnection, at: datetime, actor: str, ended: Sequence[Ended]) -> None:
        """Notes each standing grant that was ended, and why."""
        for one in ended:
            typed = {"reason": one.reason, "policy": one.policy}
            await self._append(conn, at, actor, "revoke_grant", ("grant", one.grant.id), {}, typed)

    async def _append(
        self,
        conn: AsyncConnection,
        at: datetime,
        actor: str,
        action: str,
        about: tuple[str, str],
        detail: Mapping[str, Any],
        typed: Mapping[str, str],
    ) -> None:
        await auditing.append(conn, self.chain, at, actor, action, *about, detail, typed or None, self.algorithm)
