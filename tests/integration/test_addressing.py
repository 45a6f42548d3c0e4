"""Where pictures are fetched: nobody opens another channel, or has a kept password offered elsewhere, by one's own."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import httpx
import pytest

from adapters.rtsp import _url
from gateway.domain.actions import Action
from gateway.domain.grants import GranteeKind, TargetKind
from gateway.ports import DeviceAddress
from gateway.storage import cameras, grants, recorders
from gateway.storage.cameras import NewCamera
from tests.integration.conftest import Browsers
from tests.integration.world import START, A, B, World, new_camera, policy

OTHER = [{"kind": "sub", "path": "/Streaming/Channels/202"}]
ACCOUNT = {"username": "viewer", "password": "the device's own password"}


async def _manages(world: World, login: str, target: tuple[TargetKind, str]) -> None:
    holder = (GranteeKind.OPERATOR, world.people[login].id)
    given = policy(holder, target, frozenset({Action.DIRECTORY, Action.LIST, Action.MANAGE}))
    async with world.office.store.begin() as conn:
        await grants.insert(conn, given, "here")


def _code(answer: httpx.Response) -> str:
    return str(answer.json().get("error", {}).get("code", ""))


async def test_a_channels_path_is_changed_by_who_manages_the_whole_recorder(world: World, browser_of: Browsers) -> None:
    channel = world.camera(A, 2)
    address, body = f"/cameras/{channel.id}", {"version": 1, "streams": OTHER}
    await _manages(world, "jinxin", (TargetKind.CAMERA, channel.id))
    neighbour = await browser_of("jinxin")
    refused = await neighbour.patch(address, json=body)
    assert (refused.status_code, _code(refused)) == (403, "forbidden")
    assert "whole recorder" in refused.json()["error"]["message"]
    as_it_is = [{"kind": "sub", "path": channel.streams[0].path, "transport": "udp"}]
    same = await neighbour.patch(address, json={"version": 1, "streams": as_it_is, "name_en": "North"})
    assert same.status_code == 200, "the path stays as it is"
    await _manages(world, "jinxin", (TargetKind.RECORDER, channel.recorder_id or ""))
    assert (await neighbour.patch(address, json=body | {"version": 2})).status_code == 200


async def test_the_recorders_owner_changes_paths_while_every_channel_is_theirs(
    world: World, browser_of: Browsers
) -> None:
    owner, channel = await browser_of("jinsha"), world.camera(A, 2)
    address = f"/cameras/{channel.id}"
    assert (await owner.patch(address, json={"version": 1, "streams": OTHER})).status_code == 200
    theirs = replace(
        world.camera(B), id="TZ-second", gb_id="32061201001329999999", recorder_id=channel.recorder_id, channel=2
    )
    async with world.office.store.begin() as conn:
        await cameras.replace(conn, [NewCamera(theirs)], START)
    refused = await owner.patch(address, json={"version": 2, "streams": [{"kind": "sub", "path": "/two"}]})
    assert refused.status_code == 403
    other = await browser_of("jinxin")
    assert (await other.patch("/cameras/TZ-second", json={"version": 1, "streams": OTHER})).status_code == 403


@pytest.mark.parametrize(
    "change",
    [{"host": "192.0.2.99"}, {"rtsp_port": 8554}, {"onvif_port": 81}, {"scheme": "onvif"}, {"streams": OTHER}],
    ids=lambda change: next(iter(change)),
)
async def test_another_address_needs_the_password_again(browser_of: Browsers, change: dict[str, Any]) -> None:
    owner = await browser_of("jinsha")
    made = (await owner.post("/cameras", json=new_camera(**ACCOUNT, onvif_port=80))).json()
    address = f"/cameras/{made['id']}"
    refused = await owner.patch(address, json={"version": 1} | change)
    assert (refused.status_code, _code(refused)) == (422, "password_needed")
    assert refused.json()["error"]["detail"] == {"field": "password"}
    kept = (await owner.get(address)).json()
    assert (kept["host"], kept["version"]) == (made["host"], 1)
    same = {name: made[name] for name in change if name != "streams"}
    assert (await owner.patch(address, json={"version": 1, "name_en": "North"} | same)).status_code == 200
    given = await owner.patch(address, json={"version": 2} | change | ACCOUNT)
    assert given.status_code == 200, given.text


async def test_a_device_without_a_password_moves_freely(world: World, browser_of: Browsers) -> None:
    owner, address = await browser_of("jinsha"), f"/cameras/{world.camera(A).id}"
    assert (await owner.patch(address, json={"version": 1, "host": "192.0.2.9"})).status_code == 200


@pytest.mark.parametrize("change", [{"host": "192.0.2.99"}, {"streams": OTHER}, {"rtsp_port": 1}, {"scheme": "onvif"}])
async def test_no_address_is_changed_in_bulk(world: World, browser_of: Browsers, change: dict[str, Any]) -> None:
    owner = await browser_of("jinsha")
    body = {"items": [{"id": world.camera(A).id, "version": 1}], "changes": change}
    assert (await owner.post("/cameras/bulk", json=body)).status_code == 422


BRACKETED, HOST = "[2001:DB8:0:0::10]", "2001:db8::10"


async def test_an_address_in_brackets_is_kept_as_it_is_dialled(world: World, browser_of: Browsers) -> None:
    owner, system = await browser_of("jinsha"), await browser_of("system")
    made = (await owner.post("/cameras", json=new_camera(**ACCOUNT, host=BRACKETED))).json()
    assert made["host"] == HOST
    assert _url(DeviceAddress("rtsp", made["host"], 554, "/main"), None) == f"rtsp://[{HOST}]:554/main"
    other = {"version": 1, "host": "[2001:db8::11]", **ACCOUNT}
    assert (await owner.patch(f"/cameras/{made['id']}", json=other)).json()["host"] == "2001:db8::11"
    channel = {"channel": 1, "name_zh": "通道1(示例)", "streams": OTHER}
    box = new_camera(**ACCOUNT, host=BRACKETED, channels=[channel])
    answer = await owner.post("/recorders", json={name: box[name] for name in box.keys() - {"scheme", "streams"}})
    assert answer.status_code == 201, answer.text
    rows = f"recorders:\n- {{id: R-new, name_zh: 录像机, site_id: {world.camera(A).site_id}, owner_id: {A}, "
    rows += f"host: '{BRACKETED}', channels: 8}}\n"
    loaded = await system.post("/cameras/load", files={"file": ("x.yaml", rows.encode(), "application/yaml")})
    assert loaded.json()["problems"] == []
    async with world.office.store.read() as conn:
        found = [await recorders.get(conn, name) for name in (answer.json()["id"], "R-new")]
    assert [one.host for one in found if one is not None] == [HOST, HOST]


@pytest.mark.parametrize(
    ("host", "said"),
    [
        ("[fe80::1%eth0]", "host has a zone"),
        ("fe80::1%eth0", "host has a zone"),
        ("[camera]", "host has brackets around what is no IPv6 address"),
        ("192.0.2.10:554", "host is no address"),
        ("2001:db8::10::", "host is no address"),
    ],
)
async def test_an_address_that_cannot_be_dialled_is_refused_in_words(
    browser_of: Browsers, host: str, said: str
) -> None:
    owner = await browser_of("jinsha")
    for answer in (
        await owner.post("/cameras", json=new_camera(host=host)),
        await owner.post("/probe", json={"host": host, "port": 80}),
    ):
        assert answer.status_code == 422
        assert answer.json()["error"]["message"].startswith(f"the request is not valid: {said}")
