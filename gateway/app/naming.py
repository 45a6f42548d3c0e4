"""What settings name that the catalogue does not have: most likely a mistyped id, or another district's settings."""

from __future__ import annotations

from collections.abc import Iterable

from gateway.domain.rules import Rule
from gateway.settings import Settings
from gateway.storage import cameras, organisations
from gateway.storage.store import Store


async def unknown_cameras(store: Store, rules: Iterable[Rule]) -> list[str]:
    """One sentence for each rule that names cameras which are not in the catalogue."""
    async with store.read() as conn:
        known = {key[0] for key in await cameras.keys(conn)}
    found = []
    for rule in rules:
        missing = sorted((rule.cameras or frozenset()) - known)
        if missing:
            found.append(f"rule {rule.id!r} names cameras that are not in the catalogue: {', '.join(missing)}")
    return found


async def unknown_organisations(store: Store, settings: Settings) -> list[str]:
    """One sentence for each group of the directory whose organisation is not known: it lets nobody in."""
    async with store.read() as conn:
        known = {one.id for one in await organisations.every(conn)}
    return [
        f"ldap.mapping.{number} names an organisation that is not known, and lets nobody in: {one.organisation}"
        for number, one in enumerate(settings.ldap.mapping)
        if one.organisation not in known
    ]
