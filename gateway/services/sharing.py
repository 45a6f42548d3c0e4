"""Sharing: giving and revoking grants, and listing them."""

from __future__ import annotations

from collections.abc import Sequence, Set
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncConnection

from gateway.domain import purposes
from gateway.domain.actions import Action
from gateway.domain.cameras import CameraKind
from gateway.domain.conditions import Condition
from gateway.domain.grants import Effect, Grant, GranteeKind, TargetKind, given_to, in_force
from gateway.domain.hours import Hours
from gateway.domain.messages import Topic
from gateway.domain.operators import Role
from gateway.services import notifying, onward_giving, second_factor
from gateway.services.coverage import Span, covers
from gateway.services.errors import Conflict, Forbidden, Invalid, NotFound
from gateway.services.grant_views import GrantView, names_for
from gateway.services.office import Caller, Office
from gateway.services.pointing import EVERYTHING, Pointed, Pointing, target_of
from gateway.services.reasons import check_reason
from gateway.services.request_times import after_revocation
from gateway.storage import grants, operators, organisations, requests
from gateway.storage.grants import GrantRecord

MAX_SCANNED = 2_000
"""Grants looked through for one page: a page may be short, its cursor goes on."""
STANDS = "a standing rule is not revoked here: whoever runs the machine ends it there, with gateway load"


@dataclass(frozen=True, slots=True)
class Wish:
    """A grant that somebody wants to give."""

    grantee_kind: GranteeKind
    grantee_id: str
    target_kind: TargetKind
    target_id: str
    actions: frozenset[Action]
    reason: str
    effect: Effect = Effect.ALLOW
    purposes: frozenset[str] | None = None
    not_before: datetime | None = None
    not_after: datetime | None = None
    grantee_within: str = ""
    includes_below: bool = False
    target_below: bool = False
    hours: Hours | None = None
    conditions: frozenset[Condition] = frozenset()


async def give(office: Office, caller: Caller, wish: Wish) -> GrantView:
    """Gives the grant. Raises ``NotFound``, ``Forbidden`` or ``Invalid``, and ``SecondFactorNeeded`` for more than a
    single camera.

    The caller must hold SHARE on the whole target, and hands on nothing that goes beyond what they hold: no other
    action, no other purpose, no longer, in no other hours, under no fewer conditions. What they hold only because
    somebody gave it to them they do not give to themselves or theirs, and it ends with what they were given.
    """
    if wish.grantee_kind is GranteeKind.OPERATOR and wish.grantee_id == caller.operator.id:
        # what they hold may end; what they had given themselves would stay
        raise Forbidden("nobody gives a grant to themselves")
    at = office.clock.now()
    async with office.store.begin() as conn:
        if wish.target_kind is not TargetKind.CAMERA:
            await second_factor.require(office, caller, conn)  # many cameras at once: a stolen session must not do it
        grant = await given(office, conn, caller, wish, at)
        held = await grants.for_operator(conn, caller.operator, at)
        view = (await _views(conn, caller, held, [GrantRecord(grant, "", None)], at))[0]
    await _rung(office, grant.id)
    return view


async def given(
    office: Office, conn: AsyncConnection, caller: Caller, wish: Wish, at: datetime, *, by: str | None = None
) -> Grant:
    """Gives the grant in the caller's transaction, by the caller's right; ``by`` is who acts in their stead.

    Raises what ``give`` does. Whoever calls it rings afterwards.
    """
    wish, sources = await judged(conn, caller, wish, at)
    actor = by or caller.operator.id
    fresh = replace(grant_of(office.new_id(), caller, wish, at), granted_by=actor)
    grant = await grants.insert(conn, fresh, sources=sources)
    await office.note(
        conn,
        at,
        actor,
        "give_grant",
        "grant",
        grant.id,
        grantee=f"{grant.grantee_kind}:{grant.grantee_id}",
        target=f"{grant.target_kind}:{grant.target_id}",
        actions=sorted(grant.actions),
        effect=grant.effect.value,
        typed={"reason": grant.reason},
    )
    return grant


