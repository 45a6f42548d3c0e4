"""A WebSocket is accepted before its caller is known: rules that would have to be asked first are refused there."""

from __future__ import annotations

import pytest
from fastapi import APIRouter

from gateway.domain.operators import Role
from gateway.web.api import RouteWithoutRule, create_api
from gateway.web.rules import Monitors, Open, RoleIs, Rule, rule
from tests.integration.world import World


@pytest.mark.parametrize("demand", [RoleIs(frozenset({Role.AUDIT_MANAGER})), Monitors(), Open()])
def test_a_websocket_with_a_rule_that_nobody_would_ask_is_not_made(world: World, demand: Rule) -> None:
    """A WebSocket is accepted before its caller is known, so a role in its rule would be a mere label."""
    router = APIRouter()

    @router.websocket("/for-some", dependencies=[rule(demand)])
    async def for_some() -> None: ...

    with pytest.raises(RouteWithoutRule, match=f"WEBSOCKET /api/v1/for-some declares {type(demand).__name__}"):
        create_api(world.office, routers=[router])
