"""Organisations: who owns cameras, employs operators and receives grants."""

from __future__ import annotations

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
