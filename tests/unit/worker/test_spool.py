import errno

import pytest

from gateway.domain.events import Event, Phase
from gateway.domain.observations import Box, ObservationKind
from gateway.worker.spool import Spool, SpooledEvent, SpoolFull

ID = "0190a0b0-0000-7000-8000-00000000000{}"


def event(number: int = 1, phase: Phase = Phase.OPEN) -> Event:
    return Event(
        ID.format(number),
        "TZ-001-001",
        "rule",
        ObservationKind.ANOMALY,
        phase,
        1.0,
        2.0,
        1.0,
        Box(0, 0, 1, 0.5),
        3.0,
        2.0,
        False,
        {"speed": 4.5, "way": "left"},
    )


def test_a_new_process_finds_what_the_old_one_kept(tmp_path):
    Spool(tmp_path).add([SpooledEvent(7, event(1)), SpooledEvent(8, event(2))])
    assert list(Spool(tmp_path).events()) == [SpooledEvent(7, event(1)), SpooledEvent(8, event(2))]


def test_an_acknowledged_report_is_gone_and_may_be_acknowledged_twice(tmp_path):
    spool = Spool(tmp_path)
    spool.add([SpooledEvent(7, event())])
    spool.remove(7, event().id)
    spool.remove(7, event().id)
    assert list(Spool(tmp_path).events()) == []


def test_torn_and_foreign_files_are_left_out_and_the_rest_survives(tmp_path):
    spool = Spool(tmp_path)
    spool.add([SpooledEvent(7, event(1))])
    (tmp_path / "events" / "00000000000000000009-x.json.tmp").write_bytes(b'{"serial": 9')
    (tmp_path / "events" / "00000000000000000008-y.json").write_bytes(b'{"serial": 8, "event": {')
    (tmp_path / "events" / "00000000000000000006-z.json").write_bytes(b"")
    assert [item.serial for item in Spool(tmp_path).events()] == [7]
    assert sorted(path.suffix for path in (tmp_path / "events").iterdir()) == [".json"]


def test_a_full_spool_says_so_and_keeps_what_it_has(tmp_path):
    spool = Spool(tmp_path, max_events=1, max_evidence_bytes=10)
    spool.add([SpooledEvent(1, event(1))])
    with pytest.raises(SpoolFull):
        spool.add([SpooledEvent(2, event(2))])
    with pytest.raises(SpoolFull):
        spool.keep(ID.format(1), "clip", b"x" * 11)
    assert [item.serial for item in spool.events()] == [1]


def test_open_events_are_known_after_a_crash(tmp_path):
    spool = Spool(tmp_path)
    spool.mark_open(event(1))
    spool.mark_open(event(2))
    spool.mark_closed(event(1).id)
    assert Spool(tmp_path).left_open() == [event(2)]


def test_evidence_that_was_due_when_the_process_died_is_missing(tmp_path):
    spool = Spool(tmp_path)
    for kind in ("still", "clip"):
        spool.expect(ID.format(1), kind)
    spool.keep(ID.format(1), "still", b"jpeg")
    found = {item.kind: item for item in Spool(tmp_path).evidence()}
    assert found["still"].missing is None
    assert found["still"].path.read_bytes() == b"jpeg"
    assert "restarted" in (found["clip"].missing or "")


def test_removed_evidence_makes_room(tmp_path):
    spool = Spool(tmp_path, max_evidence_bytes=10)
    item = spool.keep(ID.format(1), "still", b"x" * 10)
    spool.remove_evidence(item)
    spool.remove_evidence(item)
    spool.keep(ID.format(2), "still", b"x" * 10)


def test_a_disk_that_is_full_leaves_no_half_file(tmp_path, monkeypatch):
    spool = Spool(tmp_path)

    def full(handle: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(OSError, match="No space"):
        spool.keep(ID.format(1), "still", b"x")
    assert list((tmp_path / "evidence").iterdir()) == []
