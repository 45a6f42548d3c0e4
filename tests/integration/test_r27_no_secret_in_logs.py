"""What is typed in confidence is never written into a log."""

from __future__ import annotations

import logging
import secrets

import pytest
import structlog

from tests.integration.conftest import Browsers
from tests.integration.world import PASSWORD, A, World


async def test_r27_no_secret_of_a_session_comes_into_the_log(
    world: World, browser_of: Browsers, capsys: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    guessed, device, fresh = (f"Aa1-{secrets.token_hex(8)}" for _ in range(3))
    owner, stranger = await browser_of("jinsha"), await browser_of("")
    token = next(iter(owner.cookies.values()))
    assert (await stranger.post("/session", json={"login": "jinsha", "password": guessed})).status_code == 401
    address = f"/cameras/{world.camera(A).id}"
    change = {"version": 1, "username": "admin", "password": device}
    assert (await owner.patch(address, json=change)).status_code == 200
    bad = await owner.post("/probe", json={"host": "192.0.2.1", "port": "no port", "password": device})
    assert bad.status_code == 422
    assert (await owner.post("/session/password", json={"old": PASSWORD, "new": fresh})).status_code == 204
    await owner.delete("/session")
    structlog.get_logger().error("the last line", word="witness")
    printed = capsys.readouterr()
    written = printed.out + printed.err + caplog.text
    assert "witness" in written, "the log is really looked at"
    for secret in (guessed, device, fresh, PASSWORD, token):
        assert secret not in written
        assert secret not in bad.text
