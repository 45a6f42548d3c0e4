"""The project's Markdown read back: fences, headings, links and tables, for the tests that keep documents honest."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


@dataclass(frozen=True, slots=True)
class Fence:
    """One code block: its language, the marker after it (``run=api`` gives {"run": "api"}), its text and its line."""

    document: Path
    line: int
    language: str
    marks: dict[str, str]
    text: str


def documents() -> list[Path]:
    """Every Markdown file that git knows or would take."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "*.md"],
        cwd=ROOT, capture_output=True, text=True, check=True,
    ).stdout.split()  # fmt: skip
    return sorted(ROOT / name for name in listed if (ROOT / name).exists())


def fences(document: Path) -> Iterator[Fence]:
    """The document's code blocks in order."""
    opened: tuple[int, str] | None = None
    body: list[str] = []
    for number, line in enumerate(document.read_text().splitlines(), 1):
        if not line.startswith("```"):
            body.append(line)
        elif opened is None:
            opened, body = (number, line[3:].strip()), []
        else:
            language, *marks = opened[1].split() or [""]
            pairs = dict(mark.partition("=")[::2] for mark in marks)
            yield Fence(document, opened[0], language, pairs, "\n".join(body) + "\n")
            opened = None
    assert opened is None, f"{document}:{opened[0]}: a code block is never closed"


def prose(document: Path) -> str:
    """The text outside code blocks and inline code, line numbers kept."""
    kept, inside = [], False
    for line in document.read_text().splitlines():
        if line.startswith("```"):
            inside = not inside
            kept.append("")
        else:
            kept.append("" if inside else re.sub(r"`[^`]*`", "", line))
    return "\n".join(kept)


def anchors(document: Path) -> set[str]:
    """What a link into the document may name after the hash, by GitHub's rule."""
    found: set[str] = set()
    inside = False
    for line in document.read_text().splitlines():
        inside ^= line.startswith("```")
        if not inside and (match := re.match(r"#{1,6} +(.*?) *$", line)):
            slug = re.sub(r"[^\w\- ]", "", match[1].lower()).replace(" ", "-")
            found.add(slug if slug not in found else f"{slug}-1")
    return found


def links(document: Path) -> Iterator[tuple[int, str]]:
    """Line and target of every link and picture."""
    for number, line in enumerate(prose(document).splitlines(), 1):
        for match in re.finditer(r"\]\(([^)\s]+)\)", line):
            yield number, match[1]


def table(document: Path, heading: str) -> list[list[str]]:
    """The cells of the first table below that heading, without its head."""
    lines = document.read_text().splitlines()
    start = next(number for number, line in enumerate(lines) if re.fullmatch(rf"#+ {re.escape(heading)}", line))
    rows: list[list[str]] = []
    for line in lines[start + 1 :]:
        if line.startswith("|"):
            rows.append([cell.strip() for cell in line.strip().strip("|").split("|")])
        elif rows or line.startswith("#"):
            break
    return rows[2:]
