"""Asking a device what it offers, for the desk that adds cameras."""

from __future__ import annotations

from adapters import onvif
from gateway.ports import Credential, DeviceAddress, Unavailable
from gateway.services.editing import Probed, ProbedChannel


async def probe(scheme: str, host: str, port: int, credential: Credential | None) -> Probed:
    """What the device at that address offers. Raises ``Unavailable`` or ``Refused``."""
    if scheme != "onvif":
        raise Unavailable("an RTSP address cannot be asked what it offers: give the paths of its streams")
    device = await onvif.probe(host, port, credential)
    channels = [
        ProbedChannel(one.name, one.main.path, _path(one.sub), one.width or None, one.height or None, one.codec)
        for one in device.channels
    ]
    return Probed(device.manufacturer, device.model, channels)


def _path(address: DeviceAddress | None) -> str | None:
    return None if address is None else address.path
