"""WS-Discovery: asks the network which ONVIF devices are there (WS-Discovery 2005/04, ONVIF Core 7.3)."""

from __future__ import annotations

import asyncio
import re
import socket
import uuid
from dataclasses import dataclass
from urllib.parse import unquote
from xml.etree import ElementTree

GROUP, PORT = "239.255.255.250", 3702
MAX_ANSWER_BYTES = 65_535
MAX_DEVICES = 4096

_DISCOVERY = "{http://schemas.xmlsoap.org/ws/2005/04/discovery}"
_ADDRESSING = "{http://schemas.xmlsoap.org/ws/2004/08/addressing}"
_PROBE = """<?xml version="1.0" encoding="UTF-8"?>
<s:Envelope xmlns:s="http://www.w3.org/2003/05/soap-envelope"
 xmlns:a="http://schemas.xmlsoap.org/ws/2004/08/addressing" xmlns:d="http://schemas.xmlsoap.org/ws/2005/04/discovery"
 xmlns:dn="http://www.onvif.org/ver10/network/wsdl"><s:Header><a:MessageID>urn:uuid:{id}</a:MessageID>
<a:To>urn:schemas-xmlsoap-org:ws:2005:04:discovery</a:To>
<a:Action>http://schemas.xmlsoap.org/ws/2005/04/discovery/Probe</a:Action></s:Header>
<s:Body><d:Probe><d:Types>dn:NetworkVideoTransmitter</d:Types></d:Probe></s:Body></s:Envelope>"""
_NAME = re.compile(r"onvif://www\.onvif\.org/name/(\S+)")


@dataclass(frozen=True, slots=True)
class Found:
    """A device that answered: its own name for itself, where its ONVIF service is, and what it calls itself."""

    reference: str
    addresses: tuple[str, ...]
    name: str


async def discover(seconds: float = 3.0, *, interface: str = "0.0.0.0", group: str = GROUP) -> list[Found]:
    """The devices that answered within ``seconds``, asked through the interface of that address, sorted by address."""
    loop = asyncio.get_running_loop()
    found: dict[str, Found] = {}
    sender = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    sender.setblocking(False)
    sender.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_TTL, 4)
    sender.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_IF, socket.inet_aton(interface))
    sender.bind((interface, 0))
    transport, _ = await loop.create_datagram_endpoint(lambda: _Answers(found), sock=sender)
    try:
        # Asked twice: multicast is not repeated by anyone else.
        for _ in range(2):
            transport.sendto(_PROBE.format(id=uuid.uuid4()).encode(), (group, PORT))
            await asyncio.sleep(seconds / 2)
    finally:
        transport.close()
    return sorted(found.values(), key=lambda device: (device.addresses, device.reference))


class _Answers(asyncio.DatagramProtocol):
    """Collects answers, one per device."""

    def __init__(self, found: dict[str, Found]) -> None:
        self._found = found

    def datagram_received(self, data: bytes, addr: tuple[str | int, int]) -> None:
        for device in matches(data):
            if len(self._found) < MAX_DEVICES:
                self._found.setdefault(device.reference, device)


def matches(data: bytes) -> list[Found]:
    """The devices in a ProbeMatches message; none in what is malformed or declares entities."""
    if len(data) > MAX_ANSWER_BYTES or b"<!DOCTYPE" in data or b"<!ENTITY" in data:
        return []
    try:
        envelope = ElementTree.fromstring(data)
    except (ElementTree.ParseError, ValueError):
        return []
    devices = []
    for match in envelope.iter(f"{_DISCOVERY}ProbeMatch"):
        reference = match.findtext(f"{_ADDRESSING}EndpointReference/{_ADDRESSING}Address", "").strip()
        addresses = match.findtext(f"{_DISCOVERY}XAddrs", "").split()
        named = _NAME.search(match.findtext(f"{_DISCOVERY}Scopes", ""))
        if reference and addresses:
            devices.append(Found(reference, tuple(addresses), unquote(named[1]) if named else ""))
    return devices
