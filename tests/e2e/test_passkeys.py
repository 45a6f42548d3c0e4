"""A passkey from its enrolment to its removal, with Chromium's own virtual authenticator in place of a key."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta

import pytest
from playwright.sync_api import Browser, CDPSession, expect

from tests.e2e.conftest import Desk
from tests.e2e.test_accounts import click, excuse, fill
from tests.running import District

Opener = Callable[..., Desk]


@pytest.fixture
def at_localhost(browser: Browser, furnished: District) -> Iterator[Opener]:
    """Opens desks at the machine's name instead of its number; afterwards no console may have complained."""
    desks: list[Desk] = []

    def open_one(language: str = "zh-CN", host: str = "localhost") -> Desk:
        context = browser.new_context(locale=language, viewport={"width": 1600, "height": 900})
        page = context.new_page()
        page.set_default_timeout(60_000)
        desk = Desk(page, replace(furnished, base_url=f"http://{host}:{furnished.port}"))
        page.on("console", lambda said: said.type == "error" and desk.complaints.append(said.text))
        page.on("pageerror", lambda error: desk.complaints.append(f"uncaught: {error}"))
        desks.append(desk)
        return desk

    yield open_one
    for desk in desks:
        desk.tell()
        excuse(desk)
        desk.page.context.close()
    assert [line for desk in desks for line in desk.complaints] == []


class Key:
    """A security key that is plugged into the page's browser, and touched as often as it is asked."""

    def __init__(self, desk: Desk) -> None:
        self.session: CDPSession = desk.page.context.new_cdp_session(desk.page)
        self.session.send("WebAuthn.enable")
        kind = {"protocol": "ctap2", "transport": "usb", "hasResidentKey": True, "hasUserVerification": True}
        made = self.session.send(
            "WebAuthn.addVirtualAuthenticator",
            {"options": kind | {"isUserVerified": True, "automaticPresenceSimulation": True}},
        )
        self.id = made["authenticatorId"]

    def credentials(self) -> list[dict[str, object]]:
        """What is on it."""
        found: list[dict[str, object]] = self.session.send("WebAuthn.getCredentials", {"authenticatorId": self.id})[
            "credentials"
        ]
        return found

    def set_back(self, count: int) -> None:
        """Makes its counter that of a copy that was made earlier."""
        (one,) = self.credentials()
        self.session.send(
            "WebAuthn.removeCredential", {"authenticatorId": self.id, "credentialId": one["credentialId"]}
        )
        self.session.send(
            "WebAuthn.addCredential", {"authenticatorId": self.id, "credential": one | {"signCount": count}}
        )


def password_step(desk: Desk, login: str) -> None:
    """Gives login and password, and waits for what is asked next."""
    fill(desk.page, "login-name", login)
    fill(desk.page, "login-password", desk.district.passwords[login])
    click(desk.page, "login-submit")
    desk.page.locator('[data-test="login-code"] input, input[data-test="login-code"]').first.wait_for()


def open_factors(desk: Desk) -> None:
    click(desk.page, "user-menu")
    click(desk.page, "second-factor")
    desk.page.locator('[data-test="factor-begin"], [data-test="factor-state"]').first.wait_for()
    still(desk)


def still(desk: Desk) -> None:
    """Waits until nothing on the page moves any more, for the pictures."""
    desk.page.wait_for_function(
        "() => document.getAnimations().every((one) => one.effect?.getTiming().iterations === Infinity"
        " || one.playState !== 'running')"
    )


def leave(desk: Desk) -> None:
    click(desk.page, "user-menu")
    click(desk.page, "sign-out")
    desk.page.locator('[data-test="login-submit"]').wait_for()


