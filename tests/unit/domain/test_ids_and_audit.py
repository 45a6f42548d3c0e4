from __future__ import annotations

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.domain.audit import GENESIS, Link, canonical, chained, first_break
from gateway.domain.ids import uuid7

NOW = datetime(2026, 3, 1, 8, 30, tzinfo=UTC)


@given(st.binary(min_size=10, max_size=10), st.integers(1, 10**9))
def test_ids_are_version_7_and_sort_by_birth(entropy: bytes, later: int) -> None:
    one = uuid7(NOW, entropy)
    assert UUID(one).version == 7
    assert UUID(one).variant == "specified in RFC 4122"
    assert UUID(one).int >> 80 == int(NOW.timestamp() * 1000)
    assert uuid7(NOW + timedelta(milliseconds=later), bytes(10)) > one


def test_the_example_of_the_standard() -> None:
    at = datetime(2022, 2, 22, 19, 22, 22, tzinfo=UTC)
    entropy = (0xCC3 << 68 | 0x18C4DC0C0C07398F).to_bytes(10, "big")
    assert uuid7(at, entropy) == "017f22e2-79b0-7cc3-98c4-dc0c0c07398f"


def test_ids_need_a_zone_and_enough_randomness() -> None:
    with pytest.raises(ValueError, match="time zone"):
        uuid7(datetime(2026, 1, 1), bytes(10))
    with pytest.raises(ValueError, match="10 random bytes"):
        uuid7(NOW, bytes(9))


def chain(count: int) -> list[Link]:
    links: list[Link] = []
    previous = GENESIS
    for seq in range(1, count + 1):
        entry = canonical("gw", seq, NOW, "o", "view", "camera", f"C-{seq}", {"b": 1, "a": "看"})
        links.append(Link(seq, entry, previous, chained(previous, entry)))
        previous = links[-1].hash
    return links


def test_canonical_bytes_do_not_depend_on_order_or_zone() -> None:
    one = canonical("gw", 1, NOW, "o", "a", "k", "i", {"b": 1, "a": 2})
    zone = NOW.astimezone(datetime.fromisoformat("2026-01-01T00:00:00+08:00").tzinfo)
    assert canonical("gw", 1, zone, "o", "a", "k", "i", {"a": 2, "b": 1}) == one
    with pytest.raises(ValueError, match="time zone"):
        canonical("gw", 1, datetime(2026, 1, 1), "o", "a", "k", "i", {})
    with pytest.raises(ValueError, match="JSON"):
        canonical("gw", 1, NOW, "o", "a", "k", "i", {"x": float("nan")})


@given(st.integers(1, 8), st.data())
def test_any_single_change_is_found(count: int, data: st.DataObject) -> None:
    links = chain(count)
    assert first_break(links) is None
    place = data.draw(st.integers(0, count - 1))
    link = links[place]
    changes = [
        Link(link.seq, link.canonical + b" ", link.previous, link.hash),
        Link(link.seq, link.canonical, bytes(31) + b"x", link.hash),
        Link(link.seq, link.canonical, link.previous, bytes(31) + b"x"),
        Link(link.seq + 1, link.canonical, link.previous, link.hash),
    ]
    for change in changes:
        found = first_break([*links[:place], change, *links[place + 1 :]])
        assert found is not None
    if place < count - 1:
        missing = first_break([*links[:place], *links[place + 1 :]])
        assert missing is not None
        assert missing.seq == place + 1