async def judged(conn: AsyncConnection, caller: Caller, wish: Wish, at: datetime) -> tuple[Wish, frozenset[str]]:
    """The wish with the actions that it implies, if the caller may give it, and the grants by whose strength alone they
    may; raises what ``give`` does otherwise.
    """
    _check_wish(wish, at)
    wish = replace(wish, actions=_with_implied(wish))
    held = await grants.for_operator(conn, caller.operator, at)
    pointed = await target_of(conn, caller, held, wish.target_kind, wish.target_id, wish.target_below, at)
    await _check_grantee(conn, wish)
    standing = await grants.standing(conn, [grant.id for grant in held])
    return wish, _check_held(held, standing, caller, pointed, wish, at)


async def revoke(office: Office, caller: Caller, grant_id: str, reason: str) -> GrantView:
    """Ends a grant now, with all that was given onward by it.

    Raises ``NotFound`` if the caller may not see it, ``Forbidden`` or ``Conflict``.
    """
    check_reason(reason)
    at = office.clock.now()
    async with office.store.begin() as conn:
        await requests.hold_with_grant(conn, grant_id)
        held = await grants.for_operator(conn, caller.operator, at)
        record = await grants.get(conn, grant_id)
        pointing = await Pointing.read(conn, [] if record is None else [record.grant])
        if record is None or not _may_see(caller, held, record, pointing, at):
            raise NotFound("grant")
        if record.policy:
            raise Forbidden(STANDS)
        if not pointing.may_share(caller.operator, held, record.grant, at):
            raise Forbidden("you may not share what this grant is about")
        if not await grants.revoke(conn, grant_id, at, caller.operator.id, reason.strip()):
            raise Conflict("this grant was revoked before")
        await office.note(
            conn, at, caller.operator.id, "revoke_grant", "grant", grant_id, typed={"reason": reason.strip()}
        )
        told = await after_revocation(office, conn, caller.operator.id, grant_id, at)
        onward, heard = await onward_giving.end(office, conn, caller.operator.id, [grant_id], at)
        revoked = await grants.get(conn, grant_id)
        assert revoked is not None
        view = (await _views(conn, caller, held, [revoked], at))[0]
    await _rung(office, grant_id, *onward)
    await notifying.ring_for(office, (*told, *heard))
    return view


async def listed(
    office: Office,
    caller: Caller,
    *,
    camera_id: str | None,
    organisation_id: str | None,
    active: bool | None,
    after: str | None,
    limit: int,
    ending_by: datetime | None = None,
) -> tuple[list[GrantView], str | None]:
    """Grants the caller may know of, newest first, and the cursor of the rest; with ``ending_by`` those in force that
    end by then.
    """
    at = office.clock.now()
    async with office.store.read() as conn:
        held = await grants.for_operator(conn, caller.operator, at)
        found: list[GrantRecord] = []
        scanned, cursor = 0, after
        while len(found) <= limit and scanned < MAX_SCANNED:
            batch = await grants.every(
                conn,
                target=(TargetKind.CAMERA, camera_id) if camera_id is not None else None,
                grantee=(GranteeKind.ORGANISATION, organisation_id) if organisation_id is not None else None,
                active_at=at if active or ending_by is not None else None,
                ending_by=ending_by,
                after=cursor,
            )
            pointing = await Pointing.read(conn, [item.grant for item in batch])
            found += [item for item in batch if _may_see(caller, held, item, pointing, at)]
            scanned, cursor = scanned + len(batch), batch[-1].grant.id if batch else None
            if cursor is None:
                break
        more = found[limit - 1].grant.id if len(found) > limit else cursor
        return await _views(conn, caller, held, found[:limit], at), more


