"""From a set-up link to a sign-in with a code, the fresh proof for grave acts, and the locked console."""

from __future__ import annotations

import base64
import re
import sqlite3
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import httpx
from playwright.sync_api import Browser, Page, Route

from gateway.services.totp import DRIFT_STEPS, code_of, step_at
from tests.e2e.conftest import Desk
from tests.e2e.test_sharing import choose
from tests.e2e.test_wall import advancing, fill_wall
from tests.running import District, wait_until

EXPECTED = re.compile(r"Failed to load resource: the server responded with a status of (401|403|404|422|423)")
PICTURE = """() => document.querySelector('.phone img').naturalWidth"""
CHOSEN = "quiet rivers at noon"
IDLE_SECONDS = 12


def impatient(route: Route) -> None:
    """Answers as the gateway does, but for how long a console may be left alone."""
    answer = route.fetch()
    if answer.status != 200:
        route.fulfill(response=answer)
        return
    route.fulfill(response=answer, json=answer.json() | {"idle_minutes": IDLE_SECONDS / 60})


def _box(page: Page, name: str) -> None:
    """Waits for the field of that name."""
    page.locator(f'input[data-test="{name}"], [data-test="{name}"] input').first.wait_for()


def fill(page: Page, name: str, text: str) -> None:
    """Types into the field of that name."""
    page.locator(f'input[data-test="{name}"], [data-test="{name}"] input').first.fill(text)


def click(page: Page, name: str) -> None:
    """Presses what has that name."""
    page.locator(f'[data-test="{name}"]').first.click()


@dataclass
class Authenticator:
    """An app on a phone whose clock is as fast as the gateway puts up with: its next code need not be waited for."""

    secret: str
    shown: int = 0
    """The step of the last code: the gateway takes each once, and none that is older."""

    def code(self) -> str:
        """A code that was not used yet."""
        self.shown = max(self.shown + 1, step_at(datetime.now(UTC)))
        early = self.shown - DRIFT_STEPS
        wait_until(lambda: step_at(datetime.now(UTC)) >= early, "the next code", every=0.5)
        return code_of(base64.b32decode(self.secret + "=" * (-len(self.secret) % 8)), self.shown)


def excuse(desk: Desk) -> None:
    """Drops the complaints that Chromium makes of refusals which this test brings about on purpose."""
    desk.complaints[:] = [line for line in desk.complaints if not EXPECTED.search(line)]


def test_from_a_set_up_link_to_a_sign_in_with_a_code(
    desks: Callable[..., Desk], district: District, browser: Browser
) -> None:
    manager = desks("system")
    manager.go("operators")
    manager.page.locator('[data-test="operator-row"]').first.wait_for()
    manager.shoot("accounts")
    click(manager.page, "operator-add")
    fill(manager.page, "operator-login", "newcomer")
    fill(manager.page, "operator-name", "新来的(示例)")
    choose(manager.page, "operator-organisation", "organisation-district", "指挥")
    choose(manager.page, "operator-roles", "role-district_operator")
    manager.page.keyboard.press("Escape")
    manager.shoot("account-new")
    click(manager.page, "operator-submit")
    _box(manager.page, "setup-link")
    link = manager.page.locator('input[data-test="setup-link"], [data-test="setup-link"] input').first.input_value()
    manager.shoot("account-link")
    click(manager.page, "link-close")
    row = manager.page.locator('[data-test="operator-row"][data-login="newcomer"]')
    for word in ("待设置", "待放行"):
        row.filter(has_text=word).wait_for()

    context = browser.new_context(locale="zh-CN", viewport={"width": 1600, "height": 900})
    page = context.new_page()
    page.set_default_timeout(60_000)
    owner = Desk(page, district)
    page.goto(link)
    fill(page, "setup-password", "newcomer-newcomer")
    fill(page, "setup-again", "newcomer-newcomer")
    click(page, "setup-submit")
    page.locator('[data-test="setup-trouble"]', has_text="尚未放行").wait_for()
    owner.shoot("set-up")
    code = _release(desks, "newcomer")
    # back at this window, which was open all the time
    page.evaluate("window.dispatchEvent(new Event('focus'))")
    page.locator('[data-test="setup-waits"]').wait_for(state="detached")
    for password, given, said in (("newcomer-newcomer", code, "不能包含账号"), (CHOSEN, "wrong-one", "还可再试 4 次")):
        fill(page, "setup-password", password)
        fill(page, "setup-again", password)
        fill(page, "setup-code", given)
        click(page, "setup-submit")
        page.locator('[data-test="setup-trouble"]', has_text=said).wait_for()
    owner.shoot("set-up-released")
    fill(page, "setup-code", code)
    click(page, "setup-submit")
    page.locator('[data-test="user-menu"]').wait_for()

    click(page, "user-menu")
    click(page, "second-factor")
    click(page, "factor-begin")
    phone = _continue_enrolling(page, owner)
    click(page, "user-menu")
    click(page, "sign-out")
    fill(page, "login-name", "newcomer")
    fill(page, "login-password", CHOSEN)
    click(page, "login-submit")
    _box(page, "login-code")
    owner.shoot("sign-in-code")
    fill(page, "login-code", "000000")
    click(page, "login-submit")
    page.locator('[data-test="login-trouble"], [role="alert"]', has_text="验证码不正确").first.wait_for()
    fill(page, "login-code", phone.code())
    click(page, "login-submit")
    page.locator('[data-test="user-menu"]').wait_for()
    page.goto(link)
    page.reload()
    page.locator('[data-test="setup-dead"]').wait_for()
    context.close()


