"""The integrator guide's tables against the code's."""

from __future__ import annotations

import re

from gateway.services import errors
from gateway.web.errors import TABLE
from tests.documents import ROOT, table

GUIDE = ROOT / "docs" / "integrator-guide.md"


def test_every_error_code_is_in_the_guide_with_its_status() -> None:
    told = {(row[0], re.sub("`", "", row[1])) for row in table(GUIDE, "Errors")}
    assert {(str(status), code) for status, code in TABLE.values()} <= told
    assert errors.NotFound in TABLE


def test_every_end_of_a_live_picture_is_in_the_guide() -> None:
    told = {code for row in table(GUIDE, "Live pictures over WebSocket") for code in re.findall(r"`(\w+)`", row[0])}
    source = "\n".join(
        path.read_text()
        for folder in ("web", "services", "media")
        for path in sorted((ROOT / "gateway" / folder).glob("*.py"))
    )
    used = set(re.findall(r"\bEnded\(\s*\"(\w+)\"", source))
    assert used
    assert used - {"gone"} <= told, "gone is never said: the viewer has left"
