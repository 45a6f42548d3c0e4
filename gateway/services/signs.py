"""The register of signs: which cameras have one, which have none or an old check, and recording what was found."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any

from sqlalchemy.ext.asyncio import AsyncConnection

from gateway.domain import signs as domain
from gateway.domain.actions import Action
from gateway.domain.deadlines import day_of
from gateway.domain.messages import Topic
from gateway.domain.signs import BadSign, Sign, SignStanding, SignState
from gateway.services import documents, sheets
from gateway.services.catalogue import known
from gateway.services.documents import DocumentFile, DocumentKind
from gateway.services.errors import Invalid, NotFound
from gateway.services.file_history import Pen, changes
from gateway.services.filing_sheet import Language
from gateway.services.office import Caller, Office
from gateway.services.sign_words import COLUMNS, STANDINGS, STATES
from gateway.storage import camera_documents, file_changes, signs
from gateway.storage.paging import Page
from gateway.storage.reaching import reach
from gateway.storage.signs import SignRow
from gateway.storage.versioned import Stale


@dataclass(frozen=True, slots=True)
class SignView:
    """A camera's sign as a reader sees it; ``due`` is the last day for the next check."""

    camera_id: str
    name_zh: str
    name_en: str
    owner_id: str
    owner_name_zh: str
    owner_name_en: str
    standing: SignStanding
    state: SignState | None
    put_up: str | None
    checked: str | None
    due: str | None
    place: str | None
    photo_id: str | None
    recorded_by_name: str | None
    recorded_at: datetime | None
    version: int


@dataclass(frozen=True, slots=True)
class SignFigure:
    """Cameras in service that the caller may list, of one owner or of all: how many have a sign, and the percentage.

    A sign counts with its photo while it can be read, even if its next check is overdue. ``percent`` is None without
    cameras.
    """

    id: str
    name_zh: str
    name_en: str
    cameras: int
    with_sign: int
    missing: int
    overdue: int
    percent: float | None


@dataclass(frozen=True, slots=True)
class SignFigures:
    """The figure of each owner, what lacks most first, and that of all together."""

    total: SignFigure
    owners: list[SignFigure]


async def figures(office: Office, caller: Caller) -> SignFigures:
    """How many of the cameras in service that the caller may list have a sign."""
    at = office.clock.now()
    async with office.store.read() as conn:
        scope = await reach(conn, caller.operator, Action.LIST, at)
        found = [] if scope.nothing else await signs.counts(conn, scope, _since(at))
    owners = [_figure(one.owner_id, one.name_zh, one.name_en, one.cameras, one.missing, one.overdue) for one in found]
    sums = (sum(getattr(one, name) for one in owners) for name in ("cameras", "missing", "overdue"))
    return SignFigures(_figure("", "", "", *sums), sorted(owners, key=lambda one: (one.percent or 0, one.id)))


async def listed(
    office: Office, caller: Caller, owner_id: str | None, standing: SignStanding | None, after: str | None, limit: int
) -> Page[SignView]:
    """The cameras in service that the caller may list, with their signs. Raises ``BadCursor``."""
    at = office.clock.now()
    async with office.store.read() as conn:
        scope = await reach(conn, caller.operator, Action.LIST, at)
        if scope.nothing:
            return Page([], None)
        found = await signs.page(
            conn, scope, _since(at), owner_id=owner_id, standing=standing, after=after, limit=limit
        )
    return Page([_view(row) for row in found.items], found.next)


async def sheet(
    office: Office, caller: Caller, owner_id: str | None, standing: SignStanding | None, language: Language
) -> bytes:
    """The same as a table for spreadsheets; that it was taken out is written into the audit."""
    at = office.clock.now()
    async with office.store.begin() as conn:
        scope = await reach(conn, caller.operator, Action.LIST, at)
        rows: Sequence[SignRow] = []
        if not scope.nothing:
            rows = (await signs.page(conn, scope, _since(at), owner_id=owner_id, standing=standing)).items
        # only an owner of whose cameras the caller may list some is named, or the audit would hold made-up names
        named = owner_id if owner_id and rows else caller.operator.organisation_id
        await office.note(
            conn, at, caller.operator.id, "export_signs", "organisation", named, cameras=len(rows), standing=standing
        )
    cells = (_cells(_view(row), row.gb_id, language) for row in rows)
    return sheets.sheet(COLUMNS[language].values(), ([line[name] for name in COLUMNS[language]] for line in cells))


