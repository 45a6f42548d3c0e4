"""The SOAP answers of one sample device: the ONVIF calls that a client needs to find and play its streams."""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Callable
from datetime import UTC, datetime
from xml.etree import ElementTree
from xml.sax.saxutils import escape

from gateway.samples.device import SampleCamera, SampleDevice

_SOAP = "http://www.w3.org/2003/05/soap-envelope"
_WSSE = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-secext-1.0.xsd"
_WSU = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-utility-1.0.xsd"
_DEVICE = "http://www.onvif.org/ver10/device/wsdl"
_MEDIA = "http://www.onvif.org/ver10/media/wsdl"
_SIZES = {"main": (1280, 720, 850), "sub": (640, 360, 500)}
_OPEN_CALLS = frozenset({"GetSystemDateAndTime"})
_MAX_AGE_SECONDS = 300.0


class Soap:
    """Answers SOAP 1.2 requests for one device."""

    def __init__(self, device: SampleDevice, onvif_port: int, rtsp_port: int) -> None:
        self._device = device
        self._onvif_port = onvif_port
        self._rtsp_port = rtsp_port
        self._calls: dict[str, Callable[[ElementTree.Element], str | None]] = {
            "GetSystemDateAndTime": self._date_and_time,
            "GetServices": self._services,
            "GetCapabilities": self._capabilities,
            "GetDeviceInformation": self._information,
            "GetScopes": self._scopes,
            "GetProfiles": self._profiles,
            "GetProfile": self._profile,
            "GetVideoSources": self._sources,
            "GetStreamUri": self._stream_uri,
            "GetSnapshotUri": self._snapshot_uri,
        }

    def answer(self, message: bytes, *, signed: bool, now: datetime | None = None) -> tuple[int, bytes]:
        """HTTP status and envelope. ``signed`` says that HTTP digest was right; 401 asks for it."""
        if b"<!DOCTYPE" in message:
            return 400, _fault("Sender", "ter:WellFormed", "no document types")
        try:
            envelope = ElementTree.fromstring(message)
        except ElementTree.ParseError:
            return 400, _fault("Sender", "ter:WellFormed", "not XML")
        body = envelope.find(f"{{{_SOAP}}}Body")
        call = next(iter(body), None) if body is not None else None
        if call is None:
            return 400, _fault("Sender", "ter:WellFormed", "no call")
        name = call.tag.rpartition("}")[2]
        handler = self._calls.get(name)
        if name not in _OPEN_CALLS and not signed:
            token = envelope.find(f".//{{{_WSSE}}}UsernameToken")
            if token is None:
                return 401, b""
            if not self._knows(token, now or datetime.now(UTC)):
                return 400, _fault("Sender", "ter:NotAuthorized", "Sender not authorized")
        if handler is None:
            return 400, _fault("Receiver", "ter:ActionNotSupported", "Optional Action Not Implemented")
        content = handler(call)
        if content is None:
            return 400, _fault("Sender", "ter:InvalidArgVal", "no such token")
        return 200, _envelope(content)

    def _knows(self, token: ElementTree.Element, now: datetime) -> bool:
        """True if the UsernameToken's password digest is right (WSS UsernameToken profile 1.0)."""
        if self._device.gate.locked:
            return False
        username = token.findtext(f"{{{_WSSE}}}Username", "")
        given = token.findtext(f"{{{_WSSE}}}Password", "")
        created = token.findtext(f"{{{_WSU}}}Created", "")
        try:
            nonce = base64.b64decode(token.findtext(f"{{{_WSSE}}}Nonce", ""), validate=True)
            age = abs((now - datetime.fromisoformat(created).astimezone(UTC)).total_seconds())
        except ValueError:
            return False
        digest = hashlib.sha1(nonce + created.encode() + self._device.password.encode(), usedforsecurity=False)
        right = hmac.compare_digest(base64.b64encode(digest.digest()).decode(), given)
        return right and username == self._device.gate.username and age < _MAX_AGE_SECONDS

    @property
    def _address(self) -> str:
        return f"http://{self._device.host}:{self._onvif_port}/onvif"

    def _date_and_time(self, call: ElementTree.Element) -> str:
        now = datetime.now(UTC)
        return (
            "<tds:GetSystemDateAndTimeResponse><tds:SystemDateAndTime><tt:DateTimeType>NTP</tt:DateTimeType>"
            "<tt:DaylightSavings>false</tt:DaylightSavings><tt:TimeZone><tt:TZ>CST-8</tt:TZ></tt:TimeZone>"
            f"<tt:UTCDateTime><tt:Time><tt:Hour>{now.hour}</tt:Hour><tt:Minute>{now.minute}</tt:Minute>"
            f"<tt:Second>{now.second}</tt:Second></tt:Time><tt:Date><tt:Year>{now.year}</tt:Year>"
            f"<tt:Month>{now.month}</tt:Month><tt:Day>{now.day}</tt:Day></tt:Date></tt:UTCDateTime>"
            "</tds:SystemDateAndTime></tds:GetSystemDateAndTimeResponse>"
        )

    def _services(self, call: ElementTree.Element) -> str:
        entries = "".join(
            f"<tds:Service><tds:Namespace>{namespace}</tds:Namespace><tds:XAddr>{self._address}/{path}</tds:XAddr>"
            "<tds:Version><tt:Major>2</tt:Major><tt:Minor>60</tt:Minor></tds:Version></tds:Service>"
            for namespace, path in ((_DEVICE, "device_service"), (_MEDIA, "media_service"))
        )
        return f"<tds:GetServicesResponse>{entries}</tds:GetServicesResponse>"

    def _capabilities(self, call: ElementTree.Element) -> str:
        return (
            "<tds:GetCapabilitiesResponse><tds:Capabilities>"
            f"<tt:Device><tt:XAddr>{self._address}/device_service</tt:XAddr></tt:Device>"
            f"<tt:Media><tt:XAddr>{self._address}/media_service</tt:XAddr><tt:StreamingCapabilities>"
            "<tt:RTPMulticast>false</tt:RTPMulticast><tt:RTP_TCP>true</tt:RTP_TCP>"
            "<tt:RTP_RTSP_TCP>true</tt:RTP_RTSP_TCP></tt:StreamingCapabilities></tt:Media>"
            "</tds:Capabilities></tds:GetCapabilitiesResponse>"
        )

    def _information(self, call: ElementTree.Element) -> str:
        model = "Sample Recorder" if self._device.device.id.startswith("NVR") else "Sample Camera"
        return (
            "<tds:GetDeviceInformationResponse><tds:Manufacturer>Sharp Eyes sample</tds:Manufacturer>"
            f"<tds:Model>{model}</tds:Model><tds:FirmwareVersion>1.0</tds:FirmwareVersion>"
            f"<tds:SerialNumber>SAMPLE-{self._device.device.id}</tds:SerialNumber><tds:HardwareId>sample</tds:HardwareId>"
            "</tds:GetDeviceInformationResponse>"
        )

    def _scopes(self, call: ElementTree.Element) -> str:
        items = ("type/video_encoder", "Profile/Streaming", f"name/{self._device.device.id}", "location/sample")
        scopes = "".join(
            "<tds:Scopes><tt:ScopeDef>Fixed</tt:ScopeDef>"
            f"<tt:ScopeItem>onvif://www.onvif.org/{item}</tt:ScopeItem></tds:Scopes>"
            for item in items
        )
        return f"<tds:GetScopesResponse>{scopes}</tds:GetScopesResponse>"

    def _each_profile(self) -> list[tuple[str, SampleCamera, str]]:
        """Token, camera and stream of every profile: two per channel."""
        return [
            (f"ch{camera.channel.number}_{kind}", camera, kind)
            for camera in self._device.cameras.values()
            for kind in ("main", "sub")
        ]

    def _profiles(self, call: ElementTree.Element) -> str:
        profiles = "".join(_profile("trt:Profiles", *entry) for entry in self._each_profile())
        return f"<trt:GetProfilesResponse>{profiles}</trt:GetProfilesResponse>"

    def _profile(self, call: ElementTree.Element) -> str | None:
        found = self._asked_for(call)
        if found is None:
            return None
        return f"<trt:GetProfileResponse>{_profile('trt:Profile', *found)}</trt:GetProfileResponse>"

    def _asked_for(self, call: ElementTree.Element) -> tuple[str, SampleCamera, str] | None:
        token = call.findtext(f"{{{_MEDIA}}}ProfileToken", "")
        return next((entry for entry in self._each_profile() if entry[0] == token), None)

    def _sources(self, call: ElementTree.Element) -> str:
        sources = "".join(
            f'<trt:VideoSources token="source{camera.channel.number}"><tt:Framerate>10</tt:Framerate>'
            "<tt:Resolution><tt:Width>1280</tt:Width><tt:Height>720</tt:Height></tt:Resolution></trt:VideoSources>"
            for camera in self._device.cameras.values()
        )
        return f"<trt:GetVideoSourcesResponse>{sources}</trt:GetVideoSourcesResponse>"

    def _stream_uri(self, call: ElementTree.Element) -> str | None:
        found = self._asked_for(call)
        if found is None:
            return None
        _, camera, kind = found
        path = camera.channel.main if kind == "main" else camera.channel.sub
        uri = f"rtsp://{self._device.host}:{self._rtsp_port}{path}"
        return f"<trt:GetStreamUriResponse>{_uri(uri)}</trt:GetStreamUriResponse>"

    def _snapshot_uri(self, call: ElementTree.Element) -> str | None:
        found = self._asked_for(call)
        if found is None:
            return None
        uri = f"{self._address}/snapshot?channel={found[1].channel.number}"
        return f"<trt:GetSnapshotUriResponse>{_uri(uri)}</trt:GetSnapshotUriResponse>"


