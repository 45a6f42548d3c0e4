"""What /metrics says: every bounded queue, stream, viewer, budget and lag of this gateway. Never a camera's name.

It counts everybody's cameras: ``gateway.web.monitoring`` says who may read it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from gateway.bus.tally import BusTally
from gateway.media.hub import Hub
from gateway.services.evidence import EvidenceRoom
from gateway.services.sweeping import SweepTally
from gateway.services.viewing import Viewing
from gateway.services.watching import Watching
from gateway.storage.end_notes import EndNotes
from gateway.web.whep import Rooms

_P = "sharp_eyes_"


@dataclass(frozen=True, slots=True)
class Sources:
    """Where the figures come from. ``bus`` and ``workers`` are asked at each scrape."""

    hub: Hub
    rooms: Rooms
    viewing: Viewing
    watching: Watching
    room: EvidenceRoom
    bus: Callable[[], BusTally]
    workers: Callable[[], Mapping[str, Mapping[str, float]]]
    connected: Callable[[], int]
    inboxes: Callable[[], Mapping[str, tuple[int, int]]]
    conducting: Callable[[], bool]
    ears: Callable[[], tuple[int, int, int]]
    sweeps: Callable[[], Mapping[str, SweepTally]]
    ends: EndNotes | None


class Meter(Collector):
    """Collects the figures at each scrape."""

    def __init__(self, sources: Sources) -> None:
        self._sources = sources

    def collect(self) -> Iterable[Metric]:
        """Every metric family."""
        yield from self._pictures()
        yield from self._queues()
        yield from self._events()
        yield from self._sweeps()
        yield from self._workers()

    def _pictures(self) -> Iterable[Metric]:
        hub, viewing = self._sources.hub, self._sources.viewing
        yield _gauge("streams", "Streams this gateway pulls from workers", hub.channels)
        yield _gauge("streams_marked", "Of them, one viewer's own with their name burned in", hub.marked)
        yield _gauge("viewers", "Viewers of live streams", hub.viewers)
        yield _gauge("whep_sessions", "WebRTC sessions", self._sources.rooms.count)
        yield _counter("whep_refused", "WebRTC sessions refused: too many", self._sources.rooms.refused)
        yield _gauge("views_running", "Views with an open view record", len(viewing.running))
        yield _counter("packets", "Access units received from workers", hub.tally.packets)
        yield _counter("packet_bytes", "Bytes of access units received from workers", hub.tally.bytes)
        yield _counter("stream_interruptions", "Streams that workers ended", hub.tally.interruptions)
        yield _counter("gop_overflows", "Groups of pictures too large to keep", hub.tally.gop_overflows)
        yield _counter("views_opened", "Views that were permitted and recorded", viewing.tally.opened)
        yield _counter("views_refused", "Views that were refused", viewing.tally.refused)
        yield _counter("grants_checks", "Permission decisions for views", viewing.tally.checks)
        yield _counter("view_record_failures", "Failures to check views or write records", viewing.tally.failures)
        if (ends := self._sources.ends) is not None:
            text = "Audit chains whose end is not noted as it should be: see the log"
            yield _gauge("audit_ends_behind", text, len(ends.behind))
            yield _counter("audit_end_failures", "Notes of an audit chain's end that were not written", ends.failures)
        ended = CounterMetricFamily(_P + "views_ended", "Views that ended, by reason", labels=["reason"])
        for reason, count in viewing.tally.ended.items():
            ended.add_metric([reason], count)
        yield ended

    def _queues(self) -> Iterable[Metric]:
        """Depth and drops of every bounded queue, one label each."""
        hub, viewing, watching = self._sources.hub, self._sources.viewing, self._sources.watching
        bus, ends = self._sources.bus(), self._sources.ends
        _, ear_depth, ear_drops = self._sources.ears()
        depth = GaugeMetricFamily(_P + "queue_depth", "Items waiting in a bounded queue", labels=["queue"])
        drops = CounterMetricFamily(_P + "queue_drops", "Items dropped by a full queue", labels=["queue"])
        for name, waiting, dropped in (
            ("viewer", hub.depth, hub.tally.skipped),
            ("events", watching.depth, watching.tally.dropped),
            ("statuses", watching.status_depth, 0),
            ("bus", bus.depth, bus.dropped),
            ("closings", viewing.waiting_closings, viewing.tally.unclosed_dropped),
            ("messages", ear_depth, ear_drops),
            *(() if ends is None else (("audit_ends", ends.depth, ends.dropped),)),
            *((name, *figures) for name, figures in self._sources.inboxes().items()),
        ):
            depth.add_metric([name], waiting)
            drops.add_metric([name], dropped)
        yield depth
        yield drops
        yield _counter("bus_published", "Messages rung", bus.published)
        yield _counter("bus_failed", "Messages that Redis did not take", bus.failed)
        yield _counter("bus_connects", "Connections made to Redis", bus.reconnects)

    def _events(self) -> Iterable[Metric]:
        tally, room = self._sources.watching.tally, self._sources.room.tally
        yield _counter("events", "Event reports stored", tally.events)
        yield _counter("event_batches", "Transactions that stored them", tally.batches)
        yield _counter("candidates", "Candidates created", tally.candidates)
        yield _counter("event_failures", "Batches that could not be stored at once", tally.failures)
        yield _gauge("event_lag_seconds", "Newest event: from its picture to its row", tally.lag_seconds)
        yield _counter("event_lag_seconds_sum", "Sum of all events' lag", tally.lag_sum)
        yield _counter("evidence_files", "Stills and clips stored", room.files)
        yield _counter("evidence_missing", "Stills and clips noted as missing", room.missing)
        yield _counter("evidence_evicted", "Files removed for the quota", room.evicted)
        yield _counter("evidence_expired", "Files removed after their time", room.expired)
        yield _counter("evidence_strays", "Files without a row removed, left by a process that died", room.strays)
        yield _gauge("evidence_bytes", "Bytes of evidence on disk", room.bytes)

    def _sweeps(self) -> Iterable[Metric]:
        runs = CounterMetricFamily(_P + "sweep_runs", "Sweeps that went through, by name", labels=["sweep"])
        failures = CounterMetricFamily(_P + "sweep_failures", "Sweeps that failed, by name", labels=["sweep"])
        for name, tally in self._sources.sweeps().items():
            runs.add_metric([name], tally.runs)
            failures.add_metric([name], tally.failures)
        yield runs
        yield failures

    def _workers(self) -> Iterable[Metric]:
        """The workers' own figures (decode budget, shed levels, their queues), by worker."""
        yield _gauge("workers_linked", "Workers with a link to this gateway", self._sources.connected())
        yield _gauge("conducting", "1 while this gateway assigns cameras", int(self._sources.conducting()))
        families: dict[str, GaugeMetricFamily] = {}
        for worker_id, figures in self._sources.workers().items():
            for name, value in figures.items():
                key = "worker_" + "".join(letter if letter.isalnum() else "_" for letter in name)
                if key not in families:
                    families[key] = GaugeMetricFamily(_P + key, f"A worker's figure: {name}", labels=["worker"])
                families[key].add_metric([worker_id], value)
        yield from families.values()


def _gauge(name: str, text: str, value: float) -> GaugeMetricFamily:
    return GaugeMetricFamily(_P + name, text, value=value)


def _counter(name: str, text: str, value: float) -> CounterMetricFamily:
    return CounterMetricFamily(_P + name, text, value=value)
