"""Evidence leaves by request alone: asked for, approved by a second person, fetched, verified; and a public release."""

from __future__ import annotations

import re
import subprocess
import zipfile
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import cv2
import numpy as np
import pytest
from playwright.sync_api import Page, expect

from gateway.services.packages import INNER, decrypted, entries
from tests.e2e.conftest import Desk
from tests.e2e.test_accounts import fill
from tests.e2e.test_export_verifier import opened_offline
from tests.e2e.test_sharing import choose
from tests.running import GATEWAY, District, items, wait_until

PASSWORD = "seven grey herons stand"
REASON = "交通事故取证,事故科来函(示例)"
RECEIVER = "示例交警大队"
LETTER = "示例〔2026〕118号"
PHRASE = re.compile(r"[a-z0-9]{4}(?:-[a-z0-9]{4}){5}")


@pytest.fixture(scope="module")
def camera(district: District) -> str:
    """A camera of which the gateway holds a still and a clip; two people of its managing unit have accounts."""
    with district.client("district") as centre:

        def with_clip() -> str:
            found = items(centre, "/api/v1/candidates", limit=200)
            return next((str(one["camera_id"]) for one in found if one["clip"] and one["still"]), "")

        camera = wait_until(with_clip, "a candidate with a clip")
        owner = centre.get(f"/api/v1/cameras/{camera}").json()["owner_id"]
        role = "township_operator" if owner.startswith("T-") else "department_staff"
        today = datetime.now(UTC).isoformat()
        for login, name in (("keeper.one", "保管员甲(示例)"), ("keeper.two", "保管员乙(示例)")):
            account = {"name": name, "organisation_id": owner, "roles": [role]}
            district.newcomer(login, PASSWORD, **account, pledged_at=today, trained_at=today)
    return str(camera)


def ask(desk: Desk, camera: str, variant: str = "evidence") -> str:
    """Asks for the camera's evidence of the last hours; the request's id."""
    page = desk.page
    desk.go("tickets")
    page.locator('[data-test="tab-exports"]').click()
    page.locator('[data-test="export-ask"]').click()
    choose(page, "export-cameras", f"camera-option-{camera}", camera)
    page.keyboard.press("Escape")
    page.locator(f'[data-test="export-variant-{variant}"]').click()
    page.locator('[data-test="export-reason"]').fill(REASON)
    fill(page, "export-receiver", RECEIVER)
    fill(page, "export-letter", LETTER)
    desk.shoot(f"export-ask-{variant}")
    page.locator('[data-test="export-send"]').click()
    page.locator('[data-test="export"][data-state="requested"]').wait_for()
    return page.url.rsplit("/", 1)[1]


def approve(desk: Desk, request: str) -> None:
    """A second person of the unit finds the request by the bell and approves it."""
    page = desk.page
    wait_until(lambda: page.locator('[data-test="bell-count"]').count() > 0, "the bell to show a figure")
    page.locator('[data-test="bell"]').click()
    page.locator('[data-test="notice-export_to_decide"]').first.click()
    page.locator(f'[data-test="export-row"][data-id="{request}"]').click()
    fill(page, "export-why", "同意(示例)")
    desk.shoot("export-decide")
    page.locator('[data-test="export-approve"]').click()
    page.locator('[data-test="export"][data-state="approved"]').or_(
        page.locator('[data-test="export"][data-state="packed"]')
    ).wait_for()


def passphrase(desk: Desk) -> str:
    """The passphrase, as the page shows it this once."""
    page = desk.page
    page.locator('[data-test="export-passphrase"]').click()
    shown = page.locator(".el-message-box__message")
    expect(shown).to_contain_text("另行告知")
    found = PHRASE.search(shown.inner_text())
    assert found is not None, shown.inner_text()
    desk.shoot("export-passphrase")
    page.locator(".el-message-box__btns .el-button--primary").click()
    expect(page.locator('[data-test="export-passphrase"]')).to_have_count(0)
    return found[0]


def fetched(desk: Desk, folder: Path) -> Path:
    """The package, downloaded by the page's button."""
    with desk.page.expect_download() as download:
        desk.page.locator('[data-test="export-fetch"]').click()
    file = folder / "export.zip"
    download.value.save_as(file)
    desk.page.locator('[data-test="export"][data-state="fetched"]').wait_for()
    return file


def holds(file: Path, phrase: str, key: str) -> str:
    """What the command says of the package."""
    command = [GATEWAY, "export", "verify", str(file), "--passphrase-stdin", "--public-key", key]
    return subprocess.run(command, input=phrase, capture_output=True, text=True, check=False).stdout


def public_key(district: District) -> str:
    """The key that the unit makes known."""
    command = [GATEWAY, "audit", "key", "--data", str(district.data)]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()


