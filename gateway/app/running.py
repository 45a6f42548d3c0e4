"""``gateway run``: one task group that owns everything, and our own signals."""

from __future__ import annotations

import asyncio
import contextlib
import signal
import socket
from collections.abc import AsyncIterator, Callable, Sequence

import uvloop

from gateway.app.companions import sample_cameras_of, workers_of
from gateway.app.first_run import load_sample, prepare_sample
from gateway.app.footing import address_of, data_folder, gateway_id, listening, store_of
from gateway.app.naming import unknown_cameras, unknown_organisations
from gateway.app.parts import Parts, application, build, open_bus
from gateway.app.serving import Shown, certificate_of, http_server
from gateway.clock import SystemClock
from gateway.disk import Reserve
from gateway.domain.district import District
from gateway.fleet.address import LinkAddress, parse_address
from gateway.fleet.children import keep_child
from gateway.garbage import leave_out_the_start
from gateway.media.hub import open_hub
from gateway.services.ending import begin
from gateway.services.office import Office
from gateway.settings import Settings, account_rules, export_caps, for_sample, rules_of
from gateway.storage.secrets import open_box
from gateway.web.whep import open_rooms


def run_gateway(settings: Settings, sample: bool, say: Callable[[str], None]) -> None:
    """Runs the gateway until SIGINT or SIGTERM; ``say`` prints for the operator.

    Raises what ``footing.expected`` has sentences for.
    """
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(_run(settings, sample, say))


async def _run(settings: Settings, sample: bool, say: Callable[[str], None]) -> None:
    stop = _stop_event()
    settings = for_sample(settings) if sample else settings
    shown = certificate_of(settings)
    with data_folder(settings.data), listening(settings) as sock:
        companions = workers_of(settings)
        sampled = prepare_sample(settings) if sample else None
        if sampled is not None:
            companions.append(sample_cameras_of(settings, sampled.folder, sampled.password_file))
        clock = SystemClock()
        async with store_of(settings) as store, open_bus(settings) as bus, _stoppable_group() as group:
            # They start while the rest is still being set up.
            children = [group.create_task(keep_child(one.name, one.argv, clock), name=one.name) for one in companions]
            box = open_box(settings.data)
            reserve = Reserve(settings.evidence.reserve_mb << 20)
            office = Office(
                store,
                clock,
                bus,
                gateway_id(settings.data),
                settings.data,
                box,
                reserve=reserve,
                district=District(frozenset(settings.district.seat_townships), settings.district.gb_prefix),
                rules=account_rules(settings),
                hashing=settings.audit.algorithm,
                exports=export_caps(settings),
            )
            await begin(store, office.gateway_id, office.clock.now(), office.hashing)
            accounts = "" if sampled is None else await load_sample(settings, office, sampled)
            unknown = await unknown_cameras(store, rules_of(settings)[1])
            for line in unknown + await unknown_organisations(store, settings):
                say(f"note: {line}")
            listed = [parse_address(address) for address in settings.workers.listen]
            addresses = [*listed, *(child.address for child in companions if child.address is not None)]
            parts = build(settings, office, bus, addresses)
            await _serve(
                group, children, parts, addresses, sock, shown, stop, lambda: _announce(say, sock, shown, accounts)
            )


async def _serve(
    group: asyncio.TaskGroup,
    children: Sequence[asyncio.Task[None]],
    parts: Parts,
    addresses: Sequence[LinkAddress],
    sock: socket.socket,
    shown: Shown | None,
    stop: asyncio.Event,
    ready: Callable[[], None],
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
        server = http_server(application(parts, hub, rooms), parts.settings, shown)
        serving = group.create_task(server.serve(sockets=[sock]), name="http")
        stopping = group.create_task(stop.wait(), name="signals")
        ready()
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
    raise _Stopped


class _Stopped(Exception):
    """Ends the task group in order: its other tasks are cancelled."""


@contextlib.asynccontextmanager
async def _stoppable_group() -> AsyncIterator[asyncio.TaskGroup]:
    """A task group that ``_Stopped`` ends without an error; any other error comes through."""
    try:
        async with asyncio.TaskGroup() as group:
            yield group
    except BaseExceptionGroup as errors:
        _, others = errors.split(_Stopped)
        if others is not None:
            raise others from None


def _stop_event() -> asyncio.Event:
    """Set by SIGINT and SIGTERM."""
    stop = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    return stop


def _announce(say: Callable[[str], None], sock: socket.socket, shown: Shown | None, accounts: str) -> None:
    say(f"Sharp Eyes Gateway: {address_of(sock, 'http' if shown is None else 'https')}")
    if accounts:
        say(accounts)
    say("Stop with Ctrl-C.")
