"""Oversight: alerts and unused access for those who watch the watchers, needs for owners, figures for the public."""

from __future__ import annotations

from html import escape
from typing import Annotated

from fastapi import APIRouter, Depends, Request, Response
from fastapi.responses import HTMLResponse
from pydantic import BaseModel, ConfigDict, Field

from gateway.domain.actions import Action
from gateway.domain.operators import Role
from gateway.services import need_reviews, overseeing
from gateway.services.errors import NotFound
from gateway.services.need_reviews import NeedDue, ReviewView
from gateway.services.office import Caller
from gateway.services.overseeing import PublicPage
from gateway.storage.need_reviews import NeedReview
from gateway.storage.oversight import Alert, UnusedGrant
from gateway.web.lists import After, Limit, Listing
from gateway.web.rules import Needs, Open, RoleIs, rule
from gateway.web.signed import office_of, signed_in

router = APIRouter(tags=["oversight"])
Who = Annotated[Caller, Depends(signed_in)]
OVERSEERS = [rule(RoleIs(frozenset({Role.AUDIT_MANAGER, Role.SECURITY_MANAGER})))]
AUDIT = [rule(RoleIs(frozenset({Role.AUDIT_MANAGER})))]


class Acknowledgement(BaseModel):
    """What came of looking into an alert."""

    model_config = ConfigDict(extra="forbid")
    note: Annotated[str, Field(min_length=1, max_length=1000)]


class Review(BaseModel):
    """Whether a camera is still needed, and why."""

    model_config = ConfigDict(extra="forbid")
    needed: bool
    note: Annotated[str, Field(min_length=1, max_length=1000)]


@router.get("/oversight/alerts", dependencies=AUDIT, summary="Unusual viewing")
async def alerts(request: Request, waiting: bool = False, after: After = None, limit: Limit = 50) -> Listing[Alert]:
    """Newest first; ``waiting`` leaves out what was acknowledged."""
    page = await overseeing.alerts(office_of(request), waiting=waiting, after=after, limit=limit)
    return Listing(list(page.items), page.next)


@router.post("/oversight/alerts/{alert_id}/acknowledgement", dependencies=AUDIT, status_code=204, summary="Acknowledge")
async def acknowledge(alert_id: str, body: Acknowledgement, request: Request, caller: Who) -> Response:
    """Says what came of it; audited."""
    await overseeing.acknowledge(office_of(request), caller, alert_id, body.note)
    return Response(status_code=204)


@router.get("/oversight/unused-grants", dependencies=OVERSEERS, summary="Access that nobody uses")
async def unused(request: Request) -> Listing[UnusedGrant]:
    """Grants in force for more than a month that were not used in it, with those that an approved request made."""
    return Listing(await overseeing.unused_grants(office_of(request)))


@router.get("/oversight/needs", dependencies=[rule(Needs(Action.LIST))], summary="Cameras whose need is to be reviewed")
async def needs(request: Request, caller: Who) -> Listing[NeedDue]:
    """Cameras within the caller's scope that nobody reviewed for a year, the longest first; before them those that are
    said to be no longer needed (``needed`` is false) and are not out of service yet.
    """
    return Listing(await need_reviews.due(office_of(request), caller))


@router.get(
    "/cameras/{camera_id}/need-reviews", dependencies=[rule(Needs(Action.MANAGE))], summary="Reviews of a camera's need"
)
async def reviews(camera_id: str, request: Request, caller: Who) -> Listing[ReviewView]:
    """Newest first, at most fifty; for those who manage the camera."""
    return Listing(await need_reviews.of_camera(office_of(request), caller, camera_id))


@router.post(
    "/cameras/{camera_id}/need-review",
    dependencies=[rule(Needs(Action.MANAGE))],
    status_code=201,
    summary="Review need",
)
async def review(camera_id: str, body: Review, request: Request, caller: Who) -> NeedReview:
    """Whether the camera is still needed; for those who manage it, once a year."""
    return await need_reviews.review(office_of(request), caller, camera_id, body.needed, body.note)


def public_router(*, shown: bool, contact: str) -> APIRouter:
    """The public page; unless it is switched on there is none."""
    routes = APIRouter(tags=["oversight"])

    @routes.get("/transparency", dependencies=[rule(Open())], include_in_schema=False)
    async def page(request: Request) -> HTMLResponse:
        """For anybody, without signing in; nothing of a single camera."""
        if not shown:
            raise NotFound("page")
        return HTMLResponse(_html(await overseeing.public_page(office_of(request), contact)))

    @routes.get("/transparency.json", dependencies=[rule(Open())], include_in_schema=False)
    async def figures(request: Request) -> PublicPage:
        """The same for programs."""
        if not shown:
            raise NotFound("page")
        return await overseeing.public_page(office_of(request), contact)

    return routes


_STYLE = """
body { font: 16px/1.6 system-ui, "Noto Sans CJK SC", "Microsoft YaHei", sans-serif; color: #1d2733; background: #f6f7f9;
  margin: 0 }
main { max-width: 760px; margin: 0 auto; padding: 40px 20px }
h1 { font-size: 26px; margin: 0 } h2 { font-size: 18px; margin: 32px 0 8px }
p { margin: 4px 0 } .en { color: #4d5a68; font-size: 14px }
.big { font-size: 40px; font-weight: 600; line-height: 1.2 }
table { border-collapse: collapse; width: 100%; background: #fff }
th, td { text-align: right; padding: 8px 12px; border-bottom: 1px solid #dfe4ea } th:first-child, td:first-child {
  text-align: left }
ul { margin: 0; padding-left: 20px }
"""


def _html(page: PublicPage) -> str:
    rows = "".join(
        f"<tr><td>{one.month}</td><td>{one.views}</td><td>{one.exports}</td><td>{one.refusals}</td></tr>"
        for one in page.months
    )
    purposes = "".join(
        f'<li>{escape(one.name_zh)} <span class="en">{escape(one.name_en)}</span></li>' for one in page.purposes
    )
    contact = escape(page.contact) or "—"
    none = '<tr><td colspan="4">尚无完整月份 · no whole month yet</td></tr>'
    return f"""<!doctype html>
<html lang="zh-CN"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>公共视频使用公示 · Public video: how it is used</title><style>{_STYLE}</style></head><body><main>
<h1>公共视频使用公示</h1><p class="en">Public video: how it is used</p>
<h2>摄像机数量 <span class="en">cameras</span></h2><p class="big">{page.cameras}</p>
<h2>用途 <span class="en">purposes</span></h2><ul>{purposes}</ul>
<h2>每月使用情况 <span class="en">use by month</span></h2>
<table><thead><tr><th>月份 <span class="en">month</span></th><th>调阅 <span class="en">views</span></th>
<th>导出 <span class="en">exports</span></th><th>拒绝 <span class="en">refusals</span></th></tr></thead>
<tbody>{rows or none}</tbody></table>
<p class="en">数字取自防篡改审计日志。These figures are counted from the tamper-evident audit.</p>
<h2>联系方式 <span class="en">contact</span></h2><p>{contact}</p>
</main></body></html>
"""
