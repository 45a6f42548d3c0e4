"""What processes cost: processor time and memory of a tree, read from /proc."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterable
from pathlib import Path

import psutil

TICKS = os.sysconf("SC_CLK_TCK")


def tree(pid: int) -> list[psutil.Process]:
    """The process and everything below it, now."""
    top = psutil.Process(pid)
    return [top, *top.children(recursive=True)]


def is_sample_cameras(process: psutil.Process) -> bool:
    """Whether it stands for the district's devices, which are not the product."""
    return "sample-cameras" in process.cmdline()


def of_the_product(pid: int) -> list[psutil.Process]:
    """The gateway and its workers."""
    found, outside = [], set()
    for process in tree(pid):
        if is_sample_cameras(process) or process.ppid() in outside:
            outside.add(process.pid)
        else:
            found.append(process)
    return found


def of_the_sample(pid: int) -> list[psutil.Process]:
    """The sample cameras below that gateway."""
    ours = {process.pid for process in of_the_product(pid)}
    return [process for process in tree(pid) if process.pid not in ours]


def cpu_seconds(processes: Iterable[psutil.Process]) -> float:
    """User and system time of all of them so far."""
    total = 0.0
    for process in processes:
        fields = Path(f"/proc/{process.pid}/stat").read_text().rpartition(")")[2].split()
        total += (int(fields[11]) + int(fields[12])) / TICKS
    return total


def cores(seconds: float, *groups: list[psutil.Process]) -> list[float]:
    """Cores that each group used over that many seconds from now."""
    began, before = time.monotonic(), [cpu_seconds(group) for group in groups]
    time.sleep(seconds)
    passed, after = time.monotonic() - began, [cpu_seconds(group) for group in groups]
    return [(late - early) / passed for early, late in zip(before, after, strict=True)]


def pss_megabytes(processes: Iterable[psutil.Process]) -> float:
    """Proportional set size of all of them: shared pages are counted once."""
    total = 0
    for process in processes:
        for line in Path(f"/proc/{process.pid}/smaps_rollup").read_text().splitlines():
            if line.startswith("Pss:"):
                total += int(line.split()[1])
    return total / 1024


def percentile(values: Iterable[float], share: float) -> float:
    """The smallest value that at least that share of the values does not pass."""
    ordered = sorted(values)
    if not ordered:
        raise ValueError("nothing was measured")
    return ordered[min(len(ordered) - 1, max(0, -(-int(share * 10_000) * len(ordered) // 10_000) - 1))]


def until(condition: Callable[[], bool], seconds: float, what: str, every: float = 0.05) -> float:
    """Seconds until the condition holds. Raises TimeoutError."""
    began = time.monotonic()
    while not condition():
        if time.monotonic() - began > seconds:
            raise TimeoutError(f"waited {seconds:.0f} s for {what}")
        time.sleep(every)
    return time.monotonic() - began
