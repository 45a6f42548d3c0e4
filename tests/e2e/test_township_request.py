"""A township asks a department for three cameras until tomorrow: what each of them sees until midnight, and after."""

from __future__ import annotations

import shutil
import socket
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import httpx
import pytest
from playwright.sync_api import Page, expect

from tests.e2e.conftest import Desk
from tests.e2e.test_requests import DEPARTMENT, fill, pick_time
from tests.e2e.test_sharing import STATES
from tests.e2e.test_wall import advancing, decoded, pick
from tests.running import HEADERS, District, items, running_district, wait_until
from tests.steered_clock import SteeredClock

REASON = "闸口水位上涨(示例)"
SHANGHAI = ZoneInfo("Asia/Shanghai")
EVENING = timedelta(minutes=20)
"""How long before midnight the walk begins, by the gateway's clock."""
LEFT_OUT = ("*.sqlite3*", "run", "spool", "evidence", "gateway.lock", "*.partial")


@pytest.fixture(scope="module")
def clock(tmp_path_factory: pytest.TempPathFactory) -> SteeredClock:
    """The gateway's clock, in the evening."""
    steered = SteeredClock(tmp_path_factory.mktemp("clock") / "ahead")
    today = datetime.now(SHANGHAI).date() + timedelta(days=1)
    steered.set_to(datetime.combine(today, datetime.min.time(), SHANGHAI) - EVENING)
    return steered


@pytest.fixture(scope="module")
def district(district: District, clock: SteeredClock, tmp_path_factory: pytest.TempPathFactory) -> Iterator[District]:
    """A second gateway for the department's cameras alone, which are the same devices, under a clock of its own."""
    data = tmp_path_factory.mktemp("evening") / "data"
    shutil.copytree(district.data, data, ignore=shutil.ignore_patterns(*LEFT_OUT))
    with closing(sqlite3.connect(district.data / "gateway.sqlite3")) as connection:
        connection.execute("VACUUM INTO ?", (str(data / "gateway.sqlite3"),))
    with closing(sqlite3.connect(data / "gateway.sqlite3")) as connection:
        connection.execute("UPDATE cameras SET enabled = 0 WHERE owner_id <> ?", (DEPARTMENT,))
        connection.commit()
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        port = held.getsockname()[1]
    config = {"detection": {"max_cameras": 0}, "sessions": {"idle_minutes": 60, "second_factor": "offered"}}
    with running_district(data, port, config=config, sample=False, env=clock.env()) as running:
        running.passwords = district.passwords
        yield running


def known_to_the_township(district: District, organisation: str) -> list[str]:
    """Three cameras of the department that play; the township learns that they are there, no more."""
    with district.client("leader") as leader:
        known = {"limit": 200, "state": "online", "owner": DEPARTMENT}
        wait_until(lambda: len(items(leader, "/api/v1/cameras", **known)) >= 3, "three cameras to play")
        cameras = [str(one["id"]) for one in items(leader, "/api/v1/cameras", **known)][:3]
        for camera in cameras:
            given = leader.post(
                "/api/v1/grants",
                json={
                    "grantee_kind": "organisation",
                    "grantee_id": organisation,
                    "target_kind": "camera",
                    "target_id": camera,
                    "actions": ["directory"],
                    "reason": "目录公开(示例)",
                },
            )
            assert given.status_code == 201, given.text
    return cameras


def ask(desk: Desk, cameras: list[str], until: datetime) -> str:
    """Asks for the cameras, for a flood, until that time; the request's id."""
    page = desk.page
    desk.go("sharing")
    page.locator('[data-test="tab-requests"]').click()
    page.locator('[data-test="ask-open"]').click()
    page.locator('[data-test="ask-cameras"]').click()
    for camera in cameras:
        page.keyboard.type(camera)
        page.locator(f'[data-test="camera-option-{camera}"]').click()
    page.keyboard.press("Escape")
    page.locator('[data-test="ask-purposes"]').click()
    page.get_by_role("option", name="防汛与积水").click()
    page.keyboard.press("Escape")
    pick_time(page, "ask-until", until)
    fill(page, "ask-reason", REASON)
    desk.shoot("request-ask")
    page.locator('[data-test="ask-submit"]').click()
    detail = page.locator('[data-test="request-detail"]')
    detail.wait_for()
    return str(detail.get_attribute("data-request"))