async def extend(office: Office, caller: Caller, grant_id: str, not_after: datetime, reason: str) -> GrantView:
    """Gives the same again until a later time: a grant is never changed. Raises what ``give`` does."""
    at = office.clock.now()
    async with office.store.read() as conn:
        held = await grants.for_operator(conn, caller.operator, at)
        record = await grants.get(conn, grant_id)
        if record is None or not await grants_known(conn, caller, held, [record.grant], at):
            raise NotFound("grant")
        old = record.grant
        may = (await Pointing.read(conn, [old])).may_share(caller.operator, held, old, at)
    if not may:
        raise Forbidden("you may not share what this grant is about")
    if record.policy or old.effect is Effect.DENY:
        raise Forbidden("a standing rule or a deny is not extended here")
    if old.revoked_at is not None or old.not_after is None or old.not_after <= at:
        raise Conflict("only a grant that is going to end can be extended")
    if not_after <= old.not_after:
        raise Invalid("the new end must be later than the old one", field="not_after")
    same = {name: getattr(old, name) for name in Wish.__dataclass_fields__}
    return await give(office, caller, Wish(**same | {"not_before": at, "not_after": not_after, "reason": reason}))


async def grants_known(
    conn: AsyncConnection, caller: Caller, held: Sequence[Grant], found: Sequence[Grant], at: datetime
) -> list[GrantView]:
    """Those of the grants that the caller may know of, with names."""
    records = [record for one in found if (record := await grants.get(conn, one.id)) is not None]
    pointing = await Pointing.read(conn, [record.grant for record in records])
    seen = [record for record in records if _may_see(caller, held, record, pointing, at)]
    return await _views(conn, caller, held, seen, at)


def grant_of(grant_id: str, caller: Caller, wish: Wish, at: datetime) -> Grant:
    """The grant that the caller's wish asks for."""
    return Grant(
        id=grant_id,
        effect=wish.effect,
        grantee_kind=wish.grantee_kind,
        grantee_id=wish.grantee_id,
        target_kind=wish.target_kind,
        target_id=wish.target_id,
        actions=wish.actions,
        purposes=wish.purposes,
        not_before=wish.not_before or at,
        not_after=wish.not_after,
        granted_by=caller.operator.id,
        reason=wish.reason.strip(),
        created_at=at,
        grantee_within=wish.grantee_within,
        includes_below=wish.includes_below,
        target_below=wish.target_below,
        hours=wish.hours,
        conditions=wish.conditions,
        giver_id=caller.operator.organisation_id,
    )


async def _rung(office: Office, *ids: str) -> None:
    await office.ring(Topic.PERMISSIONS, *ids)
    await office.ring(Topic.GRANTS, *ids)


def _with_implied(wish: Wish) -> frozenset[Action]:
    """Nobody opens what they cannot find: an allow always gives the directory, and the file with pictures or events."""
    if wish.effect is Effect.DENY:
        return wish.actions
    found = wish.actions | {Action.DIRECTORY}
    return found if wish.actions <= {Action.DIRECTORY, Action.HANDLE_TICKETS} else found | {Action.LIST}


def _check_wish(wish: Wish, at: datetime) -> None:
    check_reason(wish.reason)
    if not wish.actions:
        raise Invalid("a grant without actions gives nothing", field="actions")
    if wish.purposes is not None and not wish.purposes <= purposes.CODES:
        raise Invalid("this purpose is not known", field="purposes", known=sorted(purposes.CODES))
    if wish.purposes is not None and not wish.purposes:
        raise Invalid("a grant for no purpose gives nothing: leave purposes out for any", field="purposes")
    if wish.not_after is not None and wish.not_after <= max(at, wish.not_before or at):
        raise Invalid("the grant would end before it begins", field="not_after")
    if (wish.target_kind is TargetKind.ALL) != (wish.target_id == ""):
        raise Invalid("a grant on everything names no target; every other grant names one", field="target_id")
    if wish.target_kind is TargetKind.KIND and wish.target_id not in set(CameraKind):
        raise Invalid("this kind of camera is not known", field="target_id")
    if wish.target_below and wish.target_kind not in (TargetKind.OWNED_BY, TargetKind.MAINTAINED_BY):
        raise Invalid("only what organisations own or maintain has something below it", field="target_below")
    if wish.grantee_within and wish.grantee_kind is not GranteeKind.ROLE:
        raise Invalid("only a role can be narrowed to an organisation", field="grantee_within")
    if wish.includes_below and wish.grantee_kind is not GranteeKind.ORGANISATION and not wish.grantee_within:
        raise Invalid("only an organisation has something below it", field="includes_below")
    if wish.conditions and wish.effect is Effect.DENY:
        raise Invalid("a deny has no conditions", field="conditions")