async def read(office: Office, caller: Caller, camera_id: str) -> SignView:
    """The sign of a camera whose file the caller may see. Raises ``NotFound`` or ``Forbidden``."""
    async with office.store.read() as conn:
        await known(office, conn, caller, camera_id, Action.LIST)
        return await _seen(conn, camera_id, office.clock.now())


async def record(office: Office, caller: Caller, wish: Sign) -> SignView:
    """Writes what was found at a camera the caller manages; ``wish.version`` is the one that was read, 0 for none.

    Raises ``NotFound``, ``Forbidden``, ``Stale``, or ``Invalid`` for what cannot be true or a photo that is none.
    """
    at = office.clock.now()
    async with office.store.begin() as conn:
        await known(office, conn, caller, wish.camera_id, Action.MANAGE)
        sign = replace(wish, place=wish.place.strip(), version=wish.version + 1)
        try:
            domain.check(sign, day_of(at))
        except BadSign as problem:
            raise Invalid(str(problem), field=problem.field) from None
        await _check_photo(conn, sign)
        before = await signs.get(conn, sign.camera_id)
        if (0 if before is None else before.version) != wish.version:
            raise Stale
        await signs.save(conn, sign, caller.operator.id, at)
        pen = Pen(caller.operator.id, at, "api")
        await file_changes.insert(conn, changes(pen, "camera", sign.camera_id, _fields(before), _fields(sign)))
        await office.note(
            conn,
            at,
            caller.operator.id,
            "record_sign",
            "camera",
            sign.camera_id,
            typed={"place": sign.place},
            state=sign.state.value,
            put_up=sign.put_up.isoformat(),
            checked=sign.checked.isoformat(),
            photo=sign.photo_id,
        )
        view = await _seen(conn, sign.camera_id, at)
    await office.ring(Topic.CAMERAS, wish.camera_id)
    return view


async def photo(office: Office, caller: Caller, camera_id: str) -> DocumentFile:
    """The photo of a camera's sign, for who may see its file. Raises ``NotFound`` or ``Forbidden``."""
    async with office.store.read() as conn:
        await known(office, conn, caller, camera_id, Action.LIST)
        sign = await signs.get(conn, camera_id)
        found = None
        if sign is not None and sign.photo_id is not None:
            found = await camera_documents.get(conn, camera_id, sign.photo_id)
    if found is None or found.withdrawn_at is not None:
        raise NotFound("photo")
    return await documents.file_of(office, found)


async def _check_photo(conn: AsyncConnection, sign: Sign) -> None:
    if sign.photo_id is None:
        return
    found = await camera_documents.get(conn, sign.camera_id, sign.photo_id)
    if found is None or found.withdrawn_at is not None or found.kind != DocumentKind.SIGN:
        raise Invalid("the photo is not among the photos of signs in this camera's file", field="photo_id")


async def _seen(conn: AsyncConnection, camera_id: str, at: datetime) -> SignView:
    row = await signs.of_camera(conn, camera_id, _since(at))
    if row is None:
        raise NotFound("camera")
    return _view(row)


def _view(row: SignRow) -> SignView:
    names = [name for name in SignView.__dataclass_fields__ if name != "due"]
    due = None if row.checked is None else domain.due(date.fromisoformat(row.checked)).isoformat()
    return SignView(**{name: getattr(row, name) for name in names}, due=due)


def _fields(sign: Sign | None) -> dict[str, Any]:
    """The sign as lines of the file's history tell it."""
    if sign is None:
        return {}
    return {
        "sign_put_up": sign.put_up.isoformat(),
        "sign_checked": sign.checked.isoformat(),
        "sign_place": sign.place,
        "sign_state": sign.state.value,
        "sign_photo": sign.photo_id,
    }


def _cells(view: SignView, gb_id: str, language: Language) -> dict[str, Any]:
    zh = language == "zh"
    return {
        "owner": view.owner_name_zh if zh else view.owner_name_en or view.owner_name_zh,
        "gb_id": gb_id,
        "name": view.name_zh if zh else view.name_en or view.name_zh,
        "standing": STANDINGS[language][view.standing],
        "state": STATES[language][view.state],
        "place": view.place,
        "put_up": view.put_up,
        "checked": view.checked,
        "due": view.due,
        "photo": STATES[language]["photo" if view.photo_id else "no_photo"],
    }


def _figure(name: str, name_zh: str, name_en: str, cameras: int, missing: int, overdue: int) -> SignFigure:
    having = cameras - missing
    percent = round(100 * having / cameras, 1) if cameras else None
    return SignFigure(name, name_zh, name_en, cameras, having, missing, overdue, percent)


def _since(at: datetime) -> date:
    return domain.a_year_before(day_of(at))
