"""Messages: the doorbell of open consoles. It carries ids; the page asks for the rest."""

from __future__ import annotations

import asyncio
import contextlib
import json

from fastapi import APIRouter, WebSocket

from gateway.services.errors import Locked, NotSignedIn, SecondFactorNeeded
from gateway.services.listening import Ear, Listening
from gateway.web.live import GONE
from gateway.web.rules import SignedIn, refuse_held, rule
from gateway.web.signed import signed_in


def router(listening: Listening) -> APIRouter:
    """The route of messages."""
    routes = APIRouter()

    @routes.websocket("/messages", dependencies=[rule(SignedIn())])
    async def messages(websocket: WebSocket) -> None:
        """ "hello" first (ask for everything), then what changed, until either side ends it."""
        await websocket.accept()
        try:
            caller = await signed_in(websocket)
            refuse_held(caller)
        except NotSignedIn:
            await _leave(websocket)
            return
        except (Locked, SecondFactorNeeded):
            await _leave(websocket, "held")
            return
        async with listening.listen(caller) as ear, asyncio.TaskGroup() as group:
            telling = group.create_task(_tell(websocket, listening, ear))
            hearing = group.create_task(_hear(websocket))
            await asyncio.wait((telling, hearing), return_when=asyncio.FIRST_COMPLETED)
            telling.cancel()
            hearing.cancel()

    return routes


async def _tell(websocket: WebSocket, listening: Listening, ear: Ear) -> None:
    with contextlib.suppress(*GONE):
        await websocket.send_text(json.dumps({"topic": "hello", "ids": []}))
        while (told := await listening.next(ear)) is not None:
            for topic, ids in told:
                await websocket.send_text(json.dumps({"topic": topic.value, "ids": ids}))
        await _leave(websocket)


async def _leave(websocket: WebSocket, code: str = "signed_out") -> None:
    with contextlib.suppress(*GONE):
        await websocket.send_text(json.dumps({"topic": "goodbye", "ids": [], "code": code}))
        await websocket.close(1000)


async def _hear(websocket: WebSocket) -> None:
    while (await websocket.receive())["type"] != "websocket.disconnect":
        pass
