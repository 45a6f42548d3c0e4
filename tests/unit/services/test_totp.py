"""One-time passwords agree with the standard's own examples."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from gateway.services.totp import base32, code_of, matching_step, new_secret, otpauth, step_at

SECRET = b"12345678901234567890"


@pytest.mark.parametrize(
    ("seconds", "code"),
    [(59, "287082"), (1111111109, "081804"), (1111111111, "050471"), (1234567890, "005924"), (2000000000, "279037")],
)
def test_r09_codes_are_those_of_rfc_6238(seconds: int, code: str) -> None:
    at = datetime.fromtimestamp(seconds, UTC)
    assert code_of(SECRET, step_at(at)) == code
    assert matching_step(SECRET, code, at) == step_at(at)
    assert matching_step(SECRET, code, at + timedelta(seconds=30)) == step_at(at)
    assert matching_step(SECRET, code, at + timedelta(seconds=90)) is None


def test_codes_of_the_future_do_not_match() -> None:
    at = datetime.fromtimestamp(1111111109, UTC)
    assert matching_step(SECRET, code_of(SECRET, step_at(at) + 1), at) == step_at(at) + 1
    assert matching_step(SECRET, code_of(SECRET, step_at(at) + 2), at) is None


def test_what_is_no_code_matches_nothing() -> None:
    at = datetime.fromtimestamp(59, UTC)
    for code in ("", "28708", "2870820", "abcdef", "２８７０８２"):
        assert matching_step(SECRET, code, at) is None


def test_secrets_are_long_and_reach_the_phone() -> None:
    one, other = new_secret(), new_secret()
    assert one != other
    assert len(one) == 20
    assert f"secret={base32(one)}" in otpauth(one, "jinsha")
    assert "issuer=SharpEyes" in otpauth(one, "jinsha")
