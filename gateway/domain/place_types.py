"""Types of place: where a camera may stand, and where the law lets none stand (Order 799, article 8)."""

from __future__ import annotations

from enum import StrEnum


class PlaceType(StrEnum):
    """What kind of place a camera looks at."""

    PUBLIC_ROAD = "public_road"
    SQUARE = "square"
    MARKET = "market"
    SCHOOL_GATE = "school_gate"
    HOSPITAL_GATE = "hospital_gate"
    WATERWAY = "waterway"
    CONSTRUCTION_EDGE = "construction_edge"
    REFUSE_STATION = "refuse_station"
    STATION = "station"
    PUBLIC_HALL = "public_hall"
    COMPOUND = "compound"
    OTHER_PUBLIC = "other_public"

    GUEST_ROOM = "guest_room"
    PRIVATE_DINING_ROOM = "private_dining_room"
    DORMITORY = "dormitory"
    DWELLING = "dwelling"
    BATH = "bath"
    TOILET = "toilet"
    CHANGING_ROOM = "changing_room"
    NURSING_ROOM = "nursing_room"
    FITTING_ROOM = "fitting_room"
    BALLOT_BOX = "ballot_box"
    REPORT_BOX = "report_box"


FORBIDDEN = frozenset(
    {
        PlaceType.GUEST_ROOM,
        PlaceType.PRIVATE_DINING_ROOM,
        PlaceType.DORMITORY,
        PlaceType.DWELLING,
        PlaceType.BATH,
        PlaceType.TOILET,
        PlaceType.CHANGING_ROOM,
        PlaceType.NURSING_ROOM,
        PlaceType.FITTING_ROOM,
        PlaceType.BALLOT_BOX,
        PlaceType.REPORT_BOX,
    }
)
"""Places that no camera may look into; ballot and report boxes by local rules."""

FACE_CAPTURE = "01"
"""The FunctionType of GB/T 28181-2022 for a camera that captures faces."""


def captures_faces(function_type: str) -> bool:
    """True if one of the functions in a FunctionType (codes with / between them) is to capture faces."""
    return FACE_CAPTURE in {code.strip() for code in function_type.split("/")}
