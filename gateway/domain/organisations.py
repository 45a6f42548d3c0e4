"""Organisations: who owns cameras, employs operators and receives grants."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum


class OrganisationKind(StrEnum):
    """What an organisation is in the district's tree."""

    DISTRICT = "district"
    DEPARTMENT = "department"
    TOWNSHIP = "township"
    COMMUNITY = "community"


@dataclass(frozen=True, slots=True)
class Organisation:
    """A node of the tree: the district centre, a department, a township or a community.

    ``township_code`` is the 9-digit code of a township's own area and None for everyone else.
    """

    id: str
    kind: OrganisationKind
    name_zh: str
    name_en: str
    parent_id: str | None = None
    township_code: str | None = None
    sample: bool = False


def lineages(organisations: Iterable[Organisation]) -> dict[str, tuple[str, ...]]:
    """Every organisation's line: its own id, its parent's and so on up to the root, by id.

    A parent that is not among them, or a ring of parents, ends the line.
    """
    parents = {item.id: item.parent_id for item in organisations}
    found: dict[str, tuple[str, ...]] = {}
    for start in parents:
        line: list[str] = []
        here: str | None = start
        while here is not None and here in parents and here not in line:
            line.append(here)
            here = parents[here]
        found[start] = tuple(line)
    return found
