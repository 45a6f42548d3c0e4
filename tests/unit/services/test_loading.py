"""Catalogue files: what is taken, and one clear sentence for everything that is not."""

from __future__ import annotations

import io
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import yaml
from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell

from gateway.domain.places import Township
from gateway.services.catalogue_ledger import Ledger
from gateway.services.loading import Loaded, load_catalogue
from gateway.storage import cameras, credentials, epochs, grants, organisations, places
from gateway.storage.secrets import SecretBox, open_box
from gateway.storage.store import Store

NOW = datetime(2026, 3, 1, 8, 30, tzinfo=UTC)
LEDGER = Ledger("gw-cli")
COLUMNS = (
    "id,gb_id,name_zh,name_en,kind,owner_id,township_code,site_id,latitude,longitude,"
    "host,username,password,sub_path,purposes"
)
GOOD = (
    "C-1,'32061201041329000001,朝霞路口,Crossroads,junction,T-1,320612001,S-1,32.07,121.07,"
    "192.0.2.1,admin,pw,/sub,PS-ORDER"
)
GROUND: dict[str, list[dict[str, Any]]] = {
    "organisations": [
        {"id": "district", "kind": "district", "name_zh": "中心", "name_en": "Centre"},
        {
            "id": "T-1",
            "kind": "township",
            "name_zh": "金沙",
            "name_en": "Jinsha",
            "parent_id": "district",
            "township_code": "320612001",
        },
    ],
    "sites": [{"id": "S-1", "name_zh": "站", "organisation_id": "T-1", "latitude": 32.07, "longitude": 121.07}],
    "recorders": [
        {
            "id": "R-1",
            "name_zh": "录像机",
            "site_id": "S-1",
            "owner_id": "T-1",
            "host": "192.0.2.9",
            "credential": {"username": "viewer", "secret_from": "sample"},
            "channels": 4,
        }
    ],
}


@pytest.fixture
def box(tmp_path: Path) -> SecretBox:
    return open_box(tmp_path, {})


@pytest.fixture(autouse=True)
async def ground(store: Store, box: SecretBox) -> None:
    data = yaml.safe_dump(GROUND, allow_unicode=True).encode()
    loaded = await load_catalogue(store, box, "ground.yaml", data, NOW, passwords={"sample": "secret"}, ledger=LEDGER)
    assert loaded.problems == []
    assert loaded.added == 4


async def load(store: Store, box: SecretBox, *lines: str, columns: str = COLUMNS) -> Loaded:
    data = "\r\n".join([columns, *lines]).encode()
    return await load_catalogue(store, box, "cameras.csv", data, NOW)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16"])
async def test_a_csv_file_is_taken_in_every_usual_encoding(store: Store, box: SecretBox, encoding: str) -> None:
    data = f"{COLUMNS}\r\n{GOOD}\r\n".encode(encoding)
    loaded = await load_catalogue(store, box, "x.csv", data, NOW)
    assert (loaded.problems, loaded.added) == ([], 1)
    async with store.read() as connection:
        found = await cameras.get(connection, "C-1")
        assert found is not None
        assert (found.name_zh, found.gb_id, found.purposes) == ("朝霞路口", "32061201041329000001", ("PS-ORDER",))
        assert found.credential_id is not None
        stored = await credentials.get(connection, box, found.credential_id)
        assert stored is not None
        assert (stored.username, stored.password) == ("admin", "pw")


@pytest.mark.parametrize("written", ["3.20612E+19", "3.2061201041329E+19", "32061201041329000001.0"])
async def test_an_id_that_became_a_number_is_refused_with_the_reason(
    store: Store, box: SecretBox, written: str
) -> None:
    loaded = await load(store, box, GOOD.replace("'32061201041329000001", written))
    (problem,) = loaded.problems
    assert (problem.row, problem.column) == (2, "gb_id")
    assert written in problem.message


