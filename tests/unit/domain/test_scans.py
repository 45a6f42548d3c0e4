"""Which addresses may be asked whether a camera is there."""

from __future__ import annotations

import pytest

from gateway.domain.scans import MAX_ADDRESSES, PRIVATE, addresses_of, networks, within

ALLOWED = networks(PRIVATE)


@pytest.mark.parametrize(
    ("text", "count", "first"),
    [
        ("192.168.1.0/24", 254, "192.168.1.1"),
        ("192.168.1.7", 1, "192.168.1.7"),
        ("10.0.0.4/30", 2, "10.0.0.5"),
        (" 192.168.1.20 - 192.168.1.20 ", 1, "192.168.1.20"),
        ("10.1.0.0/22", 1022, "10.1.0.1"),
    ],
)
def test_a_range_is_written_in_either_way(text: str, count: int, first: str) -> None:
    found = addresses_of(text, ALLOWED)
    assert (len(found), found[0]) == (count, first)


@pytest.mark.parametrize(
    "text", ["127.0.0.1", "127.0.0.0/8", "8.8.8.8", "169.254.169.254", "0.0.0.0/0", "192.168.0.0/15"]
)
def test_nothing_outside_the_allowed_networks_is_asked(text: str) -> None:
    with pytest.raises(ValueError, match=r"outside the networks|at most"):
        addresses_of(text, ALLOWED)


@pytest.mark.parametrize(
    "text", ["", "fe80::1", "camera.example", "192.168.1.9-192.168.1.1", "192.168.1.0/33", "1-2-3"]
)
def test_what_is_no_range_is_said_to_be_none(text: str) -> None:
    with pytest.raises(ValueError, match="a range is written as"):
        addresses_of(text, ALLOWED)


def test_a_range_is_bounded() -> None:
    with pytest.raises(ValueError, match=f"at most {MAX_ADDRESSES}"):
        addresses_of("10.0.0.0/21", ALLOWED)


def test_loopback_only_if_it_is_named() -> None:
    assert addresses_of("127.30.0.4", networks(["127.0.0.0/8"])) == ("127.30.0.4",)
    assert not within("127.0.0.1", ALLOWED)
    assert not within("localhost", networks(["0.0.0.0/0"])), "a name may lead anywhere"
    assert within("192.168.3.4", ALLOWED)
