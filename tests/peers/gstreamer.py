"""Starts GStreamer's RTSP server for a test."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

SCRIPT = Path(__file__).with_name("gst_rtsp_server.py")


@contextmanager
def serving(mounts: Sequence[str], *, user: str | None = None, password: str | None = None) -> Iterator[int]:
    """The port of a server with these mounts ("/path=h264,gop=10"), ended afterwards."""
    command = ["/usr/bin/python3", str(SCRIPT)]
    for mount in mounts:
        command += ["--mount", mount]
    if user is not None:
        command += ["--user", user, "--password", password or ""]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            words = process.stdout.readline().split()
            assert words[:1] == ["READY"], "the GStreamer RTSP server did not start"
            yield int(words[1])
        finally:
            process.kill()
