"""Exports: whole again after loading, safe in a spreadsheet, and without any password."""

from __future__ import annotations

import csv
import dataclasses
import io
import threading
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from openpyxl import load_workbook

from gateway.domain.cameras import Camera, CameraKind, Place, Recorder, Site, StreamAddress
from gateway.domain.filing import Filing
from gateway.domain.organisations import Organisation, OrganisationKind
from gateway.domain.packets import StreamKind
from gateway.ports import Credential
from gateway.services import exporting, loading
from gateway.services.catalogue_files import unescaped
from gateway.services.catalogue_ledger import Ledger
from gateway.services.exporting import Format, export_cameras, export_catalogue
from gateway.services.loading import load_catalogue
from gateway.services.sheets import guarded
from gateway.storage import cameras, credentials, organisations, recorders, sites
from gateway.storage.cameras import NewCamera
from gateway.storage.secrets import SecretBox, open_box
from gateway.storage.store import Store

NOW = datetime(2026, 3, 1, 8, 30, tzinfo=UTC)
NASTY = '=HYPERLINK("http://example.invalid","x")'
CAMERA = Camera(
    id="C-1",
    gb_id="32061201041329000001",
    name_zh=NASTY,
    name_en='+44 @road, "quoted"; \'n',
    kind=CameraKind.ROAD,
    owner_id="T-1",
    maintainer_id="district",
    township_code="320612001",
    site_id="S-1",
    place=Place(32.0712345, -0.5),
    scheme="rtsp",
    host="192.0.2.1",
    rtsp_port=8554,
    onvif_port=None,
    credential_id="camera:C-1",
    streams=(StreamAddress(StreamKind.MAIN, "/a?x=1&y=2"), StreamAddress(StreamKind.SUB, "/b", "udp")),
    purposes=("PS-ORDER", "UM-ENV"),
)
FILING = Filing(
    90.0, 45.5, 60.0, need_statement="第一行\n-第二行", contact_info="0086", filing_no="1E5", civil_code="320612"
)


@pytest.fixture
def box(tmp_path: Path) -> SecretBox:
    return open_box(tmp_path, {})


@pytest.fixture(autouse=True)
async def catalogue(store: Store, box: SecretBox) -> None:
    channel = dataclasses.replace(
        CAMERA, id="C-2", gb_id="32061201041329000002", name_zh="'撇号", recorder_id="R-1", channel=3, streams=()
    )
    channel = dataclasses.replace(channel, scheme="onvif")
    async with store.begin() as connection:
        await organisations.replace(
            connection,
            [
                Organisation("district", OrganisationKind.DISTRICT, "中心", "Centre"),
                Organisation("T-1", OrganisationKind.TOWNSHIP, "金沙", "Jinsha", "district", "320612001", sample=True),
            ],
        )
        await sites.replace(connection, [Site("S-1", "站", "", "T-1", Place(32.0, 121.0), 10.5)], sample=True)
        for name in ("camera:C-1", "recorder:R-1"):
            await credentials.replace(connection, box, name, Credential("admin", "hunter2"), NOW)
        recorder = Recorder("R-1", "录像机", "", "S-1", "T-1", "192.0.2.9", 554, 80, "recorder:R-1", 8, 16)
        await recorders.replace(connection, [recorder], gb_ids={"R-1": "32061201001189000001"})
        await cameras.replace(
            connection, [NewCamera(CAMERA, FILING, sample=True), NewCamera(channel, Filing(civil_code="320612"))], NOW
        )


@pytest.mark.parametrize("form", ["csv", "xlsx", "yaml"])
async def test_what_was_exported_loads_without_a_change(store: Store, box: SecretBox, form: Format) -> None:
    async with store.read() as connection:
        data = await export_catalogue(connection, form)
    loaded = await load_catalogue(store, box, f"x.{form}", data, NOW, ledger=Ledger("gw-cli"))
    assert [str(problem) for problem in loaded.problems] == []
    assert (loaded.added, loaded.changed) == (0, 0)
    assert loaded.unchanged == (2 if form == "csv" else 6)


@pytest.mark.parametrize("form", ["csv", "xlsx", "yaml"])
async def test_neither_way_are_files_worked_on_where_pictures_are_sent(
    store: Store, box: SecretBox, form: Format, monkeypatch: pytest.MonkeyPatch
) -> None:
    threads: list[int] = []
    for module, name in ((exporting, "_written"), (loading, "read")):
        work = getattr(module, name)

        def noted(*given: Any, work: Any = work) -> Any:
            threads.append(threading.get_ident())
            return work(*given)

        monkeypatch.setattr(module, name, noted)
    async with store.read() as connection:
        data = await export_catalogue(connection, form)
    await load_catalogue(store, box, f"x.{form}", data, NOW, dry_run=True)
    assert len(threads) == 2
    assert threading.get_ident() not in threads


@pytest.mark.parametrize("form", ["csv", "xlsx", "yaml"])
async def test_no_password_leaves(store: Store, form: Format) -> None:
    async with store.read() as connection:
        for data in (await export_catalogue(connection, form), await export_cameras(connection, ["C-1"], form)):
            assert b"hunter2" not in data
            assert b"password" not in data


async def test_a_csv_holds_no_cell_that_a_spreadsheet_runs_or_rounds(store: Store) -> None:
    async with store.read() as connection:
        data = await export_cameras(connection, ["C-1"], "csv")
    assert data.startswith(b"\xef\xbb\xbf")
    (row,) = csv.DictReader(io.StringIO(data.decode("utf-8-sig"), newline=""))
    assert row["name_zh"] == "'" + NASTY
    assert row["gb_id"] == "'32061201041329000001"
    assert row["filing_no"] == "'1E5"
    assert row["contact_info"] == "'0086"
    numbers = {"longitude"}
    assert not [name for name, cell in row.items() if cell.startswith(("=", "+", "-", "@")) and name not in numbers]


async def test_a_workbook_keeps_ids_as_text_and_holds_no_formula(store: Store) -> None:
    async with store.read() as connection:
        data = await export_catalogue(connection, "xlsx")
    workbook = load_workbook(io.BytesIO(data))
    kinds = {
        cell.data_type for sheet in workbook for row in sheet.iter_rows() for cell in row if cell.value is not None
    }
    assert kinds <= {"s", "n", "b"}
    sheet = workbook["cameras"]
    header = [cell.value for cell in sheet[1]]
    cell = sheet[2][header.index("gb_id")]
    assert (cell.value, cell.data_type, cell.number_format) == ("32061201041329000001", "s", "@")


@given(st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1))
def test_guarding_is_undone_by_loading(text: str) -> None:
    written = guarded(text)
    assert unescaped(written) == text
    assert not written.startswith(("=", "+", "-", "@"))


@pytest.mark.parametrize(
    ("value", "written"),
    [
        (None, ""),
        (True, "true"),
        (-1.5, "-1.5"),
        (554, "554"),
        (["a", "b"], "a;b"),
        ("320612", "320612"),
        ("007", "'007"),
    ],
)
def test_plain_values_stay_plain(value: Any, written: str) -> None:
    assert guarded(value) == written
