"""A district from a folder: all of it or nothing, and the same again changes nothing."""

from __future__ import annotations

import os
import shutil
from datetime import UTC, datetime
from pathlib import Path

import pytest
import yaml
from sqlalchemy import func, select

from gateway.domain.actions import Action
from gateway.domain.grants import TargetKind
from gateway.domain.ids import uuid7
from gateway.services.catalogue_ledger import Ledger
from gateway.services.seeding import BadFolder, Means, is_empty, load_folder
from gateway.services.standing import standing_grants
from gateway.storage import auditing, camera_lists, categories, credentials, grants, operators, organisations, places
from gateway.storage.camera_lists import CameraQuery
from gateway.storage.secrets import SecretBox, open_box
from gateway.storage.store import Store
from gateway.storage.tables import audit_entries

NOW = datetime(2026, 3, 1, 8, 30, tzinfo=UTC)
MEANS = Means(lambda: uuid7(NOW, os.urandom(10)), lambda: "a password", lambda password: f"hash of {password}")


@pytest.fixture
def box(tmp_path: Path) -> SecretBox:
    return open_box(tmp_path, {})


async def test_the_sample_district_loads_whole_and_only_once(store: Store, box: SecretBox, config_dir: Path) -> None:
    assert await is_empty(store)
    made = await load_folder(store, box, config_dir / "sample", NOW, MEANS, {"sample": "device secret"})
    assert {"district", "leader", "jinsha", "transport", "grid1", "system", "security", "audit"} <= {
        account.login for account in made
    }
    assert "a password" not in repr(made)
    assert not await is_empty(store)
    async with store.read() as connection:
        seen: dict[str, int] = {}
        for login in ("district", "jinsha", "jinxin", "system"):
            account = await operators.by_login(connection, login)
            assert account is not None
            assert account.password_hash == "hash of a password"
            who = account.operator
            cameras = await camera_lists.everything(connection, who, Action.LIST, NOW, CameraQuery())
            seen[login] = len(cameras)
            assert all(item.sample and "示例" in item.camera.name_zh for item in cameras)
            if login.startswith("jin"):
                assert {item.camera.owner_id for item in cameras} == {who.organisation_id}
        assert seen["district"] == seen["system"] == 119
        assert 0 < seen["jinsha"] < 119
        assert len(await places.every_grid(connection)) == 1030
        assert len(await places.every_township(connection)) == 14
        assert len(await categories.every(connection)) > 20
        names = await credentials.usernames(connection)
        found = await credentials.many(connection, box, names)
        assert {one.password for one in found.values()} == {"device secret"}
    assert await load_folder(store, box, config_dir / "sample", NOW, MEANS, {"sample": "device secret"}) == []


async def test_every_sample_camera_stands_in_a_grid_of_its_township(
    store: Store, box: SecretBox, config_dir: Path
) -> None:
    await load_folder(store, box, config_dir / "sample", NOW, MEANS, {"sample": "device secret"})
    async with store.read() as connection:
        leader = await operators.by_login(connection, "leader")
        assert leader is not None
        query = CameraQuery(sort="id")
        for item in await camera_lists.everything(connection, leader.operator, Action.LIST, NOW, query):
            place = item.camera.place
            grid = await places.grid_at(connection, place.latitude, place.longitude)
            assert grid is not None, item.camera.id
            assert grid.township_code == item.camera.township_code, item.camera.id


@pytest.mark.parametrize(
    ("name", "old", "new", "said"),
    [
        ("cameras.yaml", "kind: junction", "kind: tree", "column kind: kind is 'tree'"),
        ("cameras.yaml", "  name_zh:", "  colour: red\n  name_zh:", "the key 'colour' is not known"),
        ("operators.yaml", "- district_operator", "- king", "roles has 'king': write district_operator"),
        ("grants.yaml", "- view_live", "- fly", "actions is 'fly': write one of"),
        ("categories.csv", "work_days", "moons", "categories.csv: row 2 is broken"),
        ("grids.json", '"polygon":[[', '"polygon":[7,[', "grids.json: the entry"),
        ("townships.json", "[", "{", "townships.json: the file"),
    ],
)
async def test_one_broken_file_and_nothing_is_loaded(
    store: Store, box: SecretBox, config_dir: Path, tmp_path: Path, name: str, old: str, new: str, said: str
) -> None:
    folder = tmp_path / "sample"
    folder.mkdir()
    for path in (config_dir / "sample").iterdir():
        if path.suffix in (".yaml", ".json", ".csv"):
            shutil.copy(path, folder)
    text = (folder / name).read_text("utf-8")
    assert old in text
    (folder / name).write_text(text.replace(old, new, 1), "utf-8")
    with pytest.raises(BadFolder) as caught:
        await load_folder(store, box, folder, NOW, MEANS, {"sample": "device secret"})
    assert said in str(caught.value)
    assert await is_empty(store)
    async with store.read() as connection:
        assert await operators.every(connection) == []
        assert await places.every_township(connection) == []


def test_the_ready_policies_are_only_grants(config_dir: Path) -> None:
    """The sample and those to be filled in: district-wide and township sharing, nothing that is not understood."""
    for name in ("policies.yaml", "sample/grants.yaml"):
        rows = yaml.safe_load((config_dir / name).read_text())["grants"]
        found, problems = standing_grants(rows, NOW)
        assert (len(found), problems) == (len(rows), [])
        by_policy = {policy: grant for grant, policy in found}
        assert by_policy["district-wide-sharing"].target_kind is TargetKind.ALL
        township = next(grant for grant, policy in found if policy == "township-sharing")
        assert (township.target_kind, township.target_id) == (TargetKind.OWNED_BY, township.grantee_id)
        assert (township.target_below, township.includes_below) == (True, False)


async def test_the_first_run_says_in_the_audit_what_a_files_load_says(
    store: Store, box: SecretBox, config_dir: Path
) -> None:
    passwords, ledger = {"sample": "device secret"}, Ledger("gw1")
    made = await load_folder(store, box, config_dir / "sample", NOW, MEANS, passwords, ledger=ledger)
    async with store.read() as connection:
        assert await auditing.verify(connection, "gw1") is None
        columns = audit_entries.c
        counted = select(columns.action, func.count()).group_by(columns.action)
        lines = {action: count for action, count in await connection.execute(counted)}
        there = len(await organisations.every(connection))
        given = len(await grants.every(connection, active_at=NOW, limit=1_000_000))
    assert lines == {
        "load_catalogue": 1, "add_organisation": there, "create_operator": len(made), "give_grant": given
    }, "none for a camera: the file's own line counts them"  # fmt: skip
