"""The desk's work on candidates: seeing why one was raised, dismissing it; and a fault that needs nobody's word."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from playwright.sync_api import Route, expect

from gateway.samples.faults import Fault, switch
from tests.e2e.conftest import Desk
from tests.running import District, items, wait_until

AMBER = """image => {
  const canvas = document.createElement('canvas')
  canvas.width = image.naturalWidth
  canvas.height = image.naturalHeight
  const pen = canvas.getContext('2d', { willReadFrequently: true })
  pen.drawImage(image, 0, 0)
  const { data } = pen.getImageData(0, 0, canvas.width, canvas.height)
  let found = 0
  for (let at = 0; at < data.length; at += 4) {
    if (data[at] > 215 && data[at + 1] > 130 && data[at + 1] < 215 && data[at + 2] < 90) found += 1
  }
  return found
}"""
"""How many points of a still have the colour of the box."""

SAMPLE = "TZ-"
"""How the ids of the sample district's own cameras begin: only these can be told to fail, added ones cannot."""


@contextmanager
def faulty(district: District, camera: str, fault: Fault) -> Iterator[None]:
    """A device that has this fault inside the block."""
    control = str(district.data / "run" / "cameras.sock")
    switch(control, camera, fault, True)
    try:
        yield
    finally:
        switch(control, camera, fault, False)


def test_a_candidate_says_why_and_shows_its_box_and_clip_and_is_dismissed_with_a_reason(
    desks: Callable[..., Desk], district: District
) -> None:
    with district.client("district") as client:

        def boxed() -> str:
            """A candidate with a clip whose box is a part of the picture."""
            found = items(client, "/api/v1/candidates", limit=200, state="open")
            return next((str(one["id"]) for one in found if one["clip"] and one["still"] and not one["fault"]), "")

        candidate = wait_until(boxed, "a candidate with a clip")
        known = client.get(f"/api/v1/candidates/{candidate}").json()
    desk = desks("district")
    page = desk.page
    desk.go("candidates")
    page.locator(f'[data-test="candidate-item"][data-candidate="{candidate}"]').first.click()
    expect(page.locator('[data-test="candidate-rule"]')).to_have_text(known["rule_name_zh"])
    why = page.locator('[data-test="candidate-why"]')
    expect(why).to_contain_text("阈值")
    assert known["measure"] > known["threshold"] > 0
    image = page.locator('[data-test="candidate-still"]')
    wait_until(lambda: image.evaluate("one => one.naturalWidth") > 0, "the still")
    assert image.evaluate(AMBER) > 100, "the still shows its box"
    asked: list[Route] = []

    def keep_waiting(route: Route) -> None:
        asked.append(route)

    page.route("**/evidence/*/clip", keep_waiting)
    page.locator('[data-test="show-clip"]').click()
    making = page.locator('[data-test="clip-words"]')
    expect(making).to_contain_text("正在为您生成片段")
    desk.shoot("candidate-clip-making")
    wait_until(lambda: page.evaluate("1") and asked, "the clip to be asked for")
    asked[0].continue_()
    clip = page.locator('[data-test="candidate-clip"]')
    wait_until(lambda: clip.evaluate("one => one.videoWidth > 0 && one.currentTime > 1"), "the clip to play")
    expect(making).to_have_count(0)
    assert len(asked) == 1, "it is asked for once, however long it plays"
    desk.shoot("candidate-clip")

    page.locator('[data-test="dismiss-open"]').click()
    page.locator('[data-test="dismiss-submit"]').click()
    expect(page.get_by_role("alert").filter(has_text="必填")).to_be_visible()
    desk.shoot("candidate-dismiss")
    page.locator('[data-test="dismiss-weather"]').click()
    page.locator('[data-test="candidates-dismissed"] span').click()
    page.locator(f'[data-test="candidate-item"][data-candidate="{candidate}"]').click()
    detail = page.locator(f'[data-test="candidate-detail"][data-candidate="{candidate}"][data-state="dismissed"]')
    expect(detail).to_contain_text("天气或光线")
    expect(detail).to_contain_text("已排除")

    page.set_viewport_size({"width": 390, "height": 844})
    listed = page.locator('[data-test="candidate-list"]')
    expect(listed).to_be_hidden()
    page.locator('[data-test="candidate-back"]').click()
    expect(listed).to_be_visible()
    page.locator('[data-test="candidates-open"] span').click()
    page.reload()
    page.locator('[data-test="candidate-item"]').first.wait_for()
    expect(page.locator('[data-test="candidate-detail"]')).to_have_count(0)
    desk.shoot("candidates-phone")


def test_a_device_fault_becomes_a_maintenance_ticket_that_nobody_confirmed(
    desks: Callable[..., Desk], district: District
) -> None:
    with district.client("district") as client:
        seen = items(client, "/api/v1/candidates", limit=200)
        watched = next(one["camera_id"] for one in seen if not one["fault"] and one["camera_id"].startswith(SAMPLE))
        name = client.get(f"/api/v1/cameras/{watched}").json()["name_zh"]
        desk = desks("leader")
        page = desk.page
        desk.go("tickets")
        with faulty(district, watched, Fault.FREEZE):

            def opened() -> str:
                found = items(client, "/api/v1/tickets", limit=200)
                return next((t["id"] for t in found if t["camera_id"] == watched and t["kind"] == "maintenance"), "")

            ticket = wait_until(opened, "the maintenance ticket")
        page.locator(f'[data-test="ticket-item"][data-ticket="{ticket}"]').click()
        detail = page.locator(f'[data-test="ticket-detail"][data-ticket="{ticket}"]')
        expect(detail).to_have_attribute("data-state", "SENT")
        expect(detail).to_contain_text("画面冻结")
        expect(detail).to_contain_text(name)
        expect(detail).to_contain_text("系统自动")
        desk.shoot("ticket-maintenance")
        moves = client.get(f"/api/v1/tickets/{ticket}").json()["moves"]
        assert [one["to_state"] for one in moves][:2] == ["REG", "SENT"]
        assert {one["actor_id"] for one in moves[:2]} == {"system"}
        page.get_by_role("link", name="查看线索").click()
        fault = page.locator('[data-test="candidate-detail"][data-state="confirmed"]')
        expect(fault).to_contain_text("无需确认")
        desk.shoot("candidate-fault")
