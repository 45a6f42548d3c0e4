"""Debian's Chromium, headless, and a person who signs in to the console with it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from playwright.sync_api import Browser, Page, sync_playwright

from tests.running import District

FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--autoplay-policy=no-user-gesture-required",
]


@contextmanager
def running_chromium() -> Iterator[Browser]:
    """A browser for as long as the block runs."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=FLAGS)
        try:
            yield browser
        finally:
            browser.close()


def sign_in(page: Page, district: District, login: str) -> None:
    """Signs in by the form, as a person does, and waits for the first page."""
    page.goto(district.base_url)
    page.locator('[data-test="login-name"] input, input[data-test="login-name"]').first.fill(login)
    field = page.locator('[data-test="login-password"] input, input[data-test="login-password"]').first
    field.fill(district.passwords[login])
    page.locator('[data-test="login-submit"]').click()
    page.locator('[data-test="user-menu"]').wait_for()