async def _check_grantee(conn: AsyncConnection, wish: Wish) -> None:
    match wish.grantee_kind:
        case GranteeKind.ORGANISATION:
            known = await organisations.get(conn, wish.grantee_id) is not None
        case GranteeKind.OPERATOR:
            known = await operators.get(conn, wish.grantee_id) is not None
        case GranteeKind.ROLE:
            known = wish.grantee_id in set(Role)
        case GranteeKind.SERVICE_ACCOUNT:
            found = await operators.get(conn, wish.grantee_id)
            known = found is not None and found.service
    if wish.grantee_within and await organisations.get(conn, wish.grantee_within) is None:
        raise Invalid("this organisation is not known", field="grantee_within")
    if not known:
        raise Invalid("this grantee is not known", field="grantee_id")


def _check_held(
    held: Sequence[Grant], standing: Set[str], caller: Caller, pointed: Pointed, wish: Wish, at: datetime
) -> frozenset[str]:
    if not pointed.covers(held, caller.operator, Action.SHARE, at):
        raise Forbidden("you may not share these cameras")
    if wish.effect is Effect.DENY:
        # a deny beats every allow, so only who may share everything may write one
        if not covers(held, caller.operator, Action.SHARE, EVERYTHING, at):
            raise Forbidden("only who may share every camera may deny")
        return frozenset()
    span = Span(wish.purposes, wish.not_after, wish.hours, wish.conditions)
    # the right to share as well must reach as far, or what is given onward would outlast it
    by = {a: pointed.leant_on(held, standing, caller.operator, a, at, span) for a in {*wish.actions, Action.SHARE}}
    beyond = sorted(action for action, sources in by.items() if sources is None)
    if beyond:
        raise Forbidden(f"you cannot give more than you hold: {', '.join(beyond)}", actions=beyond)
    sources = frozenset().union(*(found for found in by.values() if found is not None))
    if sources and given_to(grant_of("", caller, wish, at), caller.operator):
        raise Forbidden("what was given to you or yours you do not give to yourself or your own organisation")
    return sources


def _may_see(caller: Caller, held: Sequence[Grant], record: GrantRecord, pointing: Pointing, at: datetime) -> bool:
    """Their own grants in force, those on what they may share, and for the security manager all."""
    if Role.SECURITY_MANAGER in caller.operator.roles:
        return True
    grant = record.grant
    if grant.effect is Effect.ALLOW and in_force(grant, at) and any(grant.id == mine.id for mine in held):
        return True
    return pointing.may_share(caller.operator, held, grant, at)


async def _views(
    conn: AsyncConnection, caller: Caller, held: Sequence[Grant], records: Sequence[GrantRecord], at: datetime
) -> list[GrantView]:
    names = await names_for(conn, [record.grant for record in records])
    pointing = await Pointing.read(conn, [record.grant for record in records])
    views: list[GrantView] = []
    for record in records:
        ended = bool(record.policy) or record.grant.revoked_at is not None
        may_revoke = not ended and pointing.may_share(caller.operator, held, record.grant, at)
        views.append(names.view(record, at, may_revoke=may_revoke))
    return views
