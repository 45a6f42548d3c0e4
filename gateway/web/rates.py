"""Online and good-picture rates: now, as a trend, and of one camera."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request

from gateway.domain.actions import Action
from gateway.services import rates
from gateway.services.office import Caller
from gateway.services.rates import TREND_DAYS, By, DayRates, Health, Today
from gateway.storage.camera_days import Narrowed
from gateway.web.lists import Listing
from gateway.web.rules import Needs, rule
from gateway.web.signed import office_of, signed_in

router = APIRouter(tags=["cameras"])
Who = Annotated[Caller, Depends(signed_in)]


@router.get("/rates", dependencies=[rule(Needs(Action.LIST))], summary="Online and good-picture rates of today")
async def read(request: Request, caller: Who, by: By = "owner") -> Today:
    """Of your cameras, in groups, worst first; every rate with its numerator and denominator, null over nothing.

    ``instant`` online now / in service and not suspended for works; ``timed`` the mean over cameras of the time online
    since midnight in Shanghai / their time in service; ``picture`` good / online; ``overall`` good / in service.
    """
    return await rates.read(office_of(request), caller, by)


@router.get("/rates/trend", dependencies=[rule(Needs(Action.LIST))], summary="The rates day by day")
async def trend(
    request: Request,
    caller: Who,
    owner: str | None = None,
    kind: str | None = None,
    township: str | None = None,
    days: Annotated[int, Query(ge=1, le=TREND_DAYS)] = TREND_DAYS,
) -> Listing[DayRates]:
    """The last whole days in Shanghai, oldest first; a day without figures has null rates."""
    only = Narrowed(owner or None, kind or None, township or None)
    return Listing(await rates.trend(office_of(request), caller, days, only))


@router.get("/cameras/{camera_id}/health", dependencies=[rule(Needs(Action.LIST))], summary="A camera's last 30 days")
async def health(camera_id: str, request: Request, caller: Who) -> Health:
    """Its states and its rates by day."""
    return await rates.health(office_of(request), caller, camera_id)
