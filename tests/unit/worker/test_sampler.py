import threading

import pytest

from gateway.worker import budget
from gateway.worker.eye import Eye, Finding
from gateway.worker.sampler import Sampler
from gateway.worker.watching import Watcher
from tests.unit.worker.test_watching import LOSS


class Looks:
    def detect(self, frame):
        return ()


def eye(camera_id: str, rules=(), alive_at=0.0) -> Eye:
    return Eye(camera_id, Watcher(camera_id, Looks(), rules, lambda: f"event of {camera_id}", 0.0), lambda: alive_at)


def test_the_budget_is_shared_evenly_at_each_control():
    sampler = Sampler(0.05, lambda findings: None)
    eyes = [eye(str(number)) for number in range(10)]
    for one in eyes:
        sampler.put(one)
    sampler._control(0.0, 0.0)
    rungs = {one.rung for one in eyes}
    assert budget.FULL not in rungs
    assert max(rungs) - min(rungs) <= 1
    sampler.budget_cores = 64.0
    sampler._control(0.0, 0.0)
    assert {one.rung for one in eyes} == {budget.FULL}


def test_dropped_pictures_make_it_plan_with_less_and_quiet_with_more_again():
    sampler = Sampler(1.0, lambda findings: None)
    one = eye("1")
    sampler.put(one)
    one.dropped = 50
    sampler._control(0.0, 0.0)
    eased = sampler.load.ease
    assert eased < 1.0
    for _ in range(60):
        sampler._control(0.0, 0.0)
    assert sampler.load.ease == 1.0


def test_a_lifted_budget_is_never_eased_and_sheds_nothing():
    sampler = Sampler(500.0, lambda findings: None)
    one = eye("1")
    sampler.put(one)
    one.dropped = 50
    for _ in range(3):
        sampler._control(0.0, 0.0)
        one.dropped += 50
    assert sampler.load.ease == 1.0
    assert one.rung == budget.FULL


@pytest.mark.slow
def test_time_passes_for_every_camera_and_a_removed_one_is_closed():
    told: list[Finding] = []
    opened, closed = threading.Event(), threading.Event()

    def tell(findings: list[Finding]) -> None:
        told.extend(findings)
        (closed if any(finding.event.phase == "close" for finding in findings) else opened).set()

    sampler = Sampler(1.0, tell)
    thread = threading.Thread(target=sampler.run)
    thread.start()
    try:
        # It has not sent anything since 1970: its signal is lost as soon as the rule's seconds have passed.
        sampler.put(eye("1", [LOSS]))
        assert opened.wait(60)
        sampler.remove("1")
        assert closed.wait(60)
    finally:
        sampler.stop()
        thread.join(60)
    assert [finding.event.phase for finding in told] == ["open", "close"]
    assert sampler.eyes() == []
