"""Scanning: whoever manages cameras may ask which devices are on the network, within the networks that are allowed."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from ipaddress import IPv4Network

from gateway.domain.actions import Action
from gateway.domain.scans import PORTS, FoundDevice, Scan, addresses_of, within
from gateway.services.camera_views import permitted
from gateway.services.errors import Forbidden, Invalid
from gateway.services.office import Caller, Office
from gateway.storage import camera_lists, grants
from gateway.storage.camera_lists import CameraQuery
from gateway.storage.reaching import reach

Scanner = Callable[[Scan], Awaitable[Sequence[FoundDevice]]]
"""Has a network scanned. Raises ``Unavailable``."""


@dataclass(frozen=True, slots=True)
class FoundView:
    """A device that answered. ``known`` says that a camera of it is among those that the caller manages."""

    host: str
    port: int
    scheme: str
    name: str
    known: bool


async def scan(
    office: Office,
    caller: Caller,
    scanner: Scanner,
    allowed: Sequence[IPv4Network],
    span: str,
    ports: Sequence[int],
) -> list[FoundView]:
    """What answers a probe on the network and, if ``span`` names addresses, at those; sorted by address.

    Raises ``Forbidden`` for who manages no camera, ``Invalid`` for a range outside the allowed networks.
    """
    at = office.clock.now()
    async with office.store.begin() as conn:
        if (await reach(conn, caller.operator, Action.MANAGE, at)).nothing:
            raise Forbidden("the network is scanned by who manages cameras")
        try:
            addresses = addresses_of(span, allowed) if span.strip() else ()
        except ValueError as problem:
            raise Invalid(str(problem), field="range") from None
        listed = await camera_lists.everything(conn, caller.operator, Action.LIST, at, CameraQuery())
        held = await grants.for_operator(conn, caller.operator, at)
        await office.note(
            conn,
            at,
            caller.operator.id,
            "scan_network",
            "network",
            "",
            typed={"address": span},
            addresses=len(addresses),
        )
    own = {one.camera.host for one in listed if Action.MANAGE in permitted(caller.operator, one.camera, held, at)}
    loopback = any(network.is_loopback for network in allowed)
    found = await scanner(Scan(addresses, tuple(ports) or PORTS if addresses else (), loopback))
    return [
        FoundView(one.host, one.port, one.scheme, one.name, one.host in own)
        for one in found
        if within(one.host, allowed)
    ]
