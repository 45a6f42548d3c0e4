"""Ceremonies: what a browser is told to ask of a passkey, and whether the answer holds (WebAuthn 7.1 and 7.2)."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import structlog
import webauthn
from sqlalchemy.ext.asyncio import AsyncConnection
from webauthn.helpers import base64url_to_bytes, options_to_json_dict, parse_attestation_object
from webauthn.helpers.structs import (
    AttestationConveyancePreference,
    AttestationFormat,
    AuthenticatorSelectionCriteria,
    AuthenticatorTransport,
    PublicKeyCredentialDescriptor,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)

from gateway.domain.operators import Operator
from gateway.domain.websites import WebSite
from gateway.services.office import SYSTEM, Office
from gateway.storage import passkey_challenges, passkeys
from gateway.storage.passkey_challenges import ENROL, USE, Challenge
from gateway.storage.passkeys import Passkey

log = structlog.get_logger(__name__)

CHALLENGE_LASTS = timedelta(minutes=5)
"""How long somebody may look for their key: as long as browsers wait at the most."""
CHALLENGE_BYTES = 32
HOUSE = "SharpEyes"
"""What a browser calls the site when it asks for the finger or the key."""
_CREDENTIAL = re.compile(r"[A-Za-z0-9_-]{1,1400}")
_PLAIN_FORMS = frozenset({AttestationFormat.NONE, AttestationFormat.PACKED})
"""We ask for no attestation; browsers then send none, or one that a key signed for itself. The readers of all other
forms, with their certificates, are never reached.
"""


@dataclass(frozen=True, slots=True)
class Ceremony:
    """What the browser gives to ``navigator.credentials``, and under which id the answer is expected."""

    id: str
    options: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Answer:
    """What a passkey answered: on which site, to which challenge, and in which session (None while signing in)."""

    ceremony: str
    credential: Mapping[str, Any]
    site: WebSite
    session_id: str | None = None


@dataclass(frozen=True, slots=True)
class Made:
    """A passkey that an authenticator has just made."""

    credential: str
    public_key: bytes
    sign_count: int
    transports: tuple[str, ...]


async def begin_enrolment(
    office: Office, conn: AsyncConnection, operator: Operator, session_id: str, site: WebSite, known: list[Passkey]
) -> Ceremony:
    """Asks for a new passkey, on none of the authenticators that hold one of the known."""
    challenge = await _challenge(office, conn, operator.id, session_id, ENROL)
    options = webauthn.generate_registration_options(
        rp_id=site.name,
        rp_name=HOUSE,
        user_id=operator.id.encode(),
        user_name=operator.login,
        user_display_name=operator.name,
        challenge=challenge.challenge,
        timeout=_milliseconds(),
        attestation=AttestationConveyancePreference.NONE,
        authenticator_selection=AuthenticatorSelectionCriteria(
            resident_key=ResidentKeyRequirement.PREFERRED, user_verification=UserVerificationRequirement.PREFERRED
        ),
        exclude_credentials=_described(known),
    )
    return Ceremony(challenge.id, options_to_json_dict(options))


async def begin_use(
    office: Office, conn: AsyncConnection, operator_id: str, session_id: str | None, site: WebSite
) -> Ceremony | None:
    """Asks for one of the operator's passkeys of this site; None if there is none that could answer."""
    known = [one for one in await passkeys.of_operator(conn, operator_id) if one.host == site.name]
    if site.obstacle is not None or not known:
        return None
    challenge = await _challenge(office, conn, operator_id, session_id, USE)
    options = webauthn.generate_authentication_options(
        rp_id=site.name,
        challenge=challenge.challenge,
        timeout=_milliseconds(),
        allow_credentials=_described(known),
        user_verification=UserVerificationRequirement.PREFERRED,
    )
    return Ceremony(challenge.id, options_to_json_dict(options))


