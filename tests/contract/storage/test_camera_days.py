"""Days of cameras and the spells they are counted from, alike on both databases."""

from __future__ import annotations

from datetime import timedelta

from gateway.domain.cameras import CameraState
from gateway.domain.grants import GranteeKind, TargetKind
from gateway.domain.lifecycle import Lifecycle
from gateway.domain.rates import CameraDay, Now, Spell
from gateway.storage import camera_days, cameras, grants, status
from gateway.storage.camera_days import Narrowed
from gateway.storage.status import CameraStatus
from gateway.storage.store import Store
from tests.contract.storage.district import NOW, T1, T2, grant, lay, operator

HOUR = timedelta(hours=1)


async def test_spells_are_those_that_reach_into_the_period(store: Store) -> None:
    async with store.begin() as connection:
        await lay(connection)
        for state, hours in ((CameraState.ONLINE, 0), (CameraState.OFFLINE, 3), (CameraState.ONLINE, 5)):
            at = NOW + hours * HOUR
            await status.put_all(connection, [CameraStatus("C-001", state, at, at)])
        found = await camera_days.spells(connection, NOW + 3 * HOUR, NOW + 5 * HOUR, ["C-001", "C-006"])
        assert found == {
            "C-001": [Spell(CameraState.OFFLINE, NOW + 3 * HOUR, NOW + 5 * HOUR)],
            "C-006": [Spell(CameraState.DISABLED, NOW, None)],
        }
        assert set(await camera_days.spells(connection, NOW, NOW + HOUR)) == {"C-001", "C-006"}


async def test_switching_off_ends_the_state_and_switching_on_begins_one(store: Store) -> None:
    async with store.begin() as connection:
        await lay(connection)
        await status.put_all(connection, [CameraStatus("C-001", CameraState.ONLINE, NOW, NOW)])
        await cameras.patch(connection, "C-001", 1, {"enabled": False}, NOW + HOUR)
        late = CameraStatus("C-001", CameraState.ONLINE, NOW + 2 * HOUR, NOW + 2 * HOUR)
        assert await status.put_all(connection, [late]) == [], "its worker spoke too late"
        await cameras.patch(connection, "C-001", 2, {"enabled": True, "name_en": "x"}, NOW + 3 * HOUR)
        states = [(one.state, one.began_at, one.ended_at) for one in await status.history(connection, "C-001")]
        assert states == [
            (CameraState.UNKNOWN, NOW + 3 * HOUR, None),
            (CameraState.DISABLED, NOW + HOUR, NOW + 3 * HOUR),
            (CameraState.ONLINE, NOW, NOW + HOUR),
        ]


async def test_a_day_is_kept_once_and_summed_within_the_scope(store: Store) -> None:
    someone, other = operator(), operator()
    async with store.begin() as connection:
        await lay(connection)
        await grants.insert(connection, grant((GranteeKind.OPERATOR, someone.id), (TargetKind.OWNED_BY, T1)))
        figures = {
            "C-001": CameraDay(100, 50, 25),
            "C-002": CameraDay(100, 100, 100),
            "C-003": CameraDay(100, 10, 10),
            "C-006": CameraDay(0, 0, 0),
        }
        assert await camera_days.uncounted(connection, ["2026-02-27", "2026-02-28"]) == ["2026-02-27", "2026-02-28"]
        assert await camera_days.store(connection, "2026-02-28", figures, NOW)
        assert not await camera_days.store(connection, "2026-02-28", {"C-001": CameraDay(1, 1, 1)}, NOW)
        assert await camera_days.uncounted(connection, ["2026-02-27", "2026-02-28"]) == ["2026-02-27"]
        (own,) = await camera_days.sums(connection, someone, NOW, ["2026-02-28"], Narrowed())
        assert (own.cameras, own.online_shares, own.good_shares, own.online, own.good) == (1, 0.5, 0.25, 50, 25)
        assert await camera_days.sums(connection, someone, NOW, ["2026-02-28"], Narrowed(owner_id=T2)) == []
        assert await camera_days.sums(connection, other, NOW, ["2026-02-28"], Narrowed()) == []
        await grants.insert(connection, grant((GranteeKind.OPERATOR, other.id), (TargetKind.ALL, "")))
        (all_of_them,) = await camera_days.sums(connection, other, NOW, ["2026-02-28"], Narrowed())
        assert (all_of_them.cameras, all_of_them.online_shares) == (3, 1.6)
        assert await camera_days.of_camera(connection, "C-001", ["2026-02-28"]) == {
            "2026-02-28": CameraDay(100, 50, 25)
        }


async def test_what_is_counted_now_is_in_scope_and_in_the_catalogue(store: Store) -> None:
    someone = operator()
    async with store.begin() as connection:
        await lay(connection)
        await grants.insert(connection, grant((GranteeKind.OPERATOR, someone.id), (TargetKind.OWNED_BY, T2)))
        await cameras.patch(connection, "C-002", 1, {"lifecycle": Lifecycle.SUSPENDED}, NOW)
        await cameras.patch(connection, "C-004", 1, {"lifecycle": Lifecycle.DECOMMISSIONED}, NOW)
        found = await camera_days.counted(connection, someone, NOW)
        assert [(one.id, one.now, one.created_at) for one in found] == [
            ("C-002", Now(CameraState.UNKNOWN, works=True), NOW)
        ]
