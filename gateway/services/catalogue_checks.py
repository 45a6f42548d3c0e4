"""What can be wrong with a catalogue file: every cell, every reference, every double, one sentence each."""

from __future__ import annotations

from collections.abc import Container, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy.ext.asyncio import AsyncConnection

from gateway.domain import gbid
from gateway.domain.cameras import Recorder
from gateway.services.catalogue_cells import BadCell
from gateway.services.catalogue_columns import COLUMNS
from gateway.services.catalogue_files import Problem, Row
from gateway.storage import cameras, credentials, organisations, places, recorders, sites


@dataclass(frozen=True, slots=True)
class Entry:
    """A row whose cells are all in order: every column is there, empty ones with their default."""

    noun: str
    line: int
    values: dict[str, Any]

    @property
    def id(self) -> str:
        """The entry's own id."""
        return str(self.values["id"])


@dataclass(slots=True)
class Known:
    """What a file may refer to: what the database has, and what the file itself brings."""

    organisations: dict[str, str | None] = field(default_factory=dict)
    """Every organisation's parent."""
    townships: set[str] = field(default_factory=set)
    """Codes; none where nobody has loaded outlines."""
    placed: dict[tuple[str, str], str | None] = field(default_factory=dict)
    """By noun and id the code of the township that it has already."""
    sites: set[str] = field(default_factory=set)
    recorders: dict[str, Recorder] = field(default_factory=dict)
    gb_ids: dict[str, str] = field(default_factory=dict)
    channels: dict[tuple[str, int], str] = field(default_factory=dict)
    usernames: dict[str, str] = field(default_factory=dict)
    kept: dict[tuple[str, str], tuple[str, tuple[Any, ...]]] = field(default_factory=dict)
    """By noun and id what has a password: the password's id, and the address it is for."""


async def known(connection: AsyncConnection) -> Known:
    """What the database has."""
    units = await organisations.every(connection)
    found = Known(
        organisations={item.id: item.parent_id for item in units},
        townships={item.code for item in await places.every_township(connection)},
        sites={item.id for item in await sites.every(connection)},
        recorders={item.id: item for item in await recorders.every(connection)},
        usernames=await credentials.usernames(connection),
    )
    found.placed = {("cameras", name): code for name, code in (await cameras.townships(connection)).items()}
    found.placed |= {("organisations", item.id): item.township_code for item in units}
    found.kept = {("cameras", name): kept for name, kept in (await cameras.kept_passwords(connection)).items()}
    for item in found.recorders.values():
        if item.credential_id is not None:
            found.kept["recorders", item.id] = item.credential_id, (item.host, item.rtsp_port, item.onvif_port)
    found.gb_ids = {text: name for name, text in (await recorders.gb_ids(connection)).items()}
    for camera_id, gb_id, recorder_id, channel in await cameras.keys(connection):
        found.gb_ids[gb_id] = camera_id
        if recorder_id is not None and channel is not None:
            found.channels[recorder_id, channel] = camera_id
    return found


def entries(rows: Sequence[Row]) -> tuple[list[Entry], list[Problem]]:
    """The rows with every cell checked by itself, and what is wrong with the others."""
    good: list[Entry] = []
    problems: list[Problem] = []
    for row in rows:
        values: dict[str, Any] = {}
        wrong = len(problems)
        for column in COLUMNS[row.noun]:
            raw = row.cells.get(column.name)
            if raw is None:
                if column.required:
                    message = f"{column.name} is missing: fill it in"
                    problems.append(Problem(row.line, column.name, message, row.noun))
                values[column.name] = column.default
                continue
            try:
                values[column.name] = column.check(raw)
            except BadCell as error:
                problems.append(Problem(row.line, column.name, f"{column.name} {error}", row.noun))
        if len(problems) == wrong:
            good.append(Entry(row.noun, row.line, values))
    return good, problems