def _release(desks: Callable[..., Desk], login: str) -> str:
    """The security manager finds the account by the bell and releases it, with the keyboard alone; the code."""
    desk = desks("security")
    page = desk.page
    wait_until(lambda: page.locator('[data-test="bell-count"]').count() > 0, "the bell to show a figure")
    click(page, "bell")
    click(page, "notice-account_to_release")
    row = page.locator(f'[data-test="operator-row"][data-login="{login}"]')
    row.locator('[data-test="operator-release"]', has_text="待放行").wait_for()
    desk.shoot("accounts-release")
    row.locator('[data-test="operator-put-in-force"]').press("Enter")
    page.locator('[data-test="release-submit"]').wait_for()
    desk.shoot("release")
    page.locator('[data-test="release-submit"]').press("Enter")
    _box(page, "release-code")
    desk.shoot("release-code")
    code = page.locator('input[data-test="release-code"], [data-test="release-code"] input').first.input_value()
    click(page, "release-close")
    row.locator('[data-test="operator-release"]', has_text="已放行").wait_for()
    click(page, "language-en")
    row.locator('[data-test="operator-put-in-force"]').click()
    page.locator('[data-test="release-submit"]').wait_for()
    desk.shoot("release.en")
    page.keyboard.press("Escape")
    page.locator('[data-test="release-submit"]').wait_for(state="detached")
    click(page, "language-zh")
    return code


def test_a_role_that_sees_more_waits_for_the_security_manager(desks: Callable[..., Desk], district: District) -> None:
    try:
        _widen(desks)
    finally:
        with district.client("system") as system:  # as the other walks know this person
            found = next(one for one in system.get("/api/v1/operators").json()["items"] if one["login"] == "grid1")
            assert system.patch(f"/api/v1/operators/{found['id']}", json={"roles": ["grid_member"]}).status_code == 200
    assert set(found["roles"]) == {"grid_member", "district_operator"}


def _widen(desks: Callable[..., Desk]) -> None:
    """One manager gives the grid member a role that watches, the other releases it."""
    manager = desks("system")
    manager.go("operators")
    row = '[data-test="operator-row"][data-login="grid1"]'
    manager.page.locator(f'{row} [data-test="operator-edit"]').click()
    choose(manager.page, "operator-roles", "role-district_operator")
    manager.page.keyboard.press("Escape")
    click(manager.page, "operator-submit")
    manager.page.locator(f'{row} [data-test="operator-change"]').wait_for()
    desk = desks("security")
    wait_until(lambda: desk.page.locator('[data-test="bell-count"]').count() > 0, "the bell to show a figure")
    click(desk.page, "bell")
    click(desk.page, "notice-change_to_release")
    desk.page.locator(f'{row} [data-test="operator-widen"]').click()
    desk.page.locator('[data-test="release-submit"]').wait_for()
    desk.shoot("release-change")
    click(desk.page, "release-submit")
    desk.page.locator(f'{row} [data-test="operator-change"]').wait_for(state="detached")
    desk.page.locator(row, has_text="区中心值班员").wait_for()


def test_a_token_that_opens_pictures_is_joined_of_two_halves(desks: Callable[..., Desk], district: District) -> None:
    with district.client("system") as system:
        body = {"login": "pumps", "name": "排水调度(示例)", "organisation_id": "district"}
        assert system.post("/api/v1/service-accounts", json=body).status_code == 201
    manager = desks("system")
    manager.go("operators")
    click(manager.page, "tab-services")
    service = manager.page.locator('[data-test="service-row"][data-login="pumps"]')
    service.locator('[data-test="token-issue"]').click()
    fill(manager.page, "token-label", "大屏(示例)")
    click(manager.page, "token-scope-view_live")
    click(manager.page, "token-submit")
    manager.page.locator('[data-test="token-half"]').wait_for()
    manager.shoot("token-half")
    first = manager.page.locator('[data-test="token-once"]').inner_text().strip()
    click(manager.page, "token-kept")

    desk = desks("security")
    wait_until(lambda: desk.page.locator('[data-test="bell-count"]').count() > 0, "the bell to show a figure")
    click(desk.page, "bell")
    click(desk.page, "notice-token_to_release")
    desk.page.locator('[data-test="token-waits"]').first.wait_for()
    desk.shoot("token-waits")
    click(desk.page, "token-release")
    click(desk.page, "release-submit")
    _box(desk.page, "release-code")
    desk.shoot("token-rest")
    rest = desk.page.locator('input[data-test="release-code"], [data-test="release-code"] input').first.input_value()
    click(desk.page, "release-close")
    desk.page.locator('[data-test="token-waits"]').wait_for(state="detached")

    for token, status in ((first, 401), (f"{first}.{rest}", 200)):
        answer = httpx.get(
            f"{district.base_url}/api/v1/cameras", headers={"Authorization": f"Bearer {token}"}, timeout=60
        )
        assert answer.status_code == status


