"""Reviewing: every account with what a quarterly look at it should weigh, and reminders of what lapses soon."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from gateway.domain.notices import to_operator, to_role
from gateway.domain.operators import Role
from gateway.services import notifying
from gateway.services.office import Caller, Office
from gateway.storage import operators, second_factors, sessions
from gateway.storage.operators import Account

UNUSED = timedelta(days=90)
"""After so long without a sign-in an account is worth a question."""


@dataclass(frozen=True, slots=True)
class AccountReview:
    """One line of the review. ``remarks`` are words: disabled, lapsed, lapsing, unused, never_used, no_second_factor,
    vendor.
    """

    id: str
    login: str
    name: str
    organisation_id: str
    roles: list[Role]
    contract: str
    created_at: datetime
    last_sign_in: datetime | None
    lapses_at: datetime
    lapses_by: str
    remarks: list[str]


async def access_review(office: Office, caller: Caller) -> list[AccountReview]:
    """Every person's account, those with most remarks first. The audit says who looked, which proves that one did."""
    at = office.clock.now()
    async with office.store.begin() as conn:
        people = [one for one in await operators.every(conn) if Role.SERVICE not in one.operator.roles]
        latest = await sessions.last_sign_ins(conn)
        enrolled = await second_factors.enrolled(conn)
        await office.note(conn, at, caller.operator.id, "review_access", "operator", "")
    found = [_reviewed(office, one, at, latest.get(one.operator.id), one.operator.id in enrolled) for one in people]
    return sorted(found, key=lambda one: (-len(one.remarks), one.login))


async def remind_of_lapses(office: Office, at: datetime) -> None:
    """A sweep: tells owners and the system managers once of every account that lapses soon."""
    async with office.store.read() as conn:
        people = await operators.every(conn)
    due = [one for one in people if _lapses_soon(office, one, at)]
    if not due:
        return
    told: list[str] = []
    async with office.store.begin() as conn:
        for one in due:
            end, why = one.term.ends(office.rules)
            told += await notifying.tell(
                conn,
                at,
                [to_operator(one.operator.id), to_role(Role.SYSTEM_MANAGER)],
                "account_lapses",
                ("operator", one.operator.id),
                key=f"{why.value} {end.date()}",
                login=one.operator.login,
                why=why.value,
                day=end.date().isoformat(),
            )
    await notifying.ring_for(office, told)


def _lapses_soon(office: Office, one: Account, at: datetime) -> bool:
    if Role.SERVICE in one.operator.roles or one.operator.disabled_at is not None:
        return False
    return at < one.term.ends(office.rules)[0] <= at + office.rules.remind


def _reviewed(office: Office, one: Account, at: datetime, latest: datetime | None, enrolled: bool) -> AccountReview:
    operator = one.operator
    end, why = one.term.ends(office.rules)
    remarks = {
        "disabled": operator.disabled(at),
        "lapsed": end <= at,
        "lapsing": _lapses_soon(office, one, at),
        "never_used": latest is None,
        "unused": latest is not None and at - latest > UNUSED,
        "no_second_factor": not enrolled,
        "vendor": Role.VENDOR in operator.roles,
    }
    return AccountReview(
        id=operator.id,
        login=operator.login,
        name=operator.name,
        organisation_id=operator.organisation_id,
        roles=sorted(operator.roles),
        contract=one.contract,
        created_at=one.created_at,
        last_sign_in=latest,
        lapses_at=end,
        lapses_by=why.value,
        remarks=[word for word, holds in remarks.items() if holds],
    )
