"""Things of one organisation that need more than one request to come about, by the name a path has for them."""

from __future__ import annotations

import asyncio
import hashlib
import secrets
from datetime import timedelta
from typing import Any

from httpx import AsyncClient

from gateway.domain.operators import Operator, Role
from gateway.domain.oversight import AlertKind
from gateway.storage import deletion_receipts, operators, oversight, passkeys
from gateway.storage.deletion_receipts import DeletionReceipt
from gateway.storage.operators import Account
from gateway.storage.oversight import Alert
from gateway.storage.passkeys import Passkey
from gateway.web.whep import _Session
from tests.integration.conftest import Browsers
from tests.integration.inquiring import taken
from tests.integration.world import DEPARTMENT, A, B, World

DESK_OF = {A: "jinsha", B: "jinxin", DEPARTMENT: "transport"}
OWN_KEYS = {
    "legal-holds": ("camera_id", "reason", "letter", "ends_at"),
    "extension": ("ends_at", "reason"),
    "lifting": ("reason",),
    "decision": ("approve",),
    "{camera_id}/sign": ("version", "put_up", "checked", "place", "state", "photo_id"),
    "inquiries": ("asker", "name", "contact", "place", "why", "since", "until", "cameras"),
    "identity": ("version", "document"),
    "consent": ("version", "approve"),
    "appointment": ("version", "when", "place"),
    "viewing": ("version", "supervisor_id", "cameras", "since", "until"),
    "passkeys": ("ceremony", "credential", "name"),
    "prove": ("passkey",),
    **dict.fromkeys(("reply", "refusal", "withdrawal"), ("version", "text")),
}
"""What the routes of legal holds, signs, inquiries and passkeys take."""
SIGN_FOUND = {"put_up": "2025-03-01", "checked": "2026-11-20", "place": "a pole", "state": "up", "photo_id": None}
"""What is said of a sign."""
NEVER_BEGUN = "01a20000-0000-7000-8000-000000000000"
STILL = b"\xff\xd8\xff" + b"0" * 100


def said_of(camera_id: str) -> dict[str, Any]:
    """What is said of a legal hold on that camera, of its sign, of a citizen's inquiry about it, and of passkeys."""
    asked = {"asker": "person", "contact": "a letter", "why": "a fall", "document": "id_card", "cameras": [camera_id]}
    span = {"since": "2026-11-23T00:00:00Z", "until": "2026-11-23T00:30:00Z", "when": "2026-11-28T00:00:00Z"}
    hold = {"camera_id": camera_id, "letter": "示例-1", "ends_at": "2026-11-30T00:00:00Z", "approve": True}
    signed: dict[str, Any] = {"ceremony": NEVER_BEGUN, "credential": {"id": "none"}}
    return SIGN_FOUND | asked | span | hold | signed | {"passkey": signed, "supervisor_id": "nobody"}


async def more_things(
    world: World, browser_of: Browsers, owner: str, ticket: dict[str, Any], grant_id: str
) -> dict[str, str]:
    """A person, their session, a WebRTC view, a service with a token, a deputy, an emergency and a typed text.

    The ticket is sent to the owner and its event gets a still.
    """
    leader, person = await browser_of("leader"), world.people[DESK_OF[owner]]
    await world.evidence.take(ticket["event_id"], "still", STILL, hashlib.sha256(STILL).hexdigest(), "image/jpeg")
    sent = {"to": "SENT", "handler_id": owner, "version": ticket["version"]}
    assert (await leader.post(f"/tickets/{ticket['id']}/moves", json=sent)).status_code == 200
    assert (await (await browser_of("audit")).post("/audit/roots")).status_code == 201
    running = (await (await browser_of(person.login)).get("/sessions")).json()["items"]
    view = f"whep-{secrets.token_hex(8)}"
    world.rooms._sessions[view] = _Session(person.id, asyncio.Event())
    deputy = {"deputy_id": world.people["district"].id, "reason": f"away, says {owner}"}
    deputy["not_after"] = (world.clock.now() + timedelta(days=2)).isoformat()
    keeper = await browser_of(person.login)
    return {
        "operator_id": person.id,
        "session_id": next(one["id"] for one in running if one["current"]),
        "name": view,
        "delegation_id": (await leader.post("/delegations", json=deputy)).json()["id"],
        "emergency_id": await _emergency(browser_of, owner),
        "text_id": await _typed_about(browser_of, grant_id),
        "alert_id": await _alert_about(world, person),
        "change_id": await _change(browser_of, owner),
        **await _service(browser_of, owner),
        **await _export(world, browser_of, owner, ticket),
        **await _kept(world, keeper, owner),
        "sign_photo": await _sign(world, keeper, owner),
        "inquiry_id": (await taken(leader, world, world.camera(owner).id))["id"],
        "passkey_id": await _passkey(world, owner),
    }


