"""The RTSP server of one sample device: one connection, its sessions, their answers."""

from __future__ import annotations

import asyncio
import secrets
import socket
from collections.abc import Callable
from dataclasses import dataclass
from typing import cast

from gateway.samples.device import SampleCamera, SampleDevice
from gateway.samples.digest import Verdict
from gateway.samples.faults import Fault
from gateway.samples.players import DatagramPlayer, InterleavedPlayer, RtpPlayer, Tally
from gateway.samples.rtsp_text import (
    Malformed,
    Request,
    TransportChoice,
    choose_transport,
    description,
    response,
    take_request,
)

SESSION_SECONDS = 60.0
"""A UDP session ends when its client has said nothing for so long; announced in every SETUP answer."""

SLOW_SECONDS = 2.0
_KBPS = {"main": 850, "sub": 500}
_METHODS = "OPTIONS, DESCRIBE, SETUP, PLAY, PAUSE, GET_PARAMETER, SET_PARAMETER, TEARDOWN"


@dataclass(slots=True)
class Session:
    """One SETUP'd stream."""

    camera: SampleCamera
    kind: str
    player: RtpPlayer
    heard_at: float


class RtspConnection(asyncio.Protocol):
    """One client's control connection."""

    def __init__(self, device: SampleDevice, next_tick: Callable[[SampleCamera], int], tally: Tally) -> None:
        self._device = device
        self._next_tick = next_tick
        self._tally = tally
        self._buffer = bytearray()
        self._transport: asyncio.Transport | None = None
        self._sessions: dict[str, Session] = {}
        self._loop = asyncio.get_running_loop()
        self._expiry: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begins; refuses at once when the whole device is dropped."""
        # uvloop's transports are transports without being subclasses.
        self._transport = cast(asyncio.Transport, transport)
        if self._device.all_have(Fault.DROP):
            self._transport.abort()

    def connection_lost(self, exc: Exception | None) -> None:
        """Ends every session of the connection."""
        self._transport = None
        if self._expiry is not None:
            self._expiry.cancel()
        for session in self._sessions.values():
            self._leave(session)
        self._sessions.clear()

    def data_received(self, data: bytes) -> None:
        """Answers every complete request."""
        self._buffer += data
        try:
            while (request := take_request(self._buffer)) is not None:
                self._handle(request)
        except Malformed:
            if self._transport is not None:
                self._transport.write(response(400, "0"))
                self._transport.close()

    def _handle(self, request: Request) -> None:
        if self._device.all_have(Fault.SILENCE):
            return
        for session in self._sessions.values():
            session.heard_at = self._loop.time()
        answer = self._answer(request)
        if answer is None:
            return
        if self._device.all_have(Fault.SLOW):
            self._loop.call_later(SLOW_SECONDS, self._write, answer)
        else:
            self._write(answer)

    def _write(self, data: bytes) -> None:
        if self._transport is not None:
            self._transport.write(data)

    def _answer(self, request: Request) -> bytes | None:
        if request.method == "OPTIONS":
            return response(200, request.cseq, {"Public": _METHODS})
        verdict = self._device.gate.check(request.method, request.headers.get("authorization"))
        if verdict is not Verdict.GOOD:
            challenge = self._device.gate.challenge(stale=verdict is Verdict.STALE)
            return response(401, request.cseq, {"WWW-Authenticate": challenge})
        if request.method in ("DESCRIBE", "SETUP"):
            return self._open(request)
        if request.method in ("PLAY", "PAUSE", "GET_PARAMETER", "SET_PARAMETER", "TEARDOWN"):
            return self._control(request)
        return response(405, request.cseq, {"Allow": _METHODS})

    def _open(self, request: Request) -> bytes | None:
        found = self._device.paths.get(request.path)
        if found is None:
            return response(404, request.cseq)
        camera, kind = found
        if Fault.SILENCE in camera.faults:
            return None
        if Fault.DROP in camera.faults:
            return response(503, request.cseq)
        if request.method == "DESCRIBE":
            host = self._device.host
            body = description(camera.tape(kind), host, _KBPS[kind])
            return response(200, request.cseq, {"Content-Base": request.url.rstrip("/") + "/"}, body)
        return self._set_up(request, camera, kind)

    def _set_up(self, request: Request, camera: SampleCamera, kind: str) -> bytes:
        waiting = sum(s.player not in s.camera.players for s in self._sessions.values())
        if Fault.NO_BANDWIDTH in camera.faults or self._device.opens + waiting >= self._device.device.max_opens:
            return response(453, request.cseq)
        choice = choose_transport(request.headers.get("transport", ""))
        if choice is None:
            return response(461, request.cseq)
        made = self._player(choice, camera, kind)
        if made is None:
            return response(461, request.cseq)
        player, transport = made
        name = secrets.token_hex(6)
        self._sessions[name] = Session(camera, kind, player, self._loop.time())
        headers = {
            "Transport": f'{transport};ssrc={player.ssrc:08X};mode="PLAY"',
            "Session": f"{name};timeout={SESSION_SECONDS:.0f}",
        }
        return response(200, request.cseq, headers)

    def _player(self, choice: TransportChoice, camera: SampleCamera, kind: str) -> tuple[RtpPlayer, str] | None:
        assert self._transport is not None
        if choice.interleaved is not None:
            player = InterleavedPlayer(camera, kind, self._tally, self._transport, choice.interleaved)
            first, last = choice.interleaved
            return player, f"RTP/AVP/TCP;unicast;interleaved={first}-{last}"
        assert choice.client_ports is not None
        client = self._transport.get_extra_info("peername")[0]
        pair = _bind_pair(self._device.host)
        if pair is None:
            return None
        player_ready = PortPair(pair, client, choice.client_ports)
        server = "-".join(str(s.getsockname()[1]) for s in pair)
        ports = "-".join(str(port) for port in choice.client_ports)
        datagram = DatagramPlayer(camera, kind, self._tally, player_ready, self._abort)
        self._watch_expiry()
        return datagram, f"RTP/AVP;unicast;client_port={ports};server_port={server}"

    def _abort(self) -> None:
        if self._transport is not None:
            self._transport.abort()

    def _control(self, request: Request) -> bytes:
        name = request.headers.get("session", "").split(";")[0].strip()
        session = self._sessions.get(name)
        if session is None:
            keepalive = request.method in ("GET_PARAMETER", "SET_PARAMETER") and not name
            return response(200 if keepalive else 454, request.cseq)
        headers = {"Session": name}
        if request.method == "PLAY":
            self._loop.call_soon(self._play, session)
            rtp_time = session.player.time_stamp(self._next_tick(session.camera))
            url = request.url.rstrip("/")
            track = url if "/trackID=" in url else f"{url}/trackID=0"
            headers |= {
                "Range": "npt=now-",
                "RTP-Info": f"url={track};seq={session.player.sequence};rtptime={rtp_time}",
            }
        elif request.method == "PAUSE":
            session.camera.players.discard(session.player)
        elif request.method == "TEARDOWN":
            self._leave(self._sessions.pop(name))
        return response(200, request.cseq, headers)

    def _play(self, session: Session) -> None:
        if self._transport is not None and session in self._sessions.values():
            session.camera.join(session.player, self._next_tick(session.camera))

    def _leave(self, session: Session) -> None:
        session.camera.players.discard(session.player)
        if isinstance(session.player, DatagramPlayer):
            session.player.close()

    def _watch_expiry(self) -> None:
        """Ends UDP sessions whose client fell silent."""
        now = self._loop.time()
        for name, session in list(self._sessions.items()):
            if isinstance(session.player, DatagramPlayer) and now - session.heard_at > SESSION_SECONDS * 1.5:
                self._leave(self._sessions.pop(name))
        if self._expiry is None or self._expiry.when() <= now:
            self._expiry = self._loop.call_later(SESSION_SECONDS / 4, self._watch_expiry)


class PortPair:
    """The two UDP ports of a session, even and odd; what does not fit the kernel's buffer is lost."""

    def __init__(self, pair: tuple[socket.socket, socket.socket], client: str, ports: tuple[int, int]) -> None:
        self._pair = pair
        self._targets = [(client, port) for port in ports]

    def send(self, which: int, data: bytes | memoryview) -> None:
        """Sends one datagram from the first or second port."""
        try:
            self._pair[which].sendto(data, self._targets[which])
        except OSError:
            # The client closed its port or the buffer is full: a datagram may get lost.
            return

    def close(self) -> None:
        """Closes both."""
        for sock in self._pair:
            sock.close()


def _bind_pair(host: str) -> tuple[socket.socket, socket.socket] | None:
    """Two bound, non-blocking UDP sockets with an even port and the next odd one."""
    for _ in range(20):
        first = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        second = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        try:
            first.bind((host, secrets.randbelow(10_000) * 2 + 40_000))
            second.bind((host, first.getsockname()[1] + 1))
        except OSError:
            first.close()
            second.close()
            continue
        first.setblocking(False)
        second.setblocking(False)
        return first, second
    return None
