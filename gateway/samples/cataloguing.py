"""The sample's catalogue: organisations, people, sites, recorders, cameras and grants as plain rows."""

from __future__ import annotations

import csv
import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from gateway.domain.actions import Action
from gateway.domain.cameras import CameraKind
from gateway.ports import Json
from gateway.samples.districting import District, Township, place_in
from gateway.samples.equipment import Box
from gateway.samples.naming import Names, camera_names
from gateway.samples.sharing_out import INDUSTRY, NEEDS, OWNERS, PLACES, PURPOSES

RTSP_PORT = 8554
ONVIF_PORT = 8081
CREDENTIAL = {"username": "viewer", "secret_from": "sample"}
"""The devices' user; the password is made at first run and never stands in a file of the repository."""

_STAFF = {
    "D06": ("police", "公安"),
    "D15": ("transport", "交通运输"),
    "D16": ("water", "水利"),
    "D14": ("urban", "城管"),
    "D03": ("education", "教育"),
    "D36": ("traffic", "交警"),
    "D20": ("health", "卫健"),
    "D13": ("housing", "住建"),
    "D22": ("emergency", "应急"),
}
_PTZ_KINDS = (CameraKind.OVERVIEW, CameraKind.SQUARE)


@dataclass(frozen=True, slots=True)
class Spot:
    """One camera before it becomes a row."""

    id: str
    township: Township
    kind: CameraKind
    names: Names
    owner: str
    ordinal: int

    @property
    def town(self) -> str:
        """The three township digits."""
        return self.township.code[6:]


def read_departments(path: Path) -> list[dict[str, str]]:
    """The 41 rows of departments.csv."""
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def spots(townships: Sequence[Township], kinds: Mapping[str, Sequence[CameraKind]]) -> list[Spot]:
    """All 119 cameras with id, name and owner, in the order of their ids."""
    made: list[Spot] = []
    turns: dict[CameraKind, int] = dict.fromkeys(CameraKind, 0)
    for township in townships:
        town = township.code[6:]
        seen: dict[CameraKind, int] = dict.fromkeys(CameraKind, 0)
        for number, kind in enumerate(kinds[town], start=1):
            owners = OWNERS[kind]
            owner = owners[turns[kind] % len(owners)]
            names = camera_names(town, Names(township.name_zh, township.name_en), kind, seen[kind])
            turns[kind] += 1
            seen[kind] += 1
            made.append(
                Spot(
                    id=f"TZ-{town}-{number:03d}",
                    township=township,
                    kind=kind,
                    names=names,
                    owner=f"T-{township.code}" if owner == "T" else owner,
                    ordinal=len(made) + 1,
                )
            )
    return made


def organisations(townships: Sequence[Township], departments: Sequence[Mapping[str, str]]) -> list[Json]:
    """The district centre, 41 departments and 14 townships."""
    district = Names("通州区域治理现代化指挥中心", "Tongzhou District Command Centre").marked()
    rows: list[Json] = [
        {"id": "district", "kind": "district", "name_zh": district.zh, "name_en": district.en, "sample": True}
    ]
    for row in departments:
        names = Names(row["name_zh"], row["name_en"]).marked()
        rows.append(_organisation(row["code_local_illustrative"], "department", names))
    for township in townships:
        names = Names(township.name_zh, township.name_en).marked()
        rows.append(_organisation(f"T-{township.code}", "township", names) | {"township_code": township.code})
    return rows


def _organisation(id: str, kind: str, names: Names) -> Json:
    return {
        "id": id,
        "kind": kind,
        "name_zh": names.zh,
        "name_en": names.en,
        "parent_id": "district",
        "sample": True,
    }


def operators(townships: Sequence[Township]) -> list[Json]:
    """Accounts for every role; their passwords are made at first run."""
    rows = [
        _operator("district", "区级值班员", "district", "district_operator"),
        _operator("leader", "区级值班长", "district", "shift_leader"),
        _operator("system", "系统管理员", "district", "system_manager"),
        _operator("security", "安全管理员", "district", "security_manager"),
        _operator("audit", "审计管理员", "district", "audit_manager"),
    ]
    for township in townships:
        login = township.name_en.split()[0].lower()
        rows.append(_operator(login, f"{township.name_zh}值班员", f"T-{township.code}", "township_operator"))
    for department, (login, word) in _STAFF.items():
        rows.append(_operator(login, f"{word}部门联络员", department, "department_staff"))
    rows.append(_operator("grid1", "金沙街道网格员", f"T-{townships[0].code}", "grid_member"))
    vendor = _operator("vendor1", "运维厂商工程师", "D14", "vendor")
    rows.append({**vendor, "valid_days": 60, "contract": "示例-2026-001"})
    return rows


def _operator(login: str, name: str, organisation: str, role: str) -> Json:
    return {
        "login": login,
        "name": f"{name}(示例)",
        "organisation_id": organisation,
        "roles": [role],
        "language": "zh-CN",
        "sample": True,
        "pledged_days_ago": 30,
        "trained_days_ago": 20,
    }


