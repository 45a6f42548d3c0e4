"""Loading a whole district from a folder: places, categories, catalogue, operators and grants, all or nothing."""

from __future__ import annotations

import asyncio
import csv
import io
import json
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy.ext.asyncio import AsyncConnection

from gateway.domain.accounts import Term, check_roles, check_term
from gateway.domain.categories import Category
from gateway.domain.deadlines import TimeUnit
from gateway.domain.operators import Operator, Role
from gateway.domain.places import Grid, Township
from gateway.services.catalogue_cells import flag
from gateway.services.catalogue_files import LINE, Row, Unreadable, decoded, read
from gateway.services.catalogue_ledger import Ledger
from gateway.services.loading import load_rows
from gateway.services.standing import standing_grants, store_standing
from gateway.storage import categories, operators, organisations, places
from gateway.storage.operators import Account
from gateway.storage.secrets import SecretBox
from gateway.storage.store import Store

CATALOGUE_FILES = ("organisations.yaml", "sites.yaml", "recorders.yaml", "cameras.yaml")
PEOPLE_FILES = ("operators.yaml", "grants.yaml")


class BadFolder(Exception):
    """The folder cannot be loaded; every line of the text is one sentence that says what to change."""


@dataclass(frozen=True, slots=True)
class NewAccount:
    """An account that loading made, and the password it was given. The password never shows in a repr."""

    login: str
    name: str
    roles: tuple[str, ...]
    password: str

    def __repr__(self) -> str:
        return f"NewAccount(login={self.login!r}, password=***)"


@dataclass(frozen=True, slots=True)
class Means:
    """What loading needs from above: identifiers, passwords for new accounts, and their (slow) hash."""

    new_id: Callable[[], str]
    new_password: Callable[[], str]
    hash_password: Callable[[str], str]


async def is_empty(store: Store) -> bool:
    """True if nothing was ever loaded."""
    async with store.read() as connection:
        return not await organisations.every(connection)


async def load_folder(
    store: Store,
    box: SecretBox,
    folder: Path,
    at: datetime,
    means: Means,
    passwords: Mapping[str, str],
    granted_by: str = "system",
    ledger: Ledger | None = None,
) -> list[NewAccount]:
    """Loads every file of the folder that is there; returns the accounts that are new, with their passwords.

    ``passwords`` are the device passwords that ``secret_from`` may name. Loading a folder again changes nothing.
    With a ``ledger`` the audit says what a file's load says. Raises ``BadFolder``; nothing is stored then.
    """
    wrong: list[str] = []
    rows, other = await asyncio.to_thread(_read_all, folder, wrong)
    accounts = _accounts(other.get("operators", []), at, means, wrong)
    given, unclear = standing_grants(other.get("grants", []), at, granted_by)
    wrong += [f"grants.yaml: {problem}" for problem in unclear]
    areas = _areas(folder, wrong)
    kinds = _categories(folder, wrong)
    if wrong:
        raise BadFolder("\n".join(wrong))
    async with store.read() as connection:
        there = {one.operator.login for one in await operators.every(connection)}
    new = [one for one in accounts if one[0].operator.login not in there]
    async with _hashing([account[1] for account in new], means) as hashes, store.begin() as connection:
        await places.replace_townships(connection, areas[0])
        await places.replace_grids(connection, areas[1])
        await categories.replace(connection, kinds)
        loaded = await load_rows(connection, box, rows, at, (), passwords)
        if loaded.problems:
            lines = [f"{problem.noun}: {problem}" for problem in loaded.problems]
            raise BadFolder("\n".join(lines))
        await _insert_accounts(connection, [one[0] for one in new], await hashes)
        stored = await store_standing(connection, given, at)
        if ledger is not None:
            counts = {"added": loaded.added + stored.added, "changed": loaded.changed + stored.changed}
            await ledger.loaded(connection, at, granted_by, folder.name, **counts)
            await ledger.organisations(connection, at, granted_by, loaded.organisations)
            await ledger.accounts(connection, at, granted_by, [one[0].operator for one in new])
            await ledger.grants(connection, at, granted_by, stored.given)
    return [_new_account(account, password) for account, password in new]


def _read_all(folder: Path, wrong: list[str]) -> tuple[list[Row], dict[str, list[Mapping[str, Any]]]]:
    rows: list[Row] = []
    other: dict[str, list[Mapping[str, Any]]] = {}
    for name in (*CATALOGUE_FILES, *PEOPLE_FILES):
        if (folder / name).exists():
            document = read(name, (folder / name).read_bytes())
            wrong += [f"{name}: {problem}" for problem in document.problems]
            rows += document.rows
            for noun, items in document.other.items():
                other.setdefault(noun, []).extend(items)
    return rows, other


@asynccontextmanager
async def _hashing(passwords: Sequence[str], means: Means) -> AsyncIterator[Awaitable[Sequence[str]]]:
    """The passwords' hashes, made beside the writing of the rows: each takes some 50 ms of another core."""
    hashes = asyncio.gather(*(asyncio.to_thread(means.hash_password, password) for password in passwords))
    try:
        yield hashes
    finally:
        hashes.cancel()


def _new_account(account: Account, password: str) -> NewAccount:
    roles = tuple(sorted(role.value for role in account.operator.roles))
    return NewAccount(account.operator.login, account.operator.name, roles, password)


