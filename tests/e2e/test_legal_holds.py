"""A legal hold from a camera's page: asked for by one, approved and lifted by two; what was deleted is looked up."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from playwright.sync_api import Page, expect

from tests.e2e.conftest import Desk
from tests.running import District


def own_camera(district: District, login: str) -> str:
    """A camera that this desk manages."""
    with district.client(login) as client:
        return str(client.get("/api/v1/cameras", params={"limit": 1}).json()["items"][0]["id"])


def address(page: Page, path: str) -> None:
    """Goes to a page of the console by its address."""
    page.goto(f"{page.url.split('#')[0]}#{path}")


def test_r23_a_hold_is_asked_for_approved_and_lifted_by_two_people(
    desks: Callable[..., Desk], district: District
) -> None:
    camera = own_camera(district, "jinsha")
    asker = desks("jinsha").page
    address(asker, f"/cameras/{camera}")
    asker.locator('[data-test="hold-from-camera"]').click()
    asker.locator('[data-test="hold-submit"]').click()
    expect(asker.locator('[data-test="hold-form"] [data-test="form-trouble"]')).to_have_text("请填写理由。")
    asker.locator('textarea[data-test="hold-reason"]').fill("事故调查(示例)")
    asker.locator('input[data-test="hold-letter"]').fill("示例字〔2026〕1号")
    asker.locator('[data-test="hold-submit"]').click()
    detail = asker.locator('[data-test="hold-detail"]')
    expect(detail).to_have_attribute("data-stage", "asked")
    expect(detail.locator('[data-test="hold-protects"]')).to_have_text("正在保护证据")
    expect(detail.locator('[data-test="hold-approve"]')).to_have_count(0)
    hold = str(detail.get_attribute("data-hold"))

    decider = desks("leader").page
    decider.locator('[data-test="language-en"]').first.click()
    decider.locator('[data-test="nav-tickets"]').click()
    decider.locator('[data-test="tab-legal-holds"]').click()
    decider.locator('[data-test="holds-asked"]').click()
    decider.locator(f'[data-test="hold-item"][data-hold="{hold}"]').click()
    decider.locator('[data-test="hold-approve"]').click()
    decider.locator('[data-test="sure-confirm"]').click()
    there = decider.locator('[data-test="hold-detail"]')
    expect(there).to_have_attribute("data-stage", "standing")
    there.locator('[data-test="hold-lift"]').click()
    decider.locator('input[data-test="hold-wish-reason"]').fill("已结案(示例)")
    decider.locator('[data-test="hold-wish-submit"]').click()
    expect(there.locator('[data-test="hold-waiting"]')).to_contain_text("Another person who manages the camera decides")
    expect(there.locator('[data-test="hold-approve"]')).to_have_count(0)

    asker.locator('[data-test="hold-approve"]').click()
    asker.locator('[data-test="sure-confirm"]').click()
    expect(detail.locator('[data-test="hold-state"]')).to_have_text("已解除")
    expect(detail.locator('[data-test="hold-protects"]')).to_have_text("已不再保护证据")


def test_r23_the_auditor_reads_every_hold_and_receipt_and_decides_nothing(
    desks: Callable[..., Desk], district: District
) -> None:
    camera = own_camera(district, "jinsha")
    with district.client("jinsha") as client:
        ends = (datetime.now(UTC) + timedelta(days=30)).isoformat()
        wish = {"camera_id": camera, "reason": "检查(示例)", "letter": "示例-9", "ends_at": ends}
        answer = client.post("/api/v1/legal-holds", json=wish)
        assert answer.status_code == 201, answer.text
        hold = answer.json()["id"]
    page = desks("audit").page
    address(page, f"/legal-holds/{hold}")
    expect(page.locator('[data-test="hold-detail"]')).to_contain_text("检查(示例)")
    for step in ("hold-approve", "hold-refuse", "hold-lift", "hold-extend", "hold-open"):
        expect(page.locator(f'[data-test="{step}"]')).to_have_count(0)
    page.locator('[data-test="tab-deletion-receipts"]').click()
    expect(page.locator('[data-test="receipts-page"]')).to_be_visible()
    page.locator('input[data-test="receipts-event"]').fill("no-such-event")
    expect(page.locator('[data-test="receipts-page"] .nothing')).to_have_text("没有符合条件的删除凭据")
