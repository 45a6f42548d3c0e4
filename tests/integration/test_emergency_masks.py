"""Never without masks: an emergency shows no camera bare that somebody is shown masked only, whatever came first."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import aclosing
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from gateway.bus.local import LocalBus
from gateway.domain.actions import Action
from gateway.domain.conditions import Condition
from gateway.domain.grants import Effect, Grant, GranteeKind, TargetKind
from gateway.domain.groups import CameraGroup
from gateway.domain.messages import Topic
from gateway.services.office import new_id
from gateway.storage import grants, groups
from tests.integration.test_live import Scene, Worker, scene, text, watching
from tests.integration.world import START, A, B, World, policy, signed_in

MASKED = frozenset({Condition.MASKED_ONLY})
OWNED_BY_A = (TargetKind.OWNED_BY, A)


@pytest.fixture
async def one(world: World, tmp_path: Path) -> AsyncIterator[Scene]:
    async with scene(world, tmp_path, LocalBus(), Worker()) as found:
        yield found


async def _given(one: Scene, holder: str, target: tuple[TargetKind, str], **more: Any) -> Grant:
    """A grant to an organisation's people, as ``more`` says; told to whoever watches."""
    bare = policy((GranteeKind.ORGANISATION, holder), target, frozenset({Action.VIEW_LIVE}))
    async with one.office.store.begin() as conn:
        made = await grants.insert(conn, replace(bare, id=new_id(START), **more))
    await one.office.ring(Topic.PERMISSIONS)
    return made


async def _emergency(one: Scene) -> None:
    """Jinxin's people may watch everything, by the word of two."""
    body = {"name": "险情 示例", "reason": "水位 示例", "scope_kind": "all", "hours": 3}
    async with aclosing(await signed_in(one.app, "district")) as client:
        made = await client.post("/emergencies", json=body | {"widened": [{"organisation_id": B}]})
        assert made.status_code == 201, made.text
    async with aclosing(await signed_in(one.app, "leader")) as client:
        begun = await client.post(f"/emergencies/{made.json()['id']}/approve")
        assert begun.status_code == 200, begun.text


async def _seen(one: Scene, login: str = "jinxin", owner: str = A) -> str:
    """What a look at the owner's camera begins with: "start", or why there is none."""
    async with watching(one, login, one.world.camera(owner).id, "stream=sub") as socket:
        said = await text(socket)
        return "start" if said["type"] == "start" else f"{said['code']}: {said['message']}"


async def test_r10_an_emergency_shows_a_camera_that_nobody_holds_masked(one: Scene) -> None:
    assert (await _seen(one)).startswith("not_found")
    await _emergency(one)
    assert await _seen(one) == "start"


@pytest.mark.parametrize("target", [OWNED_BY_A, (TargetKind.ALL, ""), (TargetKind.OWNED_BY, "district")])
async def test_r10_a_camera_held_masked_before_is_not_shown_bare(one: Scene, target: tuple[TargetKind, str]) -> None:
    below = target[1] == "district"
    await _given(one, "district", target, conditions=MASKED, target_below=below)
    await _emergency(one)
    assert "masks" in await _seen(one)
    assert await _seen(one, "jinsha") == "start", "its owner's own people have a grant of their own"


async def test_r10_a_camera_that_comes_to_be_held_masked_ends_its_pictures_in_the_emergency(one: Scene) -> None:
    await _emergency(one)
    async with watching(one, "jinxin", one.world.camera(A).id, "stream=sub") as socket:
        assert (await text(socket))["type"] == "start"
        await _given(one, "district", OWNED_BY_A, conditions=MASKED)
        assert "other conditions" in (await text(socket))["message"]
    assert "masks" in await _seen(one)


async def test_r10_a_camera_put_among_masked_ones_afterwards_is_not_shown_bare(one: Scene) -> None:
    async with one.office.store.begin() as conn:
        await groups.insert(conn, CameraGroup("G-masked", A, "学校 示例", ""), "leader", START)
    await _given(one, "district", (TargetKind.GROUP, "G-masked"), conditions=MASKED)
    await _emergency(one)
    assert await _seen(one) == "start"
    async with one.office.store.begin() as conn:
        await groups.put_in(conn, "G-masked", [one.world.camera(A).id])
    assert "masks" in await _seen(one)


async def test_r10_who_is_shown_it_masked_is_not_shown_it_bare_by_the_emergency(one: Scene) -> None:
    await _given(one, B, OWNED_BY_A, conditions=MASKED)
    await _emergency(one)
    assert "masks" in await _seen(one)


async def test_r10_a_grant_beside_the_emergency_is_still_relied_on(one: Scene) -> None:
    """Bound more than the emergency's, and therefore second to it where no mask is at stake."""
    own = await _given(one, B, OWNED_BY_A, conditions=frozenset({Condition.SUB_ONLY, Condition.WATERMARK}))
    await _emergency(one)
    await _given(one, "district", OWNED_BY_A, conditions=MASKED)
    assert await _seen(one) == "start"
    assert (await one.records())[-1]["grant_id"] == own.id


async def test_r10_a_deny_beats_the_emergency(one: Scene) -> None:
    await _given(one, B, OWNED_BY_A, effect=Effect.DENY)
    await _emergency(one)
    assert not (await _seen(one)).startswith("start")
    assert await _seen(one, "leader") == "start"


async def test_r10_a_mask_asked_for_only_by_a_deny_or_a_grant_that_is_over_binds_nobody(one: Scene) -> None:
    await _given(one, "district", OWNED_BY_A, conditions=MASKED, not_after=START - timedelta(hours=1))
    await _given(one, "T-nobody", OWNED_BY_A, conditions=MASKED, effect=Effect.DENY)
    await _emergency(one)
    assert await _seen(one) == "start"
