"""What a camera's file holds beyond what the gateway needs to reach it: the fields that filing asks for."""

from __future__ import annotations

from dataclasses import dataclass

from gateway.domain.place_types import PlaceType
from gateway.domain.retention import RetentionClass


@dataclass(frozen=True, slots=True)
class Filing:
    """Filing fields of one camera (GB/T 28181-2022, A.2.1.9, and Order 799).

    ``azimuth`` and ``hfov`` are degrees, ``max_distance`` metres. ``ptz_type``: 1 dome, 2 half dome, 3 fixed, 4 remote.
    Dates are ISO text, "" when unknown. ``regime`` names the article of Order 799 under which the camera stands.
    ``secret_adjacent``: beside a place that keeps secrets, whose consent must be in the file. ``function_type`` is
    that of GB/T 28181-2022, codes with / between them. ``retention_class`` says how low ``record_save_days`` may be.
    """

    azimuth: float | None = None
    hfov: float | None = None
    max_distance: float | None = None
    regime: str = "art7"
    need_statement: str = ""
    ptz_type: int = 3
    point_type: int = 3
    civil_code: str = ""
    grassroots_code: str = "000000"
    management_unit: str = ""
    contact_info: str = ""
    record_save_days: int = 30
    retention_class: RetentionClass = RetentionClass.ORDINARY
    install_date: str = ""
    filing_no: str = ""
    filed_at: str = ""
    place_type: PlaceType = PlaceType.OTHER_PUBLIC
    secret_adjacent: bool = False
    function_type: str = ""