async def test_an_id_in_a_number_cell_of_a_workbook_is_refused(store: Store, box: SecretBox) -> None:
    workbook = Workbook()
    sheet = workbook.active
    assert sheet is not None
    sheet.append(COLUMNS.split(","))
    cells: list[Any] = GOOD.split(",")
    sheet.append([cells[0], 32061201041329000001, *cells[2:]])
    target = io.BytesIO()
    workbook.save(target)
    loaded = await load_catalogue(store, box, "x.xlsx", target.getvalue(), NOW)
    (problem,) = loaded.problems
    assert str(problem).startswith("row 2, column gb_id: gb_id was stored as the number")
    assert "format the column as text and enter the id again" in problem.message


async def test_a_workbook_with_text_cells_is_taken(store: Store, box: SecretBox) -> None:
    workbook = Workbook(write_only=True)
    sheet = workbook.create_sheet("cameras")
    sheet.append(COLUMNS.split(","))
    cells = [WriteOnlyCell(sheet, cell.removeprefix("'")) for cell in GOOD.split(",")]
    sheet.append(cells)
    target = io.BytesIO()
    workbook.save(target)
    loaded = await load_catalogue(store, box, "x.xlsx", target.getvalue(), NOW)
    assert (loaded.problems, loaded.added) == ([], 1)


@pytest.mark.parametrize(
    ("column", "cell", "said"),
    [
        ("id", "", "id is missing: fill it in"),
        ("gb_id", "320612", "has 20 digits: 320612 has 6"),
        ("gb_id", "32061201041189000001", "digits 11 to 13 must be 131 or 132"),
        ("kind", "tree", "kind is 'tree': write one of junction"),
        ("owner_id", "T-9", "names the organisation T-9, which is not known"),
        ("site_id", "S-9", "names the site S-9, which is not known"),
        ("township_code", "320612", "write the township's 9 digits"),
        ("township_code", "３２０６１２００１", "write the township's 9 digits, in half-width characters"),
        ("latitude", "200", "it must lie between -90 and 90"),
        ("latitude", "nan", "write a number"),
        ("host", "rtsp://192.0.2.1", "write a host name or an address alone"),
        ("host", "300.1.1.1", "write a host name or an address alone"),
        ("host", "fe80::1%eth0", "has a zone (%)"),
        ("host", "admin:hunter2@192.0.2.1", "has a password or user in it"),
        ("sub_path", "rtsp://admin:hunter2@192.0.2.1/sub", "has a password in it"),
        ("sub_path", "/live?user=a&password=hunter2", "has a password in it"),
        ("sub_path", "sub", "beginning with /"),
        ("purposes", "PS-SPYING", "unknown purpose 'PS-SPYING'"),
        ("password", "", "password is missing: files that we export leave it out"),
        ("username", "", "username is missing beside password"),
        ("name_zh", "x" * 200, "has 200 characters: shorten it to 128"),
    ],
)
async def test_a_wrong_cell_is_named_and_said(store: Store, box: SecretBox, column: str, cell: str, said: str) -> None:
    cells = GOOD.split(",")
    cells[COLUMNS.split(",").index(column)] = cell
    loaded = await load(store, box, ",".join(cells))
    (problem,) = loaded.problems
    assert (problem.row, problem.column) == (2, column)
    assert said in problem.message
    assert "hunter2" not in str(problem)
    assert "\n" not in str(problem)


async def test_a_township_that_nobody_knows_is_refused_where_townships_are_known(store: Store, box: SecretBox) -> None:
    astray = GOOD.replace("320612001,", "320612999,")
    assert (await load_catalogue(store, box, "x.csv", f"{COLUMNS}\n{astray}".encode(), NOW, dry_run=True)).added == 1
    async with store.begin() as connection:
        outline = ((121.0, 32.0), (121.1, 32.0), (121.1, 32.1))
        await places.replace_townships(connection, [Township("320612001", "金沙", "Jinsha", outline)])
    said = "column township_code: township_code names the township 320612999, which is not known: correct the code"
    assert [str(problem) for problem in (await load(store, box, astray)).problems] == [f"row 2, {said}"]
    assert (await load(store, box, GOOD)).problems == []
    other = GROUND["organisations"][1] | {"township_code": "320612999"}
    data = yaml.safe_dump({"organisations": [other]}, allow_unicode=True).encode()
    loaded = await load_catalogue(store, box, "x.yaml", data, NOW, ledger=LEDGER)
    assert [str(problem) for problem in loaded.problems] == [f"row 2, {said}"]