def _continue_enrolling(page: Page, desk: Desk) -> Authenticator:
    shown = page.locator('[data-test="factor-secret"]')
    shown.wait_for()
    wait_until(lambda: page.evaluate(PICTURE) > 0, "the code to scan")
    desk.shoot("second-factor")
    phone = Authenticator(str(shown.get_attribute("data-secret")))
    fill(page, "factor-code", phone.code())
    click(page, "factor-confirm")
    page.locator('[data-test="recovery-codes"] li').first.wait_for()
    desk.shoot("recovery-codes")
    assert page.locator('[data-test="recovery-codes"] li').count() == 10
    click(page, "codes-kept")
    page.locator('[data-test="recovery-codes"]').wait_for(state="detached")
    return phone


def test_a_grave_act_asks_for_the_code_and_then_goes_through(desks: Callable[..., Desk], district: District) -> None:
    # a manager of this walk's own: who has a code is asked for it at every later sign-in
    person = {"name": "第二安全管理员(示例)", "organisation_id": "district", "roles": ["security_manager"]}
    district.newcomer("security2", CHOSEN, **person)
    desk = desks("security2")
    desk.go("operators")
    desk.page.locator('[data-test="operator-row"]').first.wait_for()
    click(desk.page, "user-menu")
    click(desk.page, "second-factor")
    click(desk.page, "factor-begin")
    phone = _continue_enrolling(desk.page, desk)
    _age_proofs(district)
    with district.client("jinsha") as victim:
        click(desk.page, "tab-sessions")
        row = desk.page.locator('[data-test="session-row"][data-login="jinsha"]').first
        row.locator('[data-test="session-end"]').click()
        desk.page.locator(".el-message-box__btns .el-button--primary").click()
        _box(desk.page, "proof-code")
        desk.shoot("proof")
        fill(desk.page, "proof-code", phone.code())
        click(desk.page, "proof-submit")
        wait_until(lambda: victim.get("/api/v1/session").status_code == 401, "the session to end")
    click(desk.page, "language-en")
    desk.shoot("sessions.en")
    click(desk.page, "tab-operators")
    desk.page.locator('[data-test="operator-row"]').first.wait_for()
    desk.shoot("accounts.en")
    click(desk.page, "user-menu")
    click(desk.page, "second-factor")
    desk.page.locator('[data-test="factor-state"]').wait_for()
    desk.shoot("second-factor.en")
    excuse(desk)


def _age_proofs(district: District) -> None:
    """Makes every proof eleven minutes older, as if that time had passed."""
    with sqlite3.connect(district.data / "gateway.sqlite3", timeout=30) as database:
        database.execute(
            "UPDATE sessions SET proved_at = proved_at - ?", (timedelta(minutes=11) // timedelta(microseconds=1),)
        )


def test_r09_an_untouched_console_locks_and_its_wall_goes_on(browser: Browser, district: District) -> None:
    context = browser.new_context(locale="zh-CN", viewport={"width": 1600, "height": 900})
    page = context.new_page()
    page.set_default_timeout(120_000)
    page.route("**/api/v1/session", impatient)
    desk = Desk(page, district)
    desk.sign_in("leader")
    fill_wall(desk, 4)
    page.locator('[data-test="lock-screen"]').wait_for()
    advancing(page, 4)
    desk.shoot("locked-wall")
    token = next(one["value"] for one in context.cookies() if one["name"] == "seg_session")
    refused = context.request.get(f"{district.base_url}/api/v1/cameras", headers={"Cookie": f"seg_session={token}"})
    assert refused.status == 423
    fill(page, "lock-input", "not the password")
    click(page, "lock-open")
    page.locator('[data-test="lock-trouble"]', has_text="不正确").wait_for()
    advancing(page, 4)
    page.reload()
    page.locator('[data-test="lock-screen"]').wait_for()
    assert page.locator('[data-test="tree-camera"]').count() == 0, "a page that is loaded anew shows nothing"
    desk.shoot("locked-page")
    fill(page, "lock-input", district.passwords["leader"])
    click(page, "lock-open")
    page.locator('[data-test="lock-screen"]').wait_for(state="detached")
    page.locator('[data-test="tree-camera"]').first.wait_for()
    context.close()
