"""ONVIF: asks a device for its profiles, and so for the RTSP addresses of its streams (Profile S).

Policies, each met in the field: addresses a device names are moved to the host that was dialled (a device behind a
router, or a hostile one, names another); credentials in them are dropped; a device with a wrong clock is signed to with
its own time; one that wants HTTP digest gets it; one that answers nothing is given up after seconds, not the
library's 90.
"""

from __future__ import annotations

import asyncio
import importlib
import logging
import threading
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from adapters.onvif_addresses import at_host, bracketed, other_host, stream_address
from adapters.reachability import Unanswered, Unreachable
from gateway.domain.packets import StreamKind
from gateway.ports import Credential, DeviceAddress, Refused, Unavailable

CALL_SECONDS = 5.0
PROBE_SECONDS = 30.0
"""For everything a probe asks: somebody waits for the answer."""
PARALLEL_CALLS = 4
MEDIA = "http://www.onvif.org/ver10/media/wsdl"
MAX_PROFILES = 512

T = TypeVar("T")

_library: Any = None
_loading = threading.Lock()


@dataclass(frozen=True, slots=True)
class Profile:
    """One encoding a device offers; ``source`` is the video source (a recorder's channel) it shows."""

    token: str
    name: str
    source: str
    codec: str
    width: int
    height: int


@dataclass(frozen=True, slots=True)
class Channel:
    """One video source with its large and its small encoding; ``sub`` is None if there is only one."""

    name: str
    main: DeviceAddress
    sub: DeviceAddress | None
    width: int
    height: int
    codec: str
    snapshot: str | None = None
    number: int = 1
    """Its place among the device's video sources, from 1."""
    named_host: str | None = None
    """The host the device names for the stream, if it is not the one that was dialled."""


@dataclass(frozen=True, slots=True)
class Device:
    """What a device says of itself."""

    manufacturer: str
    model: str
    firmware: str
    channels: tuple[Channel, ...]


async def resolve(
    host: str, port: int, credential: Credential | None, channel: int | None = None
) -> dict[StreamKind, DeviceAddress]:
    """RTSP addresses of one video source. Raises ``Unavailable`` or ``Refused``.

    ``channel`` is which one in the device's own order, from 1; None means the first that we can take.
    """
    async with _session(host, port, credential) as session:
        profiles = await session.profiles()
        if channel is not None:
            profiles = of_channel(profiles, await session.sources(), channel)
        pairs = paired(profiles)
        if not pairs:
            raise Unavailable("the device offers no video profile that can be taken")
        main, sub = pairs[0]
        found = {StreamKind.MAIN: await session.address(main.token)}
        if (small := await session.small(sub)) is not None:
            found[StreamKind.SUB] = small
        return found


async def probe(host: str, port: int, credential: Credential | None, *, limit: int = 64) -> Device:
    """What the device is and up to ``limit`` of its channels, for adding it. Raises ``Unavailable`` or ``Refused``."""
    try:
        async with asyncio.timeout(PROBE_SECONDS), _session(host, port, credential) as session:
            about = await session.call("devicemgmt", "GetDeviceInformation")
            profiles = await session.profiles()
            order = in_order(profiles, await session.sources())
            channels = await _channels(session, paired(profiles)[:limit], order)
    except TimeoutError:
        raise Unavailable(f"the device has not told all its channels within {PROBE_SECONDS:.0f} s") from None
    return Device(_word(about, "Manufacturer"), _word(about, "Model"), _word(about, "FirmwareVersion"), channels)


async def _channels(
    session: _Session, pairs: list[tuple[Profile, Profile | None]], order: list[str]
) -> tuple[Channel, ...]:
    """The channels of these encodings, a few asked for at a time. Raises what the first said if none can be had."""
    few = asyncio.Semaphore(PARALLEL_CALLS)

    async def asked(main: Profile, sub: Profile | None) -> Channel | Unavailable:
        async with few:
            try:
                (address, named), small = await _twice(lambda: session.both(main, sub))
            except Unanswered:
                # A channel that is merely slow today would be missing for good, and nobody be told.
                raise
            except Unavailable as missing:
                # A recorder may answer so for a channel without a camera; the others are good all the same.
                return missing
            return Channel(
                name=main.name,
                main=address,
                sub=small,
                width=main.width,
                height=main.height,
                codec=main.codec,
                snapshot=await session.snapshot(main.token),
                number=order.index(main.source) + 1,
                named_host=named,
            )

    try:
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(asked(main, sub)) for main, sub in pairs]
    except ExceptionGroup as errors:
        raise errors.exceptions[0] from None
    said = [task.result() for task in tasks]
    channels = [one for one in said if isinstance(one, Channel)]
    if said and not channels:
        raise next(one for one in said if isinstance(one, Unavailable))
    return tuple(sorted(channels, key=lambda channel: channel.number))


