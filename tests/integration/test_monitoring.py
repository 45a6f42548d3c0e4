"""The gateway's own figures count everybody's cameras: monitoring gets them, people do not."""

from __future__ import annotations

from pathlib import Path

import httpx
import pytest
from fastapi import FastAPI

from gateway.web.api import create_api
from gateway.web.monitoring import BadToken, read_token
from gateway.web.signed import FORWARDED
from tests.integration.conftest import Browsers
from tests.integration.world import PEOPLE, World

TOKEN = "a long random word"


def _asking(app: FastAPI, address: str) -> httpx.AsyncClient:
    transport = httpx.ASGITransport(app=app, client=(address, 40000))
    return httpx.AsyncClient(transport=transport, base_url="http://gateway.test")


async def _status(app: FastAPI, address: str, headers: dict[str, str] | None = None) -> int:
    async with _asking(app, address) as client:
        answer = await client.get("/metrics", headers=headers or {})
        assert ("sharp_eyes_" in answer.text) == (answer.status_code == 200)
        return answer.status_code


async def test_figures_are_for_programs_on_this_machine(app: FastAPI) -> None:
    assert await _status(app, "127.0.0.1") == 200
    assert await _status(app, "::1") == 200
    for elsewhere in ("192.0.2.7", "2001:db8::1", "testclient", ""):
        assert await _status(app, elsewhere) == 401, elsewhere


@pytest.mark.parametrize("header", sorted(FORWARDED | {"x-forwarded-for", "x-forwarded-host"}))
async def test_a_proxy_on_this_machine_does_not_make_strangers_local(app: FastAPI, header: str) -> None:
    assert await _status(app, "127.0.0.1", {header: "127.0.0.1"}) == 401


@pytest.mark.parametrize("login", [login for login, _, _ in PEOPLE])
async def test_no_operator_gets_them_by_signing_in(browser_of: Browsers, login: str) -> None:
    answer = await (await browser_of(login)).get("http://gateway.test/metrics")
    assert answer.status_code == 401
    assert "sharp_eyes_" not in answer.text


async def test_once_there_is_a_token_everybody_must_send_it(app: FastAPI) -> None:
    app.state.metrics_token = TOKEN
    for address in ("127.0.0.1", "192.0.2.7"):
        assert await _status(app, address) == 401
        assert await _status(app, address, {"Authorization": f"Bearer {TOKEN}x"}) == 401
        assert await _status(app, address, {"Authorization": TOKEN}) == 401
        assert await _status(app, address, {"Authorization": "Bearer "}) == 401
        assert await _status(app, address, {"Authorization": f"Bearer {TOKEN}"}) == 200


def test_a_token_that_could_be_guessed_is_refused(tmp_path: Path, world: World) -> None:
    file = tmp_path / "token"
    with pytest.raises(BadToken, match="cannot be read"):
        read_token(file)
    file.write_text("short\n")
    with pytest.raises(BadToken, match="has 5 characters"):
        read_token(file)
    file.write_text(f"{TOKEN}\n")
    assert read_token(file) == TOKEN
    assert create_api(world.office, metrics_token=read_token(file)).state.metrics_token == TOKEN