def decide(desk: Desk, refused: str) -> None:
    """The owner finds the request by the bell, unticks one camera, and approves the rest."""
    page = desk.page
    wait_until(lambda: page.locator('[data-test="bell-count"]').count() > 0, "the bell to show a figure")
    page.locator('[data-test="bell"]').click()
    desk.shoot("notices")
    page.locator('[data-test="notice-request_to_decide"]').first.click()
    page.locator('[data-test="decide"]').wait_for()
    page.locator(f'label[data-test="decide-camera-{refused}"]').click()
    fill(page, "decide-reason", "两路足够(示例)")
    desk.shoot("request-decide")
    page.locator('[data-test="decide-approve"]').click()
    page.locator(f'[data-test="part-{DEPARTMENT}"][data-state="narrowed"]').wait_for()


def watch(desk: Desk, cameras: list[str]) -> None:
    """Watches the cameras on a wall of four, for the flood."""
    page = desk.page
    page.locator('[data-test="user-menu"]').click()
    page.locator('[data-test="purpose-PS-FLOOD"]').click()
    page.locator('[data-test="purpose-submit"]').wait_for()
    page.keyboard.press("Escape")
    page.locator('[data-test="purpose-submit"]').wait_for(state="detached")
    page.locator('[data-test="user-menu"]').click()
    page.locator('[data-test="purpose-PS-FLOOD"]').click()
    desk.shoot("purpose")
    fill(page, "purpose-reason", "汛期水位巡查，防汛指挥部要求(示例)")
    page.locator('[data-test="purpose-submit"]').click()
    page.locator('[data-test="purpose-submit"]').wait_for(state="detached")
    desk.go("wall")
    page.locator('[data-test="layout-4"]').click()
    for camera in cameras:
        pick(page, camera)
    advancing(page, len(cameras))
    assert set(decoded(page)) == set(cameras)


def tile_of(page: Page, camera: str) -> Any:
    return page.locator(f'video[data-test="tile"][data-camera="{camera}"]')


def note_end(page: Page, camera: str) -> None:
    """From now on the page notes when that camera's picture ends, by the machine's clock."""
    script = STATES.replace('video[data-test="tile"]', f'video[data-test="tile"][data-camera="{camera}"]')
    page.evaluate("() => { window.ended = undefined }")
    page.evaluate(script)


def ended_at(page: Page, clock: SteeredClock) -> float:
    """When the picture ended, by the gateway's clock, in seconds."""
    ended = float(wait_until(lambda: page.evaluate("() => window.ended"), "the picture to end", every=0.05))
    return ended / 1000 + clock.ahead.total_seconds()


