"""The ONVIF port of one sample device: a small HTTP server for SOAP calls and snapshots."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from urllib.parse import parse_qs, urlsplit

from gateway.samples.device import SampleDevice
from gateway.samples.digest import Verdict
from gateway.samples.faults import Fault
from gateway.samples.onvif_soap import Soap

MAX_BODY = 65_536
_IDLE_SECONDS = 30.0
_REASONS = {200: "OK", 400: "Bad Request", 401: "Unauthorized", 404: "Not Found", 405: "Method Not Allowed"}


@dataclass(frozen=True, slots=True)
class HttpRequest:
    """One HTTP request; header names in lower case."""

    method: str
    target: str
    headers: dict[str, str]
    body: bytes


@dataclass(frozen=True, slots=True)
class Answer:
    """One HTTP answer."""

    status: int
    media_type: str = "text/plain"
    body: bytes = b""
    challenge: str | None = None

    def encode(self) -> bytes:
        """Its bytes on the wire."""
        lines = [f"HTTP/1.1 {self.status} {_REASONS[self.status]}", f"Content-Type: {self.media_type}"]
        lines.append(f"Content-Length: {len(self.body)}")
        if self.challenge:
            lines.append(f"WWW-Authenticate: {self.challenge}")
        return ("\r\n".join(lines) + "\r\n\r\n").encode() + self.body


async def read_request(reader: asyncio.StreamReader) -> HttpRequest | None:
    """The next request, or None when the client has hung up. Raises ValueError for what is not HTTP."""
    try:
        head = await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), _IDLE_SECONDS)
    except (asyncio.IncompleteReadError, TimeoutError):
        return None
    except asyncio.LimitOverrunError as error:
        raise ValueError("the head is too long") from error
    lines = head.decode("latin-1").split("\r\n")
    method, target, _ = lines[0].split(" ")
    headers = {n.strip().lower(): v.strip() for n, _, v in (line.partition(":") for line in lines[1:] if line)}
    length = int(headers.get("content-length", "0"))
    if not 0 <= length <= MAX_BODY:
        raise ValueError("the body is too long")
    body = await asyncio.wait_for(reader.readexactly(length), _IDLE_SECONDS)
    return HttpRequest(method, target, headers, body)


class OnvifPort:
    """Answers one device's HTTP requests."""

    def __init__(self, device: SampleDevice, onvif_port: int, rtsp_port: int) -> None:
        self._device = device
        self._soap = Soap(device, onvif_port, rtsp_port)

    def answer(self, request: HttpRequest) -> Answer:
        """What the device says to the request."""
        target = urlsplit(request.target)
        authorization = request.headers.get("authorization")
        if request.method == "POST" and target.path.startswith("/onvif/"):
            verdict = self._device.gate.check("POST", authorization)
            status, body = self._soap.answer(request.body, signed=verdict is Verdict.GOOD)
            if status == 401:
                return self._challenge(verdict)
            return Answer(status, "application/soap+xml; charset=utf-8", body)
        if request.method == "GET" and target.path == "/onvif/snapshot":
            verdict = self._device.gate.check("GET", authorization)
            if verdict is not Verdict.GOOD:
                return self._challenge(verdict)
            wanted = parse_qs(target.query).get("channel", ["1"])[0]
            for camera in self._device.cameras.values():
                if str(camera.channel.number) == wanted:
                    return Answer(200, "image/jpeg", camera.still())
            return Answer(404)
        return Answer(404 if request.method == "GET" else 405)

    def _challenge(self, verdict: Verdict) -> Answer:
        return Answer(401, challenge=self._device.gate.challenge(stale=verdict is Verdict.STALE, qop=True))

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Answers one connection until it ends."""
        try:
            while (request := await read_request(reader)) is not None:
                if self._device.all_have(Fault.DROP):
                    writer.transport.abort()
                    return
                if self._device.all_have(Fault.SILENCE):
                    continue
                if self._device.all_have(Fault.SLOW):
                    await asyncio.sleep(2.0)
                writer.write(self.answer(request).encode())
                await writer.drain()
                if request.headers.get("connection", "").lower() == "close":
                    return
        except ValueError:
            writer.write(Answer(400).encode())
        except (OSError, asyncio.IncompleteReadError, TimeoutError):
            # The client went away in the middle.
            return
        finally:
            writer.close()


@asynccontextmanager
async def serve_onvif(device: SampleDevice, onvif_port: int, rtsp_port: int) -> AsyncIterator[None]:
    """Listens at the device's address while the block runs. Raises OSError if the address is taken."""
    port = OnvifPort(device, onvif_port, rtsp_port)
    server = await asyncio.start_server(port.serve, device.host, onvif_port)
    try:
        yield
    finally:
        server.close()
