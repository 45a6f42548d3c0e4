"""One running district and one Chromium for all browser tests; every page fails on any console error."""

from __future__ import annotations

import os
import socket
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, expect

from gateway.services import packages
from tests.chromium import running_chromium, sign_in
from tests.e2e.furnished import furnished_district
from tests.running import District, running_district

expect.set_options(timeout=60_000)
ROOT = Path(__file__).resolve().parents[2]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Everything beside this file drives Chromium."""
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.browser)


@pytest.fixture(scope="package")
def district(tmp_path_factory: pytest.TempPathFactory) -> Iterator[District]:
    """The sample district with detectors on 24 cameras, which leaves two cores room for a browser."""
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        port = held.getsockname()[1]
    data = tmp_path_factory.mktemp("district") / "data"
    with running_district(data, port, config={"detection": {"max_cameras": 24}}) as running:
        yield running


@pytest.fixture(scope="package")
def furnished(tmp_path_factory: pytest.TempPathFactory) -> Iterator[District]:
    """A district without pictures, with something to see on every page."""
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        port = held.getsockname()[1]
    with furnished_district(tmp_path_factory.mktemp("furnished") / "data", port) as running:
        yield running


@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    """Debian's Chromium, headless."""
    with running_chromium() as chromium:
        yield chromium


@dataclass
class Desk:
    """One person's browser: its page, and what its console complained of."""

    page: Page
    district: District
    complaints: list[str] = field(default_factory=list)

    def sign_in(self, login: str) -> None:
        """Signs in by the form, as a person does, and waits for the first page."""
        sign_in(self.page, self.district, login)

    def go(self, name: str) -> None:
        """Opens a page of the navigation."""
        self.page.locator(f'[data-test="nav-{name}"]').click()

    def shoot(self, name: str) -> None:
        """A screenshot into test-results, and to the documents that show it when they are being made anew."""
        folder = ROOT / "test-results" / "screenshots"
        folder.mkdir(parents=True, exist_ok=True)
        picture = self.page.screenshot()
        (folder / f"{name}.png").write_bytes(picture)
        if os.environ.get("KEEP_SCREENSHOTS") == "keep" and _is_shown(name):
            kept = ROOT / "docs" / "images"
            kept.mkdir(parents=True, exist_ok=True)
            (kept / f"{name}.png").write_bytes(picture)

    def tell(self) -> None:
        """Prints where the page is and what lies over it, which pytest shows of a test that failed."""
        print(self.page.url, *self.page.locator(".el-dialog:visible, .el-message:visible").all_inner_texts(), sep="\n")


def _is_shown(name: str) -> bool:
    """True if one of the documents shows that picture."""
    documents = [*ROOT.glob("README*.md"), *(ROOT / "docs").rglob("*.md")]
    return any(f"images/{name}.png" in document.read_text("utf-8") for document in documents)


@pytest.fixture
def desks(browser: Browser, district: District) -> Iterator[Callable[..., Desk]]:
    """Opens desks, each in a browser context of its own; afterwards no console may have complained."""
    opened: list[tuple[BrowserContext, Desk]] = []

    def sit_down(login: str, language: str = "zh-CN", size: tuple[int, int] = (1600, 900), **more: Any) -> Desk:
        context = browser.new_context(locale=language, viewport={"width": size[0], "height": size[1]}, **more)
        desk = Desk(context.new_page(), district)
        desk.page.set_default_timeout(60_000)
        desk.page.on("console", lambda message: _note(desk, message))
        desk.page.on("pageerror", lambda error: desk.complaints.append(f"uncaught: {error}"))
        opened.append((context, desk))
        desk.sign_in(login)
        return desk

    yield sit_down
    for number, (_, desk) in enumerate(opened):
        desk.page.screenshot(path=ROOT / "test-results" / f"last-{number}.png")
        desk.tell()
    complaints = [line for _, desk in opened for line in desk.complaints]
    for context, _ in opened:
        context.close()
    assert complaints == []


@pytest.fixture
def offline(browser: Browser, tmp_path: Path) -> Iterator[Page]:
    """The page that verifies packages, opened from a disk without a network."""
    page_file = tmp_path / "verify.html"
    page_file.write_text(packages.verifier())
    context = browser.new_context(offline=True)
    page = context.new_page()
    page.goto(page_file.as_uri())
    yield page
    context.close()


def _note(desk: Desk, message: ConsoleMessage) -> None:
    if message.type in {"error", "warning"}:
        desk.complaints.append(f"{message.type}: {message.text} ({message.location.get('url', '')})")
