from __future__ import annotations

import pytest

from gateway.domain import gbid
from gateway.domain.gbid import INDUSTRIES, NETWORKS, SAMPLE_NETWORK, parse


def test_an_id_comes_apart_and_together() -> None:
    text = "32061201041329000001"
    parts = parse(text)
    assert (parts.district, parts.centre, parts.industry) == ("320612", "32061201", "04")
    assert (parts.device_type, parts.network, parts.sequence) == ("132", SAMPLE_NETWORK, "000001")
    assert parts.is_camera
    assert not parts.is_recorder
    assert str(parts) == text
    assert INDUSTRIES[parts.industry] == "交通路面接入"
    assert set(NETWORKS) == set("0123456789")


def test_a_recorder_is_no_camera() -> None:
    assert parse("32061201001189000001").is_recorder


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "has only the digits"),
        ("3206120104132900000", "has 20 digits: 3206120104132900000 has 19"),
        ("3206120104132900000x", "has only the digits"),
        ("３2061201041329000001", "has only the digits"),
        ("00061201041329000001", "must begin with an administrative code"),
        ("32061201040019000001", "are no type of device: 001"),
    ],
)
def test_what_cannot_be_an_id_is_said(text: str, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        parse(text)


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("32061201041320000001", ()),
        ("3206120104132000000x", ("digits",)),
        ("3206120104132", ("length",)),
        ("99061201041320000001", ("centre",)),
        ("32061201991320000001", ("industry",)),
        ("32061201041180000001", ("type",)),
        ("32061201041329000001", ("network",)),
        ("00000001991119000001", ("centre", "industry", "type", "network")),
    ],
)
def test_what_is_wrong_is_named_by_its_part(text: str, wanted: tuple[str, ...]) -> None:
    assert gbid.wrong(text) == wanted
