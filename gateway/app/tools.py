"""What the other commands do: load, migrate, export, back up, restore, and make an account."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import cast

from sqlalchemy.exc import IntegrityError, SQLAlchemyError

from gateway.app.certificates import make_certificate, take_certificate
from gateway.app.footing import CannotRun, database_of, gateway_id, make_folder, refuse_new_key, store_of
from gateway.app.naming import unknown_cameras, unknown_organisations
from gateway.clock import SystemClock, new_id
from gateway.domain.accounts import Unfit, check_roles
from gateway.domain.audit_ends import cli_chain
from gateway.domain.operators import Operator, Role
from gateway.services import directory_people, setting_up
from gateway.services.catalogue_ledger import Ledger
from gateway.services.ending import answer_for, begin
from gateway.services.errors import Invalid
from gateway.services.exporting import Format, export_catalogue
from gateway.services.keeping import backup, restore
from gateway.services.loading import load_catalogue
from gateway.services.passwords import load_book
from gateway.services.signing_in import hash_password
from gateway.settings import Settings, config_folder, rules_of
from gateway.storage import auditing, operators, organisations, second_factors
from gateway.storage.migrating import SchemaTooNew, migrate
from gateway.storage.operators import Account
from gateway.storage.secrets import open_box
from gateway.storage.store import database_url, open_store

Say = Callable[[str], None]


async def load_file(settings: Settings, file: Path, dry_run: bool, say: Say) -> bool:
    """Loads a catalogue file, everything or nothing; True if it had no problem."""
    try:
        data = await asyncio.to_thread(file.read_bytes)
    except OSError as problem:
        raise CannotRun(f"{file} cannot be read: {problem.strerror}") from None
    make_folder(settings.data)
    if not dry_run:
        refuse_new_key(settings)
    async with store_of(settings) as store:
        box = open_box(settings.data)
        at = SystemClock().now()
        chain = cli_chain(gateway_id(settings.data))
        if not dry_run:
            await begin(store, chain, at, settings.audit.algorithm)
        ledger = Ledger(chain, settings.audit.algorithm)
        loaded = await load_catalogue(store, box, file.name, data, at, dry_run=dry_run, actor="cli", ledger=ledger)
    for line in loaded.problems:
        say(str(line))
    if loaded.problems:
        count = len(loaded.problems)
        say(f"nothing was loaded: {count} problem{'s' if count > 1 else ''}")
        return False
    verb = "would be " if dry_run else ""
    say(f"{loaded.added} {verb}added, {loaded.changed} {verb}changed, {loaded.unchanged} unchanged")
    return True


async def doubts(settings: Settings) -> list[str]:
    """What is no fault of the configuration but may be a mistake: cameras and organisations that the database lacks.

    A database that is not there yet, or not of this version, is asked nothing.
    """
    url = database_url(database_of(settings))
    file = url.database if url.get_backend_name() == "sqlite" else None
    if file is not None and not await asyncio.to_thread(Path(file).is_file):
        return []
    try:
        async with open_store(url, migrating=False) as store:
            unknown = await unknown_cameras(store, rules_of(settings)[1])
            return unknown + await unknown_organisations(store, settings)
    except (SQLAlchemyError, SchemaTooNew, OSError):
        return []


async def migrate_database(settings: Settings, say: Say) -> None:
    """Brings the database to this version's schema."""
    make_folder(settings.data)
    await migrate(database_url(database_of(settings)))
    say("the database has this version's schema")


async def export(settings: Settings, form: str) -> bytes:
    """The whole catalogue as a file."""
    if form not in ("yaml", "csv", "xlsx"):
        raise CannotRun(f"the format {form!r} is not known: write yaml, csv or xlsx")
    async with store_of(settings) as store, store.read() as conn:
        return await export_catalogue(conn, cast(Format, form))


async def back_up(settings: Settings, file: Path, say: Say) -> None:
    """Writes a backup. Raises ``CannotKeep``."""
    kept = await asyncio.to_thread(backup, database_of(settings), settings.data, file, SystemClock().now())
    say(f"{kept.files} files written to {file}")


async def bring_back(settings: Settings, file: Path, say: Say) -> None:
    """Makes a data folder from a backup, and says so in its audit. Raises ``CannotKeep`` or ``SchemaTooNew``."""
    kept = await asyncio.to_thread(restore, file, database_of(settings), settings.data)
    try:
        refuse_new_key(settings)
    except CannotRun as problem:
        hint = "then run gateway audit accept, so that the audit says that a backup was put back"
        raise CannotRun(f"{kept.files} files are restored to {settings.data}, but {problem}; {hint}") from None
    name, at = gateway_id(settings.data), SystemClock().now()
    detail = {"made_at": kept.made_at}
    async with store_of(settings) as store:
        algorithm = settings.audit.algorithm
        await answer_for(store, name, {}, at, "restore_backup", detail=detail, algorithm=algorithm)
    say(f"{kept.files} files restored to {settings.data}")


