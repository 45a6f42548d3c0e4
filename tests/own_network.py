"""A network of the test's own: a thread (and all it starts) that shares no address with the rest of the machine."""

from __future__ import annotations

import ctypes
import os
import subprocess
import threading
from collections.abc import Callable

ADDRESS = "192.0.2.10"
"""An address for documentation (RFC 5737) that is nobody's; here it is this machine's, and it is not loopback."""

_CLONE_NEWNET = 0x40000000


def in_own_network(work: Callable[[], None]) -> None:
    """Runs the work in a new network namespace with loopback and ``ADDRESS``; raises what it raises. Needs root.

    A namespace belongs to a thread and to the processes it starts, so that the test run itself stays where it is.
    """
    failed: list[BaseException] = []

    def inside() -> None:
        try:
            if ctypes.CDLL(None, use_errno=True).unshare(_CLONE_NEWNET) != 0:
                raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
            for words in ("link set lo up", f"addr add {ADDRESS}/24 dev lo"):
                subprocess.run(["ip", *words.split()], check=True)
            work()
        except BaseException as problem:
            failed.append(problem)

    thread = threading.Thread(target=inside, name="own network")
    thread.start()
    thread.join()
    if failed:
        raise failed[0]