async def made(conn: AsyncConnection, operator_id: str, answer: Answer, at: datetime) -> Made | None:
    """The passkey that was made, None if the answer does not hold. The challenge is used up either way."""
    challenge = await passkey_challenges.take(conn, answer.ceremony, operator_id, answer.session_id, ENROL, at)
    if challenge is None or answer.site.obstacle is not None:
        return None
    credential = dict(answer.credential)
    try:
        attested = parse_attestation_object(base64url_to_bytes(credential["response"]["attestationObject"]))
        if attested.fmt not in _PLAIN_FORMS:
            return None
        found = webauthn.verify_registration_response(
            credential=credential,
            expected_challenge=challenge,
            expected_rp_id=answer.site.name,
            expected_origin=answer.site.origin,
        )
    except Exception as problem:  # bytes from anywhere: the library names no end of what reading them may raise
        log.info("a passkey's answer does not hold", operator=operator_id, problem=str(problem))
        return None
    name = _credential_of(answer)
    if name is None:
        return None
    said = credential["response"].get("transports")
    hints = said if isinstance(said, list) else []
    transports = tuple(sorted(one.value for one in AuthenticatorTransport if one.value in hints))
    return Made(name, found.credential_public_key, found.sign_count, transports)


async def used(
    office: Office, conn: AsyncConnection, operator_id: str, answer: Answer, at: datetime, remote: str
) -> bool:
    """True if one of the operator's own passkeys answered. The challenge is used up and the line written either way."""
    passkey_id, why, verified = await _judged(conn, operator_id, answer, at)
    me = operator_id
    if why:
        await office.note(
            conn, at, SYSTEM, "refuse_passkey", "operator", me, passkey=passkey_id, why=why, remote=remote
        )
    else:
        await office.note(
            conn, at, me, "use_passkey", "operator", me, passkey=passkey_id, verified=verified, remote=remote
        )
    return not why


async def _judged(conn: AsyncConnection, operator_id: str, answer: Answer, at: datetime) -> tuple[str, str, bool]:
    """Which passkey answered, why it is refused ("" if it is not), and whether it had checked who holds it."""
    challenge = await passkey_challenges.take(conn, answer.ceremony, operator_id, answer.session_id, USE, at)
    if challenge is None:
        return "", "challenge", False
    credential = _credential_of(answer)
    found = None if credential is None else await passkeys.find(conn, operator_id, answer.site.name, credential)
    if found is None:
        return "", "unknown", False
    try:
        verified = webauthn.verify_authentication_response(
            credential=dict(answer.credential),
            expected_challenge=challenge,
            expected_rp_id=answer.site.name,
            expected_origin=answer.site.origin,
            credential_public_key=found.public_key,
            credential_current_sign_count=0,  # compared below, once the signature is known to hold
        )
    except Exception as problem:  # as above
        log.info("a passkey's answer does not hold", operator=operator_id, problem=str(problem))
        return found.id, "answer", False
    # a counter that does not go on means that the key was copied: neither it nor its copy is let in with an old count
    if not await passkeys.use(conn, found.id, verified.new_sign_count, at):
        return found.id, "counter", verified.user_verified
    return found.id, "", verified.user_verified


async def _challenge(
    office: Office, conn: AsyncConnection, operator_id: str, session_id: str | None, kind: str
) -> Challenge:
    at = office.clock.now()
    value = os.urandom(CHALLENGE_BYTES)
    challenge = Challenge(office.new_id(), operator_id, session_id, kind, value, at + CHALLENGE_LASTS)
    await passkey_challenges.insert(conn, challenge, at)
    return challenge


def _credential_of(answer: Answer) -> str | None:
    name = answer.credential.get("id")
    return name if isinstance(name, str) and _CREDENTIAL.fullmatch(name) else None


def _described(known: list[Passkey]) -> list[PublicKeyCredentialDescriptor]:
    return [
        PublicKeyCredentialDescriptor(
            id=base64url_to_bytes(one.credential), transports=[AuthenticatorTransport(name) for name in one.transports]
        )
        for one in known
    ]


def _milliseconds() -> int:
    return int(CHALLENGE_LASTS.total_seconds() * 1000)
