"""Hosts: one spelling for an address, whichever way it was typed."""

from __future__ import annotations

import pytest

from gateway.domain.hosts import address_of


@pytest.mark.parametrize(
    ("typed", "host"),
    [
        ("192.0.2.10", "192.0.2.10"),
        ("2001:DB8:0:0::10", "2001:db8::10"),
        ("[2001:db8::10]", "2001:db8::10"),
        ("camera.example", None),
        ("192.0.2.10:554", None),
        ("[2001:db8::10]:554", None),
    ],
)
def test_an_address_is_dialled_without_brackets(typed: str, host: str | None) -> None:
    assert address_of(typed) == host


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("[fe80::1%eth0]", "zone"),
        ("fe80::1%2", "zone"),
        ("[]", "brackets"),
        ("[camera]", "brackets"),
        ("[10.0.0.1]", "brackets"),
    ],
)
def test_what_cannot_be_dialled_is_said_and_not_repeated(typed: str, said: str) -> None:
    with pytest.raises(ValueError, match=said) as caught:
        address_of(typed)
    assert typed not in str(caught.value)
