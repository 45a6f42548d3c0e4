"""Rules that name cameras which the catalogue does not have: most likely a mistyped id, or another district's rules."""

from __future__ import annotations

from collections.abc import Iterable

from gateway.domain.rules import Rule
from gateway.storage import cameras
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
