from __future__ import annotations

import random
import re
from collections import Counter
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml

from gateway.domain.cameras import CameraKind
from gateway.domain.operators import Role
from gateway.samples.districting import District, make_district, read_townships
from gateway.samples.generating import files
from gateway.samples.sharing_out import SHARES
from gateway.samples.tiling import area, contains

SAMPLE = Path(__file__).resolve().parents[3] / "config" / "sample"


@pytest.fixture(scope="module")
def generated() -> dict[str, str]:
    return files(SAMPLE)


@pytest.fixture(scope="module")
def district() -> District:
    return make_district(read_townships(SAMPLE / "source" / "townships.csv"))


def rows(generated: dict[str, str], noun: str) -> list[dict[str, Any]]:
    return parsed(generated[f"{noun}.yaml"], noun)


@cache
def parsed(text: str, noun: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = yaml.load(text, Loader=yaml.CSafeLoader)[noun]
    return found


def test_generating_again_gives_the_committed_bytes(generated: dict[str, str]) -> None:
    for name, content in generated.items():
        assert (SAMPLE / name).read_text(encoding="utf-8") == content, name


def test_the_district_has_its_numbers(generated: dict[str, str], district: District) -> None:
    organisations = Counter(row["kind"] for row in rows(generated, "organisations"))
    assert organisations == {"district": 1, "department": 41, "township": 14}
    assert len(district.townships) == 14
    assert len(district.grids) == len({grid.code for grid in district.grids}) == 1030
    assert all(re.fullmatch(r"320612\d{9}", grid.code) for grid in district.grids)


def test_cameras_are_spread_as_the_notes_say(generated: dict[str, str]) -> None:
    cameras = rows(generated, "cameras")
    by_town = Counter(camera["township_code"][6:] for camera in cameras)
    assert len(cameras) == 119
    assert (by_town["001"], by_town["004"], by_town["002"], by_town["116"]) == (22, 12, 9, 4)
    assert Counter(camera["kind"] for camera in cameras) == {kind.value: count for kind, count in SHARES.items()}
    assert cameras[0]["name_zh"] == "金沙街道朝霞路希望路口东北角(示例)"


def test_every_name_is_marked_and_none_comes_twice(generated: dict[str, str]) -> None:
    for noun in ("organisations", "cameras", "sites", "recorders"):
        found = rows(generated, noun)
        assert all("(示例)" in row["name_zh"] and "(sample)" in row["name_en"] for row in found)
        assert all(row["sample"] is True for row in found)
        assert len({row["name_zh"] for row in found}) == len({row["name_en"] for row in found}) == len(found)
    assert all("(示例)" in row["name"] for row in rows(generated, "operators"))


def test_gb_ids_have_twenty_digits_and_network_mark_nine(generated: dict[str, str]) -> None:
    ids = [row["gb_id"] for noun in ("cameras", "recorders") for row in rows(generated, noun)]
    assert len(set(ids)) == len(ids)
    assert all(re.fullmatch(r"320612(0[1-9]|1[0-4])\d{2}(132|118)9\d{6}", gb_id) for gb_id in ids)


def test_about_ninety_cameras_sit_behind_recorders(generated: dict[str, str]) -> None:
    cameras, recorders = rows(generated, "cameras"), {row["id"]: row for row in rows(generated, "recorders")}
    behind = [camera for camera in cameras if "recorder_id" in camera]
    assert len(behind) == 90
    assert {row["channels"] for row in recorders.values()} == {8, 16, 32}
    assert len({(camera["recorder_id"], camera["channel"]) for camera in behind}) == 90
    assert all(camera["channel"] <= recorders[camera["recorder_id"]]["channels"] for camera in behind)
    alone = [camera for camera in cameras if "recorder_id" not in camera]
    assert sum(camera["scheme"] == "onvif" for camera in alone) > len(alone) / 2
    assert any(camera["scheme"] == "rtsp" for camera in alone)


def test_every_device_has_an_address_of_its_own(generated: dict[str, str]) -> None:
    hosts = [row["host"] for row in rows(generated, "recorders")]
    hosts += [row["host"] for row in rows(generated, "cameras") if "host" in row]
    assert len(set(hosts)) == len(hosts) == 12 + 29
    assert all(host.startswith("127.20.") for host in hosts)


def test_owners_are_mixed_and_exist(generated: dict[str, str]) -> None:
    known = {row["id"] for row in rows(generated, "organisations")}
    owners = {camera["owner_id"] for camera in rows(generated, "cameras")}
    assert owners <= known
    assert {f"T-{code}" for code in {c["township_code"] for c in rows(generated, "cameras")}} <= owners
    assert {"D15", "D16", "D14", "D06", "D03", "D36"} <= owners


def test_there_is_a_person_for_every_role(generated: dict[str, str]) -> None:
    people = rows(generated, "operators")
    of_people = {role.value for role in Role} - {Role.SERVICE.value}
    assert {role for person in people for role in person["roles"]} == of_people
    logins = {person["login"] for person in people}
    assert len(logins) == len(people)
    wanted = {"district", "leader", "jinsha", "jinxin", "xingdong", "transport", "water", "urban", "police"}
    assert wanted | {"education", "grid1", "system", "security", "audit"} <= logins


def test_grids_tile_their_township(district: District) -> None:
    for township in district.townships:
        parts = [abs(area(g.polygon)) for g in district.grids if g.township_code == township.code]
        assert sum(parts) == pytest.approx(abs(area(township.polygon)), rel=1e-9)
        assert min(parts) > 0


def test_a_point_of_a_township_lies_in_exactly_one_grid(district: District) -> None:
    chance = random.Random(7)
    hits = 0
    for _ in range(150):
        point = (chance.uniform(120.7, 121.3), chance.uniform(31.95, 32.24))
        towns = [t.code for t in district.townships if contains(t.polygon, point)]
        grids = [g.township_code for g in district.grids if contains(g.polygon, point)]
        assert len(towns) <= 1
        assert grids == towns
        hits += len(towns)
    assert hits > 60


def test_every_camera_lies_in_its_township_and_one_grid(generated: dict[str, str], district: District) -> None:
    outlines = {township.code: township.polygon for township in district.townships}
    for camera in rows(generated, "cameras"):
        point = (camera["longitude"], camera["latitude"])
        assert camera["datum"] == "WGS-84"
        assert contains(outlines[camera["township_code"]], point), camera["id"]
        grids = [grid for grid in district.grids if contains(grid.polygon, point)]
        assert [grid.township_code for grid in grids] == [camera["township_code"]], camera["id"]


def test_no_file_carries_a_password(generated: dict[str, str]) -> None:
    for name, content in generated.items():
        assert not re.search(r"password|://[^/\s]*@", content), name


def test_kinds_are_the_catalogues(generated: dict[str, str]) -> None:
    assert {camera["kind"] for camera in rows(generated, "cameras")} == {kind.value for kind in CameraKind}
