"""Cameras and what belongs to them, alike on both databases."""

from __future__ import annotations

import dataclasses
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy.exc import IntegrityError

from gateway.domain.actions import Action
from gateway.domain.cameras import CameraState, StreamAddress
from gateway.domain.filing import Filing
from gateway.domain.grants import GranteeKind, TargetKind
from gateway.domain.packets import StreamKind
from gateway.ports import Credential
from gateway.storage import camera_lists, cameras, credentials, epochs, grants, recorders, status
from gateway.storage.camera_lists import CameraQuery
from gateway.storage.cameras import NewCamera
from gateway.storage.paging import BadCursor
from gateway.storage.secrets import BadKey, SecretBox, open_box
from gateway.storage.status import CameraStatus
from gateway.storage.store import Store
from gateway.storage.versioned import Stale
from tests.contract.storage.district import CAMERAS, NOW, T1, T2, camera, grant, lay, operator


async def test_a_camera_comes_back_as_it_was_written(store: Store) -> None:
    filing = Filing(azimuth=90.5, need_statement="要看\n路口", ptz_type=1, filing_no="备〔2025〕1号")
    async with store.begin() as connection:
        await lay(connection)
        await cameras.replace(connection, [NewCamera(camera(7), filing, sample=True)], NOW)
    async with store.read() as connection:
        found = await cameras.get_file(connection, "C-007")
        assert found is not None
        assert (found.camera, found.filing, found.sample, found.version) == (camera(7), filing, True, 1)
        assert found.created_at == NOW
        assert await cameras.get(connection, "C-999") is None


async def test_a_channel_is_reached_at_its_recorder(store: Store) -> None:
    async with store.begin() as connection:
        await lay(connection)
    async with store.read() as connection:
        found = await cameras.get(connection, "C-004")
    assert found is not None
    assert (found.host, found.rtsp_port, found.onvif_port) == ("192.0.2.9", 8554, 8080)


async def test_cameras_may_change_places_on_a_recorder(store: Store) -> None:
    async with store.begin() as connection:
        await lay(connection)
        four, five = CAMERAS[3], CAMERAS[4]
        moved = [dataclasses.replace(four, channel=2), dataclasses.replace(five, channel=1)]
        await cameras.replace(connection, [NewCamera(one) for one in moved], NOW)
        found = await cameras.many(connection, ["C-004", "C-005"])
        assert [found[name].channel for name in ("C-004", "C-005")] == [2, 1]


async def test_two_cameras_cannot_share_a_gb_id_or_a_channel(store: Store) -> None:
    async with store.begin() as connection:
        await lay(connection)
    for broken in (camera(8, gb_id=CAMERAS[0].gb_id), camera(8, recorder_id="R-1", channel=1)):
        with pytest.raises(IntegrityError):
            async with store.begin() as connection:
                await cameras.replace(connection, [NewCamera(broken)], NOW)


async def test_a_patch_needs_the_version_it_saw(store: Store) -> None:
    later = NOW + timedelta(hours=1)
    async with store.begin() as connection:
        await lay(connection)
        before = await epochs.get(connection, epochs.PERMISSION)
        changes = {"name_zh": "通灵桥", "owner_id": T2, "streams": [StreamAddress(StreamKind.SUB, "/two")]}
        assert await cameras.patch(connection, "C-001", 1, changes, later) == 2
        assert await epochs.get(connection, epochs.PERMISSION) > before
        found = await cameras.get_file(connection, "C-001")
        assert found is not None
        assert (found.camera.name_zh, found.camera.streams, found.updated_at) == (
            "通灵桥",
            (StreamAddress(StreamKind.SUB, "/two"),),
            later,
        )
        with pytest.raises(Stale):
            await cameras.patch(connection, "C-001", 1, {"name_en": "late"}, later)
        assert await cameras.patch(connection, "C-999", 1, {"name_en": "x"}, later) is None
        with pytest.raises(ValueError, match="no changeable gb_id"):
            await cameras.patch(connection, "C-001", 2, {"gb_id": "1"}, later)
        someone = operator()
        await grants.insert(connection, grant((GranteeKind.OPERATOR, someone.id), (TargetKind.ALL, "")))
        page = await camera_lists.page(connection, someone, Action.LIST, NOW, CameraQuery(q="tlq"))
        assert [item.camera.id for item in page.items] == ["C-001"]


@pytest.mark.parametrize("sort", ["name", "-name", "id", "-id", "state", "-state"])
async def test_pages_neither_skip_nor_repeat_in_any_order(store: Store, sort: str) -> None:
    async with store.begin() as connection:
        await lay(connection)
        more = [camera(number, name_zh=f"同名{number % 3}") for number in range(10, 30)]
        await cameras.replace(connection, [NewCamera(one) for one in more], NOW)
        reports = [CameraStatus(f"C-{n:03d}", CameraState.ONLINE, NOW, NOW) for n in range(1, 20)]
        await status.put_all(connection, reports)
        someone = operator()
        for target in ((TargetKind.OWNED_BY, T1), (TargetKind.LOCATED_IN, "320612001"), (TargetKind.CAMERA, "C-002")):
            await grants.insert(connection, grant((GranteeKind.OPERATOR, someone.id), target))
    async with store.read() as connection:
        whole = await camera_lists.everything(connection, someone, Action.LIST, NOW, CameraQuery(sort=sort))
        ids: list[str] = []
        after: str | None = None
        while True:
            page = await camera_lists.page(
                connection, someone, Action.LIST, NOW, CameraQuery(sort=sort), after=after, limit=4
            )
            ids += [item.camera.id for item in page.items]
            after = page.next
            if after is None:
                break
    assert ids == [item.camera.id for item in whole]
    assert set(ids) == {"C-001", "C-002", "C-003", "C-005", "C-006"} | {one.id for one in more}


