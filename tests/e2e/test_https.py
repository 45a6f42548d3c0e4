"""HTTPS on an address that is not loopback: a certificate of our own authority, trusted by a browser, on every page."""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import socket
import ssl
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import ConsoleMessage, Page, sync_playwright

from gateway.app import tools
from gateway.app.sampling import DEVICE_PASSWORD as CAMERAS_PASSWORD
from gateway.settings import load
from tests.chromium import FLAGS
from tests.e2e.everywhere import LOOKING
from tests.e2e.test_wall import advancing
from tests.own_network import ADDRESS, in_own_network
from tests.running import GATEWAY, end, wait_until
from tests.seeded import DEVICE_PASSWORD, seed

PORT = 8443
AT_REST = "() => walk.rest()"
BASE = f"https://{ADDRESS}:{PORT}"
PASSWORD = "a lake full of herons 7"
FIRST = "centre"
PEOPLE = {
    "centre": ("district", "district_operator"),
    "chief": ("district", "shift_leader"),
    "town": ("T-320612001", "township_operator"),
    "keeper": ("district", "system_manager"),
    "guard": ("district", "security_manager"),
    "auditor": ("district", "audit_manager"),
}


@pytest.mark.slow
@pytest.mark.peer("certutil", "network namespaces")
def test_sign_in_and_every_page_over_https_beyond_loopback(tmp_path: Path) -> None:
    in_own_network(lambda: _walk(tmp_path))


def _walk(folder: Path) -> None:
    data = folder / "data"
    asyncio.run(_prepare(data))
    words = ["create-user", "--data", str(data), "--login", FIRST, "--name", FIRST, "--organisation", "district"]
    _gateway(*words, "--role", "district_operator", "--password-stdin", text=PASSWORD)
    refused = _gateway("run", "--data", str(data), "--host", ADDRESS, "--port", str(PORT), check=False)
    assert refused.returncode == 1
    assert "gateway init" in refused.stderr
    _gateway("init", "--data", str(data), "--name", ADDRESS)
    with _cameras(data, folder), _served(data, folder):
        _only_new_tls(data / "tls" / "ca.pem")
        _pages(folder, data / "tls" / "ca.pem")


async def _prepare(data: Path) -> None:
    """The sample with accounts that are none of it, for sample accounts stay on loopback."""
    await seed(data)
    (data / CAMERAS_PASSWORD).write_text(DEVICE_PASSWORD)
    settings = load(None, overrides={"data": str(data)})
    for login, (organisation, role) in PEOPLE.items():
        if login != FIRST:
            account = tools.account_of(login, login, organisation, [role])
            await tools.make_account(settings, account, PASSWORD, print)


def _gateway(*words: str, text: str = "", check: bool = True) -> subprocess.CompletedProcess[str]:
    return subprocess.run([GATEWAY, *words], input=text, capture_output=True, text=True, check=check)


@contextmanager
def _cameras(data: Path, folder: Path) -> Iterator[None]:
    password = str(data / CAMERAS_PASSWORD)
    with _running([str(GATEWAY), "sample-cameras", "--password-file", password], folder / "cameras.log"):
        yield


@contextmanager
def _served(data: Path, folder: Path) -> Iterator[None]:
    settings = folder / "https.yaml"
    settings.write_text(json.dumps({"detection": {"max_cameras": 0}, "sessions": {"second_factor": "offered"}}))
    words = ["run", "--config", str(settings), "--data", str(data), "--host", ADDRESS, "--port", str(PORT)]
    with _running([str(GATEWAY), *words], folder / "https.log") as process:
        trusting = ssl.create_default_context(cafile=str(data / "tls" / "ca.pem"))

        def ready() -> bool:
            assert process.poll() is None, (folder / "https.log").read_text()
            try:
                return httpx.get(f"{BASE}/health/ready", verify=trusting, timeout=5).status_code == 200
            except httpx.TransportError:
                return False

        wait_until(ready, "the gateway to answer over HTTPS")
        yield


