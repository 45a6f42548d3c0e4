"""Trying what is in no catalogue yet: opening a stream once, and asking a device what it offers."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import AbstractContextManager, AsyncExitStack

from adapters import bitstream, onvif
from adapters.rtsp import RtspAdapter
from gateway.domain.packets import Packet
from gateway.domain.stream_paths import lifted
from gateway.fleet.wire_trials import Offered, OfferedChannel, Tried
from gateway.ports import Adapter, Connection, Credential, DeviceAddress, Refused, Unavailable
from gateway.worker.breaker import Gates
from gateway.worker.handoff import Handoff
from gateway.worker.pulling import Pull, pulling

KEYFRAME_SECONDS = 12.0
"""How long a stream that was opened may take to its first keyframe: groups of pictures of 10 s are about."""


class Trials:
    """Tries streams through the same gates as the cameras', so that a wrong password is not knocked with twice."""

    def __init__(self, gates: Gates, handoff: Handoff, adapter: Adapter | None = None) -> None:
        self._gates, self._handoff = gates, handoff
        self._adapter = adapter or RtspAdapter()

    async def look(self, address: DeviceAddress, credential: Credential | None) -> Tried:
        """What the stream is, from its first keyframe. Raises ``Unavailable`` or ``Refused``."""
        first: asyncio.Future[Packet] = asyncio.get_running_loop().create_future()

        def take(packet: Packet) -> None:
            if packet.keyframe and not first.done():
                first.set_result(packet)

        async with AsyncExitStack() as scope:
            pull = await self._opened(scope, address, credential, take)
            # ``ended`` may carry an error: that there is no keyframe says it all.
            either: list[asyncio.Future[Packet] | asyncio.Future[None]] = [first, pull.ended]
            await asyncio.wait(either, timeout=KEYFRAME_SECONDS, return_when=asyncio.FIRST_COMPLETED)
        if not first.done():
            raise Unavailable("the device takes the connection but sends no picture")
        packet = first.result()
        return Tried(packet.codec, *bitstream.picture_size(_sets(packet), packet.codec))

    async def ask(self, host: str, port: int, credential: Credential | None) -> Offered:
        """What an ONVIF device offers. Raises ``Unavailable`` or ``Refused``."""
        gate = self._gates.of(host, port, credential, None)
        async with gate.turn():
            try:
                device = await onvif.probe(host, port, credential)
            except Refused:
                gate.refused()
                raise
            gate.accepted()
        return Offered(device.manufacturer, device.model, tuple(_channel(one) for one in device.channels))

    async def _opened(
        self,
        scope: AsyncExitStack,
        address: DeviceAddress,
        credential: Credential | None,
        take: Callable[[Packet], None],
    ) -> Pull:
        def connect() -> AbstractContextManager[Connection]:
            return self._adapter.open(address, credential)

        gate = self._gates.of(address.host, address.port, credential, None)
        async with gate.turn():
            try:
                pull = await scope.enter_async_context(pulling(connect, take, self._handoff, "a stream on trial"))
                await pull.opened
            except Refused:
                gate.refused()
                raise
            gate.accepted()
        return pull


def _channel(one: onvif.Channel) -> OfferedChannel:
    """The channel as it may be kept: some devices name paths with the password in them."""
    return OfferedChannel(
        number=one.number,
        name=one.name,
        main=lifted(one.main.path).path,
        sub=None if one.sub is None else lifted(one.sub.path).path,
        port=one.main.port,
        named_host=one.named_host,
        width=min(one.width, 65535),
        height=min(one.height, 65535),
        codec=one.codec,
    )


def _sets(packet: Packet) -> list[bytes]:
    return bitstream.parameter_sets(packet.data, packet.codec)
