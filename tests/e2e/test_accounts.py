"""From a set-up link to a sign-in with a code, the fresh proof for grave acts, and the locked console."""

from __future__ import annotations

import base64
import re
import sqlite3
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

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
    assert "待设置" in row.inner_text()

    context = browser.new_context(locale="zh-CN", viewport={"width": 1600, "height": 900})
    page = context.new_page()
    page.set_default_timeout(60_000)
    owner = Desk(page, district)
    page.goto(link)
    fill(page, "setup-password", "newcomer-newcomer")
    fill(page, "setup-again", "newcomer-newcomer")
    click(page, "setup-submit")
    page.locator('[data-test="setup-trouble"]', has_text="不能包含账号").wait_for()
    owner.shoot("set-up")
    fill(page, "setup-password", CHOSEN)
    fill(page, "setup-again", CHOSEN)
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
    desk = desks("security")
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