def test_r09_a_passkey_from_its_enrolment_to_its_removal(at_localhost: Opener, furnished: District) -> None:
    desk = at_localhost()
    page, key = desk.page, Key(desk)
    desk.sign_in("jinxin")
    open_factors(desk)
    desk.shoot("passkeys-none")
    click(page, "passkey-more")
    fill(page, "passkey-name", "值班台蓝色钥匙(示例)")
    desk.shoot("passkey-new")
    click(page, "passkey-add")
    expect(page.locator('[data-test="recovery-codes"] li')).to_have_count(10)
    code = page.locator('[data-test="recovery-codes"] li').first.inner_text()
    click(page, "codes-kept")
    row = page.locator('[data-test="passkey-row"]')
    expect(row).to_contain_text("值班台蓝色钥匙(示例)")
    desk.shoot("passkeys")
    assert len(key.credentials()) == 1

    # the same key once more: the browser itself knows that it is there
    click(page, "passkey-more")
    fill(page, "passkey-name", "又一次(示例)")
    click(page, "passkey-add")
    expect(page.locator('[data-test="passkey-trouble"]')).to_have_text("这把密钥或这台设备已经添加过。")
    page.keyboard.press("Escape")

    leave(desk)
    password_step(desk, "jinxin")
    desk.shoot("sign-in-passkey")
    click(page, "login-passkey")
    page.locator('[data-test="user-menu"]').wait_for()

    # a copy of the key lags behind, and is refused
    leave(desk)
    key.set_back(0)
    password_step(desk, "jinxin")
    click(page, "login-passkey")
    expect(page.locator('[data-test="login-trouble"]')).to_have_text("通行密钥未通过验证，请再试一次。")
    desk.shoot("sign-in-passkey-refused")
    # the button asks for another challenge by itself
    key.set_back(50)
    click(page, "login-passkey")
    page.locator('[data-test="user-menu"]').wait_for()

    # a locked console, and a proof that has grown old
    click(page, "user-menu")
    click(page, "lock-now")
    page.locator('[data-test="lock-screen"]').wait_for()
    still(desk)
    desk.shoot("lock-passkey")
    click(page, "lock-passkey")
    page.locator('[data-test="lock-screen"]').wait_for(state="detached")
    with sqlite3.connect(furnished.data / "gateway.sqlite3", timeout=30) as database:
        old = timedelta(minutes=11) // timedelta(microseconds=1)
        database.execute("UPDATE sessions SET proved_at = proved_at - ?", (old,))
    open_factors(desk)
    click(page, "passkey-remove")
    page.locator(".el-message-box__btns .el-button--primary").click()
    page.locator('[data-test="proof-passkey"]').wait_for()
    still(desk)
    desk.shoot("proof-passkey")
    click(page, "proof-passkey")
    row.wait_for(state="detached")
    expect(page.locator('[data-test="codes-left"]')).to_have_count(0)
    page.keyboard.press("Escape")
    leave(desk)
    desk.sign_in("jinxin")
    assert code


def test_in_english_and_at_a_number_the_console_says_what_to_do_instead(at_localhost: Opener) -> None:
    named = at_localhost("en")
    key = Key(named)
    named.sign_in("transport")
    click(named.page, "language-en")
    open_factors(named)
    named.shoot("passkeys-none.en")
    click(named.page, "passkey-more")
    fill(named.page, "passkey-name", "blue key (sample)")
    click(named.page, "passkey-add")
    named.page.locator('[data-test="recovery-codes"] li').first.wait_for()
    code = named.page.locator('[data-test="recovery-codes"] li').first.inner_text()
    click(named.page, "codes-kept")
    named.page.locator('[data-test="passkey-row"]').wait_for()
    named.shoot("passkeys.en")
    assert key.credentials()
    named.page.keyboard.press("Escape")
    leave(named)
    password_step(named, "transport")
    named.shoot("sign-in-passkey.en")

    numbered = at_localhost("en", host="127.0.0.1")
    numbered.page.goto(numbered.district.base_url)
    click(numbered.page, "language-en")
    password_step(numbered, "transport")
    assert numbered.page.locator('[data-test="login-passkey"]').count() == 0
    expect(numbered.page.locator('[data-test="passkey-obstacle"]')).to_contain_text("IP address")
    numbered.shoot("sign-in-number.en")
    fill(numbered.page, "login-code", code)
    click(numbered.page, "login-submit")
    numbered.page.locator('[data-test="user-menu"]').wait_for()
    open_factors(numbered)
    expect(numbered.page.locator('[data-test="passkey-row"]')).to_contain_text("works at localhost only")
    expect(numbered.page.locator('[data-test="passkey-obstacle"]')).to_contain_text("IP address")
    numbered.shoot("passkeys-number.en")
    click(numbered.page, "passkey-remove")
    numbered.page.locator(".el-message-box__btns .el-button--primary").click()
    numbered.page.locator('[data-test="passkey-row"]').wait_for(state="detached")
