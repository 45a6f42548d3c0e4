"""Asking a device what it offers, for the desk that adds cameras."""

from __future__ import annotations

from collections.abc import Sequence

from gateway.domain.scans import FoundDevice, Scan
from gateway.fleet.dialling import Dialling
from gateway.fleet.wire_trials import OfferedChannel, Tried
from gateway.ports import Credential, DeviceAddress, Unavailable
from gateway.services.editing import Probed, ProbedChannel, Prober
from gateway.services.scanning import Scanner


def prober(fleet: Dialling) -> Prober:
    """What asks, always through the worker whose breaker knows the host; camera bytes are decoded nowhere else.

    Raises ``Unavailable`` or ``Refused``; the first of ``paths`` is the main stream's.
    """

    async def probe(scheme: str, host: str, port: int, credential: Credential | None, paths: tuple[str, ...]) -> Probed:
        if scheme == "onvif":
            return await _onvif(fleet, host, port, credential)
        tried = [await _looked(fleet, DeviceAddress("rtsp", host, port, path), credential) for path in paths]
        main, sub = tried[0], paths[1] if len(paths) > 1 else None
        return Probed("", "", [ProbedChannel("", paths[0], sub, main.width, main.height, main.codec, port)])

    return probe


def scanner(fleet: Dialling) -> Scanner:
    """What scans the network, always in a worker: what devices answer is hostile until proved otherwise."""

    async def scan(wish: Scan) -> Sequence[FoundDevice]:
        return (await fleet.scan(wish)).devices

    return scan


async def _looked(fleet: Dialling, address: DeviceAddress, credential: Credential | None) -> Tried:
    try:
        return await fleet.look(address, credential)
    except Unavailable as problem:
        raise Unavailable(f"{problem}: {address.path}") from None


async def _onvif(fleet: Dialling, host: str, port: int, credential: Credential | None) -> Probed:
    device = await fleet.ask(host, port, credential)
    return Probed(device.manufacturer, device.model, [_channel(one) for one in device.channels])


def _channel(one: OfferedChannel) -> ProbedChannel:
    return ProbedChannel(
        name=one.name,
        main=one.main,
        sub=one.sub,
        width=one.width or None,
        height=one.height or None,
        codec=one.codec,
        port=one.port,
        named_host=one.named_host,
        number=one.number,
    )