async def _twice(ask: Callable[[], Awaitable[T]]) -> T:
    """The answer, asked for once more if there was none."""
    try:
        return await ask()
    except Unanswered:
        return await ask()


async def snapshot_uri(host: str, port: int, credential: Credential | None) -> str | None:
    """Where the device serves a JPEG of its first video source, without credentials; None if it does not."""
    async with _session(host, port, credential) as session:
        pairs = paired(await session.profiles())
        return await session.snapshot(pairs[0][0].token) if pairs else None


def in_order(profiles: list[Profile], sources: list[str]) -> list[str]:
    """The video sources in the device's order.

    ``sources`` is what the device says it has: a channel without a camera has no encoding but keeps its number. Where
    it says nothing, or names others than its encodings do, the order of the encodings counts.
    """
    named = list(dict.fromkeys(profile.source for profile in profiles))
    return sources if set(named) <= set(sources) else named


def of_channel(profiles: list[Profile], sources: list[str], channel: int) -> list[Profile]:
    """The encodings of the n-th video source, from 1. Raises ``Unavailable`` if the device has none."""
    order = in_order(profiles, sources)
    if channel > len(order):
        raise Unavailable(f"the recorder has {len(order)} video channels, and no channel {channel}")
    found = [profile for profile in profiles if profile.source == order[channel - 1]]
    if not found:
        raise Unavailable(f"the recorder's channel {channel} has no camera that sends video")
    return found


def paired(profiles: list[Profile]) -> list[tuple[Profile, Profile | None]]:
    """For each video source, in the device's order: its largest encoding we can take, and its smallest if another."""
    sources: dict[str, list[Profile]] = {}
    for profile in profiles:
        if profile.codec in ("h264", "h265"):
            sources.setdefault(profile.source, []).append(profile)
    pairs: list[tuple[Profile, Profile | None]] = []
    for offered in sources.values():
        main = max(offered, key=lambda profile: profile.width * profile.height)
        small = min(offered, key=lambda profile: (profile.width * profile.height, profile.codec))
        pairs.append((main, small if small.width * small.height < main.width * main.height else None))
    return pairs


class _Session:
    """Calls to one device. Every failure leaves it as ``Unavailable`` or ``Refused``."""

    def __init__(self, camera: Any, host: str, port: int, credential: Credential | None) -> None:
        self._camera, self._host, self._port = camera, host, port
        self._digest = None if credential is None else _digest(credential)
        self._services: dict[str, Any] = {}
        self._no_snapshots = False

    async def begin(self) -> None:
        """Learns the device's time and where its media service is."""
        # The clock is asked without a signature; some refuse even that, then our own time has to do.
        with suppress(Unavailable, Refused):
            await self._guarded(self._camera._devicemgmt_with_time())
        try:
            capabilities = await self.call("devicemgmt", "GetCapabilities", {"Category": "All"})
        except Unanswered as silent:
            # Who does not answer the first question answers none, whichever channel is asked about.
            raise Unreachable(str(silent)) from None
        named = _word(getattr(capabilities, "Media", None), "XAddr")
        usual = f"http://{bracketed(self._host)}:{self._port}/onvif/media_service"
        self._camera.xaddrs[MEDIA] = at_host(named, self._host, self._port) or usual

    async def call(self, service: str, operation: str, parameters: dict[str, Any] | None = None) -> Any:
        """The answer to one operation."""
        if service not in self._services:
            # Not timed: it asks nobody, the descriptions are parsed already, and cut short it would leak a session.
            made = await getattr(self._camera, f"create_{service}_service")()
            if self._digest is not None:
                # Some devices take no token in the message, only HTTP digest; it is answered when it is asked for.
                made.transport.session._middlewares = (self._digest,)
            self._services[service] = made
        return await self._guarded(getattr(self._services[service], operation)(parameters))

    async def profiles(self) -> list[Profile]:
        """The device's encodings, those that lack a video encoder left out."""
        answer = await self.call("media", "GetProfiles")
        return [profile for raw in (answer or [])[:MAX_PROFILES] if (profile := _profile(raw)) is not None]

    async def sources(self) -> list[str]:
        """The tokens of the device's video sources in its order; empty if it does not say."""
        try:
            answer = await self.call("media", "GetVideoSources")
        except Unavailable:
            return []
        return [token for raw in (answer or [])[:MAX_PROFILES] if (token := _word(raw, "token"))]

    async def address(self, token: str) -> DeviceAddress:
        """Where the profile's stream is."""
        return (await self.located(token))[0]

    async def small(self, profile: Profile | None) -> DeviceAddress | None:
        """Where the small encoding's stream is; None if there is none, or the device does not give it."""
        try:
            return None if profile is None else await self.address(profile.token)
        except Unanswered:
            # Taken for an answer, the large encoding would be pulled in its place from now on.
            raise
        except Unavailable:
            return None

    async def both(
        self, main: Profile, sub: Profile | None
    ) -> tuple[tuple[DeviceAddress, str | None], DeviceAddress | None]:
        """Where a channel's two streams are, the first with the host that the device named for it."""
        return await self.located(main.token), await self.small(sub)

    async def located(self, token: str) -> tuple[DeviceAddress, str | None]:
        """Where the profile's stream is, and the host the device named for it if that is another."""
        setup = {"Stream": "RTP-Unicast", "Transport": {"Protocol": "RTSP"}}
        answer = await self.call("media", "GetStreamUri", {"StreamSetup": setup, "ProfileToken": token})
        uri = _word(answer, "Uri")
        return stream_address(uri, self._host), other_host(uri, self._host)

    async def snapshot(self, token: str) -> str | None:
        """Where the profile's snapshot is; many devices have none, or none for this account."""
        if self._no_snapshots:
            return None
        try:
            answer = await self.call("media", "GetSnapshotUri", {"ProfileToken": token})
        except (Unavailable, Refused):
            self._no_snapshots = True
            return None
        return at_host(_word(answer, "Uri"), self._host, self._port)

    async def _guarded(self, call: Any) -> Any:
        try:
            async with asyncio.timeout(CALL_SECONDS):
                return await call
        except TimeoutError:
            raise Unanswered("the device does not answer ONVIF calls in time") from None
        except Exception as error:
            # The library lets through what aiohttp, zeep, lxml and its own code raise; its texts may hold addresses.
            raise _translated(error) from None


