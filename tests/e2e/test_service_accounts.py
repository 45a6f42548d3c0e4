"""The system manager gives a department's system a token: shown once, used over the API, revoked, refused."""

from __future__ import annotations

from collections.abc import Callable

import httpx

from tests.e2e.conftest import Desk
from tests.e2e.test_sharing import choose
from tests.running import District, items, wait_until


def test_a_token_is_issued_used_and_revoked(desks: Callable[..., Desk], district: District) -> None:
    desk = desks("system")
    page = desk.page
    desk.go("operators")
    page.locator('[data-test="tab-services"]').click()
    page.locator('[data-test="service-add"]').click()
    page.locator('input[data-test="service-name"]').fill("排水调度系统(示例)")
    page.locator('input[data-test="service-login"]').fill("drainage-dispatch")
    choose(page, "service-organisation", "organisation-T-320612001")
    page.locator('[data-test="service-submit"]').click()
    row = page.locator('[data-test="service-row"][data-login="drainage-dispatch"]')
    row.locator('[data-test="token-issue"]').click()
    page.locator('input[data-test="token-label"]').fill("一号服务器(示例)")
    desk.shoot("token-wish")
    page.locator('[data-test="token-submit"]').click()
    token = page.locator('[data-test="token-once"]').inner_text()
    page.locator('[data-test="token-kept"]').click()
    desk.shoot("service-accounts")

    def cameras() -> httpx.Response:
        headers = {"Authorization": f"Bearer {token}"}
        return httpx.get(f"{district.base_url}/api/v1/cameras", headers=headers, params={"limit": 200}, timeout=60)

    with district.client("jinsha") as own:
        mine = {one["id"] for one in items(own, "/api/v1/cameras", limit=200)}
    assert {one["id"] for one in cameras().json()["items"]} == mine
    row.locator('[data-test="token-revoke"]').click()
    page.locator(".el-message-box .el-button--primary").click()
    wait_until(lambda: cameras().status_code == 401, "the token to be refused")
    row.get_by_text("没有有效令牌").wait_for()