async def make_account(settings: Settings, account: Operator, password: str, say: Say) -> None:
    """Adds an account. Raises ``CannotRun`` if the login is taken or the organisation unknown."""
    try:
        load_book(config_folder(), settings.sessions.breached).check(password, account.login, [account.name])
        check_roles(account.roles)
    except (Invalid, Unfit) as problem:
        raise CannotRun(str(problem)) from None
    if Role.VENDOR in account.roles:
        raise CannotRun("a vendor's account needs dates and a contract: the system manager makes it in the console")
    clock = SystemClock()
    hashed = await asyncio.to_thread(hash_password, password)
    make_folder(settings.data)
    refuse_new_key(settings)
    chain, algorithm = cli_chain(gateway_id(settings.data)), settings.audit.algorithm
    async with store_of(settings) as store:
        await begin(store, chain, clock.now(), algorithm)
        try:
            async with store.begin() as conn:
                if await organisations.get(conn, account.organisation_id) is None:
                    known = ", ".join(item.id for item in (await organisations.every(conn))[:10])
                    hint = f"known are {known or 'none yet: load a catalogue first'}"
                    raise CannotRun(f"there is no organisation {account.organisation_id!r}; {hint}")
                at = clock.now()
                await operators.insert(conn, Account(account, hashed, 0, None, at, False))
                detail = {"roles": sorted(role.value for role in account.roles)}
                typed = {"login": account.login, "name": account.name}
                await auditing.append(
                    conn,
                    chain,
                    at,
                    "cli",
                    "create_operator",
                    "operator",
                    account.id,
                    detail,
                    typed,
                    algorithm,
                )
        except IntegrityError:
            raise CannotRun(f"the login {account.login!r} is taken: choose another") from None
    say(f"account {account.login} made")


async def make_link(settings: Settings, login: str, forget_factor: bool, say: Say) -> None:
    """A set-up link for an account whose owner cannot sign in any more. Raises ``CannotRun``."""
    clock = SystemClock()
    make_folder(settings.data)
    refuse_new_key(settings)
    chain, algorithm = cli_chain(gateway_id(settings.data)), settings.audit.algorithm
    async with store_of(settings) as store:
        await begin(store, chain, clock.now(), algorithm)
        async with store.begin() as conn:
            account = await operators.by_login(conn, login)
            if account is None or Role.SERVICE in account.operator.roles:
                raise CannotRun(f"there is no person's account {login!r}")
            if await directory_people.link_of(conn, account) is not None:
                raise CannotRun(f"the password of {login!r} is kept by the directory: reset it there")
            at, operator_id = clock.now(), account.operator.id
            handover = await setting_up.issue(conn, new_id(clock), operator_id, "cli", at)
            if forget_factor:
                await second_factors.forget(conn, operator_id)
            await operators.clear_failures(conn, operator_id)
            about = ("make_setup_link", "operator", operator_id)
            detail = {"second_factor": forget_factor}
            await auditing.append(conn, chain, at, "cli", *about, detail, algorithm=algorithm)
    say(f"good once, until {handover.expires_at:%Y-%m-%d %H:%M} UTC; put the gateway's address before it:")
    say(f"/#/set-up/{handover.token}")


def prepare_https(settings: Settings, names: Sequence[str], cert: Path | None, key: Path | None, say: Say) -> None:
    """Makes the certificate that ``gateway run`` shows, or takes a given one. Raises ``CannotRun``."""
    if (cert is None) != (key is None):
        raise CannotRun("--cert and --key belong together: give both or neither")
    make_folder(settings.data)
    if cert is not None and key is not None:
        files = take_certificate(settings.data, cert, key)
        say(f"taken: {files.cert}")
        return
    files = make_certificate(settings.data, names, SystemClock().now())
    say(f"certificate for {', '.join(names)}: {files.cert}")
    say(f"give {files.ca} to every browser as an authority to trust, and {files.ca_key.name} to nobody")


def account_of(login: str, name: str, organisation: str, roles: Sequence[str]) -> Operator:
    """The operator of these words. Raises ``CannotRun`` for an unknown role."""
    try:
        wanted = frozenset(Role(role) for role in roles)
    except ValueError as problem:
        raise CannotRun(f"{problem}: the roles are {', '.join(role.value for role in Role)}") from None
    if Role.SERVICE in wanted:
        raise CannotRun("a service is no person and has no password: the system manager makes it in the console")
    return Operator(new_id(SystemClock()), login, name, organisation, wanted)
