"""Says in one sentence why a device cannot be used, when the protocol library's own error does not."""

from __future__ import annotations

import errno
import socket

from gateway.ports import Unavailable

SECONDS = 3.0
NOTHING_LISTENS = "nothing listens at the device's address and port"

_WORDS = {
    errno.ECONNREFUSED: NOTHING_LISTENS,
    errno.EHOSTUNREACH: "there is no route to the device",
    errno.ENETUNREACH: "there is no route to the device",
    errno.ECONNRESET: "the device hung up",
}


class Unanswered(Unavailable):
    """The device gave no answer that would hold: asked again it may give one."""


class Unreachable(Unanswered):
    """Nothing answers at the device's address: whoever asks there at once is not answered either."""


def explain(host: str, port: int, seconds: float = SECONDS) -> Unavailable:
    """What a bare connection to that address shows. Blocks up to ``seconds``; never raises."""
    try:
        with socket.create_connection((host, port), timeout=seconds):
            return Unavailable("the device takes the connection but sends no usable stream")
    except TimeoutError:
        return Unreachable("the device does not answer")
    except socket.gaierror:
        return Unreachable("the device's host name is not known")
    except OSError as error:
        return Unreachable(_WORDS.get(error.errno or 0, "the device cannot be reached"))