class Checks:
    """Looks at good rows together, in the order of ``COLUMNS``; ``problems`` grows."""

    def __init__(self, there: Known, passwords: Mapping[str, str]) -> None:
        self.there = there
        self.passwords = passwords
        self.problems: list[Problem] = []
        self._lines: dict[tuple[str, str], int] = {}
        self._gb_lines: dict[str, int] = {}
        self._channel_lines: dict[tuple[str, int], int] = {}
        self._moved: set[str] = set()

    def all(self, found: Sequence[Entry]) -> None:
        """Checks everything that needs more than one cell."""
        self._moved = {entry.id for entry in found if entry.noun == "cameras"}
        self.there.organisations |= {
            entry.id: entry.values["parent_id"] for entry in found if entry.noun == "organisations"
        }
        self.there.sites |= {entry.id for entry in found if entry.noun == "sites"}
        for noun, check in (
            ("organisations", self._organisation),
            ("sites", self._site),
            ("recorders", self._recorder),
            ("cameras", self._camera),
        ):
            for entry in found:
                if entry.noun == noun:
                    self._double(entry)
                    check(entry)

    def _say(self, entry: Entry, column: str, message: str) -> None:
        self.problems.append(Problem(entry.line, column, message, entry.noun))

    def _double(self, entry: Entry) -> None:
        first = self._lines.setdefault((entry.noun, entry.id), entry.line)
        if first != entry.line:
            self._say(entry, "id", f"id {entry.id} is in row {first} already: give this one another id")

    def _organisation(self, entry: Entry) -> None:
        seen: set[str] = set()
        above = entry.values["parent_id"]
        while above is not None and above not in seen and above != entry.id:
            seen.add(above)
            above = self.there.organisations.get(above)
        if above == entry.id:
            self._say(entry, "parent_id", f"parent_id makes {entry.id} its own ancestor: leave it empty at the top")
        self._refers(entry, "parent_id", self.there.organisations, "organisation")
        self._township(entry)

    def _site(self, entry: Entry) -> None:
        self._refers(entry, "organisation_id", self.there.organisations, "organisation")

    def _recorder(self, entry: Entry) -> None:
        values = entry.values
        self._refers(entry, "owner_id", self.there.organisations, "organisation")
        self._refers(entry, "site_id", self.there.sites, "site")
        if values["gb_id"] is not None:
            self._gb_id(entry, "118", gbid.RECORDER_TYPES)
        self._credential(entry)
        self.there.recorders[entry.id] = recorder_of(values, None)

    def _camera(self, entry: Entry) -> None:
        values = entry.values
        for column in ("owner_id", "maintainer_id"):
            self._refers(entry, column, self.there.organisations, "organisation")
        self._township(entry)
        self._refers(entry, "site_id", self.there.sites, "site")
        self._gb_id(entry, "131 or 132", gbid.CAMERA_TYPES)
        if values["scheme"] == "rtsp" and values["main_path"] is None and values["sub_path"] is None:
            self._say(entry, "main_path", "main_path is missing: a camera of the scheme rtsp needs its stream's path")
        if values["recorder_id"] is not None:
            self._channel(entry)
            return
        if values["site_id"] is None:
            self._say(entry, "site_id", "site_id is missing: a camera without recorder needs its site")
        if values["host"] is None:
            self._say(entry, "host", "host is missing: a camera without recorder needs its address")
        if values["channel"] is not None:
            self._say(entry, "channel", "channel is set without recorder_id: fill in both or neither")
        if values["scheme"] == "onvif" and values["onvif_port"] is None:
            self._say(entry, "onvif_port", "onvif_port is missing: a camera of the scheme onvif needs it (often 80)")
        self._credential(entry)

    def _channel(self, entry: Entry) -> None:
        values = entry.values
        recorder = self.there.recorders.get(values["recorder_id"])
        if recorder is None:
            name = values["recorder_id"]
            self._say(entry, "recorder_id", f"recorder_id names the recorder {name}, which is not known: load it first")
            return
        if values["host"] not in (None, recorder.host):
            self._say(entry, "host", f"host is not that of recorder {recorder.id}: leave it empty for a channel")
        for column in ("username", "password", "secret_from"):
            if values[column] is not None:
                self._say(entry, column, f"{column} belongs to recorder {recorder.id}: leave it empty for a channel")
        channel = values["channel"]
        if channel is None:
            self._say(entry, "channel", "channel is missing: say which channel of the recorder the camera is")
            return
        if channel > recorder.channels:
            self._say(entry, "channel", f"channel is {channel}, but {recorder.id} has {recorder.channels} channels")
        first = self._channel_lines.setdefault((recorder.id, channel), entry.line)
        holder = self.there.channels.get((recorder.id, channel), entry.id)
        if first != entry.line:
            self._say(entry, "channel", f"channel {channel} of {recorder.id} is in row {first} already")
        elif holder != entry.id and holder not in self._moved:
            self._say(entry, "channel", f"channel {channel} of {recorder.id} belongs to camera {holder}")

    def _refers(self, entry: Entry, column: str, there: Container[str], what: str) -> None:
        name = entry.values[column]
        if name is not None and name not in there:
            self._say(entry, column, f"{column} names the {what} {name}, which is not known: load it first")

    def _township(self, entry: Entry) -> None:
        code, there = entry.values["township_code"], self.there.townships
        # What is stored already is no reason to refuse a file that changes something else.
        new = code != self.there.placed.get((entry.noun, entry.id))
        if code is not None and there and code not in there and new:
            # Not "load it first": outlines come with the district, in no catalogue file.
            message = f"township_code names the township {code}, which is not known: correct the code"
            self._say(entry, "township_code", message)

    def _gb_id(self, entry: Entry, wanted: str, types: frozenset[str]) -> None:
        text = entry.values["gb_id"]
        try:
            parts = gbid.parse(text)
        except ValueError as error:
            self._say(entry, "gb_id", f"gb_id cannot be: {error}")
            return
        if parts.device_type not in types:
            self._say(
                entry, "gb_id", f"gb_id {text} has the type {parts.device_type}: digits 11 to 13 must be {wanted}"
            )
        first = self._gb_lines.setdefault(text, entry.line)
        holder = self.there.gb_ids.get(text, entry.id)
        if first != entry.line:
            self._say(entry, "gb_id", f"gb_id {text} is in row {first} already: every device has its own")
        elif holder != entry.id:
            self._say(entry, "gb_id", f"gb_id {text} belongs to {holder}: every device has its own")

    def _credential(self, entry: Entry) -> None:
        values = entry.values
        given = [column for column in ("password", "secret_from") if values[column] is not None]
        if len(given) > 1:
            self._say(entry, "secret_from", "password and secret_from are both set: leave one empty")
        username = values["username"]
        if username is None and given:
            self._say(entry, "username", f"username is missing beside {given[0]}")
        elif username is not None and not given and self._username(entry) != username:
            self._say(entry, "password", "password is missing: files that we export leave it out, enter it again")
        elif not given and self._moved_with_password(entry):
            message = "password is missing: the address is another one, and the password kept stays with the old"
            self._say(entry, "password", message)
        source = values["secret_from"]
        if source is not None and source not in self.passwords:
            self._say(entry, "secret_from", f"secret_from names {source!r}, for which no password was given")

    def _moved_with_password(self, entry: Entry) -> bool:
        kept = self.there.kept.get((entry.noun, entry.id))
        return kept is not None and kept[1] != _address(entry)

    def _username(self, entry: Entry) -> str | None:
        """The user whose kept password the entry may go on with: only the one that the device has now."""
        kept = self.there.kept.get((entry.noun, entry.id))
        own = credential_id(entry)
        return self.there.usernames.get(own) if kept is not None and kept[0] == own else None


def _address(entry: Entry) -> tuple[Any, ...]:
    names = ("host", "rtsp_port", "onvif_port")
    return tuple(entry.values[name] for name in (names if entry.noun == "recorders" else ("scheme", *names)))


def credential_id(entry: Entry) -> str:
    """The id under which the entry's user and password are stored."""
    return f"{entry.noun[:-1]}:{entry.id}"[:64]


def recorder_of(values: Mapping[str, Any], credential: str | None) -> Recorder:
    """The recorder that an entry describes."""
    return Recorder(
        id=values["id"],
        name_zh=values["name_zh"],
        name_en=values["name_en"],
        site_id=values["site_id"],
        owner_id=values["owner_id"],
        host=values["host"],
        rtsp_port=values["rtsp_port"],
        onvif_port=values["onvif_port"],
        credential_id=credential,
        channels=values["channels"],
        max_opens=values["max_opens"] or max(2 * values["channels"], 4),
    )
