"""Asking a device what it offers, for the desk that adds cameras."""

from __future__ import annotations

from adapters import onvif
from gateway.fleet.dialling import Dialling
from gateway.fleet.wire_trials import Tried
from gateway.ports import Credential, DeviceAddress, Unavailable
from gateway.services.editing import Probed, ProbedChannel, Prober


def prober(fleet: Dialling) -> Prober:
    """What asks: ONVIF devices from here, RTSP streams through a worker, since camera bytes are decoded nowhere else.

    Raises ``Unavailable`` or ``Refused``; the first of ``paths`` is the main stream's.
    """

    async def probe(scheme: str, host: str, port: int, credential: Credential | None, paths: tuple[str, ...]) -> Probed:
        if scheme == "onvif":
            return await _onvif(host, port, credential)
        tried = [await _looked(fleet, DeviceAddress("rtsp", host, port, path), credential) for path in paths]
        main, sub = tried[0], paths[1] if len(paths) > 1 else None
        return Probed("", "", [ProbedChannel("", paths[0], sub, main.width, main.height, main.codec)])

    return probe


async def _looked(fleet: Dialling, address: DeviceAddress, credential: Credential | None) -> Tried:
    try:
        return await fleet.look(address, credential)
    except Unavailable as problem:
        raise Unavailable(f"{problem}: {address.path}") from None


async def _onvif(host: str, port: int, credential: Credential | None) -> Probed:
    device = await onvif.probe(host, port, credential)
    channels = [
        ProbedChannel(one.name, one.main.path, _path(one.sub), one.width or None, one.height or None, one.codec)
        for one in device.channels
    ]
    return Probed(device.manufacturer, device.model, channels)


def _path(address: DeviceAddress | None) -> str | None:
    return None if address is None else address.path