def _uri(uri: str) -> str:
    return (
        f"<trt:MediaUri><tt:Uri>{escape(uri)}</tt:Uri><tt:InvalidAfterConnect>false</tt:InvalidAfterConnect>"
        "<tt:InvalidAfterReboot>false</tt:InvalidAfterReboot><tt:Timeout>PT60S</tt:Timeout></trt:MediaUri>"
    )


def _profile(tag: str, token: str, camera: SampleCamera, kind: str) -> str:
    """One media profile with its video source and encoder."""
    width, height, kbps = _SIZES[kind]
    number = camera.channel.number
    return (
        f'<{tag} token="{token}" fixed="true"><tt:Name>{camera.id} {kind}</tt:Name>'
        f'<tt:VideoSourceConfiguration token="vsc{number}"><tt:Name>channel {number}</tt:Name>'
        "<tt:UseCount>2</tt:UseCount>"
        f'<tt:SourceToken>source{number}</tt:SourceToken><tt:Bounds x="0" y="0" width="1280" height="720"/>'
        f'</tt:VideoSourceConfiguration><tt:VideoEncoderConfiguration token="{token}_encoder"><tt:Name>{kind}</tt:Name>'
        f"<tt:UseCount>1</tt:UseCount><tt:Encoding>H264</tt:Encoding><tt:Resolution><tt:Width>{width}</tt:Width>"
        f"<tt:Height>{height}</tt:Height></tt:Resolution><tt:Quality>4</tt:Quality><tt:RateControl>"
        "<tt:FrameRateLimit>10</tt:FrameRateLimit><tt:EncodingInterval>1</tt:EncodingInterval>"
        f"<tt:BitrateLimit>{kbps}</tt:BitrateLimit></tt:RateControl><tt:H264><tt:GovLength>20</tt:GovLength>"
        "<tt:H264Profile>High</tt:H264Profile></tt:H264><tt:Multicast><tt:Address><tt:Type>IPv4</tt:Type>"
        "<tt:IPv4Address>0.0.0.0</tt:IPv4Address></tt:Address><tt:Port>0</tt:Port><tt:TTL>0</tt:TTL>"
        "<tt:AutoStart>false</tt:AutoStart></tt:Multicast><tt:SessionTimeout>PT60S</tt:SessionTimeout>"
        f"</tt:VideoEncoderConfiguration></{tag}>"
    )


def _envelope(content: str) -> bytes:
    return (
        f'<?xml version="1.0" encoding="UTF-8"?><s:Envelope xmlns:s="{_SOAP}" xmlns:tds="{_DEVICE}"'
        f' xmlns:trt="{_MEDIA}" xmlns:tt="http://www.onvif.org/ver10/schema" xmlns:ter="http://www.onvif.org/ver10/error">'
        f"<s:Body>{content}</s:Body></s:Envelope>"
    ).encode()


def _fault(code: str, subcode: str, reason: str) -> bytes:
    return _envelope(
        f"<s:Fault><s:Code><s:Value>s:{code}</s:Value><s:Subcode><s:Value>{subcode}</s:Value></s:Subcode></s:Code>"
        f'<s:Reason><s:Text xml:lang="en">{escape(reason)}</s:Text></s:Reason></s:Fault>'
    )
