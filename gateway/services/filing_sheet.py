"""A unit's filing sheet: as a table for spreadsheets, and as a page to print, in Chinese or English."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import date
from html import escape
from typing import Any, Literal

from gateway.domain.filing_duty import Standing
from gateway.services.filing_words import COLUMNS, KINDS, LAW_NOTE, PLACE_TYPES, PTZ_TYPES, SAID, STANDINGS
from gateway.services.sheets import sheet
from gateway.storage.filed_cameras import FiledCamera

Language = Literal["zh", "en"]


@dataclass(frozen=True, slots=True)
class FilingRow(FiledCamera):
    """One camera of a sheet. ``changed`` names the fields that are others than filed; ``days_left`` may be negative."""

    in_use: date
    due: date
    days_left: int
    standing: Standing
    changed: tuple[str, ...]

    @classmethod
    def of(cls, camera: FiledCamera, **more: Any) -> FilingRow:
        """The row of that camera."""
        return cls(**asdict(camera), **more)


_STYLE = """
@page { size: A4 landscape; margin: 12mm }
body { font: 10pt/1.45 system-ui, "Noto Sans CJK SC", "Microsoft YaHei", sans-serif; color: #000; background: #fff;
  max-width: 273mm; margin: 0 auto; padding: 6mm 0 }
h1 { font-size: 16pt; margin: 0 0 2mm } p { margin: 1mm 0 }
table { border-collapse: collapse; width: 100%; margin-top: 4mm; font-size: 8.5pt }
th, td { border: 1px solid #888; padding: 1mm 1.5mm; text-align: left; vertical-align: top; overflow-wrap: anywhere }
th { background: #eee } thead { display: table-header-group } tr { break-inside: avoid }
.sign { display: flex; gap: 20mm; margin-top: 14mm }
.sign span { flex: 1; border-top: 1px solid #000; padding-top: 1mm }
"""


def as_csv(rows: Sequence[FilingRow], language: Language) -> bytes:
    """UTF-8 with a mark that spreadsheets know it by; no cell is run as a formula or rounded."""
    cells = (_cells(row, number, language) for number, row in enumerate(rows, 1))
    return sheet(COLUMNS[language].values(), ([line[name] for name in COLUMNS[language]] for line in cells))


def as_page(rows: Sequence[FilingRow], language: Language, today: date) -> str:
    """One page that needs no other file: the unit, how many cameras of which type, and each of them."""
    said, unit = SAID[language], rows[0]
    name = unit.owner_name_zh if language == "zh" else unit.owner_name_en or unit.owner_name_zh
    contacts = sorted({row.contact_info for row in rows if row.contact_info})
    kinds = Counter(KINDS[language].get(row.kind, row.kind) for row in rows)
    counted = said["comma"].join(f"{kind} {count}" for kind, count in sorted(kinds.items()))
    head = "".join(f"<th>{escape(word)}</th>" for key, word in COLUMNS[language].items() if key not in _ONCE)
    lines = "".join(_line(row, number, language) for number, row in enumerate(rows, 1))
    return f"""<!doctype html>
<html lang="{said["lang"]}"><head><meta charset="utf-8"><title>{escape(said["title"])} {escape(name)}</title>
<style>{_STYLE}</style></head><body>
<h1>{escape(said["title"])}</h1>
<p>{escape(said["unit"])} <strong>{escape(name)}</strong></p>
<p>{escape(said["contact"])} {escape(said["comma"].join(contacts))}</p>
<p>{escape(said["number"])} {len(rows)} ({escape(counted)})</p>
<p>{escape(said["made"])} {today.isoformat()} · {escape(LAW_NOTE[language])}</p>
<table><thead><tr>{head}</tr></thead><tbody>{lines}</tbody></table>
<div class="sign"><span>{escape(said["filled"])}</span><span>{escape(said["seal"])}</span></div>
</body></html>
"""


_ONCE = frozenset({"unit", "count", "owner"})
"""What the head of a page says once for all cameras."""


def _line(row: FilingRow, number: int, language: Language) -> str:
    cells = _cells(row, number, language)
    shown = [cells[name] for name in COLUMNS[language] if name not in _ONCE]
    return "<tr>" + "".join(f"<td>{escape('' if cell is None else str(cell))}</td>" for cell in shown) + "</tr>"


def _cells(row: FilingRow, number: int, language: Language) -> dict[str, Any]:
    named = language == "zh"
    return {
        "number": number,
        "owner": row.owner_name_zh if named else row.owner_name_en or row.owner_name_zh,
        "unit": row.management_unit or row.owner_name_zh,
        "contact": row.contact_info,
        "gb_id": row.gb_id,
        "name": row.name_zh if named else row.name_en or row.name_zh,
        "site": row.site_name,
        "township": row.township_code,
        "longitude": row.longitude,
        "latitude": row.latitude,
        "datum": row.datum,
        "count": 1,
        "kind": KINDS[language].get(row.kind, row.kind),
        "ptz_type": PTZ_TYPES[language].get(row.ptz_type, str(row.ptz_type)),
        "place_type": PLACE_TYPES[language].get(row.place_type, row.place_type),
        "retention": row.record_save_days,
        "in_use": row.in_use.isoformat(),
        "due": row.due.isoformat(),
        "filing_no": row.filing_no,
        "filed_at": row.filed_at,
        "standing": STANDINGS[language][row.standing],
    }
