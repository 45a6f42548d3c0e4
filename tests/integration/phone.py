"""A phone that makes codes from the secret it was given, by the clock it is told."""

from __future__ import annotations

import base64
from dataclasses import dataclass
from datetime import datetime

import httpx

from gateway.services.totp import code_of, step_at


@dataclass
class Phone:
    """An authenticator app with one account."""

    secret: str
    codes: list[str]
    """The recovery codes that came with it."""

    def code(self, at: datetime) -> str:
        """What the phone shows at that time."""
        padded = self.secret + "=" * (-len(self.secret) % 8)
        return code_of(base64.b32decode(padded), step_at(at))


async def enrol(client: httpx.AsyncClient, at: datetime, password: str | None = None) -> Phone:
    """Sets up a second factor for whoever has signed in."""
    made = await client.post("/session/second-factor", json={"password": password} if password else {})
    assert made.status_code == 200, made.text
    phone = Phone(made.json()["secret"], [])
    answer = await client.post("/session/second-factor/confirm", json={"code": phone.code(at)})
    assert answer.status_code == 200, answer.text
    phone.codes = answer.json()["codes"]
    return phone
