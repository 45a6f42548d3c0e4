"""Every table, once, for SQLite and PostgreSQL alike. Alembic's migrations are tested to arrive at exactly this."""

from gateway.storage.tables.audit import audit_checks, audit_entries, audit_roots, audit_texts
from gateway.storage.tables.catalogue import (
    camera_documents,
    camera_status,
    cameras,
    recorders,
    sites,
    status_history,
    streams,
)
from gateway.storage.tables.columns import Moment, metadata
from gateway.storage.tables.emergencies import emergencies, emergency_grants, emergency_steps
from gateway.storage.tables.events import candidates, events, evidence
from gateway.storage.tables.exports import export_items, export_parts, export_signatures, export_steps, exports
from gateway.storage.tables.filing import filing_tasks
from gateway.storage.tables.fleet import assignments, leases, workers
from gateway.storage.tables.history import camera_days, counted_days, file_changes
from gateway.storage.tables.inquiries import inquiries, inquiry_steps
from gateway.storage.tables.keeping import deletion_receipts, legal_holds
from gateway.storage.tables.notices import notices, notices_seen
from gateway.storage.tables.oversight import grant_uses, need_reviews, oversight_alerts, public_figures
from gateway.storage.tables.people import (
    account_changes,
    credentials,
    identities,
    operators,
    organisation_lines,
    organisations,
    passkey_challenges,
    passkeys,
    recovery_codes,
    second_factors,
    sessions,
    setup_links,
)
from gateway.storage.tables.places import categories, grids, townships
from gateway.storage.tables.requests import (
    access_requests,
    delegations,
    request_cameras,
    request_lines,
    request_parts,
)
from gateway.storage.tables.sharing import (
    area_cameras,
    areas,
    camera_groups,
    epochs,
    grant_actions,
    grant_sources,
    grants,
    group_cameras,
    view_records,
    wall_spans,
    wall_views,
)
from gateway.storage.tables.signs import camera_signs
from gateway.storage.tables.tickets import ticket_moves, ticket_numbers, ticket_photos, tickets

__all__ = [
    "Moment",
    "access_requests",
    "account_changes",
    "area_cameras",
    "areas",
    "assignments",
    "audit_checks",
    "audit_entries",
    "audit_roots",
    "audit_texts",
    "camera_days",
    "camera_documents",
    "camera_groups",
    "camera_signs",
    "camera_status",
    "cameras",
    "candidates",
    "categories",
    "counted_days",
    "credentials",
    "delegations",
    "deletion_receipts",
    "emergencies",
    "emergency_grants",
    "emergency_steps",
    "epochs",
    "events",
    "evidence",
    "export_items",
    "export_parts",
    "export_signatures",
    "export_steps",
    "exports",
    "file_changes",
    "filing_tasks",
    "grant_actions",
    "grant_sources",
    "grant_uses",
    "grants",
    "grids",
    "group_cameras",
    "identities",
    "inquiries",
    "inquiry_steps",
    "leases",
    "legal_holds",
    "metadata",
    "need_reviews",
    "notices",
    "notices_seen",
    "operators",
    "organisation_lines",
    "organisations",
    "oversight_alerts",
    "passkey_challenges",
    "passkeys",
    "public_figures",
    "recorders",
    "recovery_codes",
    "request_cameras",
    "request_lines",
    "request_parts",
    "second_factors",
    "sessions",
    "setup_links",
    "sites",
    "status_history",
    "streams",
    "ticket_moves",
    "ticket_numbers",
    "ticket_photos",
    "tickets",
    "townships",
    "view_records",
    "wall_spans",
    "wall_views",
    "workers",
]
