"""The load of ``users``: reads its task as JSON, prints what it found."""

from __future__ import annotations

import asyncio
import json
import random
import sys
import time
from dataclasses import dataclass, field
from typing import Any

import aiohttp

EVERY = 10.0
LIST = "/api/v1/cameras?limit=50"


@dataclass
class Found:
    """What happened to everybody."""

    took: list[float] = field(default_factory=list)
    failed: int = 0
    told: int = 0


async def user(client: aiohttp.ClientSession, token: str, begins: float, until: float, found: Found) -> None:
    """One person: an open feed, and the list again and again."""
    headers = {"Cookie": f"seg_session={token}"}
    await asyncio.sleep(begins)
    async with client.ws_connect("/api/v1/messages", headers=headers) as feed, asyncio.TaskGroup() as group:
        hearing = group.create_task(follow(feed, found))
        while (asked := time.monotonic()) < until:
            async with client.get(LIST, headers=headers) as answer:
                await answer.read()
                found.took.append((time.monotonic() - asked) * 1000)
                found.failed += answer.status != 200
            await asyncio.sleep(max(0.0, asked + EVERY - time.monotonic()))
        hearing.cancel()


async def follow(feed: aiohttp.ClientWebSocketResponse, found: Found) -> None:
    """Hears what is told."""
    async for message in feed:
        found.told += 1
        if json.loads(message.data)["topic"] == "goodbye":
            found.failed += 1


async def edit(client: aiohttp.ClientSession, token: str, camera: str, until: float) -> None:
    """Changes a camera once a second."""
    headers = {"Cookie": f"seg_session={token}", "X-Requested-By": "console"}
    address = f"/api/v1/cameras/{camera}"
    number = 0
    while time.monotonic() < until:
        number += 1
        async with client.get(address, headers=headers) as answer:
            version = (await answer.json())["version"]
        body = {"version": version, "name_en": f"Edited {number} (sample)"}
        async with client.patch(address, headers=headers, json=body) as answer:
            if answer.status != 200:
                raise RuntimeError(await answer.text())
        await asyncio.sleep(1.0)


async def main(task: dict[str, Any]) -> Found:
    """Everybody at once, beginning spread over the first ten seconds; what is timed begins after that."""
    found, chance = Found(), random.Random(1)
    connector = aiohttp.TCPConnector(limit=0)
    until = time.monotonic() + EVERY + task["seconds"]
    async with aiohttp.ClientSession(task["base"], connector=connector) as client, asyncio.TaskGroup() as group:
        for token in task["tokens"]:
            group.create_task(user(client, token, chance.uniform(0, EVERY), until, found))
        group.create_task(edit(client, task["editor"], task["camera"], until))
        await asyncio.sleep(EVERY)
        found.took.clear()
    return found


if __name__ == "__main__":
    result = asyncio.run(main(json.load(sys.stdin)))
    json.dump({"took": result.took, "failed": result.failed, "told": result.told}, sys.stdout)