async def test_a_township_that_is_stored_already_does_not_refuse_a_change_of_something_else(
    store: Store, box: SecretBox
) -> None:
    """Be it one of a neighbour, or from before the outlines were loaded."""
    astray = GOOD.replace("320612001,", "320612999,")
    assert (await load(store, box, astray)).problems == []
    async with store.begin() as connection:
        outline = ((121.0, 32.0), (121.1, 32.0), (121.1, 32.1))
        await places.replace_townships(connection, [Township("320612001", "金沙", "Jinsha", outline)])
    assert (await load(store, box, astray.replace("junction", "water"))).problems == []
    other = astray.replace("320612999,", "320612998,")
    assert [problem.column for problem in (await load(store, box, other)).problems] == ["township_code"]


async def test_every_problem_is_listed_and_nothing_is_half_loaded(store: Store, box: SecretBox) -> None:
    same_id = GOOD.replace("000001", "000002")
    same_gb = GOOD.replace("C-1", "C-3")
    broken = GOOD.replace("C-1", "C-4").replace("000001", "000004").replace("junction", "tree")
    loaded = await load(store, box, GOOD, same_id, same_gb, broken)
    assert [(problem.row, problem.column) for problem in loaded.problems] == [(3, "id"), (4, "gb_id"), (5, "kind")]
    assert loaded.problems[0].message == "id C-1 is in row 2 already: give this one another id"
    async with store.read() as connection:
        assert await cameras.every(connection) == []
        assert await credentials.usernames(connection) == {"recorder:R-1": "viewer"}


async def test_what_another_device_has_is_refused(store: Store, box: SecretBox) -> None:
    await load(store, box, GOOD)
    loaded = await load(store, box, GOOD.replace("C-1", "C-2"))
    assert [problem.message for problem in loaded.problems] == [
        "gb_id 32061201041329000001 belongs to C-1: every device has its own"
    ]


async def test_unknown_and_double_columns_are_refused_by_name(store: Store, box: SecretBox) -> None:
    loaded = await load(store, box, GOOD + ",x,y", columns=COLUMNS + ",colour,name_zh")
    assert [(problem.row, problem.column) for problem in loaded.problems] == [(1, "colour"), (1, "name_zh")]


@pytest.mark.parametrize(
    ("name", "data", "said"),
    [
        ("x.csv", b"", "the sheet is empty"),
        ("x.csv", b"\xff\xff\xff", "in neither UTF-8 nor GB18030"),
        ("x.csv", b'id,name_zh\n"C-1,x', "the quotes or separators are broken"),
        ("x.csv", b"id,gb_id\nC-1,1,2,3", "the row has 4 cells where the first row names 2 columns"),
        ("x.xlsx", b"PK nonsense", "is no workbook that can be read"),
        ("x.doc", b"", "a file that ends in .doc is not known"),
        ("x.yaml", b"cameras: [", "the file is not YAML here"),
        ("x.yaml", b"cameras: {a: 1}", "'cameras' must be a list of entries"),
        ("x.yaml", b"birds: []", "'birds' is not known"),
        ("x.yaml", b"cameras:\n- id: A\n  id: B\n", "the key 'id' is there twice"),
        ("x.yaml", b"cameras:\n- id: A\n  colour: red\n", "the key 'colour' is not known"),
        ("x.yaml", b"- 1", "the file must hold lists by name"),
        ("x.yaml", b"!!python/object/apply:os.getcwd []", "the file is not YAML here"),
        ("x.yaml", b"operators: [{login: a}]", "use gateway create-user"),
    ],
)
async def test_a_file_that_cannot_be_read_is_said_so(
    store: Store, box: SecretBox, name: str, data: bytes, said: str
) -> None:
    loaded = await load_catalogue(store, box, name, data, NOW)
    assert any(said in problem.message for problem in loaded.problems), loaded.problems
    assert loaded.added == 0


