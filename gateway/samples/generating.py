"""Writes the sample district's files from the sources beside them: the same bytes every time.

``python -m gateway.samples.generating [--config-dir config/sample]``
"""

from __future__ import annotations

import argparse
import csv
import io
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from gateway.domain.cameras import CameraKind
from gateway.ports import Json
from gateway.samples import cataloguing as catalogue
from gateway.samples.cataloguing import ONVIF_PORT, RTSP_PORT, Spot
from gateway.samples.categories import FIELDS, categories
from gateway.samples.districting import Area, District, Township, make_district, read_townships
from gateway.samples.equipment import Box, boxes, stand_alone_host
from gateway.samples.incidents import INCIDENTS, Incident
from gateway.samples.naming import Names
from gateway.samples.sharing_out import Tapes, kinds_by_town

_DAHUA = ("/cam/realmonitor?channel=1&subtype=0", "/cam/realmonitor?channel=1&subtype=1")
_HIK = ("/Streaming/Channels/{0}01", "/Streaming/Channels/{0}02")
_PLAIN_RTSP = 5
"""Every n-th stand-alone camera is reached by known RTSP paths; the others are asked over ONVIF."""


@dataclass(slots=True)
class Sample:
    """Everything the files are written from."""

    townships: list[Township]
    departments: list[dict[str, str]]
    district: District
    spots: list[Spot]
    boxes: list[Box]
    tapes: dict[str, tuple[str, float]]

    def owner_names(self, owner: str) -> Names:
        """The owner's names, without the sample mark."""
        for row in self.departments:
            if row["code_local_illustrative"] == owner:
                return Names(row["name_zh"], row["name_en"])
        township = next(t for t in self.townships if owner == f"T-{t.code}")
        return Names(township.name_zh, township.name_en)


def assemble(config_dir: Path) -> Sample:
    """The sample as the sources and the tape recipes define it."""
    source = config_dir / "source"
    listed = read_townships(source / "townships.csv")
    townships = [t for t in listed if t.inside]
    spots = catalogue.spots(townships, kinds_by_town({t.code[6:]: t.cameras for t in townships}))
    recipes = yaml.safe_load((config_dir / "tapes.yaml").read_text(encoding="utf-8"))["tapes"]
    return Sample(
        townships=townships,
        departments=catalogue.read_departments(source / "departments.csv"),
        district=make_district(listed),
        spots=spots,
        boxes=boxes([(s.id, s.owner, s.town) for s in spots], frozenset()),
        tapes=_deal(spots, Tapes(recipes)),
    )


def incident_camera(spots: Sequence[Spot], incident: Incident) -> str:
    """The id of the camera where it happens."""
    return [s.id for s in spots if s.kind is incident.kind and s.town == "001"][incident.ordinal]


def _deal(spots: Sequence[Spot], tapes: Tapes) -> dict[str, tuple[str, float]]:
    dealt: dict[str, tuple[str, float]] = {}
    for incident in INCIDENTS:
        dealt[incident_camera(spots, incident)] = tapes.reserve(incident.tape, incident.offset)
    for kind in CameraKind:
        for spot in spots:
            if spot.kind is kind and spot.id not in dealt:
                dealt[spot.id] = tapes.deal(kind)
    return dealt


def cameras(sample: Sample) -> list[Json]:
    """The cameras' rows with the device each is reached through."""
    channels = {c: (box, n) for box in sample.boxes for n, c in enumerate(box.cameras, start=1)}
    rows: list[Json] = []
    alone = 0
    for spot in sample.spots:
        owner = sample.owner_names(spot.owner).marked().zh
        row = catalogue.camera_row(spot, sample.district, owner)
        if spot.id in channels:
            box, channel = channels[spot.id]
            row |= {"site_id": f"S-{box.id}", "recorder_id": box.id, "channel": channel, "scheme": "rtsp"}
            row["streams"] = _streams([path.format(channel) for path in _HIK])
        else:
            alone += 1
            row |= _stand_alone(spot, alone)
        rows.append(row)
    return rows


def _stand_alone(spot: Spot, ordinal: int) -> Json:
    """How a camera without a recorder is reached."""
    row: Json = {
        "site_id": f"S-{spot.town}",
        "scheme": "rtsp" if ordinal % _PLAIN_RTSP == 0 else "onvif",
        "host": stand_alone_host(ordinal),
        "rtsp_port": RTSP_PORT,
        "onvif_port": ONVIF_PORT,
        "credential": catalogue.CREDENTIAL,
    }
    row["streams"] = _streams(list(_DAHUA)) if row["scheme"] == "rtsp" else []
    return row


def _streams(paths: Sequence[str]) -> list[Json]:
    main, sub = paths
    return [{"kind": "main", "path": main, "transport": "tcp"}, {"kind": "sub", "path": sub, "transport": "tcp"}]


