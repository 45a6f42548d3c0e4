"""What browsers send of passkeys, and the site at which they are asked."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import Request
from pydantic import BaseModel, ConfigDict, Field

from gateway.domain.websites import WebSite, website_of
from gateway.services.ceremonies import Answer

CeremonyId = Annotated[str, Field(pattern=r"^[0-9a-f-]{36}$")]


class PasskeyAnswer(BaseModel):
    """What ``navigator.credentials`` gave, as JSON (``PublicKeyCredential.toJSON``), and which challenge it answers."""

    model_config = ConfigDict(extra="forbid")
    ceremony: CeremonyId
    credential: dict[str, Any]

    def said(self, site: WebSite, session_id: str | None = None) -> Answer:
        """The answer as the services take it."""
        return Answer(self.ceremony, self.credential, site, session_id)


def site_of_request(request: Request) -> WebSite:
    """The site that the browser is on: the public address if one is set, else the one that it asked."""
    public: str = request.app.state.public_url
    return website_of(public or str(request.base_url))
