"""Erasing: a text that somebody typed leaves the audit because the law says so; the chain still proves the rest."""

from __future__ import annotations

from gateway.services.errors import Invalid, NotFound
from gateway.services.office import Caller, Office
from gateway.storage import audit_texts

REASON_MAX = 500


async def erase(office: Office, caller: Caller, text_id: str, reason: str) -> None:
    """Erases the text and its salt, and writes down who did it and why. Raises ``NotFound`` or ``Invalid``.

    The system manager does it on a written order that names the text by its id, without being shown the audit.
    """
    if not reason.strip():
        raise Invalid("a reason is needed", field="reason")
    if len(reason) > REASON_MAX:
        raise Invalid(f"a reason has at most {REASON_MAX} characters", field="reason")
    at = office.clock.now()
    async with office.store.begin() as conn:
        erased = await audit_texts.erase(conn, text_id, at, caller.operator.id)
        if erased is None:
            raise NotFound("text")
        chain, seq, field = erased
        await office.note(
            conn,
            at,
            caller.operator.id,
            "erase_text",
            "audit_text",
            text_id,
            typed={"reason": reason.strip()},
            chain=chain,
            seq=seq,
            field=field,
        )
