"""An authenticator in software: makes passkeys, signs challenges and counts, and can be told to do it wrongly."""

from __future__ import annotations

import base64
import hashlib
import json
import secrets
from dataclasses import dataclass, field
from typing import Any

import cbor2
import httpx
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256

from gateway.storage import auditing
from gateway.storage.auditing import AuditQuery
from tests.integration.world import PASSWORD, World

ORIGIN = "https://gateway.test"
NAME = "gateway.test"
PRESENT, VERIFIED, ATTESTED = 0x01, 0x04, 0x40


def encoded(value: bytes) -> str:
    """Base64url without padding, as browsers write it."""
    return base64.urlsafe_b64encode(value).decode().rstrip("=")


def decoded(value: str) -> bytes:
    return base64.urlsafe_b64decode(value + "=" * (-len(value) % 4))


@dataclass
class Authenticator:
    """A security key with one passkey on it. ``counts`` is False for those that keep no counter, as phones do."""

    origin: str = ORIGIN
    name: str = NAME
    counts: bool = True
    flags: int = PRESENT | VERIFIED
    count: int = 0
    credential: bytes = field(default_factory=lambda: secrets.token_bytes(32))
    key: ec.EllipticCurvePrivateKey = field(default_factory=lambda: ec.generate_private_key(ec.SECP256R1()))

    def create(self, options: dict[str, Any]) -> dict[str, Any]:
        """What ``navigator.credentials.create`` gives for these options."""
        point = self.key.public_key().public_numbers()
        x, y = point.x.to_bytes(32, "big"), point.y.to_bytes(32, "big")
        public = cbor2.dumps({1: 2, 3: -7, -1: 1, -2: x, -3: y})
        length = len(self.credential).to_bytes(2, "big")
        data = self._data(ATTESTED) + bytes(16) + length + self.credential + public
        attested = cbor2.dumps({"fmt": "none", "attStmt": {}, "authData": data})
        said = {"attestationObject": encoded(attested), "transports": ["usb", "nfc", "telepathy"]}
        return self._credential(options, "webauthn.create", said)

    def get(self, options: dict[str, Any]) -> dict[str, Any]:
        """What ``navigator.credentials.get`` gives for these options."""
        self.count += self.counts
        data, client = self._data(0), self._client(options, "webauthn.get")
        signature = self.key.sign(data + hashlib.sha256(client).digest(), ec.ECDSA(SHA256()))
        said = {"authenticatorData": encoded(data), "signature": encoded(signature)}
        return self._credential(options, "webauthn.get", said)

    def _credential(self, options: dict[str, Any], kind: str, said: dict[str, Any]) -> dict[str, Any]:
        name = encoded(self.credential)
        response = {"clientDataJSON": encoded(self._client(options, kind)), **said}
        return {"id": name, "rawId": name, "type": "public-key", "response": response}

    def _client(self, options: dict[str, Any], kind: str) -> bytes:
        said = {"type": kind, "challenge": options["challenge"], "origin": self.origin, "crossOrigin": False}
        return json.dumps(said).encode()

    def _data(self, more: int) -> bytes:
        flags = bytes([self.flags | more])
        return hashlib.sha256(self.name.encode()).digest() + flags + self.count.to_bytes(4, "big")


async def enrol_passkey(
    client: httpx.AsyncClient, key: Authenticator, name: str = "示例钥匙", password: str | None = None
) -> dict[str, Any]:
    """Enrols a passkey for whoever has signed in; returns what was answered."""
    begun = await client.post("/session/passkeys/begin", json={"password": password} if password else {})
    assert begun.status_code == 200, begun.text
    made = key.create(begun.json()["options"])
    body = {"ceremony": begun.json()["id"], "credential": made, "name": name}
    answer = await client.post("/session/passkeys", json=body)
    assert answer.status_code == 201, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def answered(client: httpx.AsyncClient, key: Authenticator) -> dict[str, Any]:
    """The key's answer to a challenge of the running session."""
    begun = (await client.post("/session/passkeys/challenge")).json()
    return {"ceremony": begun["id"], "credential": key.get(begun["options"])}


async def sign_in(client: httpx.AsyncClient, login: str, **more: Any) -> httpx.Response:
    return await client.post("/session", json={"login": login, "password": PASSWORD} | more)


async def asked(client: httpx.AsyncClient, login: str) -> dict[str, Any]:
    """What the second step of signing in offers."""
    answer = await sign_in(client, login)
    assert (answer.status_code, code_of(answer)) == (403, "second_factor_needed")
    detail: dict[str, Any] = answer.json()["error"]["detail"]
    return detail


async def enter(client: httpx.AsyncClient, login: str, key: Authenticator) -> httpx.Response:
    """Signs in with the password and the key."""
    begun = (await asked(client, login))["passkey"]
    return await sign_in(client, login, passkey={"ceremony": begun["id"], "credential": key.get(begun["options"])})


def code_of(answer: httpx.Response) -> str:
    return str(answer.json()["error"]["code"])


async def lines(world: World, action: str) -> list[dict[str, Any]]:
    """The details of the audit's lines with that action."""
    async with world.office.store.read() as conn:
        found = await auditing.page(conn, AuditQuery(action=action))
    return [dict(entry.detail) for entry in reversed(found.items)]
