"""Accounts as others may see them: colleagues see who is who, managers also see on what each account rests."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from sqlalchemy.ext.asyncio import AsyncConnection

from gateway.domain.operators import MANAGERS, Role
from gateway.services.directory_people import ISSUER
from gateway.services.office import Caller, Office
from gateway.storage import account_changes, identities, second_factors, sessions, setup_links
from gateway.storage.account_changes import AccountChange
from gateway.storage.operators import Account


@dataclass(frozen=True, slots=True)
class WaitingChange:
    """What the account is to become once the security manager releases it."""

    id: str
    roles: list[Role]
    organisation_id: str
    asked_at: datetime
    opens: bool
    """Whether an account that was disabled or has lapsed holds again then, on these dates."""
    valid_from: datetime | None
    valid_until: datetime | None
    pledged_at: datetime | None
    trained_at: datetime | None


@dataclass(frozen=True, slots=True)
class Footing:
    """On what an account rests; for managers."""

    valid_from: datetime | None
    valid_until: datetime | None
    contract: str
    pledged_at: datetime | None
    trained_at: datetime | None
    lapses_at: datetime
    lapses_by: str
    lapsed: str | None
    second_factor: bool
    has_password: bool
    directory: bool
    setup_until: datetime | None
    link: str | None
    """The id of the link that waits, by which it is released."""
    release: Literal["needed", "given"] | None
    """Whether the link that waits needs to be released by the security manager, or has been."""
    change: WaitingChange | None
    last_sign_in: datetime | None


@dataclass(frozen=True, slots=True)
class OperatorView:
    """An account as others may see it; ``footing`` is None for whoever is no manager, and for services."""

    id: str
    login: str
    name: str
    organisation_id: str
    roles: list[Role]
    language: str
    disabled: bool
    disabled_at: datetime | None
    locked_until: datetime | None
    created_at: datetime
    sample: bool
    footing: Footing | None


async def views(office: Office, conn: AsyncConnection, caller: Caller, found: Iterable[Account]) -> list[OperatorView]:
    """The accounts as the caller may see them."""
    at = office.clock.now()
    if not caller.operator.roles & MANAGERS:
        return [_view(account, at, None) for account in found]
    enrolled = await second_factors.enrolled(conn)
    waiting = await setup_links.waiting(conn, at)
    changes = await account_changes.every(conn)
    latest = await sessions.last_sign_ins(conn)
    of_directory = await identities.linked(conn, ISSUER)

    def footing(account: Account) -> Footing | None:
        if Role.SERVICE in account.operator.roles:
            return None
        end, why = account.term.ends(office.rules)
        lapse = account.term.lapsed(at, office.rules)
        known = account.operator.id
        link, change = waiting.get(known), changes.get(known)
        return Footing(
            valid_from=account.operator.valid_from,
            valid_until=account.operator.valid_until,
            contract=account.contract,
            pledged_at=account.pledged_at,
            trained_at=account.trained_at,
            lapses_at=end,
            lapses_by=why.value,
            lapsed=None if lapse is None else lapse.value,
            second_factor=known in enrolled,
            has_password=bool(account.password_hash),
            directory=known in of_directory,
            setup_until=None if link is None else link.expires_at,
            link=None if link is None else link.id,
            release=None if link is None or not link.needs_release else "given" if link.code_hash else "needed",
            change=None if change is None else _waiting(change),
            last_sign_in=latest.get(known),
        )

    return [_view(account, at, footing(account)) for account in found]


def _waiting(change: AccountChange) -> WaitingChange:
    return WaitingChange(
        change.id,
        sorted(change.roles),
        change.organisation_id,
        change.asked_at,
        change.opens,
        change.valid_from,
        change.valid_until,
        change.pledged_at,
        change.trained_at,
    )


def _view(account: Account, at: datetime, footing: Footing | None) -> OperatorView:
    operator = account.operator
    return OperatorView(
        id=operator.id,
        login=operator.login,
        name=operator.name,
        organisation_id=operator.organisation_id,
        roles=sorted(operator.roles),
        language=operator.language,
        disabled=operator.disabled(at),
        disabled_at=operator.disabled_at,
        locked_until=account.locked_until if account.locked_until and account.locked_until > at else None,
        created_at=account.created_at,
        sample=account.sample,
        footing=footing,
    )
