"""The benchmark's records: completed, merged, and written as JSON, as Markdown and into the READMEs' sizing tables."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from tests.bench.musts import MEANINGS, bound, meaning, met

ROOT = Path(__file__).resolve().parent.parent.parent
JSON = ROOT / "docs" / "benchmarks.json"
MARKDOWN = ROOT / "docs" / "benchmarks.md"
FIELDS = ("key", "value", "unit", "must", "rival", "rival_value", "command", "machine", "date")

Entry = dict[str, Any]


def machine() -> str:
    """Processor, cores and memory of this machine in one line."""
    info = Path("/proc/cpuinfo").read_text()
    model = re.search(r"^model name\s*: (.+)$", info, re.MULTILINE)
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    return f"{os.cpu_count()} x {model[1] if model else os.uname().machine}, {memory:.0f} GiB"


def completed(entry: Mapping[str, Any], musts: Mapping[str, float]) -> Entry:
    """The entry with every field: its must, the command that measures it again, this machine, today."""
    key = str(entry["key"])
    filled: Entry = {
        "must": musts.get(key),
        "rival": None,
        "rival_value": None,
        "command": f"make bench ONLY={key}",
        "machine": machine(),
        "date": datetime.now(UTC).strftime("%Y-%m-%d"),
        **{name: value for name, value in entry.items() if value is not None},
    }
    return {name: filled[name] for name in FIELDS}


def merged(known: Iterable[Entry], fresh: Iterable[Entry]) -> list[Entry]:
    """Known entries with fresh ones in their places; new keys at the end."""
    entries = {str(entry["key"]): entry for entry in known}
    entries.update({str(entry["key"]): entry for entry in fresh})
    order = {key: place for place, key in enumerate(MEANINGS)}
    return sorted(entries.values(), key=lambda entry: order.get(str(entry["key"]), len(order)))


def meets(entry: Entry) -> bool | None:
    """Whether the value is within its must; None without one."""
    return None if entry["must"] is None else met(str(entry["key"]), entry["value"], entry["must"])


def number(value: Any) -> str:
    """A figure with three or four telling digits."""
    if value is None:
        return ""
    if isinstance(value, float) and abs(value) < 100:
        return f"{value:.3g}"
    return f"{value:,.0f}" if isinstance(value, int | float) else str(value)


def line(entry: Entry) -> str:
    """One row of the table on the terminal."""
    verdict = {None: "", True: "ok", False: "MISSED"}[meets(entry)]
    return (
        f"{entry['key']:<34} {number(entry['value']):>9} {entry['unit']:<12} {_must(entry):<9} {verdict:<7} "
        f"{_rival(entry)}".rstrip()
    )


def _must(entry: Entry) -> str:
    return "" if entry["must"] is None else f"{bound(str(entry['key']))} {number(entry['must'])}"


def _rival(entry: Entry) -> str:
    """The rival's figure and ours over it."""
    if entry["rival"] is None:
        return ""
    ratio = f" (ours is {entry['value'] / entry['rival_value']:.2f} times that)" if entry["rival_value"] else ""
    return f"{entry['rival']}: {number(entry['rival_value'])}{ratio}"


def markdown(entries: list[Entry]) -> str:
    """The whole of docs/benchmarks.md."""
    machines = sorted({f"{entry['machine']} ({entry['date']})" for entry in entries})
    rows = [
        f"| `{entry['key']}` | {meaning(str(entry['key']))} | {number(entry['value'])} {entry['unit']} "
        f"| {_must(entry)} | {_rival(entry)} "
        f"| `{entry['command']}` |"
        for entry in entries
    ]
    return "\n".join(
        [
            "# Benchmarks",
            "",
            "Written by `make bench`; the same figures for machines are in [benchmarks.json](benchmarks.json).",
            "Measured on: " + "; ".join(machines) + ".",
            "",
            "| key | what | value | must | beside it | measure again |",
            "|---|---|---|---|---|---|",
            *rows,
            "",
        ]
    )


def sizing(entries: list[Entry], language: int) -> str:
    """The sizing table for a README: 0 is English, 1 Chinese."""
    head = ("| what | measured |", "| 项目 | 实测 |")[language]
    by_key = {str(entry["key"]): entry for entry in entries}
    rows = [
        f"| {MEANINGS[key][language]} | {number(by_key[key]['value'])} {by_key[key]['unit']} |"
        for key in MEANINGS
        if key in by_key
    ]
    where = sorted({str(by_key[key]["machine"]) for key in MEANINGS if key in by_key})
    return "\n".join([head, "|---|---|", *rows, "", ("Measured on ", "测量机器：")[language] + "; ".join(where) + "."])


def read() -> list[Entry]:
    """The entries of the last run; none if there was none."""
    return list(json.loads(JSON.read_text())) if JSON.exists() else []


def write(entries: list[Entry]) -> None:
    """All four documents anew."""
    JSON.write_text(json.dumps(entries, ensure_ascii=False, indent=1) + "\n")
    MARKDOWN.write_text(markdown(entries))
    for name, language in (("README.md", 0), ("README.zh-CN.md", 1)):
        document = ROOT / name
        begin, end = "<!-- sizing:begin -->\n", "<!-- sizing:end -->"
        before, _, rest = document.read_text().partition(begin)
        _, _, after = rest.partition(end)
        document.write_text(f"{before}{begin}{sizing(entries, language)}\n{end}{after}")