def test_r18_an_export_is_approved_by_a_second_person_fetched_and_verified(
    desks: Callable[..., Desk], district: District, camera: str, offline: Page, tmp_path: Path
) -> None:
    asker = desks("keeper.one")
    page = asker.page
    request = ask(asker, camera)
    expect(page.locator('[data-test="export-waits"]')).to_contain_text("不能批准自己的申请")
    expect(page.locator('[data-test="export-approve"]')).to_have_count(0)
    with district.client("keeper.one") as client:
        part = client.get(f"/api/v1/exports/{request}").json()["parts"][0]["id"]
        own = client.post(f"/api/v1/exports/{request}/parts/{part}/approve", json={})
        assert own.status_code == 403, own.text
        assert client.post(f"/api/v1/exports/{request}/package").status_code == 409
    approve(desks("keeper.two"), request)
    page.locator('[data-test="export"][data-state="packed"]').wait_for()
    phrase = passphrase(asker)
    file = fetched(asker, tmp_path)
    asker.shoot("export-fetched")
    page.locator('[data-test="language-en"]').click()
    expect(page.locator('[data-test="export-custody"]')).to_contain_text("saw the passphrase")
    asker.shoot("export-fetched.en")
    page.locator('[data-test="language-zh"]').click()
    with district.client("keeper.one") as client:
        assert client.post(f"/api/v1/exports/{request}/passphrase").status_code == 410
    with district.client("keeper.two") as client:
        assert client.post(f"/api/v1/exports/{request}/package").status_code == 403

    key = public_key(district)
    said = opened_offline(offline, file, phrase, key)
    assert said.startswith("good: "), said
    offline.screenshot(path=tmp_path / "verifier.png")
    assert "the package holds" in holds(file, phrase, key)
    assert "does NOT hold" in holds(file, "xxxx-xxxx-xxxx-xxxx-xxxx-xxxx", key)
    custody = page.locator('[data-test="export-custody"]')
    steps = custody.locator('[data-test="export-step"]').evaluate_all("all => all.map(one => one.dataset.kind)")
    assert steps == ["ask", "approve", "pack", "show_passphrase", "fetch"]
    expect(custody).to_contain_text("保管员乙(示例)")


def cover(desk: Desk, index: int) -> None:
    """Drags a black box across the middle of a picture, by hand."""
    page = desk.page
    page.locator('[data-test="export-draw"]').nth(index).click()
    picture = page.locator('[data-test="redact"] img')
    wait_until(lambda: picture.evaluate("one => one.naturalWidth") > 0, "the picture to be drawn on")
    box = picture.bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + box["width"] * 0.25, box["y"] + box["height"] * 0.25)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] * 0.75, box["y"] + box["height"] * 0.75, steps=4)
    page.mouse.up()
    if index == 0:
        desk.shoot("export-redact")
    page.locator('[data-test="redact-confirm"]').click()
    page.locator('[data-test="redact"]').wait_for(state="detached")


def test_r25_a_public_release_waits_for_covers_drawn_by_hand_and_two_signatures(
    desks: Callable[..., Desk], district: District, camera: str, tmp_path: Path
) -> None:
    asker, second = desks("keeper.one"), desks("keeper.two")
    page = asker.page
    request = ask(asker, camera, "public")
    approve(second, request)
    release = page.locator('[data-test="export-release"]')
    release.wait_for()
    held, publish = page.locator('[data-test="export-held"]'), page.locator('[data-test="export-publish"]')
    expect(held).to_contain_text("没有查看")
    expect(publish).to_be_disabled()
    with district.client("keeper.one") as client:
        assert client.post(f"/api/v1/exports/{request}/sign").status_code == 403
        assert client.post(f"/api/v1/exports/{request}/publish").status_code == 403
    asker.shoot("export-release")
    for index in range(page.locator('[data-test="export-draw"]').count()):
        cover(asker, index)
    expect(held).to_contain_text("已签署 0 人")
    page.locator('[data-test="export-sign"]').click()
    expect(held).to_contain_text("已签署 1 人")
    expect(publish).to_be_disabled()
    second.page.locator('[data-test="export-sign"]').click()
    expect(held).to_have_count(0)
    asker.shoot("export-signed")
    publish.click()
    page.locator('[data-test="export"][data-state="packed"]').wait_for()
    phrase = passphrase(asker)
    with zipfile.ZipFile(fetched(asker, tmp_path)) as outer, outer.open(INNER) as stream:
        files = dict(entries(decrypted(stream, phrase)))
    stills = [data for name, data in files.items() if name.endswith(".jpg")]
    assert stills
    assert not [name for name in files if name.endswith(".mp4")]
    for still in stills:
        picture = cv2.imdecode(np.frombuffer(still, np.uint8), cv2.IMREAD_COLOR)
        high, wide = picture.shape[:2]
        middle = picture[int(high * 0.3) : int(high * 0.45), int(wide * 0.3) : int(wide * 0.7)]
        assert middle.mean() < 12, "what was drawn over is black in the file itself"