async def prepare() -> None:
    """Loads what every session needs before anybody waits for one."""
    await _loaded()


@asynccontextmanager
async def _session(host: str, port: int, credential: Credential | None) -> AsyncIterator[_Session]:
    library = await _loaded()
    camera = library.ONVIFCamera(
        host,
        port,
        credential.username if credential is not None else "",
        credential.password if credential is not None else "",
        no_cache=True,
        adjust_time=True,
    )
    try:
        session = _Session(camera, host, port, credential)
        await session.begin()
        yield session
    finally:
        with suppress(Exception):
            await camera.close()


def _digest(credential: Credential) -> Any:
    """What answers HTTP digest in the library's own sessions."""
    return importlib.import_module("aiohttp").DigestAuthMiddleware(credential.username, credential.password)


async def _loaded() -> Any:
    """The library; loading it takes a second of CPU, so it is done once, aside, and only where ONVIF is spoken."""
    return _library or await asyncio.to_thread(_load)


def _load() -> Any:
    global _library
    with _loading:
        if _library is None:
            library = _imported()
            asyncio.run(_parse_descriptions(library.client))
            _library = library
    return _library


async def _parse_descriptions(client: Any) -> None:
    """Parses the service descriptions into the library's own cache, from where every device's session takes them."""
    for name in ("devicemgmt.wsdl", "media.wsdl"):
        await client._cached_document(str(Path(client._WSDL_PATH) / name))


def _imported() -> Any:
    # The library configures the process's logging when it is imported; a handler that is there already prevents it.
    root, guard = logging.getLogger(), logging.NullHandler()
    root.addHandler(guard)
    try:
        library = importlib.import_module("onvif")
    finally:
        root.removeHandler(guard)
    for name in ("onvif", "zeep"):
        logging.getLogger(name).setLevel(logging.ERROR)
    return library


def _translated(error: Exception) -> Exception:
    if isinstance(error, Unavailable | Refused):
        return error
    util = importlib.import_module("onvif.util")
    names = type(error).__name__
    if util.is_auth_error(error) or names == "ONVIFAuthError" or "401" in str(error)[:200]:
        return Refused("the device does not take the user name and password")
    if names == "Fault":
        # The library makes one, too, of any failure that came with XML, such as a page that says 503 while booting.
        answer = getattr(error, "detail", None)
        passing = getattr(error, "code", None) is None and isinstance(answer, bytes) and b"Fault" not in answer
        return (Unanswered if passing else Unavailable)("the device refuses an ONVIF call it should know")
    if isinstance(error, OSError):
        return Unreachable("the device's ONVIF service cannot be reached")
    return Unanswered(f"the device's ONVIF answer cannot be understood ({names})")


def _word(holder: Any, key: str) -> str:
    """The text under that name, "" if it is not there."""
    value = getattr(holder, key, None)
    return value.strip()[:1024] if isinstance(value, str) else ""


def _profile(raw: Any) -> Profile | None:
    encoder, source = getattr(raw, "VideoEncoderConfiguration", None), getattr(raw, "VideoSourceConfiguration", None)
    token = _word(raw, "token")
    if encoder is None or not token:
        return None
    size = getattr(encoder, "Resolution", None)
    width, height = getattr(size, "Width", 0), getattr(size, "Height", 0)
    codec = {"H264": "h264", "H265": "h265"}.get(_word(encoder, "Encoding").upper(), _word(encoder, "Encoding").lower())
    return Profile(
        token, _word(raw, "Name") or token, _word(source, "SourceToken"), codec, int(width or 0), int(height or 0)
    )