async def _insert_accounts(connection: AsyncConnection, new: Sequence[Account], hashes: Sequence[str]) -> None:
    there = {organisation.id for organisation in await organisations.every(connection)}
    for account, password_hash in zip(new, hashes, strict=True):
        operator = account.operator
        if operator.organisation_id not in there:
            raise BadFolder(
                f"operators.yaml: {operator.login} is of the organisation {operator.organisation_id}, "
                "which is not known: add it to organisations.yaml"
            )
        await operators.insert(connection, replace(account, password_hash=password_hash))


def _accounts(
    items: Sequence[Mapping[str, Any]], at: datetime, means: Means, wrong: list[str]
) -> list[tuple[Account, str]]:
    found: list[tuple[Account, str]] = []
    for item in items:
        try:
            _only(item, {"login", "name", "organisation_id", "roles"}, {"language", "sample", *_TERM})
            term = _term(item, at)
            operator = Operator(
                id=means.new_id(),
                login=str(item["login"]),
                name=str(item["name"]),
                organisation_id=str(item["organisation_id"]),
                roles=frozenset(_role(role) for role in item["roles"]),
                language=str(item.get("language", "zh-CN")),
                valid_from=term.valid_from,
                valid_until=term.valid_until,
            )
            contract = str(item.get("contract", ""))
            check_roles(operator.roles)
            check_term(operator.roles, term, contract)
        except (ValueError, TypeError) as error:
            wrong.append(f"operators.yaml: row {item.get(LINE)}: {error}")
            continue
        sample = bool(item.get("sample", False))
        account = Account(operator, "", 0, None, at, sample, contract, term.pledged_at, term.trained_at)
        found.append((account, means.new_password()))
    return found


_TERM = ("valid_days", "contract", "pledged_days_ago", "trained_days_ago")
"""Dates of a file are told from the day of loading, so that a sample never grows old."""


def _term(item: Mapping[str, Any], at: datetime) -> Term:
    def days(name: str) -> timedelta | None:
        value = item.get(name)
        if value is None:
            return None
        if not isinstance(value, int) or not 0 <= value <= 3650:
            raise ValueError(f"{name} is {value!r}: write a whole number of days")
        return timedelta(days=value)

    lasts, pledged, trained = days("valid_days"), days("pledged_days_ago"), days("trained_days_ago")
    return Term(
        created_at=at,
        valid_from=None if lasts is None else at,
        valid_until=None if lasts is None else at + lasts,
        pledged_at=None if pledged is None else at - pledged,
        trained_at=None if trained is None else at - trained,
    )


def _role(raw: Any) -> Role:
    known = [role.value for role in Role]
    if raw not in known:
        raise ValueError(f"roles has {raw!r}: write {', '.join(known)}")
    return Role(raw)


def _only(item: Mapping[str, Any], needed: set[str], allowed: set[str]) -> None:
    if missing := needed - item.keys():
        raise ValueError(f"{', '.join(sorted(missing))} is missing: fill it in")
    if unknown := item.keys() - needed - allowed - {LINE}:
        raise ValueError(f"the key {', '.join(sorted(unknown))} is not known: take it out, or correct it")


def _areas(folder: Path, wrong: list[str]) -> tuple[list[Township], list[Grid]]:
    townships: list[Township] = []
    grids: list[Grid] = []
    for item in _json_list(folder / "townships.json", wrong):
        try:
            names = (item["code"], item["name_zh"], item["name_en"])
            townships.append(Township(*names, _ring(item), bool(item.get("sample", False))))
        except (KeyError, TypeError, ValueError) as error:
            wrong.append(f"townships.json: the entry {item.get('code')!r} is broken: {error}")
    for item in _json_list(folder / "grids.json", wrong):
        try:
            names = (item["code"], item["township_code"], item["name"])
            grids.append(Grid(*names, _ring(item), item.get("member_id"), bool(item.get("sample", False))))
        except (KeyError, TypeError, ValueError) as error:
            wrong.append(f"grids.json: the entry {item.get('code')!r} is broken: {error}")
    return townships, grids


def _ring(item: Mapping[str, Any]) -> tuple[tuple[float, float], ...]:
    ring = tuple((float(longitude), float(latitude)) for longitude, latitude in item["polygon"])
    if len(ring) < 3 or any(abs(longitude) > 180 or abs(latitude) > 90 for longitude, latitude in ring):
        raise ValueError("a polygon needs at least three points [longitude, latitude] in degrees")
    return ring


def _json_list(path: Path, wrong: list[str]) -> list[dict[str, Any]]:
    if not path.exists():
        return []
    try:
        found = json.loads(path.read_bytes())
    except ValueError as error:
        wrong.append(f"{path.name}: the file is not JSON: {error}")
        return []
    if not isinstance(found, list) or not all(isinstance(item, dict) for item in found):
        wrong.append(f"{path.name}: the file must hold a list of entries")
        return []
    return found


def _categories(folder: Path, wrong: list[str]) -> list[Category]:
    path = folder / "categories.csv"
    if not path.exists():
        return []
    found: list[Category] = []
    try:
        reader = csv.DictReader(io.StringIO(decoded(path.read_bytes()), newline=""), strict=True)
        for number, row in enumerate(reader, 2):
            try:
                clock = TimeUnit(row["clock"]).value
                texts = {name: row[name] for name in ("code", "major", "major_zh", "major_en", "name_zh", "name_en")}
                item = Category(**texts, clock=clock, amount=int(row["amount"]), from_video=flag(row["from_video"]))
            except (KeyError, TypeError, ValueError) as error:
                wrong.append(f"categories.csv: row {number} is broken: {error}")
                continue
            found.append(item)
    except (csv.Error, Unreadable) as error:
        wrong.append(f"categories.csv: {error}")
    return found
