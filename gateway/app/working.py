"""The gateway at work: everything that runs beside its companions, from the office to the last answer."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from gateway.app.companions import Companion
from gateway.app.doorbell import Carrier
from gateway.app.first_run import load_sample
from gateway.app.footing import address_of, gateway_id
from gateway.app.naming import unknown_cameras, unknown_organisations
from gateway.app.parts import Parts, application, build
from gateway.app.sampling import SampleRun
from gateway.app.serving import Shown, http_server
from gateway.disk import Reserve
from gateway.domain.district import District
from gateway.fleet.address import LinkAddress, parse_address
from gateway.garbage import leave_out_the_start
from gateway.media.hub import open_hub
from gateway.ports import Clock
from gateway.services.ending import begin
from gateway.services.office import Office
from gateway.settings import Settings, account_rules, export_caps, rules_of
from gateway.storage.secrets import open_box
from gateway.storage.store import Store
from gateway.web.whep import open_rooms


@dataclass(frozen=True, slots=True)
class Ground:
    """What stands already: settings, store, doorbell, clock, the sample's files, the companions, the socket, the
    certificate that browsers are shown, and what prints for the operator.
    """

    settings: Settings
    store: Store
    bus: Carrier
    clock: Clock
    sampled: SampleRun | None
    companions: Sequence[Companion]
    sock: socket.socket
    shown: Shown | None
    say: Callable[[str], None]


async def work(
    ground: Ground, group: asyncio.TaskGroup, children: Sequence[asyncio.Task[None]], stop: asyncio.Event
) -> None:
    """Runs until told to stop, or until a part fails; the companions end with it."""
    settings, store = ground.settings, ground.store
    office = _office(ground)
    await begin(store, office.gateway_id, office.clock.now(), office.hashing)
    accounts = "" if ground.sampled is None else await load_sample(settings, office, ground.sampled)
    unknown = await unknown_cameras(store, rules_of(settings)[1])
    for line in unknown + await unknown_organisations(store, settings):
        ground.say(f"note: {line}")
    listed = [parse_address(address) for address in settings.workers.listen]
    addresses = [*listed, *(child.address for child in ground.companions if child.address is not None)]
    parts = build(settings, office, ground.bus, addresses)
    await _serve(ground, group, children, parts, addresses, stop, accounts)


def _office(ground: Ground) -> Office:
    settings = ground.settings
    return Office(
        ground.store,
        ground.clock,
        ground.bus,
        gateway_id(settings.data),
        settings.data,
        open_box(settings.data),
        reserve=Reserve(settings.evidence.reserve_mb << 20),
        district=District(frozenset(settings.district.seat_townships), settings.district.gb_prefix),
        rules=account_rules(settings),
        hashing=settings.audit.algorithm,
        exports=export_caps(settings),
    )


async def _serve(
    ground: Ground,
    group: asyncio.TaskGroup,
    children: Sequence[asyncio.Task[None]],
    parts: Parts,
    addresses: Sequence[LinkAddress],
    stop: asyncio.Event,
    accounts: str,
) -> None:
    """Everything that runs. A part that fails takes the process down; cameras and children are kept."""
    work = [
        *children,
        group.create_task(parts.fleet.run(addresses), name="fleet"),
        group.create_task(parts.conductor.run(), name="conductor"),
        group.create_task(parts.watching.run(parts.fleet), name="watching"),
        group.create_task(parts.listening.run(), name="listening"),
        group.create_task(parts.room.run(), name="evidence"),
        group.create_task(parts.sweeping.run(), name="sweeping"),
        group.create_task(parts.packing.run(), name="packing exports"),
    ]
    viewing = group.create_task(parts.viewing.run(), name="viewing")
    async with open_hub(parts.fleet) as hub, open_rooms(parts.viewing, hub) as rooms:
        server = http_server(application(parts, hub, rooms), parts.settings, ground.shown)
        serving = group.create_task(server.serve(sockets=[ground.sock]), name="http")
        stopping = group.create_task(stop.wait(), name="signals")
        _announce(ground, accounts)
        leave_out_the_start()
        await asyncio.wait((serving, stopping), return_when=asyncio.FIRST_COMPLETED)
        for lease in parts.viewing.running:
            lease.end("unavailable", "the gateway is stopping")
        server.should_exit = True
        for task in work:
            task.cancel()
        await asyncio.wait((serving,))
    viewing.cancel()
    # children are being ended: who is cancelled a second time, by the group, would leave them behind
    await asyncio.wait((viewing, *work))


def _announce(ground: Ground, accounts: str) -> None:
    scheme = "http" if ground.shown is None else "https"
    ground.say(f"Sharp Eyes Gateway: {address_of(ground.sock, scheme)}")
    if accounts:
        ground.say(accounts)
    ground.say("Stop with Ctrl-C.")
