"""Which devices are on the network."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Request
from pydantic import BaseModel, ConfigDict, Field

from gateway.domain.actions import Action
from gateway.domain.scans import MAX_PORTS
from gateway.services import scanning
from gateway.services.errors import Forbidden
from gateway.services.office import Caller
from gateway.services.scanning import FoundView
from gateway.web.lists import Listing
from gateway.web.rules import Needs, rule
from gateway.web.signed import office_of, signed_in

router = APIRouter(tags=["cameras"])
Who = Annotated[Caller, Depends(signed_in)]


class ScanBody(BaseModel):
    """An address range besides the multicast probe, and the ports to knock at."""

    model_config = ConfigDict(extra="forbid")
    range: Annotated[str, Field(max_length=64)] = ""
    ports: Annotated[list[Annotated[int, Field(ge=1, le=65535)]], Field(max_length=MAX_PORTS)] = []


@router.post("/scan", dependencies=[rule(Needs(Action.MANAGE))], summary="Which devices are on the network")
async def scan(body: ScanBody, request: Request, caller: Who) -> Listing[FoundView]:
    """A worker sends a WS-Discovery probe and knocks at the range's addresses; it signs in nowhere. Up to 45 s.

    ``range`` is 192.168.1.0/24 or 192.168.1.1-192.168.1.60, within the networks that ``discovery.networks`` allows.
    """
    scanner = request.app.state.scanner
    if scanner is None:
        raise Forbidden("this gateway does not scan")
    allowed = request.app.state.networks
    return Listing(await scanning.scan(office_of(request), caller, scanner, allowed, body.range, body.ports))
