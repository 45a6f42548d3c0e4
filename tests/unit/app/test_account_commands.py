"""Accounts from the command line: the first manager, and the way back in for one who is locked out."""

from __future__ import annotations

from pathlib import Path

import pytest

from gateway.app import tools
from gateway.app.footing import CannotRun, database_of
from gateway.domain.organisations import Organisation, OrganisationKind
from gateway.settings import Settings
from gateway.storage import operators, organisations, setup_links
from gateway.storage.store import open_store

PASSWORD = "quiet rivers at noon"


async def _settings(folder: Path) -> Settings:
    settings = Settings(data=folder)
    async with open_store(database_of(settings)) as store, store.begin() as conn:
        await organisations.replace(conn, [Organisation("district", OrganisationKind.DISTRICT, "区", "District")])
    return settings


@pytest.mark.parametrize("password", ["short", "first-first-first", "Password1234"])
async def test_r09_the_command_line_takes_no_worse_passwords(tmp_path: Path, password: str) -> None:
    settings = await _settings(tmp_path)
    account = tools.account_of("first", "示例", "district", ["system_manager"])
    with pytest.raises(CannotRun):
        await tools.make_account(settings, account, password, print)


async def test_a_link_from_the_command_line_lets_a_manager_back_in(tmp_path: Path) -> None:
    settings, said = await _settings(tmp_path), list[str]()
    account = tools.account_of("first", "示例", "district", ["system_manager"])
    await tools.make_account(settings, account, PASSWORD, said.append)
    await tools.make_link(settings, "first", True, said.append)
    assert said[-1].startswith("/#/set-up/")
    async with open_store(database_of(settings)) as store, store.read() as conn:
        found = await operators.by_login(conn, "first")
        assert found is not None
        waiting = await setup_links.waiting(conn, found.created_at)
    assert set(waiting) == {found.operator.id}
    with pytest.raises(CannotRun):
        await tools.make_link(settings, "nobody", False, print)
    with pytest.raises(CannotRun):
        await tools.make_account(settings, tools.account_of("v", "示例", "district", ["vendor"]), PASSWORD, print)