@contextmanager
def _running(command: list[str], log: Path) -> Iterator[subprocess.Popen[bytes]]:
    with log.open("wb") as out:
        process = subprocess.Popen(command, stdout=out, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL)
    try:
        yield process
    finally:
        end(process)


def _only_new_tls(authority: Path) -> None:
    """TLS 1.2 and later are spoken, and nothing else on that port."""
    context = ssl.create_default_context(cafile=str(authority))
    context.set_ciphers("DEFAULT@SECLEVEL=0")
    context.minimum_version = ssl.TLSVersion.MINIMUM_SUPPORTED
    context.maximum_version = ssl.TLSVersion.TLSv1_2
    with socket.create_connection((ADDRESS, PORT)) as plain:
        context.wrap_socket(plain, server_hostname=ADDRESS).close()
    with pytest.warns(DeprecationWarning, match=r"TLSv1_1 is deprecated"):
        context.maximum_version = ssl.TLSVersion.TLSv1_1
    with socket.create_connection((ADDRESS, PORT)) as plain, pytest.raises(ssl.SSLError):
        context.wrap_socket(plain, server_hostname=ADDRESS)
    with pytest.raises(httpx.TransportError):
        httpx.get(f"http://{ADDRESS}:{PORT}/health/live")


def _pages(folder: Path, authority: Path) -> None:
    home = folder / "home"
    store = home / ".pki" / "nssdb"
    store.mkdir(parents=True)
    for words in (["-N", "--empty-password"], ["-A", "-n", "gateway", "-t", "C,,", "-i", str(authority)]):
        subprocess.run([shutil.which("certutil") or "certutil", "-d", f"sql:{store}", *words], check=True)
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(
            executable_path="/usr/bin/chromium", args=FLAGS, env={**os.environ, "HOME": str(home)}
        )
        try:
            seen: set[str] = set()
            for login in PEOPLE:
                context = chromium.new_context(locale="zh-CN", viewport={"width": 1600, "height": 900})
                context.add_init_script(path=LOOKING)
                seen |= _every_page_of(context.new_page(), login)
                cookies = {cookie["name"]: cookie for cookie in context.cookies()}
                assert cookies["seg_session"]["secure"]
                assert cookies["seg_session"]["httpOnly"]
                context.close()
        finally:
            chromium.close()
    assert {"wall", "cameras", "sharing", "tickets", "candidates", "operators", "audit", "view-records"} <= seen
    assert {"signs", "inquiries"} <= seen


def _every_page_of(page: Page, login: str) -> set[str]:
    """Signs in, opens every page and tab that the person has, and sees a picture where they may; the pages' names."""
    complaints: list[str] = []
    page.set_default_timeout(60_000)
    page.on("console", lambda message: _note(complaints, message))
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.goto(BASE)
    page.locator('input[data-test="login-name"]').fill(login)
    page.locator('input[data-test="login-password"]').fill(PASSWORD)
    page.locator('[data-test="login-submit"]').click()
    page.locator('[data-test="user-menu"]').wait_for()
    opened = set()
    for name in _named(page, "nav-"):
        page.locator(f'[data-test="nav-{name}"]').click()
        page.locator(f'[data-test="nav-{name}"].on').wait_for()
        page.evaluate(AT_REST)
        opened.add(name)
        for tab in _named(page, "tab-"):
            page.locator(f'[data-test="tab-{tab}"]').click()
            page.evaluate(AT_REST)
            opened.add(tab)
        if name == "wall":
            page.locator('[data-test="layout-1"]').click()
            page.locator('[data-test="fill-all"]').click()
            advancing(page, 1)
    assert complaints == [], (login, complaints)
    return opened


def _named(page: Page, prefix: str) -> list[str]:
    found = page.locator(f'[data-test^="{prefix}"]').evaluate_all("all => all.map(one => one.dataset.test)")
    return [name.removeprefix(prefix) for name in found]


def _note(complaints: list[str], message: ConsoleMessage) -> None:
    if message.type in {"error", "warning"}:
        complaints.append(f"{message.text} ({message.location.get('url', '')})")
