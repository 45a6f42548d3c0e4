"""A Chromium with somebody signed in, for figures that only a browser can give."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from playwright.sync_api import Page, sync_playwright

from tests.running import District

FLAGS = ("--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update")


@contextmanager
def signed_in(district: District, login: str) -> Iterator[Page]:
    """A page on which that sample account has signed in."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=list(FLAGS))
        try:
            page = browser.new_page(viewport={"width": 1600, "height": 900}, locale="en-GB")
            page.set_default_timeout(60_000)
            page.goto(district.base_url)
            page.locator('[data-test="login-name"] input, input[data-test="login-name"]').first.fill(login)
            field = page.locator('[data-test="login-password"] input, input[data-test="login-password"]').first
            field.fill(district.passwords[login])
            page.locator('[data-test="login-submit"]').click()
            page.locator('[data-test="user-menu"]').wait_for()
            yield page
        finally:
            browser.close()
