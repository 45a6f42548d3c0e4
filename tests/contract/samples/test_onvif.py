"""The sample devices' ONVIF against onvif-zeep-async, and WS-Discovery over loopback multicast."""

from __future__ import annotations

import asyncio
import re
import socket
import struct
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from onvif import ONVIFCamera
from onvif.exceptions import ONVIFError
from zeep.exceptions import Fault as SoapFault

from gateway.samples.device import SampleDevice
from gateway.samples.discovery import GROUP, PORT, asks_for_cameras
from gateway.samples.faults import Fault
from gateway.samples.running import SampleDistrict
from tests.contract.samples.conftest import PASSWORD, Opening

RTP_OVER_TCP = {"Stream": "RTP-Unicast", "Transport": {"Protocol": "RTSP"}}
PROBE = b"""<?xml version="1.0"?><s:Envelope xmlns:s="http://www.w3.org/2003/05/soap-envelope"
 xmlns:a="http://schemas.xmlsoap.org/ws/2004/08/addressing" xmlns:d="http://schemas.xmlsoap.org/ws/2005/04/discovery"
 xmlns:dn="http://www.onvif.org/ver10/network/wsdl"><s:Header><a:MessageID>urn:uuid:42</a:MessageID></s:Header>
<s:Body><d:Probe><d:Types>dn:NetworkVideoTransmitter</d:Types></d:Probe></s:Body></s:Envelope>"""


@asynccontextmanager
async def client(
    district: SampleDistrict, device: SampleDevice, password: str = PASSWORD
) -> AsyncIterator[ONVIFCamera]:
    camera = ONVIFCamera(device.host, district.onvif_port, "viewer", password)
    try:
        yield camera
    finally:
        await camera.close()


async def test_a_recorder_lists_two_profiles_for_every_channel(opened: Opening) -> None:
    async with opened(cameras=119) as district:
        recorder = district.devices[0]
        async with client(district, recorder) as onvif:
            await onvif.update_xaddrs()
            media = await onvif.create_media_service()
            profiles = await media.GetProfiles()
            assert len(profiles) == 2 * len(recorder.cameras)
            sizes = {
                (p.VideoEncoderConfiguration.Resolution.Width, p.VideoEncoderConfiguration.Resolution.Height)
                for p in profiles
            }
            assert sizes == {(1280, 720), (640, 360)}
            assert len(await media.GetVideoSources()) == len(recorder.cameras)
            uri = await media.GetStreamUri({"StreamSetup": RTP_OVER_TCP, "ProfileToken": profiles[1].token})
            assert uri.Uri == f"rtsp://{recorder.host}:{district.rtsp_port}/Streaming/Channels/102"


async def test_a_stand_alone_camera_answers_what_a_client_asks(opened: Opening) -> None:
    async with opened(cameras=119) as district:
        device = next(d for d in district.devices if len(d.cameras) == 1)
        async with client(district, device) as onvif:
            await onvif.update_xaddrs()
            management = await onvif.create_devicemgmt_service()
            information = await management.GetDeviceInformation()
            assert information.SerialNumber == f"SAMPLE-{device.device.id}"
            services = {s.Namespace for s in await management.GetServices({"IncludeCapability": False})}
            assert "http://www.onvif.org/ver10/media/wsdl" in services
            assert (await management.GetCapabilities({"Category": "All"})).Media.XAddr.startswith("http://127.20.")
            assert any("/name/" in scope.ScopeItem for scope in await management.GetScopes())
            assert (await management.GetSystemDateAndTime()).UTCDateTime.Date.Year >= 2024
            media = await onvif.create_media_service()
            token = (await media.GetProfiles())[0].token
            snapshot = await onvif.get_snapshot(token)
            assert snapshot.startswith(b"\xff\xd8")
            with pytest.raises(SoapFault):
                await media.GetStreamUri({"StreamSetup": RTP_OVER_TCP, "ProfileToken": "nobody"})


async def test_a_wrong_password_is_not_authorised(opened: Opening) -> None:
    async with opened() as district, client(district, district.devices[0], "wrong") as onvif:
        with pytest.raises((ONVIFError, SoapFault), match=r"(?i)not authorized"):
            await onvif.update_xaddrs()


async def test_the_time_is_told_to_everybody_and_nothing_else(opened: Opening) -> None:
    call = (
        '<s:Envelope xmlns:s="http://www.w3.org/2003/05/soap-envelope"><s:Body>'
        '<{} xmlns="http://www.onvif.org/ver10/device/wsdl"/></s:Body></s:Envelope>'
    )
    async with opened() as district:
        for name, status in (("GetSystemDateAndTime", 200), ("GetDeviceInformation", 401), ("Nonsense", 401)):
            head, body = await post(district, call.format(name).encode())
            assert int(head.split(" ")[1]) == status
            assert ("UTCDateTime" in body) == (status == 200)
        head, _ = await post(district, b"<!DOCTYPE a><a/>")
        assert head.startswith("HTTP/1.1 400")


async def post(district: SampleDistrict, body: bytes) -> tuple[str, str]:
    reader, writer = await asyncio.open_connection(district.devices[0].host, district.onvif_port)
    try:
        writer.write(
            b"POST /onvif/device_service HTTP/1.1\r\nHost: x\r\nConnection: close\r\n"
            + f"Content-Length: {len(body)}\r\n\r\n".encode()
            + body
        )
        head, _, answer = (await asyncio.wait_for(reader.read(), 60)).decode().partition("\r\n\r\n")
        return head, answer
    finally:
        writer.close()


async def test_a_locked_device_refuses_the_right_password(opened: Opening) -> None:
    async with opened() as district, client(district, district.devices[0]) as onvif:
        district.switch("NVR-001", Fault.WRONG_PASSWORD, True)
        with pytest.raises((ONVIFError, SoapFault), match=r"(?i)not authorized"):
            await onvif.update_xaddrs()


async def test_every_device_answers_a_probe(opened: Opening) -> None:
    async with opened(cameras=119, discovery=True) as district:
        answers: list[str] = await asyncio.to_thread(probe, len(district.devices))
        addresses = {re.findall(r"<d:XAddrs>([^<]+)<", answer)[0] for answer in answers}
        assert addresses == {f"http://{d.host}:{district.onvif_port}/onvif/device_service" for d in district.devices}
        assert all("urn:uuid:42" in answer for answer in answers)


def probe(count: int) -> list[str]:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_IF, socket.inet_aton("127.0.0.1"))
        sock.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_LOOP, struct.pack("b", 1))
        sock.settimeout(30)
        sock.sendto(PROBE, (GROUP, PORT))
        return [sock.recv(65_536).decode() for _ in range(count)]


def test_only_probes_for_cameras_are_answered() -> None:
    assert asks_for_cameras(PROBE) == "urn:uuid:42"
    assert asks_for_cameras(PROBE.replace(b"NetworkVideoTransmitter", b"Printer")) is None
    assert asks_for_cameras(PROBE.replace(b"Probe", b"ProbeMatches")) is None
    assert asks_for_cameras(b"\xff\x00 nonsense") is None