def sites(sample: Sample) -> list[Json]:
    """One site per recorder and one per township for the stand-alone cameras."""
    rows = []
    for township in sample.townships:
        names = Names(f"{township.name_zh}视频汇聚点", f"{township.name_en} access point")
        rows.append(catalogue.site_row(f"S-{township.code[6:]}", names, f"T-{township.code}", township.centre, 200.0))
    for box in sample.boxes:
        owner = sample.owner_names(box.owner)
        township = next(t for t in sample.townships if t.code[6:] == box.town)
        place = (round(township.centre[0] + box.ordinal * 0.0007, 6), round(township.centre[1] - 0.0011, 6))
        names = Names(f"{owner.zh}机房", f"{owner.en} equipment room")
        rows.append(catalogue.site_row(f"S-{box.id}", names, box.owner, place, 100.0 if box.channels < 32 else 400.0))
    return rows


def recorders(sample: Sample) -> list[Json]:
    """The recorders' rows."""
    rows = []
    for box in sample.boxes:
        township = next(t for t in sample.townships if t.code[6:] == box.town)
        rows.append(catalogue.recorder_row(box, f"S-{box.id}", township, sample.owner_names(box.owner)))
    return rows


def plan(sample: Sample, camera_rows: Sequence[Json]) -> Json:
    """Which device replays which tape from which second on, and where the incidents are."""
    devices: list[Json] = []
    by_recorder = {box.id: box for box in sample.boxes}
    for box in sample.boxes:
        devices.append({"host": box.host, "id": box.id, "max_opens": box.max_opens, "channels": []})
    for row in camera_rows:
        tape, offset = sample.tapes[row["id"]]
        channel: Json = {"channel": row.get("channel", 1), "camera": row["id"], "tape": tape, "offset": offset}
        main, sub = (s["path"] for s in row["streams"] or _streams(["/onvif/main", "/onvif/sub"]))
        channel |= {"main": main, "sub": sub}
        if recorder := row.get("recorder_id"):
            box = by_recorder[recorder]
            next(d for d in devices if d["id"] == box.id)["channels"].append(channel)
        else:
            devices.append({"host": row["host"], "id": row["id"], "max_opens": 10, "channels": [channel]})
    return {
        "username": "viewer",
        "rtsp_port": RTSP_PORT,
        "onvif_port": ONVIF_PORT,
        "incidents": [_incident(sample, incident) for incident in INCIDENTS],
        "devices": devices,
    }


def _incident(sample: Sample, incident: Incident) -> Json:
    return {
        "camera": incident_camera(sample.spots, incident),
        "zone": [list(point) for point in incident.zone],
        "quiet_until": incident.quiet_until,
        "over_at": incident.over_at,
        "repeats_every": incident.repeats_every,
        "what_zh": incident.what_zh,
        "what_en": incident.what_en,
    }


def files(config_dir: Path) -> dict[str, str]:
    """Every generated file's name and content."""
    sample = assemble(config_dir)
    camera_rows = cameras(sample)
    return {
        "organisations.yaml": _yaml({"organisations": catalogue.organisations(sample.townships, sample.departments)}),
        "operators.yaml": _yaml({"operators": catalogue.operators(sample.townships)}),
        "grants.yaml": _yaml({"grants": catalogue.grants(sample.townships, sample.departments)}),
        "sites.yaml": _yaml({"sites": sites(sample)}),
        "recorders.yaml": _yaml({"recorders": recorders(sample)}),
        "cameras.yaml": _yaml({"cameras": camera_rows}),
        "plan.yaml": _yaml(plan(sample, camera_rows)),
        "townships.json": _json([_township(area) for area in sample.district.townships]),
        "grids.json": _json([_grid(area) for area in sample.district.grids]),
        "categories.csv": _csv(categories(config_dir / "source" / "event_categories.csv")),
    }


def _township(area: Area) -> Json:
    return {
        "code": area.code,
        "name_zh": area.name_zh,
        "name_en": area.name_en,
        "polygon": [list(p) for p in area.polygon],
        "sample": True,
    }


def _grid(area: Area) -> Json:
    return {
        "code": area.code,
        "township_code": area.township_code,
        "name": area.name_zh,
        "polygon": [list(p) for p in area.polygon],
        "sample": True,
    }


def _yaml(document: Any) -> str:
    head = "# Made by `python -m gateway.samples.generating`; everything invented is marked as sample (示例).\n"
    body: str = yaml.dump(document, Dumper=_Plain, allow_unicode=True, sort_keys=False, width=120)
    return head + body


class _Plain(yaml.CSafeDumper):
    """YAML without anchors."""

    def ignore_aliases(self, data: Any) -> bool:
        return True


def _json(rows: Sequence[Json]) -> str:
    lines = ",\n".join(json.dumps(row, ensure_ascii=False, separators=(",", ":")) for row in rows)
    return f"[\n{lines}\n]\n"


def _csv(rows: Sequence[Mapping[str, str]]) -> str:
    text = io.StringIO()
    writer = csv.DictWriter(text, FIELDS, lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue()


def main(arguments: Sequence[str] | None = None) -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description="Write the sample district's files.")
    parser.add_argument("--config-dir", type=Path, default=Path("config/sample"))
    options = parser.parse_args(arguments)
    for name, content in files(options.config_dir).items():
        (options.config_dir / name).write_text(content, encoding="utf-8")
        print(name)


if __name__ == "__main__":
    main()