@pytest.mark.parametrize(
    ("query", "wanted"),
    [
        (CameraQuery(q="金新"), ["C-002"]),
        (CameraQuery(q="XWL"), ["C-003"]),
        (CameraQuery(q="wenchang ROAD"), ["C-002"]),
        (CameraQuery(q="32061201041329000005"), ["C-005"]),
        (CameraQuery(q="100%"), []),
        (CameraQuery(q="C_001"), []),
        (CameraQuery(owner_id=T2), ["C-004", "C-002"]),
        (CameraQuery(recorder_id="R-1"), ["C-004", "C-005"]),
        (CameraQuery(kind="junction"), ["C-003"]),
        (CameraQuery(township_code="320612004", kind="water"), ["C-004"]),
        (CameraQuery(state=CameraState.DISABLED), ["C-006"]),
        (CameraQuery(state=CameraState.REFUSED), ["C-001"]),
    ],
)
async def test_search_and_filters(store: Store, query: CameraQuery, wanted: list[str]) -> None:
    someone = operator()
    async with store.begin() as connection:
        await lay(connection)
        await grants.insert(connection, grant((GranteeKind.OPERATOR, someone.id), (TargetKind.ALL, "")))
        await status.put_all(connection, [CameraStatus("C-001", CameraState.REFUSED, NOW, NOW, "wrong password")])
        page = await camera_lists.page(connection, someone, Action.LIST, NOW, query)
    assert sorted(item.camera.id for item in page.items) == sorted(wanted)


async def test_a_foreign_or_broken_cursor_is_refused(store: Store) -> None:
    someone = operator()
    async with store.begin() as connection:
        await lay(connection)
        await grants.insert(connection, grant((GranteeKind.OPERATOR, someone.id), (TargetKind.ALL, "")))
        page = await camera_lists.page(connection, someone, Action.LIST, NOW, CameraQuery(), limit=2)
        for bad in ("", "%%%", "bm9uZQ", (page.next or "")[:-3]):
            with pytest.raises(BadCursor):
                await camera_lists.page(connection, someone, Action.LIST, NOW, CameraQuery(), after=bad)
        with pytest.raises(BadCursor):
            await camera_lists.page(connection, someone, Action.LIST, NOW, CameraQuery(sort="id"), after=page.next)


async def test_status_keeps_since_and_history(store: Store) -> None:
    def report(state: CameraState, minute: int, reason: str = "") -> CameraStatus:
        at = NOW + timedelta(minutes=minute)
        return CameraStatus("C-001", state, at, at, reason, worker_id="w1", fps=9.5)

    async with store.begin() as connection:
        await lay(connection)
        assert await status.put_all(connection, [report(CameraState.ONLINE, 0)]) == ["C-001"]
        assert await status.put_all(connection, [report(CameraState.ONLINE, 1)]) == []
        found = await status.get(connection, "C-001")
        assert found is not None
        assert (found.since, found.updated_at) == (NOW, NOW + timedelta(minutes=1))
        assert await status.lost(connection, "w1", NOW + timedelta(minutes=2), "its worker is silent") == ["C-001"]
        gone = dataclasses.replace(report(CameraState.ONLINE, 3), camera_id="C-999")
        assert await status.put_all(connection, [gone]) == []
        stretches = await status.history(connection, "C-001")
        assert [(one.state, one.ended_at) for one in stretches] == [
            (CameraState.OFFLINE, None),
            (CameraState.ONLINE, NOW + timedelta(minutes=2)),
        ]


async def test_figures_count_only_what_the_operator_sees(store: Store) -> None:
    someone = operator()
    async with store.begin() as connection:
        await lay(connection)
        await status.put_all(connection, [CameraStatus("C-001", CameraState.ONLINE, NOW, NOW)])
        assert await status.counts(connection, someone, Action.LIST, NOW) == {}
        await grants.insert(connection, grant((GranteeKind.OPERATOR, someone.id), (TargetKind.OWNED_BY, T1)))
        assert await status.counts(connection, someone, Action.LIST, NOW) == {
            T1: {CameraState.ONLINE: 1, CameraState.DISABLED: 1}
        }
        assert await status.counts(connection, someone, Action.LIST, NOW, by="kind") == {
            "road": {CameraState.ONLINE: 1, CameraState.DISABLED: 1}
        }


async def test_passwords_are_stored_encrypted_and_bound_to_their_row(store: Store, tmp_path: Path) -> None:
    box = open_box(tmp_path, {})
    async with store.begin() as connection:
        await lay(connection)
        await credentials.replace(connection, box, "recorder:R-1", Credential("admin", "密码 hunter2"), NOW)
        found = await credentials.get(connection, box, "recorder:R-1")
        assert found == Credential("admin", "密码 hunter2")
        assert "hunter2" not in repr(found)
        with pytest.raises(BadKey, match="does not open with this key"):
            await credentials.get(connection, SecretBox(bytes(32)), "recorder:R-1")
        assert await credentials.get(connection, box, "recorder:R-2") is None


async def test_recorders_come_back(store: Store) -> None:
    async with store.begin() as connection:
        await lay(connection)
        found = await recorders.get(connection, "R-1")
        assert found is not None
        await recorders.replace(connection, [found], gb_ids={"R-1": "32061201001189000001"})
        assert await recorders.gb_ids(connection) == {"R-1": "32061201001189000001"}
        assert await recorders.every(connection) == [found]
