"""A data folder that already holds the sample district, for gateways that run without the sample's cameras."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy.engine import URL

from gateway.app.first_run import new_password
from gateway.clock import SystemClock, new_id
from gateway.services.seeding import Means, NewAccount, load_folder
from gateway.services.signing_in import hash_password
from gateway.settings import config_folder
from gateway.storage.migrating import migrate
from gateway.storage.secrets import open_box
from gateway.storage.store import open_store, sqlite_url

DEVICE_PASSWORD = "sample-device"


async def seed(data: Path, database: str | URL | None = None) -> list[NewAccount]:
    """Makes the folder and loads the sample into its SQLite file, or into ``database``; the accounts that it made."""
    await asyncio.to_thread(data.mkdir, parents=True, exist_ok=True)
    url = database or sqlite_url(data / "gateway.sqlite3")
    await migrate(url)
    clock = SystemClock()
    means = Means(lambda: new_id(clock), new_password, hash_password)
    async with open_store(url) as store:
        passwords = {"sample": DEVICE_PASSWORD}
        return await load_folder(
            store, open_box(data), config_folder() / "sample", datetime.now(UTC), means, passwords=passwords
        )
