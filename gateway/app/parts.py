"""The gateway's parts, built once from settings and handed to one another."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError
from starlette.types import ASGIApp

from gateway.app.directory import directory_of
from gateway.app.doorbell import Carrier
from gateway.app.probing import prober, scanner
from gateway.app.sign_on import sign_on_of
from gateway.app.sweeps import sweeps_with
from gateway.domain.scans import networks
from gateway.fleet.address import LinkAddress
from gateway.fleet.conductor import Conductor, Detection
from gateway.fleet.dialling import Dialling
from gateway.fleet.tls import client_tls
from gateway.media.hub import Hub
from gateway.services.directory_people import DirectorySignOn
from gateway.services.doorkeeping import Doorkeeper
from gateway.services.evidence import EvidenceRoom
from gateway.services.listening import Listening
from gateway.services.marked_copies import MarkedCopies
from gateway.services.office import Office
from gateway.services.packing import Packing
from gateway.services.passwords import load_book
from gateway.services.sweeping import Sweeping
from gateway.services.viewing import Viewing
from gateway.services.watching import Watching
from gateway.settings import BadSettings, Settings, Workers, config_folder, rules_of
from gateway.web import evidence, health, live, messages, metering, monitoring, oversight, pages, whep
from gateway.web.api import create_api


@dataclass(frozen=True, slots=True)
class Parts:
    """Everything that runs as long as the gateway does, but for the hub."""

    settings: Settings
    office: Office
    bus: Carrier
    room: EvidenceRoom
    watching: Watching
    viewing: Viewing
    listening: Listening
    fleet: Dialling
    conductor: Conductor
    sweeping: Sweeping
    packing: Packing
    directory: DirectorySignOn | None


def build(settings: Settings, office: Office, bus: Carrier, addresses: Sequence[LinkAddress]) -> Parts:
    """The parts. Raises ``BadSettings`` if the rules cannot be read, or the directory not be used."""
    retention = timedelta(days=settings.evidence.retention_days_unconfirmed)
    room = EvidenceRoom(office, settings.data / "evidence", settings.evidence.quota_mb << 20, retention)
    watching = Watching(office, room)
    directory = directory_of(settings)
    fleet = Dialling(office.gateway_id, watching, office.clock, _tls(settings.workers))
    conductor = Conductor(
        office.store, office.clock, bus, fleet, office.gateway_id, office.box, _detection(settings), len(addresses)
    )
    return Parts(
        settings,
        office,
        bus,
        room,
        watching,
        Viewing(office),
        Listening(office),
        fleet,
        conductor,
        Sweeping(office, sweeps_with(directory)),
        Packing(office, room, fleet),
        directory,
    )


def application(parts: Parts, hub: Hub, rooms: whep.Rooms) -> ASGIApp:
    """The web application over these parts."""
    sources = metering.Sources(
        hub=hub,
        rooms=rooms,
        viewing=parts.viewing,
        watching=parts.watching,
        room=parts.room,
        bus=lambda: parts.bus.tally,
        workers=lambda: parts.fleet.figures,
        connected=lambda: len(parts.fleet.links),
        inboxes=lambda: parts.fleet.inboxes,
        conducting=lambda: parts.conductor.leading,
        ears=lambda: parts.listening.figures,
        sweeps=lambda: parts.sweeping.tally,
        ends=parts.office.store.ends,
    )
    api = create_api(
        parts.office,
        routers=[
            live.router(parts.viewing, hub, parts.fleet, parts.office.clock.now),
            whep.router(rooms),
            messages.router(parts.listening),
            evidence.router(parts.viewing, parts.room, MarkedCopies(parts.fleet, parts.office.clock)),
        ],
        root_routers=[
            oversight.public_router(
                shown=parts.settings.oversight.public_page, contact=parts.settings.oversight.contact
            ),
            health.router(_readiness(parts), metering.Meter(sources)),
            pages.router(),
        ],
        public_url=parts.settings.server.public_url,
        metrics_token=_metrics_token(parts.settings),
        door=Doorkeeper(book=load_book(config_folder(), parts.settings.sessions.breached), directory=parts.directory),
        session_lasts=timedelta(hours=parts.settings.sessions.hours),
        sign_on=sign_on_of(parts.settings),
        prober=prober(parts.fleet),
        scanner=scanner(parts.fleet),
        networks=networks(parts.settings.discovery.networks),
        gauge=lambda: _decoding(parts),
        rules=rules_of(parts.settings)[1],
        audit_keys=frozenset(bytes.fromhex(key) for key in parts.settings.audit.public_keys),
    )
    return pages.ProtectiveHeaders(api)


def _readiness(parts: Parts) -> health.Readiness:
    async def readiness() -> Mapping[str, bool]:
        try:
            async with asyncio.timeout(2), parts.office.store.read() as conn:
                await conn.execute(text("SELECT 1"))
            database = True
        except (SQLAlchemyError, OSError, TimeoutError):
            database = False
        return {"database": database, "workers": bool(parts.fleet.links)}

    return readiness


def _metrics_token(settings: Settings) -> str | None:
    path = settings.server.metrics_token_file
    try:
        return None if path is None else monitoring.read_token(path)
    except monitoring.BadToken as problem:
        raise BadSettings([f"server.metrics_token_file: {problem}"]) from None


def _decoding(parts: Parts) -> tuple[float, float]:
    """Cores that workers may spend on decoding, and what they spend."""
    figures = list(parts.fleet.figures.values())
    used = sum(one.get("decode_used_cores", 0.0) for one in figures)
    return sum(one.get("decode_budget_cores", 0.0) for one in figures), used


def _tls(workers: Workers) -> ssl.SSLContext | None:
    if workers.tls_cert is None or workers.tls_key is None or workers.tls_ca is None:
        return None
    try:
        return client_tls(workers.tls_cert, workers.tls_key, workers.tls_ca)
    except OSError as problem:
        raise BadSettings([f"workers.tls_cert, tls_key or tls_ca cannot be used: {problem}"]) from None


def _detection(settings: Settings) -> Detection:
    documents, rules = rules_of(settings)
    detection = settings.detection
    return Detection(detection.cores, documents, rules, detection.max_cameras, detection.first)
