"""R15: three managers, three people; none of them sees video, none can change the log, nobody serves themselves."""

from __future__ import annotations

import itertools
import re

import pytest
from fastapi import FastAPI

from gateway.domain.accounts import Unfit, check_roles
from gateway.domain.actions import Action
from gateway.domain.operators import MANAGERS, ROLE_ACTIONS, SEEING, Role
from gateway.web.rules import RoleIs, declared
from tests.integration.conftest import Browsers
from tests.integration.world import B, World

ONLY: dict[str, frozenset[Role]] = {
    "GET /api/v1/audit": frozenset({Role.AUDIT_MANAGER}),
    "GET /api/v1/view-records": frozenset({Role.AUDIT_MANAGER}),
    "POST /api/v1/operators": frozenset({Role.SYSTEM_MANAGER}),
    "PATCH /api/v1/operators/{operator_id}": frozenset({Role.SYSTEM_MANAGER}),
    "POST /api/v1/operators/{operator_id}/reset": frozenset({Role.SYSTEM_MANAGER}),
    "POST /api/v1/operators/{operator_id}/release": frozenset({Role.SECURITY_MANAGER}),
    "POST /api/v1/operators/{operator_id}/changes/{change_id}/release": frozenset({Role.SECURITY_MANAGER}),
    "POST /api/v1/service-accounts/{service_id}/tokens/{token_id}/release": frozenset({Role.SECURITY_MANAGER}),
    "GET /api/v1/operators/review": MANAGERS,
    "GET /api/v1/sessions/all": frozenset({Role.SYSTEM_MANAGER, Role.SECURITY_MANAGER}),
}
"""Routes of the managers, and whose they are."""


@pytest.mark.parametrize("role", sorted(MANAGERS))
@pytest.mark.parametrize("action", sorted(SEEING | {Action.SHARE, Action.HANDLE_TICKETS}))
def test_r15_no_manager_role_reaches_a_picture_or_a_grant(role: Role, action: Action) -> None:
    assert action not in ROLE_ACTIONS[role]


def test_r15_every_pair_with_a_manager_is_refused() -> None:
    people = [role for role in Role if role is not Role.SERVICE]
    for one, other in itertools.combinations(people, 2):
        if {one, other} & (MANAGERS | {Role.VENDOR}):
            with pytest.raises(Unfit):
                check_roles(frozenset({one, other}))
        else:
            check_roles(frozenset({one, other}))


def test_r29_a_vendor_exports_shares_and_manages_nothing() -> None:
    assert ROLE_ACTIONS[Role.VENDOR] == {Action.DIRECTORY, Action.LIST, Action.VIEW_LIVE}


def test_r15_each_managers_routes_are_theirs_alone(app: FastAPI) -> None:
    found = {
        f"{method} {route.path}": route.rule.roles
        for route in declared(app.routes)
        if isinstance(route.rule, RoleIs)
        for method in route.methods
    }
    assert {name: found[name] for name in ONLY} == ONLY
    for name, roles in found.items():
        assert not (
            Role.AUDIT_MANAGER in roles
            and re.match("(POST|PUT|PATCH|DELETE)", name)
            and roles & MANAGERS - {Role.AUDIT_MANAGER}
        ), f"{name} lets the auditor and another manager change the same thing"


def test_r15_nothing_changes_the_audit_but_the_erasure_that_the_law_asks_for(app: FastAPI) -> None:
    changing = {
        f"{method} {route.path}"
        for route in declared(app.routes)
        for method in route.methods
        if method in ("POST", "PUT", "PATCH", "DELETE") and re.search(r"/(audit|view-records)", route.path)
    }
    # signing and verifying read the lines and add to them; only the erasure takes anything, and not from the chain
    assert changing <= {
        "POST /api/v1/audit/texts/{text_id}/erasure",
        "POST /api/v1/audit/roots",
        "POST /api/v1/audit/verification",
    }


@pytest.mark.parametrize("login", ["system", "security", "audit"])
async def test_r15_managers_are_shown_no_picture_and_give_no_grant(
    world: World, browser_of: Browsers, login: str
) -> None:
    client = await browser_of(login)
    camera = world.camera(B).id
    offer = {"content": "v=0", "headers": {"Content-Type": "application/sdp"}}
    assert (await client.get(f"/cameras/{camera}/snapshot")).status_code in (403, 404)
    assert (await client.post(f"/cameras/{camera}/whep", **offer)).status_code in (403, 404)
    for grantee in (world.people[login].id, world.people["jinsha"].id):
        body = {
            "grantee_kind": "operator",
            "grantee_id": grantee,
            "target_kind": "camera",
            "target_id": camera,
            "actions": ["view_live"],
            "reason": "for myself",
        }
        assert (await client.post("/grants", json=body)).status_code in (403, 404)
    assert (await client.get("/candidates")).json()["items"] == []


@pytest.mark.parametrize("login", ["leader", "jinxin"])
async def test_r15_nobody_gives_a_grant_to_themselves(world: World, browser_of: Browsers, login: str) -> None:
    """Not even of what they hold: their own right may end, and what they had given themselves would stay."""
    client = await browser_of(login)
    body = {
        "grantee_kind": "operator",
        "grantee_id": world.people[login].id,
        "target_kind": "camera",
        "target_id": world.camera(B).id,
        "actions": ["view_live"],
        "reason": "for myself",
    }
    answer = await client.post("/grants", json=body)
    assert (answer.status_code, answer.json()["error"]["code"]) == (403, "forbidden")
    other = body | {"grantee_id": world.people["transport"].id}
    assert (await client.post("/grants", json=other)).status_code == 201
