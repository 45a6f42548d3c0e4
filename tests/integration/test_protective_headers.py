"""Every answer, page or API, right or wrong, carries the headers that keep a browser from misusing it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest
from fastapi import FastAPI

from gateway.app.parts import application, build
from gateway.media.hub import open_hub
from gateway.settings import Settings
from gateway.web import pages, whep
from tests.integration.world import PASSWORD, A, World, client_of, signed_in

POLICY = {
    "default-src": "'self'",
    "style-src": "'self' 'unsafe-inline'",
    "img-src": "'self' data: blob:",
    "media-src": "'self' blob:",
    "connect-src": "'self' ws: wss:",
    "worker-src": "'self' blob:",
    "object-src": "'none'",
    "base-uri": "'self'",
    "form-action": "'self'",
    "frame-ancestors": "'none'",
}
OTHERS = {
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "no-referrer",
    "cross-origin-opener-policy": "same-origin",
}
PATHS = {
    "the page": ("/", None),
    "a path that only the page knows": ("/cameras/TZ-1", None),
    "a script": ("/assets/index-1.js", 200),
    "a file that is not there": ("/assets/none.js", 404),
    "a list": ("/api/v1/cameras", 200),
    "somebody else's camera": ("/api/v1/cameras/TZ-none", 404),
    "a wrong question": ("/api/v1/cameras?limit=no", 422),
    "a path of the API that is not there": ("/api/v1/none", 404),
    "the description": ("/api/v1/openapi.json", 200),
    "health": ("/health/live", 200),
    "figures for monitoring alone": ("/metrics", 401),
}


@pytest.fixture
async def browser(world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[httpx.AsyncClient]:
    """A signed-in browser at the whole application, whose console is built of two files."""
    dist = tmp_path / "dist"
    (dist / "assets").mkdir(parents=True)
    (dist / "index.html").write_text("<!doctype html>")
    (dist / "assets" / "index-1.js").write_text("0")
    built = pages.router(dist)
    monkeypatch.setattr(pages, "router", lambda: built)
    parts = build(Settings(data=tmp_path), world.office, world.bus, [])
    async with open_hub(parts.fleet) as hub, whep.open_rooms(parts.viewing, hub) as rooms:
        whole = application(parts, hub, rooms)
        client = await signed_in(whole, "jinsha")  # type: ignore[arg-type]
        yield client
        await client.aclose()


def held(answer: httpx.Response) -> dict[str, str]:
    """The content policy in an answer, by directive. Two of one name would leave a browser to choose."""
    (policy,) = answer.headers.get_list("content-security-policy")
    pairs = [part.strip().split(" ", 1) for part in policy.split(";")]
    assert len({name for name, _ in pairs}) == len(pairs)
    return {name: words for name, words in pairs}


@pytest.mark.parametrize("what", PATHS)
async def test_every_answer_names_the_content_policy_and_the_other_protective_headers(
    browser: httpx.AsyncClient, what: str
) -> None:
    path, status = PATHS[what]
    answer = await browser.get(f"http://gateway.test{path}")
    assert answer.status_code == (status or 200), answer.text
    assert held(answer) == POLICY
    assert {name: answer.headers.get(name) for name in OTHERS} == OTHERS


async def test_no_script_comes_from_elsewhere_or_from_the_page_itself(browser: httpx.AsyncClient) -> None:
    """Scripts have no directive of their own: they fall under the one that names this server alone."""
    policy = held(await browser.get("http://gateway.test/"))
    assert not {name for name in policy if name.startswith("script-src")}
    assert policy["default-src"] == "'self'"
    assert not [words for name, words in policy.items() if "unsafe-eval" in words or "http" in words or "*" in words]


async def test_what_a_session_may_see_is_kept_by_no_cache_and_can_be_found_in_the_log(
    browser: httpx.AsyncClient, world: World
) -> None:
    for path, status in (("/cameras", 200), (f"/cameras/{world.camera(A).id}", 200), ("/cameras/TZ-none", 404)):
        answer = await browser.get(path)
        assert (answer.status_code, answer.headers["cache-control"]) == (status, "no-store")
        assert answer.headers["x-request-id"]


async def test_the_cookie_of_a_session_is_read_by_no_script_and_sent_by_no_other_site(app: FastAPI) -> None:
    for origin, secure in (("http://gateway.test", False), ("https://gateway.test", True)):
        async with client_of(app, origin) as client:
            entered = await client.post("/session", json={"login": "jinsha", "password": PASSWORD})
        words = [word.strip().lower() for word in entered.headers["set-cookie"].split(";")]
        assert {"httponly", "samesite=strict", "path=/"} <= set(words)
        assert ("secure" in words) is secure