def grants(townships: Sequence[Township], departments: Sequence[Mapping[str, str]]) -> list[Json]:
    """The standing policies, which are only grants: the centre sees all, a township what it and its communities own,
    a department its own, the three managers only the list.
    """
    every = [action.value for action in Action]
    listing, only_list = ["directory", "list"], "管理员只见目录 / managers see the list only"
    whole = "区级全量共享 / the centre sees every camera"
    rows = [_grant(("organisation", "district"), ("all", ""), every, whole, "district-wide-sharing")]
    for role in ("system_manager", "security_manager", "audit_manager"):
        rows.append(_grant(("role", role), ("all", ""), listing, only_list, "managers"))
    own = "自有视频 / an owner's own cameras"
    for name in (f"T-{township.code}" for township in townships):
        below = _grant(("organisation", name), ("owned_by", name), every, own, "township-sharing")
        rows.append(below | {"target_below": True})
    for name in (department["code_local_illustrative"] for department in departments):
        rows.append(_grant(("organisation", name), ("owned_by", name), every, own, "department-own"))
    return rows


def _grant(holder: tuple[str, str], target: tuple[str, str], actions: list[str], reason: str, policy: str) -> Json:
    return {
        "effect": "allow",
        "grantee_kind": holder[0],
        "grantee_id": holder[1],
        "target_kind": target[0],
        "target_id": target[1],
        "actions": actions,
        "reason": reason,
        "policy": policy,
        "giver_id": "district",
    }


def gb_id(township: Township, industry: str, type_code: str, sequence: int) -> str:
    """A GB/T 28181 id: centre (8), industry (2), type (3), network mark 9, sequence (6). No real id has mark 9."""
    return f"320612{township.ordinal:02d}{industry}{type_code}9{sequence:06d}"


def camera_row(spot: Spot, district: District, owner_name: str) -> Json:
    """What the catalogue holds about one camera, without its device."""
    chance = random.Random(f"camera {spot.id}")
    longitude, latitude = place_in(district, spot.township, 0.014, chance)
    return {
        "id": spot.id,
        "gb_id": gb_id(spot.township, INDUSTRY[spot.kind], "132", spot.ordinal),
        "name_zh": spot.names.zh,
        "name_en": spot.names.en,
        "kind": spot.kind.value,
        "owner_id": spot.owner,
        "maintainer_id": spot.owner,
        "township_code": spot.township.code,
        "latitude": latitude,
        "longitude": longitude,
        "datum": "WGS-84",
        "azimuth": float(chance.randrange(0, 360, 15)),
        "hfov": float(chance.choice((45, 60, 75, 90))),
        "max_distance": float(chance.choice((40, 60, 80, 120))),
        "purposes": PURPOSES[spot.kind],
        "regime": "art7",
        "need_statement": NEEDS[spot.kind],
        "place_type": PLACES[spot.kind].value,
        "ptz_type": 1 if spot.kind in _PTZ_KINDS else 3,
        "point_type": 1 if spot.kind in (CameraKind.JUNCTION, CameraKind.SQUARE, CameraKind.STATION) else 2,
        "civil_code": "320612",
        "grassroots_code": "000000",
        "management_unit": owner_name,
        "contact_info": "示例联系人 000-00000000",
        "record_save_days": 90 if spot.kind is CameraKind.STATION else 30,
        "install_date": f"{chance.randint(2016, 2020)}-{chance.randint(1, 12):02d}-{chance.randint(1, 28):02d}",
        "filing_no": f"示例备〔2025〕{spot.ordinal:03d}号",
        "filed_at": f"2025-06-{spot.ordinal % 28 + 1:02d}",
        "sample": True,
    }


def recorder_row(box: Box, site: str, township: Township, owner: Names) -> Json:
    """One recorder of the catalogue."""
    names = Names(f"{owner.zh}录像机{box.ordinal:02d}", f"{owner.en} recorder {box.ordinal:02d}").marked()
    return {
        "id": box.id,
        "gb_id": gb_id(township, "00", "118", box.ordinal),
        "name_zh": names.zh,
        "name_en": names.en,
        "site_id": site,
        "owner_id": box.owner,
        "host": box.host,
        "rtsp_port": RTSP_PORT,
        "onvif_port": ONVIF_PORT,
        "credential": CREDENTIAL,
        "channels": box.channels,
        "max_opens": box.max_opens,
        "sample": True,
    }


def site_row(id: str, names: Names, owner: str, place: tuple[float, float], mbps: float) -> Json:
    """One site of the catalogue."""
    return {
        "id": id,
        "name_zh": names.marked().zh,
        "name_en": names.marked().en,
        "organisation_id": owner,
        "latitude": place[1],
        "longitude": place[0],
        "datum": "WGS-84",
        "link_mbps": mbps,
        "sample": True,
    }


Rows = dict[str, Any]
