"""The state of the sample devices: cameras that replay tapes, who watches them and what is wrong with them."""

from __future__ import annotations

from typing import Protocol

from gateway.samples.digest import Gate
from gateway.samples.faults import PICTURES, Fault
from gateway.samples.plan import Channel, Device
from gateway.samples.tape import GOP, Shelf, Tape, Unit

SLOTS = 10
"""A tenth of a second is divided into so many turns; every camera has its own, as real cameras are not in step."""

_JUMP = 3600 * 90_000


class Player(Protocol):
    """One playing session."""

    kind: str

    def show(self, tick: int, unit: Unit) -> None:
        """Sends the picture of that tick."""
        ...

    def end(self) -> None:
        """Closes the session at once."""
        ...


class SampleCamera:
    """One camera: what it shows at every tick (a tenth of a second since start)."""

    def __init__(self, channel: Channel, shelf: Shelf, slot: int) -> None:
        self.channel = channel
        self.slot = slot
        self.faults: set[Fault] = set()
        self.players: set[Player] = set()
        self._shelf = shelf
        self._picture: Fault | None = None
        self._frozen_at = 0

    @property
    def id(self) -> str:
        """The camera's id in the catalogue."""
        return self.channel.camera_id

    @property
    def time_shift(self) -> int:
        """Ticks of the media clock that its time stamps are ahead."""
        return _JUMP if Fault.TIME_JUMP in self.faults else 0

    def tape(self, kind: str) -> Tape:
        """Its own main or sub tape."""
        return self._shelf.tape(self.channel.tape, kind)

    def still(self) -> bytes:
        """Its snapshot, a JPEG."""
        return self._shelf.still(self.channel.tape)

    def join(self, player: Player, tick: int) -> None:
        """Adds a player; the first one to come sees a picture fault at once."""
        if not self.players:
            self._settle(tick + self.channel.offset)
        self.players.add(player)

    def tick(self, tick: int) -> None:
        """Sends the picture of that tick to every player."""
        place = tick + self.channel.offset
        if place % GOP == 0:
            self._settle(place)
        if Fault.SILENCE in self.faults:
            return
        units: dict[str, Unit] = {}
        for player in tuple(self.players):
            unit = units.get(player.kind)
            if unit is None:
                unit = units[player.kind] = self.unit(player.kind, place)
            player.show(tick, unit)

    def unit(self, kind: str, place: int) -> Unit:
        """The picture at that place of the endless loop, with the picture fault in force."""
        tape = self.tape(kind)
        if self._picture is None:
            return tape.units[place % len(tape)]
        black = self._shelf.tape("black", kind)
        if self._picture is Fault.FREEZE:
            # A keyframe of the tape, then pictures that say "no change": the black tape's, all of skipped blocks.
            return tape.units[self._frozen_at % len(tape)] if place % GOP == 0 else black.units[place % GOP]
        stuck = black if self._picture is Fault.BLACK else self._shelf.tape("cover", kind)
        return stuck.units[place % len(stuck)]

    def _settle(self, place: int) -> None:
        wanted = next((f for f in PICTURES if f in self.faults), None)
        if wanted is not self._picture:
            self._picture = wanted
            self._frozen_at = place - place % GOP


class SampleDevice:
    """A recorder or a stand-alone camera: one address, one password, a limit of parallel streams."""

    def __init__(self, device: Device, shelf: Shelf, gate: Gate, password: str, first_slot: int) -> None:
        self.device = device
        self.gate = gate
        self.password = password
        self.cameras = {
            channel.camera_id: SampleCamera(channel, shelf, (first_slot + i * 3) % SLOTS)
            for i, channel in enumerate(device.channels)
        }
        self.paths: dict[str, tuple[SampleCamera, str]] = {}
        for camera in self.cameras.values():
            self.paths[camera.channel.main] = (camera, "main")
            self.paths[camera.channel.sub] = (camera, "sub")

    @property
    def host(self) -> str:
        """Its loopback address."""
        return self.device.host

    @property
    def opens(self) -> int:
        """Streams being sent now."""
        return sum(len(camera.players) for camera in self.cameras.values())

    def all_have(self, fault: Fault) -> bool:
        """True if every camera of the device has that fault: then the device itself has it."""
        return all(fault in camera.faults for camera in self.cameras.values())
