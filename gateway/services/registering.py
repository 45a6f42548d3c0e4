"""The register of views: searched by the audit manager, which is itself noted."""

from __future__ import annotations

from dataclasses import asdict

from gateway.services.office import Caller, Office
from gateway.storage import view_search
from gateway.storage.paging import Page
from gateway.storage.view_records import ViewRecord
from gateway.storage.view_search import ViewQuery


async def searched(office: Office, caller: Caller, query: ViewQuery, after: str | None, limit: int) -> Page[ViewRecord]:
    """Records that fit, newest first; the route admits only the audit manager. Raises ``BadCursor``."""
    at = office.clock.now()
    async with office.store.begin() as conn:
        if after is None:
            asked = {name: value for name, value in asdict(query).items() if isinstance(value, str)}
            await office.note(conn, at, caller.operator.id, "search_views", "views", "", asked=asked)
        return await view_search.page(conn, query, after=after, limit=limit)