async def test_a_formula_in_a_workbook_is_refused(store: Store, box: SecretBox) -> None:
    workbook = Workbook()
    sheet = workbook.active
    assert sheet is not None
    sheet.append(["id", "name_zh"])
    sheet.append(["C-1", '=HYPERLINK("http://example.invalid")'])
    target = io.BytesIO()
    workbook.save(target)
    loaded = await load_catalogue(store, box, "x.xlsx", target.getvalue(), NOW)
    assert "row 2, column name_zh: holds a formula: replace it by its value" in map(str, loaded.problems)


async def test_loading_again_changes_nothing_and_says_so(store: Store, box: SecretBox) -> None:
    await load(store, box, GOOD)
    async with store.read() as connection:
        before = await epochs.get(connection, epochs.PERMISSION)
    again = await load(store, box, GOOD)
    assert (again.added, again.changed, again.unchanged) == (0, 0, 1)
    async with store.read() as connection:
        assert await epochs.get(connection, epochs.PERMISSION) == before
    other = await load(store, box, GOOD.replace("朝霞路口", "新名字"))
    assert (other.added, other.changed, other.unchanged) == (0, 1, 0)
    secret = await load(store, box, GOOD.replace("朝霞路口", "新名字").replace(",pw,", ",new,"))
    assert secret.changed == 1


async def test_a_dry_run_counts_and_writes_nothing(store: Store, box: SecretBox) -> None:
    data = f"{COLUMNS}\n{GOOD}\n".encode()
    loaded = await load_catalogue(store, box, "x.csv", data, NOW, dry_run=True)
    assert (loaded.problems, loaded.added) == ([], 1)
    async with store.read() as connection:
        assert await cameras.every(connection) == []


async def test_channels_are_checked_against_their_recorder(store: Store, box: SecretBox) -> None:
    def channel(number: int, **more: Any) -> dict[str, Any]:
        return {
            "id": f"C-{number}",
            "gb_id": f"320612010413290000{number:02d}",
            "name_zh": "朝霞路",
            "kind": "road",
            "owner_id": "T-1",
            "township_code": "320612001",
            "recorder_id": "R-1",
            "channel": number,
            "latitude": 32.07,
            "longitude": 121.07,
            "streams": [{"kind": "sub", "path": f"/{number}"}],
        } | more

    wrong = [
        channel(1),
        channel(2, channel=1),
        channel(3, channel=9),
        channel(4, host="192.0.2.77"),
        channel(5, channel=2, recorder_id="R-9"),
        channel(6, channel=3, credential={"username": "a", "password": "b"}),
    ]
    data = yaml.safe_dump({"cameras": wrong}, allow_unicode=True).encode()
    loaded = await load_catalogue(store, box, "x.yaml", data, NOW)
    said = " | ".join(problem.message for problem in loaded.problems)
    for part in (
        "channel 1 of R-1 is in row",
        "channel is 9, but R-1 has 4 channels",
        "host is not that of recorder R-1",
        "names the recorder R-9, which is not known",
        "username belongs to recorder R-1",
        "password belongs to recorder R-1",
    ):
        assert part in said
    assert len(loaded.problems) == 6
    good = yaml.safe_dump({"cameras": [channel(1), channel(2)]}, allow_unicode=True).encode()
    loaded = await load_catalogue(store, box, "x.yaml", good, NOW)
    assert (loaded.problems, loaded.added) == ([], 2)
    async with store.read() as connection:
        found = await cameras.get(connection, "C-1")
    assert found is not None
    assert (found.host, found.credential_id, found.site_id) == ("192.0.2.9", "recorder:R-1", "S-1")


