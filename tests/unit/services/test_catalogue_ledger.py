"""What only the machine may load, and the line of the audit for each of it."""

from __future__ import annotations

import io
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import yaml
from openpyxl import Workbook

from gateway.services.catalogue_ledger import Ledger
from gateway.services.loading import Loaded, load_catalogue
from gateway.storage import auditing, grants, organisations
from gateway.storage.auditing import AuditEntry, AuditQuery
from gateway.storage.secrets import SecretBox, open_box
from gateway.storage.store import Store

NOW = datetime(2026, 3, 1, 8, 30, tzinfo=UTC)
LEDGER = Ledger("gw-cli")
GROUND: list[dict[str, Any]] = [
    {"id": "district", "kind": "district", "name_zh": "中心"},
    {"id": "T-1", "kind": "township", "name_zh": "金沙", "parent_id": "district", "township_code": "320612001"},
]


@pytest.fixture
def box(tmp_path: Path) -> SecretBox:
    return open_box(tmp_path, {})


@pytest.fixture(autouse=True)
async def ground(store: Store, box: SecretBox) -> None:
    data = yaml.safe_dump({"organisations": GROUND}, allow_unicode=True).encode()
    assert (await load_catalogue(store, box, "ground.yaml", data, NOW, ledger=LEDGER)).problems == []


@pytest.mark.parametrize("name", ["x.yaml", "organisations.csv", "x.xlsx"])
async def test_without_a_ledger_neither_organisations_nor_grants_are_loaded(
    store: Store, box: SecretBox, name: str
) -> None:
    moved = {"id": "T-1", "kind": "township", "name_zh": "金沙", "parent_id": None, "township_code": "320612001"}
    grant = {
        "grantee_kind": "organisation",
        "grantee_id": "T-1",
        "target_kind": "all",
        "actions": ["view_live", "manage", "share"],
        "policy": "routine",
        "reason": "x",
    }
    said = {"organisations"}
    if name.endswith("yaml"):
        data = yaml.safe_dump({"organisations": [moved], "grants": [grant]}, allow_unicode=True).encode()
        said = {"organisations", "grants"}
    elif name.endswith("csv"):
        data = ",".join(moved).encode() + "\r\nT-1,township,金沙,,320612001\r\n".encode()
    else:
        workbook = Workbook()
        sheet = workbook.active
        assert sheet is not None
        sheet.title = "Organisations"
        sheet.append(list(moved))
        sheet.append(list(moved.values()))
        target = io.BytesIO()
        workbook.save(target)
        data = target.getvalue()
    for dry_run in (True, False):
        loaded = await load_catalogue(store, box, name, data, NOW, dry_run=dry_run)
        assert {problem.noun for problem in loaded.problems} == said
        assert all("gateway load" in problem.message for problem in loaded.problems)
    async with store.read() as connection:
        assert await grants.every(connection, active_at=NOW) == []
        assert (await organisations.by_id(connection))["T-1"].parent_id == "district"
        lines = (await auditing.page(connection)).items
    assert {line.action for line in lines} == {"load_catalogue", "add_organisation"}, "those of the ground"


async def test_a_standing_rule_ends_by_a_file_that_names_it_with_a_line_of_the_audit(
    store: Store, box: SecretBox
) -> None:
    deny = {
        "policy": "quiet hours",
        "effect": "deny",
        "grantee_kind": "role",
        "grantee_id": "township_operator",
        "target_kind": "kind",
        "target_id": "water",
    }

    async def load(*items: dict[str, Any], dry_run: bool = False) -> Loaded:
        data = yaml.safe_dump({"grants": list(items)}, allow_unicode=True).encode()
        return await load_catalogue(store, box, "x.yaml", data, NOW, dry_run=dry_run, actor="cli", ledger=LEDGER)

    async def in_force() -> list[str]:
        async with store.read() as connection:
            return [record.policy for record in await grants.every(connection, active_at=NOW)]

    other = deny | {"policy": "always"}
    for rule in (deny, other):
        assert (await load(rule | {"actions": ["view_live"], "reason": "no water works"})).added == 1
    end = deny | {"ends": True, "reason": "the order was withdrawn"}
    assert (await load(end, dry_run=True)).changed == 1
    assert len(await in_force()) == 2
    loaded = await load(end)
    assert (loaded.problems, loaded.changed) == ([], 1)
    assert await in_force() == ["always"]
    async with store.read() as connection:
        lines = (await auditing.page(connection, AuditQuery(action="revoke_grant"))).items
        assert await auditing.verify(connection, "gw-cli") is None
    assert [{name: one.text for name, one in line.typed.items()} for line in lines] == [
        {"reason": "the order was withdrawn", "policy": "quiet hours"}
    ]
    again = await load(end)
    assert (again.problems, again.changed, again.unchanged) == ([], 0, 1), "the same file may be loaded twice"
    slip = await load(end | {"target_id": "road"})
    assert [(one.noun, one.column) for one in slip.problems] == [("grants", "ends")]
    assert "was ever given" in slip.problems[0].message
    for wrong in (end | {"reason": " "}, end | {"actions": ["list"]}, end | {"ends": False}, end | {"effect": "maybe"}):
        assert len((await load(wrong)).problems) == 1, wrong
    assert (await load(deny | {"actions": ["view_live"], "reason": "no water works"})).added == 1


async def test_every_grant_and_organisation_of_a_file_is_a_line_of_the_audit(store: Store, box: SecretBox) -> None:
    township = GROUND[1]
    grant = {
        "grantee_kind": "organisation",
        "grantee_id": "T-1",
        "target_kind": "owned_by",
        "target_id": "T-1",
        "actions": ["list", "view_live"],
        "policy": "own",
        "reason": "everybody sees their own",
    }

    async def given(**more: Any) -> None:
        document = {"organisations": [township | {"parent_id": None}], "grants": [grant | more]}
        data = yaml.safe_dump(document, allow_unicode=True).encode()
        for dry_run in (True, False):
            loaded = await load_catalogue(store, box, "x.yaml", data, NOW, dry_run=dry_run, actor="cli", ledger=LEDGER)
            assert loaded.problems == []

    async def written() -> list[AuditEntry]:
        async with store.read() as connection:
            assert await auditing.verify(connection, "gw-cli") is None
            found = (await auditing.page(connection, limit=100)).items
        return [line for line in sorted(found, key=lambda one: one.seq) if line.actor_id == "cli"]

    await given()
    load, organisation, first = await written()
    assert (load.action, load.detail, load.typed["file"].text) == (
        "load_catalogue",
        {"added": 1, "changed": 1},
        "x.yaml",
    )
    assert (organisation.action, organisation.object_id) == ("change_organisation", "T-1")
    assert organisation.detail == {"fields": ["parent_id"], "parent": None, "parent_before": "district"}
    assert (first.action, first.object_kind) == ("give_grant", "grant")
    assert first.detail == {
        "grantee": "organisation:T-1",
        "target": "owned_by:T-1",
        "actions": ["list", "view_live"],
        "effect": "allow",
    }
    assert {name: one.text for name, one in first.typed.items()} == {"reason": grant["reason"], "policy": "own"}
    await given(actions=["list"])
    again, ended, second = (await written())[3:]
    assert again.detail == {"added": 0, "changed": 1}
    assert (ended.action, ended.object_id) == ("revoke_grant", first.object_id)
    assert ended.detail == {"replaced_by": second.object_id}
    assert (second.action, second.detail["actions"]) == ("give_grant", ["list"])
    await given(actions=["list"])
    assert [line.action for line in (await written())[6:]] == ["load_catalogue"], "what stays as it was is no line"
