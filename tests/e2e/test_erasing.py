"""A typed text is erased on an order: the auditor names it, the system manager erases it, and the proof holds."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from playwright.sync_api import expect

from tests.e2e.conftest import Desk
from tests.e2e.test_legal_holds import own_camera
from tests.running import District

WORDS = "误录的姓名(示例)"


def test_r14_a_text_is_erased_on_an_order_and_the_proof_holds(desks: Callable[..., Desk], district: District) -> None:
    ends = (datetime.now(UTC) + timedelta(days=10)).isoformat()
    with district.client("jinsha") as client:
        wish = {"camera_id": own_camera(district, "jinsha"), "reason": WORDS, "letter": "示例-5", "ends_at": ends}
        assert client.post("/api/v1/legal-holds", json=wish).status_code == 201
    auditor = desks("audit")
    auditor.go("audit")
    auditor.page.locator('input[data-test="audit-text"]').fill(WORDS)
    typed = auditor.page.locator('[data-test="audit-typed"]').filter(has_text=WORDS).first
    text_id = str(typed.locator('[data-test="audit-copy-id"]').get_attribute("data-text"))

    desk = desks("system")
    page = desk.page
    desk.go("operators")
    page.locator('[data-test="tab-erasures"]').click()
    expect(page.locator('[data-test="erasures-who"]')).to_contain_text("由系统管理员一人凭书面通知办理")
    page.locator('[data-test="text-find"]').click()
    expect(page.locator('[data-test="text-trouble"]')).to_have_text("请填写文字编号。")
    page.locator('input[data-test="text-id"]').fill(text_id)
    page.keyboard.press("Enter")
    expect(page.locator('[data-test="text-record"]')).to_contain_text("申请保全")
    expect(page.locator('[data-test="erasures-page"]')).not_to_contain_text(WORDS)
    page.locator('[data-test="text-erase"]').click()
    expect(page.locator('[data-test="erase-text"] [data-test="form-trouble"]')).to_have_text("请填写删除依据。")
    page.locator('input[data-test="text-reason"]').fill("示例字〔2026〕7号通知")
    page.locator('[data-test="text-erase"]').click()
    page.locator('[data-test="sure-confirm"]').click()
    expect(page.locator('[data-test="text-state"]')).to_contain_text("已于")
    expect(page.locator('[data-test="text-proof"]')).to_have_text("该行与前后各行相符")
    row = page.locator(f'[data-test="erasure-row"][data-text="{text_id}"]')
    expect(row).to_contain_text("示例字〔2026〕7号通知")

    auditor.page.locator('input[data-test="audit-text"]').fill("")
    auditor.page.locator('[data-test="audit-verify"]').click()
    expect(auditor.page.locator('[data-test="audit-verdict"] .ok')).to_be_visible()
    auditor.page.locator('[data-test="tab-erasures"]').click()
    expect(auditor.page.locator(f'[data-test="erasure-row"][data-text="{text_id}"]')).to_be_visible()
    expect(auditor.page.locator('[data-test="erase-text"]')).to_have_count(0)