async def test_standing_grants_come_with_the_catalogue_once(store: Store, box: SecretBox) -> None:
    grant = {
        "grantee_kind": "organisation",
        "grantee_id": "district",
        "target_kind": "all",
        "actions": ["directory", "list"],
        "reason": "the centre sees every camera",
    }
    data = yaml.safe_dump({"grants": [grant]}).encode()
    assert (await load_catalogue(store, box, "x.yaml", data, NOW, ledger=LEDGER)).added == 1
    assert (await load_catalogue(store, box, "x.yaml", data, NOW, ledger=LEDGER)).unchanged == 1
    wider = yaml.safe_dump({"grants": [grant | {"actions": ["directory", "list", "view_live"]}]}).encode()
    assert (await load_catalogue(store, box, "x.yaml", wider, NOW, ledger=LEDGER)).changed == 1
    async with store.read() as connection:
        (record,) = await grants.every(connection, active_at=NOW)
        assert len(record.grant.actions) == 3
        assert (record.policy, record.grant.granted_by) == ("catalogue", "system")
    bad = yaml.safe_dump({"grants": [grant | {"actions": ["fly"]}, grant | {"target_id": "x"}]}).encode()
    problems = (await load_catalogue(store, box, "x.yaml", bad, NOW, ledger=LEDGER)).problems
    assert "actions is 'fly': write one of directory" in problems[0].message
    assert "target_id must be empty" in problems[1].message


async def test_organisations_may_stand_in_any_order_but_not_in_a_ring(store: Store, box: SecretBox) -> None:
    def organisation(name: str, parent: str) -> dict[str, str]:
        return {"id": name, "kind": "department", "name_zh": name, "name_en": name, "parent_id": parent}

    data = yaml.safe_dump({"organisations": [organisation("A", "B"), organisation("B", "district")]}).encode()
    assert (await load_catalogue(store, box, "x.yaml", data, NOW, ledger=LEDGER)).added == 2
    ring = yaml.safe_dump({"organisations": [organisation("X", "Y"), organisation("Y", "X")]}).encode()
    loaded = await load_catalogue(store, box, "x.yaml", ring, NOW, ledger=LEDGER)
    assert "parent_id makes X its own ancestor" in loaded.problems[0].message
    async with store.read() as connection:
        assert len(await organisations.every(connection)) == 4


async def test_a_problem_names_its_cell_and_never_what_may_be_a_password(store: Store, box: SecretBox) -> None:
    loaded = await load(store, box, GOOD.replace("junction", "street").replace("192.0.2.1", "admin:pw@192.0.2.1"))
    told = {
        problem.column: (spot.cell, spot.value) for problem, spot in zip(loaded.problems, loaded.spots, strict=True)
    }
    assert told == {"kind": ("E2", "street"), "host": ("K2", "")}


async def test_another_address_needs_the_password_again(store: Store, box: SecretBox) -> None:
    await load(store, box, GOOD)
    for cells in ("192.0.2.99,admin,,/sub", "192.0.2.99,,,/sub"):
        moved = await load(store, box, GOOD.replace("192.0.2.1,admin,pw,/sub", cells))
        assert [(one.column, one.message[:26]) for one in moved.problems] == [
            ("password", "password is missing: the a")
        ]
    again = await load(store, box, GOOD.replace("192.0.2.1,admin,pw,", "192.0.2.1,admin,,"))
    assert (again.problems, again.unchanged) == ([], 1)
    given = await load(store, box, GOOD.replace("192.0.2.1,", "192.0.2.99,"))
    assert (given.problems, given.changed) == ([], 1)
    recorder = GROUND["recorders"][0]
    kept = recorder | {"credential": {"username": "viewer"}}
    for entry, problems in ((kept, 0), (kept | {"host": "192.0.2.98"}, 1), (recorder | {"host": "192.0.2.98"}, 0)):
        data = yaml.safe_dump({"recorders": [entry]}, allow_unicode=True).encode()
        loaded = await load_catalogue(store, box, "x.yaml", data, NOW, passwords={"sample": "secret"})
        assert len(loaded.problems) == problems, entry


async def test_a_password_that_is_no_longer_the_cameras_does_not_come_back(store: Store, box: SecretBox) -> None:
    """It was left behind at its old address when the camera became a recorder's channel."""
    await load(store, box, GOOD)
    behind = GOOD.replace("192.0.2.1,admin,pw,", ",,,") + ",R-1,1"
    assert (await load(store, box, behind, columns=f"{COLUMNS},recorder_id,channel")).problems == []
    back = await load(store, box, GOOD.replace("192.0.2.1,admin,pw,", "192.0.2.99,admin,,"))
    assert [one.column for one in back.problems] == ["password"]
