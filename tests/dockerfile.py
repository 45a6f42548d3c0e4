"""A Dockerfile read back: its stages and their instructions, and what a build context would hold."""

from __future__ import annotations

import fnmatch
import json
import re
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


@dataclass(frozen=True, slots=True)
class Instruction:
    """One instruction: its word and the rest of its (joined) line."""

    word: str
    rest: str

    @property
    def words(self) -> list[str]:
        """The rest split at blanks, or the array of an exec form."""
        return list(json.loads(self.rest)) if self.rest.startswith("[") else self.rest.split()


@dataclass(slots=True)
class Stage:
    """One stage: the image it starts from, its name ("" for none) and its instructions in order."""

    image: str
    name: str
    instructions: list[Instruction] = field(default_factory=list)

    def all(self, word: str) -> list[Instruction]:
        """Its instructions with that word."""
        return [each for each in self.instructions if each.word == word]

    def last(self, word: str) -> Instruction:
        """The instruction with that word that counts."""
        return self.all(word)[-1]


def stages(path: Path) -> list[Stage]:
    """The stages in order. Raises AssertionError for a line that is no instruction."""
    text = re.sub(r"(?m)^\s*#.*\n", "", path.read_text())
    found: list[Stage] = []
    for line in re.sub(r"\\\n\s*", "", text).splitlines():
        if not line.strip():
            continue
        word, _, rest = line.partition(" ")
        assert re.fullmatch(r"[A-Z]+", word), line
        if word == "FROM":
            match = re.fullmatch(r"(\S+)(?: AS (\S+))?", rest)
            assert match is not None, line
            found.append(Stage(match[1], match[2] or ""))
        else:
            found[-1].instructions.append(Instruction(word, rest.strip()))
    return found


def copies(stage: Stage) -> list[tuple[str, list[str], str]]:
    """(stage copied from or "", sources, destination) of every COPY."""
    found = []
    for each in stage.all("COPY"):
        words = each.words
        origin = words.pop(0).removeprefix("--from=") if words[0].startswith("--from=") else ""
        found.append((origin, words[:-1], words[-1]))
    return found


def in_context(path: str) -> bool:
    """Whether .dockerignore lets that path of the checkout into the build context; the last rule that fits decides."""
    kept = True
    for line in (ROOT / ".dockerignore").read_text().splitlines():
        rule = line.removeprefix("!")
        parts = Path(path).parts
        heads = ["/".join(parts[: count + 1]) for count in range(len(parts))]
        fits = any(
            fnmatch.fnmatch(head, rule) or fnmatch.fnmatch(f"./{head}", rule.replace("**", "*")) for head in heads
        )
        if line.startswith("!"):
            fits = fits or any(rule.startswith(f"{path}/") for _ in (0,))
        if fits:
            kept = line.startswith("!")
    return kept
