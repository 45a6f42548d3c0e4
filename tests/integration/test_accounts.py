"""Accounts: made with a link, changed with effect at once, kept apart, lapsing, and reset."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import httpx
import pytest
from fastapi import FastAPI

from gateway.services import changing, reviewing, signing_in
from gateway.services.errors import Conflict
from gateway.services.office import Caller
from gateway.storage import auditing, notices
from tests.integration.conftest import Browsers
from tests.integration.newcomers import CHOSEN, made, released, settled
from tests.integration.phone import enrol
from tests.integration.test_second_factor import demanding
from tests.integration.world import PASSWORD, START, World, client_of

LONG_AGO = START - timedelta(days=400)
BODY: dict[str, Any] = {
    "login": "newcomer",
    "name": "新人",
    "organisation_id": "district",
    "roles": ["district_operator"],
}


async def _sign_in(app: FastAPI, login: str, password: str) -> httpx.Response:
    async with client_of(app) as client:
        return await client.post("/session", json={"login": login, "password": password})


def _code(answer: httpx.Response) -> str:
    return str(answer.json()["error"]["code"])


async def _made(manager: httpx.AsyncClient, **changed: Any) -> dict[str, Any]:
    return await made(manager, **(BODY | changed))


async def test_r09_a_new_account_is_set_up_by_its_owner_with_a_link_that_works_once(
    app: FastAPI, world: World, browser_of: Browsers
) -> None:
    new = await _made(await browser_of("system"))
    token, account = new["setup"]["token"], new["operator"]["id"]
    assert new["operator"]["footing"]["has_password"] is False
    assert _code(await _sign_in(app, "newcomer", "")) == "invalid"
    assert _code(await _sign_in(app, "newcomer", PASSWORD)) == "wrong_password"
    async with client_of(app) as owner:
        shown = (await owner.post("/set-up/look", json={"token": token})).json()
        assert (shown["login"], shown["name"]) == ("newcomer", "新人")
        body = {"token": token, "code": await released(await browser_of("security"), account)}
        weak = await owner.post("/set-up", json=body | {"password": "newcomer-newcomer"})
        assert (weak.status_code, weak.json()["error"]["detail"]["why"]) == (422, "personal")
        assert (await owner.post("/set-up", json=body | {"password": CHOSEN})).status_code == 204
        again = await owner.post("/set-up", json=body | {"password": CHOSEN})
        assert (again.status_code, _code(again)) == (404, "not_found")
        assert (await owner.post("/set-up/look", json={"token": token})).status_code == 404
    assert (await _sign_in(app, "newcomer", CHOSEN)).status_code == 200
    async with world.office.store.read() as conn:
        page = await auditing.page(conn, object_kind="operator", object_id=account)
    noted = {"add_operator", "wrong_password", "release_account", "set_up_account"}
    assert {entry.action for entry in page.items} == noted
    assert token not in repr(page.items)
    assert body["code"] not in repr(page.items)


async def test_r09_a_link_is_over_after_three_days_and_when_a_newer_one_is_made(
    app: FastAPI, world: World, browser_of: Browsers
) -> None:
    manager = await browser_of("system")
    new = await _made(manager)
    account = new["operator"]["id"]
    newer = (await manager.post(f"/operators/{account}/reset", json={"password": True})).json()["setup"]["token"]
    async with client_of(app) as owner:
        for token in (new["setup"]["token"], "invented"):
            assert (await owner.post("/set-up/look", json={"token": token})).status_code == 404
            assert (await owner.post("/set-up", json={"token": token, "password": CHOSEN})).status_code == 404
        world.clock.at += timedelta(hours=73)
        assert (await owner.post("/set-up", json={"token": newer, "password": CHOSEN})).status_code == 404


async def test_a_link_of_a_disabled_account_is_dead(app: FastAPI, browser_of: Browsers) -> None:
    manager = await browser_of("system")
    new = await _made(manager)
    address, security = f"/operators/{new['operator']['id']}", await browser_of("security")
    code = await released(security, new["operator"]["id"])
    await manager.patch(address, json={"disabled": True})
    async with client_of(app) as owner:
        body = {"token": new["setup"]["token"], "password": CHOSEN, "code": code}
        assert (await owner.post("/set-up", json=body)).status_code == 404
    link = {"link": new["operator"]["footing"]["link"]}
    assert (await security.post(f"{address}/release", json=link)).status_code == 404


async def test_a_reset_ends_sessions_and_takes_away_what_it_says(
    app: FastAPI, world: World, browser_of: Browsers
) -> None:
    manager, client = await browser_of("system"), await browser_of("jinsha")
    address = f"/operators/{world.people['jinsha'].id}/reset"
    await enrol(client, world.clock.now())
    assert (await manager.post(address, json={})).status_code == 422
    answer = (await manager.post(address, json={"second_factor": True})).json()
    assert answer["setup"] is None
    assert answer["operator"]["footing"]["second_factor"] is False
    assert (await client.get("/session")).status_code == 401
    assert (await _sign_in(app, "jinsha", PASSWORD)).status_code == 200
    token = (await manager.post(address, json={"password": True})).json()["setup"]["token"]
    assert (await _sign_in(app, "jinsha", PASSWORD)).status_code == 401
    code = await released(await browser_of("security"), world.people["jinsha"].id)
    async with client_of(app) as owner:
        await owner.post("/set-up", json={"token": token, "password": CHOSEN, "code": code})
    assert (await _sign_in(app, "jinsha", CHOSEN)).status_code == 200
    assert (await manager.post("/operators/nobody/reset", json={"password": True})).status_code == 404
    me = f"/operators/{world.people['system'].id}/reset"
    assert _code(await manager.post(me, json={"second_factor": True})) == "forbidden"


async def test_a_changed_role_counts_at_once_and_is_in_the_audit(world: World, browser_of: Browsers) -> None:
    manager, client = await browser_of("system"), await browser_of("jinsha")
    address = f"/operators/{world.people['jinsha'].id}"
    assert (await client.get("/candidates")).json()["items"] != []
    changed = await manager.patch(address, json={"roles": ["grid_member"], "name": "改名"})
    assert (changed.status_code, changed.json()["roles"], changed.json()["name"]) == (200, ["grid_member"], "改名")
    assert (await client.get("/session")).json()["actions"] == ["directory", "handle_tickets"]
    assert (await client.get("/candidates")).json()["items"] == []
    async with world.office.store.read() as conn:
        entries = (await auditing.page(conn, object_kind="operator", object_id=world.people["jinsha"].id)).items
    detail = next(entry.detail for entry in entries if entry.action == "change_operator")
    assert detail["roles"] == ["grid_member"]
    assert detail["roles_before"] == ["township_operator"]
    assert "改名" not in repr(detail.get("name"))
    assert (await manager.patch(address, json={"organisation_id": "nowhere"})).status_code == 422
    assert (await manager.patch("/operators/nobody", json={"name": "x"})).status_code == 404


@pytest.mark.parametrize(
    "roles",
    [
        [],
        ["system_manager", "audit_manager"],
        ["security_manager", "district_operator"],
        ["vendor", "department_staff"],
        ["service"],
    ],
)
async def test_r15_roles_that_must_stay_apart_are_refused(world: World, browser_of: Browsers, roles: list[str]) -> None:
    manager = await browser_of("system")
    assert (await manager.post("/operators", json=BODY | {"roles": roles})).status_code == 422
    address = f"/operators/{world.people['jinsha'].id}"
    assert (await manager.patch(address, json={"roles": roles})).status_code == 422


async def test_r15_nobody_changes_their_own_account(world: World, browser_of: Browsers) -> None:
    manager = await browser_of("system")
    me = f"/operators/{world.people['system'].id}"
    for change in ({"disabled": True}, {"roles": ["district_operator"]}, {"pledged_at": "2027-01-01T00:00:00Z"}):
        assert _code(await manager.patch(me, json=change)) == "forbidden"


@pytest.mark.parametrize("change", [{"disabled": True}, {"roles": ["grid_member"]}, {"pledged_at": LONG_AGO}])
async def test_r15_the_last_system_manager_stays(
    app: FastAPI, world: World, browser_of: Browsers, change: dict[str, Any]
) -> None:
    """Two managers who strike at one another in the same moment do not leave none; one without a password is none."""
    first = await browser_of("system")
    other = await settled(app, browser_of, **BODY | {"login": "second", "roles": ["system_manager"]})
    await _made(first, login="third", roles=["system_manager"])
    async with client_of(app) as client:
        await client.post("/session", json={"login": "second", "password": CHOSEN})
        second = await signing_in.resume(world.office, client.cookies["seg_session"], "127.0.0.1")
    assert (await first.patch(f"/operators/{other['id']}", json={"disabled": True})).status_code == 200
    with pytest.raises(Conflict):
        await changing.change(world.office, second, world.people["system"].id, change)
    assert (await first.get("/session")).status_code == 200


async def test_r09_accounts_are_kept_with_a_second_factor(app: FastAPI, world: World, browser_of: Browsers) -> None:
    manager = await browser_of("system")
    phone = await enrol(manager, world.clock.now())
    demanding(app, world)
    world.clock.at += timedelta(minutes=11)
    jinsha = f"/operators/{world.people['jinsha'].id}"
    for method, path, body in (
        ("POST", "/operators", BODY),
        ("PATCH", jinsha, {"disabled": True}),
        ("POST", f"{jinsha}/reset", {"password": True}),
    ):
        assert _code(await manager.request(method, path, json=body)) == "second_factor_needed"
    assert (await _sign_in(app, "jinsha", PASSWORD)).status_code == 200
    await manager.post("/session/second-factor/prove", json={"code": phone.code(world.clock.now())})
    assert (await manager.post("/operators", json=BODY)).status_code == 201


VENDOR = {"login": "mender", "roles": ["vendor"], "contract": "示例-1"}


async def test_r29_a_vendor_has_dates_and_a_contract(browser_of: Browsers) -> None:
    manager = await browser_of("system")
    term = {"valid_from": "2026-11-23T00:00:00+08:00", "valid_until": "2027-02-21T00:00:00+08:00"}
    for missing in ("valid_from", "valid_until", "contract"):
        body = {name: value for name, value in (BODY | VENDOR | term).items() if name != missing}
        answer = await manager.post("/operators", json=body)
        assert (answer.status_code, answer.json()["error"]["detail"]["field"]) == (422, missing)
    late = BODY | VENDOR | term | {"valid_until": "2027-02-22T00:00:00+08:00"}
    assert (await manager.post("/operators", json=late)).status_code == 422, "ninety days at most"
    assert (await manager.post("/operators", json=BODY | VENDOR | term)).status_code == 201


async def test_r29_an_expired_vendor_is_refused_and_signed_out(
    app: FastAPI, world: World, browser_of: Browsers
) -> None:
    begins, ends = world.clock.now() + timedelta(hours=1), world.clock.now() + timedelta(hours=3)
    term = {"valid_from": begins.isoformat(), "valid_until": ends.isoformat()}
    vendor = await settled(app, browser_of, **BODY | VENDOR | term)
    early = await _sign_in(app, "mender", CHOSEN)
    assert (early.status_code, _code(early)) == (403, "account_lapsed")
    assert early.json()["error"]["detail"] == {"why": "not_yet"}
    assert _code(await _sign_in(app, "mender", PASSWORD)) == "wrong_password", "nothing is said to a stranger"
    world.clock.at = begins
    async with client_of(app) as client:
        answer = await client.post("/session", json={"login": "mender", "password": CHOSEN})
        assert answer.json()["actions"] == ["directory", "list", "view_live"]
        assert answer.json()["expires_at"] == ends.isoformat().replace("+00:00", "Z")
        assert (await client.post("/grants", json={})).status_code in (403, 422)
        world.clock.at = ends
        assert (await client.get("/session")).status_code == 401
    late = await _sign_in(app, "mender", CHOSEN)
    assert late.json()["error"]["detail"] == {"why": "validity"}
    manager = await browser_of("system")
    longer = (world.clock.now() + timedelta(days=30)).isoformat()
    shown = (await manager.patch(f"/operators/{vendor['id']}", json={"valid_until": longer})).json()
    assert (await _sign_in(app, "mender", CHOSEN)).status_code == 403, "one manager alone opens nothing again"
    change = f"/operators/{vendor['id']}/changes/{shown['footing']['change']['id']}/release"
    assert (await (await browser_of("security")).post(change)).status_code == 200
    assert (await _sign_in(app, "mender", CHOSEN)).status_code == 200


@pytest.mark.parametrize(("field", "why"), [("pledged_at", "pledge"), ("trained_at", "training")])
async def test_r29_a_lapsed_pledge_or_training_blocks_sign_in(
    app: FastAPI, world: World, browser_of: Browsers, field: str, why: str
) -> None:
    manager, client = await browser_of("system"), await browser_of("jinsha")
    address = f"/operators/{world.people['jinsha'].id}"
    old = world.clock.now() - timedelta(days=366)
    changed = await manager.patch(address, json={field: old.isoformat()})
    assert changed.json()["footing"]["lapsed"] == why
    assert (await client.get("/session")).status_code == 401
    refused = await _sign_in(app, "jinsha", PASSWORD)
    assert (_code(refused), refused.json()["error"]["detail"]) == ("account_lapsed", {"why": why})
    waiting = (await manager.patch(address, json={field: world.clock.now().isoformat()})).json()["footing"]["change"]
    assert _code(await _sign_in(app, "jinsha", PASSWORD)) == "account_lapsed"
    security = await browser_of("security")
    assert (await security.post(f"{address}/changes/{waiting['id']}/release")).status_code == 200
    assert (await _sign_in(app, "jinsha", PASSWORD)).status_code == 200
    world.clock.at += timedelta(days=364, hours=23)
    soon = await _sign_in(app, "jinsha", PASSWORD)
    if soon.status_code == 200:
        ends = soon.json()["expires_at"]
        assert ends <= (world.clock.now() + timedelta(hours=2)).isoformat().replace("+00:00", "Z")


async def test_r29_owners_and_managers_are_reminded_once(world: World, browser_of: Browsers) -> None:
    manager = await browser_of("system")
    jinsha = world.people["jinsha"]
    soon = world.clock.now() - timedelta(days=340)
    await manager.patch(f"/operators/{jinsha.id}", json={"trained_at": soon.isoformat()})
    for _ in range(2):
        await reviewing.remind_of_lapses(world.office, world.clock.now())
    async with world.office.store.read() as conn:
        mine = (await notices.page(conn, jinsha, unseen=True, after=None, limit=50)).items
        theirs = (await notices.page(conn, world.people["system"], unseen=True, after=None, limit=50)).items
        other = (await notices.page(conn, world.people["jinxin"], unseen=True, after=None, limit=50)).items
    assert [(one.kind, one.detail["why"]) for one in mine] == [("account_lapses", "training")]
    assert [one.object_id for one in theirs] == [jinsha.id]
    assert other == []


async def test_r29_the_review_lists_every_account_with_remarks(world: World, browser_of: Browsers) -> None:
    await enrol(await browser_of("jinsha"), world.clock.now())
    manager = await browser_of("security")
    found = {row["login"]: row for row in (await manager.get("/operators/review")).json()["items"]}
    assert set(found) == set(world.people)
    assert found["jinsha"]["remarks"] == []
    assert found["jinxin"]["remarks"] == ["never_used", "no_second_factor"]
    world.clock.at += timedelta(days=91)
    looker = Caller(world.people["security"], "", None)
    later = {row.login: row.remarks for row in await reviewing.access_review(world.office, looker)}
    assert later["jinsha"] == ["unused"]
    async with world.office.store.read() as conn:
        noted = [one for one in (await auditing.page(conn, limit=200)).items if one.action == "review_access"]
    assert [one.actor_id for one in noted] == [looker.operator.id] * 2
    assert (await (await browser_of("district")).get("/operators/review")).status_code == 403


async def test_colleagues_see_who_is_who_and_managers_on_what_it_rests(browser_of: Browsers) -> None:
    for login, told in (("jinsha", False), ("district", False), ("system", True), ("security", True), ("audit", True)):
        rows = (await (await browser_of(login)).get("/operators")).json()["items"]
        assert all((row["footing"] is not None) is told for row in rows), login


async def test_sessions_of_all_are_seen_and_ended_by_who_keeps_accounts(world: World, browser_of: Browsers) -> None:
    client, manager = await browser_of("jinsha"), await browser_of("security")
    rows = (await manager.get("/sessions/all")).json()["items"]
    assert {row["login"] for row in rows} == {"jinsha", "security"}
    theirs = next(row["id"] for row in rows if row["login"] == "jinsha")
    for login in ("audit", "district", "jinxin"):
        other = await browser_of(login)
        assert (await other.get("/sessions/all")).status_code == 403
        assert (await other.delete(f"/sessions/{theirs}")).status_code == 404
    assert (await manager.delete(f"/sessions/{theirs}")).status_code == 204
    assert (await client.get("/session")).status_code == 401
    assert (await manager.delete(f"/sessions/{theirs}")).status_code == 404
    async with world.office.store.read() as conn:
        entries = (await auditing.page(conn, object_kind="session", object_id=theirs)).items
    assert (entries[0].action, entries[0].actor_id) == ("end_session", world.people["security"].id)
