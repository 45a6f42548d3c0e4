"""WS-Discovery: the sample devices answer a client's Probe on loopback (WS-Discovery of April 2005, ONVIF core 7)."""

from __future__ import annotations

import asyncio
import re
import socket
import struct
import uuid
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from xml.sax.saxutils import escape

from gateway.samples.device import SampleDevice

GROUP, PORT = "239.255.255.250", 3702
_MESSAGE_ID = re.compile(rb"<(?:\w+:)?MessageID[^>]*>\s*([^<\s]{1,200})\s*<")
_TYPES = re.compile(rb"<(?:\w+:)?Types[^>]*>\s*([^<]{0,400})<")


def probe_match(message_id: str, device: SampleDevice, onvif_port: int) -> bytes:
    """One device's ProbeMatches message."""
    name = uuid.uuid5(uuid.NAMESPACE_URL, f"sample-camera:{device.device.id}")
    scopes = f"onvif://www.onvif.org/type/video_encoder onvif://www.onvif.org/name/{device.device.id}"
    return f"""<?xml version="1.0" encoding="UTF-8"?>
<s:Envelope xmlns:s="http://www.w3.org/2003/05/soap-envelope" xmlns:a="http://schemas.xmlsoap.org/ws/2004/08/addressing"
 xmlns:d="http://schemas.xmlsoap.org/ws/2005/04/discovery" xmlns:dn="http://www.onvif.org/ver10/network/wsdl">
<s:Header><a:MessageID>urn:uuid:{uuid.uuid4()}</a:MessageID><a:RelatesTo>{escape(message_id)}</a:RelatesTo>
<a:To>http://schemas.xmlsoap.org/ws/2004/08/addressing/role/anonymous</a:To>
<a:Action>http://schemas.xmlsoap.org/ws/2005/04/discovery/ProbeMatches</a:Action></s:Header>
<s:Body><d:ProbeMatches><d:ProbeMatch><a:EndpointReference><a:Address>urn:uuid:{name}</a:Address></a:EndpointReference>
<d:Types>dn:NetworkVideoTransmitter</d:Types><d:Scopes>{scopes}</d:Scopes>
<d:XAddrs>http://{device.host}:{onvif_port}/onvif/device_service</d:XAddrs><d:MetadataVersion>1</d:MetadataVersion>
</d:ProbeMatch></d:ProbeMatches></s:Body></s:Envelope>""".encode()


def asks_for_cameras(message: bytes) -> str | None:
    """The message's id if it is a Probe for network video transmitters or for anything; else None."""
    if b"Probe" not in message or b"ProbeMatch" in message:
        return None
    types = _TYPES.search(message)
    if types and types[1].strip() and b"NetworkVideoTransmitter" not in types[1] and b"Device" not in types[1]:
        return None
    found = _MESSAGE_ID.search(message)
    return found[1].decode("ascii", "replace") if found else None


class _Answers(asyncio.DatagramProtocol):
    def __init__(self, devices: Sequence[SampleDevice], onvif_port: int, out: socket.socket) -> None:
        self._devices = devices
        self._onvif_port = onvif_port
        self._out = out

    def datagram_received(self, data: bytes, addr: tuple[str | int, int]) -> None:
        """Answers for every device, to the asker's port."""
        message_id = asks_for_cameras(data[:8192])
        if message_id is None:
            return
        for device in self._devices:
            try:
                self._out.sendto(probe_match(message_id, device, self._onvif_port), (str(addr[0]), addr[1]))
            except OSError:
                # A full buffer: discovery may lose answers, clients ask again.
                return


def _listening() -> socket.socket:
    """A socket that hears the group's multicasts on loopback and nothing else."""
    sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    try:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        sock.bind((GROUP, PORT))
        member = struct.pack("4s4s", socket.inet_aton(GROUP), socket.inet_aton("127.0.0.1"))
        sock.setsockopt(socket.IPPROTO_IP, socket.IP_ADD_MEMBERSHIP, member)
        sock.setblocking(False)
    except OSError:
        sock.close()
        raise
    return sock


@asynccontextmanager
async def answer_probes(devices: Sequence[SampleDevice], onvif_port: int) -> AsyncIterator[bool]:
    """Answers probes while the block runs; False where multicast on loopback is not allowed (nothing else breaks)."""
    try:
        listening = _listening()
    except OSError:
        yield False
        return
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as out:
        out.bind(("127.0.0.1", 0))
        out.setblocking(False)
        loop = asyncio.get_running_loop()
        transport, _ = await loop.create_datagram_endpoint(lambda: _Answers(devices, onvif_port, out), sock=listening)
        try:
            yield True
        finally:
            transport.close()
