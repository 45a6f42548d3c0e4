"""How long 119 cameras take from a spreadsheet to their pictures: the dry run, the load, and all of them online."""

from __future__ import annotations

import io
import time
from collections.abc import Iterable
from typing import Any

import httpx
from openpyxl import Workbook

from tests.bench.district import CAMERAS, fresh_district, wait_online

COLUMNS = (
    *("id", "gb_id", "name_zh", "name_en", "kind", "owner_id", "township_code", "site_id", "latitude", "longitude"),
    *("scheme", "host", "rtsp_port", "onvif_port", "username", "password", "main_path", "sub_path"),
    *("purposes", "need_statement", "place_type"),
)


def workbook(files: list[dict[str, Any]], password: str) -> bytes:
    """The same cameras under new ids, each with an address and a password of its own, as somebody would type them."""
    book = Workbook(write_only=True)
    sheet = book.create_sheet("cameras")
    sheet.append(COLUMNS)
    for number, file in enumerate(files):
        paths = {f"{one['kind']}_path": one["path"] for one in file["streams"]}
        row = {
            **{name: file.get(name) for name in COLUMNS},
            **paths,
            "id": f"NEW-{number:03d}",
            "gb_id": f"32061299001329{number:06d}",
            "username": "viewer",
            "password": password,
            "purposes": ";".join(file["purposes"]),
            "need_statement": file["filing"]["need_statement"],
            "place_type": file["filing"]["place_type"],
        }
        sheet.append([row[name] for name in COLUMNS])
    target = io.BytesIO()
    book.save(target)
    return target.getvalue()


def emptied(client: httpx.Client) -> list[dict[str, Any]]:
    """Takes every camera of the sample out of service; their files."""
    rows = client.get("/api/v1/cameras", params={"limit": 500}).json()["items"]
    files = [client.get(f"/api/v1/cameras/{row['id']}").json() for row in rows]
    for file in files:
        body = {"version": file["version"], "to": "decommissioned", "reason": "replaced by a spreadsheet"}
        client.post(f"/api/v1/cameras/{file['id']}/lifecycle", json=body).raise_for_status()
    return files


def measure(only: set[str]) -> Iterable[dict[str, object]]:
    """The sample's devices, described anew in a workbook."""
    with fresh_district() as district, district.client("leader") as client:
        wait_online(client)
        files = emptied(client)
        password = (district.data / "sample-device-password").read_text("ascii").strip()
        book = {"file": ("cameras.xlsx", workbook(files, password), "application/octet-stream")}
        began = time.monotonic()
        for dry_run in (True, False):
            answer = client.post("/api/v1/cameras/load", params={"dry_run": dry_run}, files=book, timeout=120)
            told = answer.json()
            if told["problems"] or told["added"] != CAMERAS:
                raise RuntimeError(f"the spreadsheet was not taken: {told['problems'][:3]}")
        wait_online(client)
        yield {"key": "load_119_s", "value": round(time.monotonic() - began, 2), "unit": "s"}