def test_r10_asked_narrowed_watched_revoked_and_over_at_midnight(
    desks: Callable[..., Desk], district: District, clock: SteeredClock, tmp_path: Path
) -> None:
    midnight = datetime.combine(clock.now().astimezone(SHANGHAI).date() + timedelta(days=1), datetime.min.time())
    midnight = midnight.replace(tzinfo=SHANGHAI)
    with district.client("wujie") as township:
        organisation = township.get("/api/v1/session").json()["operator"]["organisation_id"]
        cameras = known_to_the_township(district, organisation)
        desk = desks("wujie", timezone_id="Asia/Shanghai")
        water = desks("water", timezone_id="Asia/Shanghai")
        request = ask(desk, cameras, midnight)
        decide(water, refused=cameras[2])
        desk.page.locator('[data-test="part-state"]').get_by_text("部分同意").wait_for()
        desk.shoot("request-answered")

        watch(desk, cameras[:2])
        mine = township.get(f"/api/v1/requests/{request}").json()
        given = {one["id"]: one["grant_id"] for one in mine["parts"][0]["cameras"]}
        assert given[cameras[2]] is None
        assert township.get(f"/api/v1/cameras/{cameras[2]}").json()["actions"] == ["directory"]

        water.page.locator(f'[data-test="part-revoke-{cameras[0]}"]').click()
        fill(water.page, "revoke-reason", "用毕(示例)")
        note_end(desk.page, cameras[0])
        water.page.locator('[data-test="revoke-submit"]').click()
        ended = ended_at(desk.page, clock)
        took = ended - revoked_at(district, given[cameras[0]])
        assert took <= 2.0, f"the picture ended {took:.2f} s after its grant was revoked"
        assert tile_of(desk.page, cameras[0]).get_attribute("data-code") == "revoked"
        advancing(desk.page, 1)
        assert tile_of(desk.page, cameras[1]).get_attribute("data-state") == "playing"
        desk.shoot("request-revoked")
        expect(water.page.locator(f'[data-test="part-camera-{cameras[0]}"]')).to_contain_text("收回")
        expect(water.page.locator(f'[data-test="part-revoke-{cameras[0]}"]')).to_have_count(0)
        water.shoot("request-taken-back")

        note_end(desk.page, cameras[1])
        clock.set_to(midnight - timedelta(seconds=5))
        took = ended_at(desk.page, clock) - midnight.timestamp()
        assert 0 <= took <= 2.0, f"the picture ended {took:.2f} s after midnight"
        assert tile_of(desk.page, cameras[1]).get_attribute("data-code") == "expired"
        desk.shoot("request-over")
        wait_until(
            lambda: township.get(f"/api/v1/requests/{request}").json()["parts"][0]["state"] == "ended",
            "the request to be over",
        )
    cannot_export(desks("vendor1"), cameras[1])
    seen_by_the_auditor(desks("audit", timezone_id="Asia/Shanghai"), request, cameras)
    a_flipped_byte_is_found(district, given[cameras[0]], tmp_path)


def revoked_at(district: District, grant: str) -> float:
    """When the grant was revoked, by the gateway's clock, in seconds."""
    with closing(sqlite3.connect(f"file:{district.data / 'gateway.sqlite3'}?mode=ro", uri=True)) as database:
        (revoked,) = database.execute("select revoked_at from grants where id = ?", (grant,)).fetchone()
    return float(revoked) / 1e6


def cannot_export(desk: Desk, camera: str) -> None:
    """A vendor's console has no door to exports, and what lies behind the door stays shut for it."""
    page = desk.page
    wide = {
        "grantee_kind": "operator",
        "target_kind": "camera",
        "target_id": camera,
        "actions": ["list", "view_live", "see_events", "export"],
        "reason": "检修(示例)",
    }
    with desk.district.client("leader") as leader, desk.district.client("vendor1") as vendor:
        me = vendor.get("/api/v1/session").json()["operator"]["id"]
        given = leader.post("/api/v1/grants", json={**wide, "grantee_id": me})
        assert given.status_code == 201, given.text
        page.reload()
        page.locator('[data-test="user-menu"]').wait_for()
        for name in ("tickets", "candidates", "audit"):
            expect(page.locator(f'[data-test="nav-{name}"]')).to_have_count(0)
        page.goto(f"{desk.district.base_url}/#/exports")
        page.locator('[data-test="nav-wall"]').wait_for()
        expect(page.locator('[data-test="export-ask"], [data-test="tab-exports"]')).to_have_count(0)
        page.goto(f"{desk.district.base_url}/#/cameras/{camera}")
        page.locator('[data-test="camera-page"]').wait_for()
        expect(page.locator("main").get_by_text("导出")).to_have_count(0)
        desk.shoot("vendor")
        exports_refused(vendor, camera)
        assert leader.post(f"/api/v1/grants/{given.json()['id']}/revoke", json={"reason": "完工(示例)"}).is_success


