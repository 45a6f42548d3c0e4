"""A Chromium with somebody signed in, for figures that only a browser can give."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from playwright.sync_api import Page

from tests.chromium import running_chromium, sign_in
from tests.running import District


@contextmanager
def signed_in(district: District, login: str) -> Iterator[Page]:
    """A page on which that sample account has signed in."""
    with running_chromium() as browser:
        page = browser.new_page(viewport={"width": 1600, "height": 900}, locale="en-GB")
        page.set_default_timeout(60_000)
        sign_in(page, district, login)
        yield page
