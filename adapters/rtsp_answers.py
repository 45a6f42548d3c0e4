"""What a device's refusal means, in our words: one sentence for each status, and what may be done about it.

FFmpeg's error tells apart only a few statuses, but its log line names each; so that is listened to while a stream is
being opened, and only then: at other times it would cost the reading threads the interpreter's lock.
"""

from __future__ import annotations

import logging
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import av.error
import av.logging

from adapters.reachability import NOTHING_LISTENS, Unreachable, explain
from gateway.ports import DeviceAddress, Refused, Unavailable

_FAILED = re.compile(r"method (\w+) failed: (\d{3})")
_counting = threading.Lock()
_listening = 0

SENTENCES = {
    400: "the device does not understand the request (400)",
    404: "the device knows no stream at that path (404)",
    405: "the device does not allow a request that every player makes (405)",
    406: "the device cannot describe this stream in a way that can be taken (406)",
    410: "the device says that this stream is gone for good (410)",
    415: "the device cannot describe this stream in a way that can be taken (415)",
    451: "the device does not understand a parameter of the request (451)",
    454: "the device has lost the session that it gave (454)",
    455: "the device does not allow this in its present state (455)",
    457: "the device cannot play from now on (457)",
    459: "the device wants its tracks to be asked for one by one (459)",
    460: "the device wants its tracks to be asked for together (460)",
    461: "the device offers no transport that can be taken (461): try UDP or TCP instead",
    462: "the device cannot reach this gateway to send pictures (462)",
}


class Busy(Unavailable):
    """The device takes no further session (429, 453, 5xx): it is to be left alone for longer."""


class Withheld(Unavailable):
    """The device takes the account but does not give it this stream (403): only this stream is left alone for long."""


class Log:
    """What FFmpeg wrote while somebody listened."""

    def __init__(self) -> None:
        self.lines: list[tuple[int, str, str]] = []

    @property
    def status(self) -> int | None:
        """The status of the last request that failed, None if the device said none."""
        found = [match for _, _, line in self.lines if (match := _FAILED.search(line))]
        return int(found[-1][2]) if found else None


@contextmanager
def listening() -> Iterator[Log]:
    """Hears what FFmpeg writes in this thread; what it writes in others is thrown away."""
    global _listening
    log = Log()
    quiet = logging.getLogger("libav")
    quiet.propagate = False
    if not quiet.handlers:
        quiet.addHandler(logging.NullHandler())
    with _counting:
        _listening += 1
        av.logging.set_level(av.logging.ERROR)
    try:
        with av.logging.Capture(local=True) as lines:
            log.lines = lines
            yield log
    finally:
        with _counting:
            _listening -= 1
            if _listening == 0:
                av.logging.set_level(None)


def translated(error: av.error.FFmpegError, address: DeviceAddress, status: int | None = None) -> Exception:
    """The error in our words. FFmpeg's own text holds the URL with the password and is not used."""
    if isinstance(error, av.error.HTTPUnauthorizedError):
        return Refused("the device does not take the user name and password")
    if isinstance(error, av.error.HTTPForbiddenError):
        return Withheld("the device does not let this user see this stream (403)")
    if isinstance(error, av.error.HTTPTooManyRequestsError) or status == 453:
        return Busy("the device takes no further session")
    if isinstance(error, av.error.HTTPServerError):
        return Busy("the device is overloaded or faulty (its answer is 5xx)")
    if isinstance(error, av.error.HTTPBadRequestError):
        return Unavailable(SENTENCES[400])
    if isinstance(error, av.error.HTTPNotFoundError):
        return Unavailable(SENTENCES[404])
    if isinstance(error, av.error.HTTPOtherClientError):
        return Unavailable(SENTENCES.get(status or 0, f"the device refuses the request ({status or '4xx'})"))
    if isinstance(error, ConnectionRefusedError):
        return Unreachable(NOTHING_LISTENS)
    return explain(address.host, address.port)
