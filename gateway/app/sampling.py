"""What the sample cameras need before they start, made on the first run."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from pathlib import Path

from gateway.app.footing import LOOPBACK, CannotRun, private_file
from gateway.settings import Settings, config_folder

DEVICE_PASSWORD = "sample-device-password"


@dataclass(frozen=True, slots=True)
class SampleRun:
    """What the sample cameras need: the district's folder, and the file with their password."""

    folder: Path
    password_file: Path


def prepare_sample(settings: Settings) -> SampleRun:
    """Makes what the sample cameras need, unless it is there. Raises ``CannotRun``."""
    if settings.server.host not in LOOPBACK:
        raise CannotRun("the sample's accounts are for trying out: --sample runs only with --host 127.0.0.1")
    folder = config_folder() / "sample"
    if not (folder / "plan.yaml").is_file():
        raise CannotRun(f"there is no sample district in {folder}: run without --sample")
    password_file = settings.data / DEVICE_PASSWORD
    if not password_file.exists():
        private_file(password_file, secrets.token_urlsafe(12) + "\n")
    return SampleRun(folder, password_file)