async def _passkey(world: World, owner: str) -> str:
    """A colleague's who signs in nowhere: whoever has one is asked for it at every sign-in."""
    at, name, login = world.clock.now(), world.office.new_id(), f"keeper-{secrets.token_hex(4)}"
    colleague = Operator(world.office.new_id(), login, f"{login} 示例", owner, frozenset({Role.TOWNSHIP_OPERATOR}))
    key = Passkey(name, colleague.id, "gateway.test", secrets.token_hex(16), b"", 0, (), f"key of {login}", at)
    async with world.office.store.begin() as conn:
        await operators.insert(conn, Account(colleague, "", 0, None, at))
        await passkeys.insert(conn, key)
    return name


async def _sign(world: World, keeper: AsyncClient, owner: str) -> str:
    """The sign of the owner's first camera, with its photo."""
    path = f"/cameras/{world.camera(owner).id}"
    files = {"file": ("sign.jpg", STILL, "image/jpeg")}
    photo = (await keeper.post(f"{path}/documents", files=files, data={"kind": "sign"})).json()["id"]
    body = SIGN_FOUND | {"version": 0, "photo_id": photo}
    assert (await keeper.put(f"{path}/sign", json=body)).status_code == 200
    return str(photo)


async def _emergency(browser_of: Browsers, owner: str) -> str:
    """One that was proposed and that nobody has approved."""
    body = {"name": "示例", "reason": f"flood, says {owner}", "widened": [{"organisation_id": DEPARTMENT}], "hours": 1}
    return str((await (await browser_of("district")).post("/emergencies", json=body)).json()["id"])


async def _service(browser_of: Browsers, owner: str) -> dict[str, str]:
    keeper, login = await browser_of("system"), f"pumps-{secrets.token_hex(4)}"
    body = {"login": login, "name": "Pumps (sample)", "organisation_id": owner}
    service = (await keeper.post("/service-accounts", json=body)).json()["id"]
    wish = {"label": "pumps", "scopes": ["directory"], "purpose": "PS-ORDER", "days": 30}
    issued = await keeper.post(f"/service-accounts/{service}/tokens", json=wish)
    return {"service_id": service, "token_id": issued.json()["view"]["id"]}


async def _change(browser_of: Browsers, owner: str) -> str:
    """More that somebody of the owner's is to see once it is released."""
    keeper, login = await browser_of("system"), f"mover-{secrets.token_hex(4)}"
    body = {"login": login, "name": "示例", "organisation_id": owner, "roles": ["grid_member"]}
    account = (await keeper.post("/operators", json=body)).json()["operator"]["id"]
    wider = await keeper.patch(f"/operators/{account}", json={"roles": ["department_staff"]})
    return str(wider.json()["footing"]["change"]["id"])


async def _alert_about(world: World, person: Operator) -> str:
    at = world.clock.now()
    alert = Alert(world.office.new_id(), AlertKind.OFF_HOURS, person.id, person.organisation_id, at, at, at, 1)
    async with world.office.store.begin() as conn:
        await oversight.raise_alert(conn, alert, alert.id)
    return alert.id


async def _export(world: World, browser_of: Browsers, owner: str, ticket: dict[str, Any]) -> dict[str, str]:
    """A request for an export of what the ticket's event left, its own words included."""
    at = world.clock.now()
    body = {
        "cameras": [ticket["camera_id"]],
        "since": (at - timedelta(hours=3)).isoformat(),
        "until": (at + timedelta(hours=3)).isoformat(),
        "reason": f"an export of what {owner} holds",
        "receiver": "somebody (sample)",
        "letter": "2026-1",
    }
    answer = await (await browser_of("leader")).post("/exports", json=body)
    assert answer.status_code == 201, answer.text
    return {"export_id": answer.json()["id"], "export_part": answer.json()["parts"][0]["id"]}


async def _kept(world: World, keeper: AsyncClient, owner: str) -> dict[str, str]:
    camera, at = world.camera(owner), world.clock.now()
    wish = {"camera_id": camera.id, "reason": f"kept, says {owner}", "letter": "示例-1"}
    wish["ends_at"] = (at + timedelta(days=9)).isoformat()
    hold = (await keeper.post("/legal-holds", json=wish)).json()["id"]
    gone = DeletionReceipt(world.office.new_id(), at, "still", f"gone-{camera.id}", camera.id, "0" * 64, 9, "time", "g")
    async with world.office.store.begin() as conn:
        await deletion_receipts.insert(conn, [gone])
    return {"hold_id": hold, "receipt_id": gone.id}


async def _typed_about(browser_of: Browsers, thing: str) -> str:
    entries = (await (await browser_of("audit")).get(f"/audit?object={thing}")).json()["items"]
    return str(next(text["id"] for entry in entries for text in entry["typed"].values()))
