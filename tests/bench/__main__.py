"""``python -m tests.bench [--only key,...]``: measures, prints a table, and writes docs/benchmarks.{md,json}."""

from __future__ import annotations

import argparse
import importlib
import sys
import traceback
from collections.abc import Iterator

from tests.bench import report
from tests.bench.musts import GROUPS, MUSTS


def chosen(only: set[str]) -> Iterator[tuple[str, set[str]]]:
    """(module, keys asked of it) in the order of running; what no other module claims is a detector's figure."""
    claimed = {key for keys in GROUPS.values() for key in keys}
    for name, keys in GROUPS.items():
        asked = only & set(keys) if keys else only - claimed
        if asked or not only:
            yield name, asked


def measured(only: set[str]) -> Iterator[report.Entry | None]:
    """Every entry as it becomes known; None for a module that failed, whose traceback has been shown."""
    for name, keys in chosen(only):
        sys.stderr.write(f"measuring: {name}\n")
        try:
            for entry in importlib.import_module(f"tests.bench.{name}").measure(keys):
                yield report.completed(entry, MUSTS)
        except Exception:
            traceback.print_exc()
            yield None


def main() -> int:
    """0 if everything asked for was measured and no figure misses its must."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__)
    parser.add_argument("--only", default="", help="keys to measure, with commas between; the rest is kept")
    only = {key for key in parser.parse_args().only.split(",") if key}
    known = report.read()
    failed = False
    missed: list[str] = []
    for entry in measured(only):
        if entry is None:
            failed = True
            continue
        sys.stdout.write(report.line(entry) + "\n")
        sys.stdout.flush()
        if report.meets(entry) is False:
            missed.append(str(entry["key"]))
        known = report.merged(known, [entry])
        report.write(known)
    missing = only - {str(entry["key"]) for entry in known}
    for key in sorted(missing):
        sys.stderr.write(f"nobody measures {key}\n")
    if missed:
        sys.stderr.write(f"missed: {', '.join(missed)}\n")
    return 1 if failed or missing or missed else 0


if __name__ == "__main__":
    sys.exit(main())