def exports_refused(vendor: httpx.Client, camera: str) -> None:
    """Every route of exports answers the vendor with a refusal, and there is nothing in its list."""
    wish = {
        "cameras": [camera],
        "since": "2026-01-01T00:00:00Z",
        "until": "2026-01-01T12:00:00Z",
        "reason": "evidence of the sample flood",
        "receiver": "示例公司",
        "letter": "示例-1",
    }
    assert vendor.post("/api/v1/exports", json=wish).status_code == 403
    assert vendor.get("/api/v1/exports").json()["items"] == []
    for step in ("package", "passphrase", "withdraw", "sign", "publish"):
        assert vendor.post(f"/api/v1/exports/00000000-0000-7000-8000-000000000000/{step}").status_code in (403, 404)


def seen_by_the_auditor(desk: Desk, request: str, cameras: list[str]) -> None:
    """All of it is on record and on the auditor's pages, and no picture is."""
    page = desk.page
    desk.go("sharing")
    page.locator(f'[data-test="request-item"][data-request="{request}"]').first.click()
    trail = page.locator('[data-test="request-detail"]')
    for word in ("提出申请", "部分同意", "收回一路", "到期结束"):
        expect(trail).to_contain_text(word)
    desk.shoot("auditor-request")
    desk.go("view-records")
    fill(page, "records-camera", cameras[0])
    row = page.locator('[data-test="view-record"]').filter(has_text="防汛与积水")
    expect(row.filter(has_text="权限收回").first).to_be_visible()
    fill(page, "records-camera", cameras[1])
    expect(row.filter(has_text="权限到期").first).to_be_visible()
    desk.shoot("auditor-views")
    desk.go("audit")
    fill(page, "audit-object", request)
    listed = page.locator('[data-test="audit-row"]')
    expect(listed.filter(has_text="登录")).to_have_count(0)
    for word in ("申请调用", "部分同意调用", "调用到期"):
        expect(listed.filter(has_text=word).first).to_be_visible()
    desk.shoot("auditor-audit")
    assert page.locator("video").count() == 0
    with desk.district.client("audit") as audit:
        actions = [one["action"] for one in items(audit, "/api/v1/audit", limit=500, object=request)]
        assert actions[::-1][:2] == ["ask_access", "narrow_access"]
        assert "view_live" not in audit.get("/api/v1/session").json()["actions"]
        for camera in cameras:
            assert audit.get(f"/api/v1/cameras/{camera}/snapshot").status_code in (403, 404)
        live = audit.post(
            f"/api/v1/cameras/{cameras[1]}/whep", content="v=0", headers=HEADERS | {"Content-Type": "application/sdp"}
        )
        assert live.status_code in (403, 404)


def a_flipped_byte_is_found(district: District, grant: str, folder: Path) -> None:
    """One bit of the line that tells of the revocation is turned: the command names that line."""
    data = folder / "data"
    # before the database: a note may be behind what is committed, and never ahead
    shutil.copytree(district.data / "audit-ends", data / "audit-ends", ignore=shutil.ignore_patterns("*.partial"))
    with closing(sqlite3.connect(district.data / "gateway.sqlite3")) as connection:
        connection.execute("VACUUM INTO ?", (str(data / "gateway.sqlite3"),))
    shutil.copy(district.data / "audit-key", data / "audit-key")
    command = [sys.executable, "-m", "gateway", "audit", "verify", "--views", "--data", str(data)]
    good = subprocess.run(command, capture_output=True, text=True, check=False)
    assert good.returncode == 0, good.stdout
    with closing(sqlite3.connect(data / "gateway.sqlite3")) as connection:
        connection.execute("DROP TRIGGER audit_entries_kept_update")
        found = "SELECT chain, seq, canonical FROM audit_entries WHERE instr(canonical, ?) AND instr(canonical, ?)"
        chain, seq, line = connection.execute(found, (b"revoke_grant", grant.encode())).fetchone()
        place = line.index(b"revoke_grant")
        flipped = bytes([*line[:place], line[place] ^ 1, *line[place + 1 :]])
        connection.execute("UPDATE audit_entries SET canonical = ? WHERE chain = ? AND seq = ?", (flipped, chain, seq))
        connection.commit()
    bad = subprocess.run(command, capture_output=True, text=True, check=False)
    assert bad.returncode == 1
    assert bad.stdout.startswith(f"chain {chain}: line {seq} was changed after it was written")
