"""What can be made to go wrong with a sample camera, for tests."""

from __future__ import annotations

import json
import socket
from enum import StrEnum


class Fault(StrEnum):
    """One fault switch."""

    DROP = "drop"
    """Connections are closed and new ones hung up on; one channel alone answers 503."""
    FREEZE = "freeze"
    """The same picture again and again."""
    BLACK = "black"
    """A black picture."""
    COVER = "cover"
    """Something smooth in front of the lens."""
    GARBAGE = "garbage"
    """Random bytes in every RTP payload."""
    SILENCE = "silence"
    """Connections stay open, nothing is sent, no request is answered."""
    SLOW = "slow"
    """Answers two seconds late, pictures in bursts of one second."""
    WRONG_PASSWORD = "wrong_password"
    """The whole device takes nobody's password any more, and ends what is playing."""
    NO_BANDWIDTH = "453"
    """453 Not Enough Bandwidth for every new stream."""
    WRONG_CLOCK = "wrong_clock"
    """The sender reports tell a time that is 90 seconds ahead."""
    TIME_JUMP = "time_jump"
    """RTP time stamps jump an hour ahead when it is switched on, and back when it is switched off."""


PICTURES = (Fault.FREEZE, Fault.BLACK, Fault.COVER)
"""Faults of the picture itself: they begin and end at a keyframe, at most two seconds later."""


def switch(control_path: str, camera_id: str, fault: str, on: bool) -> None:
    """Switches a fault of a camera, or of a whole recorder by its id; blocks until it is done.

    Raises ValueError if the sample cameras do not know the id or the fault, OSError if they do not answer.
    """
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
        connection.settimeout(30)
        connection.connect(control_path.removeprefix("unix:"))
        line = json.dumps({"camera": camera_id, "fault": str(fault), "on": on})
        connection.sendall(line.encode() + b"\n")
        answer = connection.makefile("rb").readline()
    if not answer:
        raise OSError("the sample cameras hung up")
    reply = json.loads(answer)
    if not reply.get("ok"):
        raise ValueError(str(reply.get("error", "refused")))
