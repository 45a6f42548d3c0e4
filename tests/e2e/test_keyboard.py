"""The console without a mouse: a shift's work by keys alone, no trap, and always to be seen where one is."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page

from tests.e2e.everywhere import LOOKING
from tests.e2e.furnished import CAMERAS
from tests.running import District, wait_until

FOCUSED = """selector => document.activeElement?.closest(selector) !== null"""
RINGED = """() => {
  const at = document.activeElement
  for (let one = at, up = 0; one !== null && up < 4; one = one.parentElement, up++) {
    const style = getComputedStyle(one)
    if (style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) >= 1) return ''
  }
  const beside = at.nextElementSibling
  if (beside !== null && getComputedStyle(beside).outlineStyle !== 'none') return ''
  return at.outerHTML.slice(0, 160)
}"""
PLACE = """() => {
  const at = document.activeElement
  if (at === document.body) return 'body'
  at.dataset.walked ??= String(Math.random())
  return at.dataset.walked
}"""
MAP = """() => document.querySelector('[data-test="map"] .leaflet-map-pane').style.transform"""


def named(*names: str) -> str:
    """Selects what has one of those names for tests."""
    return ", ".join(f'[data-test="{name}"]' for name in names)


def rest(page: Page) -> None:
    """Waits until the page fetches, draws and moves nothing: keys go to what is there, not to what is on its way."""
    page.evaluate("walk.rest()")


def reach(page: Page, selector: str, key: str = "Tab", most: int = 150) -> None:
    """Presses Tab until the focus is there."""
    rest(page)
    for _ in range(most):
        page.keyboard.press(key)
        if page.evaluate(FOCUSED, selector):
            return
    raise AssertionError(f"{most} times {key} did not reach {selector}")


def focus_is(page: Page, selector: str) -> None:
    """Waits until the focus is there."""
    wait_until(lambda: page.evaluate(FOCUSED, selector), f"the focus to be at {selector}", seconds=30)


@pytest.fixture(scope="module")
def seated(browser: Browser, furnished: District) -> Iterator[Page]:
    """The leader's browser, signed in by keys."""
    context = browser.new_context(locale="zh-CN", viewport={"width": 1440, "height": 900})
    context.add_init_script(path=LOOKING)
    page = context.new_page()
    page.set_default_timeout(60_000)
    page.goto(furnished.base_url)
    focus_is(page, named("login-name"))
    page.keyboard.type("leader")
    reach(page, named("login-password"), most=2)
    page.keyboard.type(furnished.passwords["leader"])
    page.keyboard.press("Enter")
    page.locator(named("user-menu")).wait_for()
    yield page
    context.close()


@pytest.fixture
def page(seated: Page, furnished: District) -> Page:
    """The leader's first page, as it is when it was just opened."""
    seated.goto(f"{furnished.base_url}/#/")
    seated.reload()
    seated.locator(named("user-menu")).wait_for()
    rest(seated)
    return seated


def open_page(page: Page, name: str) -> None:
    """By the navigation."""
    reach(page, named(f"nav-{name}"))
    page.keyboard.press("Enter")
    page.wait_for_function(
        "name => document.querySelector(`[data-test='nav-${name}'][aria-current]`) !== null", arg=name
    )
    rest(page)


def test_the_first_key_leads_past_the_navigation(page: Page) -> None:
    page.keyboard.press("Tab")
    focus_is(page, named("skip"))
    assert page.locator(named("skip")).bounding_box()["y"] >= 0  # type: ignore[index]
    page.keyboard.press("Enter")
    focus_is(page, "main")
    page.keyboard.press("Tab")
    assert page.evaluate("() => document.querySelector('main').contains(document.activeElement)")


def test_a_camera_goes_to_the_wall_and_to_the_whole_of_it(page: Page) -> None:
    open_page(page, "wall")
    page.locator("[data-row]").first.wait_for()
    reach(page, "[data-row]")
    first = page.evaluate("() => document.activeElement.getAttribute('aria-expanded')")
    assert first == "true", "the tree begins with an open heading"
    page.keyboard.press("ArrowDown")
    focus_is(page, named("tree-camera"))
    camera = page.evaluate("() => document.activeElement.dataset.camera")
    page.keyboard.press("Enter")
    page.locator(f'video[data-camera="{camera}"]').wait_for(state="attached")
    page.keyboard.press("ArrowLeft")
    focus_is(page, "[aria-expanded]")
    page.keyboard.press("ArrowLeft")
    focus_is(page, '[aria-expanded="false"]')
    reach(page, named("tile-full"))
    page.keyboard.press("Enter")
    page.wait_for_function("() => document.querySelectorAll('[data-test=\"slot\"]').length === 1")
    page.keyboard.press("Escape")
    page.wait_for_function("() => document.querySelectorAll('[data-test=\"slot\"]').length > 1")
    reach(page, named("wall-map"), "Shift+Tab")
    page.keyboard.press("Enter")
    page.locator(f"{named('map')} .leaflet-map-pane").wait_for(state="attached")
    reach(page, named("map"))
    page.wait_for_function("() => document.querySelectorAll('.area-name').length > 0")
    before = page.evaluate(MAP)
    page.keyboard.press("ArrowRight")
    wait_until(lambda: page.evaluate(MAP) != before, "the map to move")
    reach(page, named("slot", "wall-clear"), most=12)


def test_a_candidate_becomes_a_ticket_that_goes_on(page: Page) -> None:
    open_page(page, "candidates")
    page.locator(named("candidate-detail")).wait_for()
    page.keyboard.press("c")
    focus_is(page, '[role="dialog"]')
    reach(page, named("confirm-category"), most=12)
    page.keyboard.type("暴露垃圾")
    page.locator(named("category-3206120102")).wait_for()
    page.keyboard.press("Enter")
    reach(page, named("confirm-submit"), most=12)
    page.keyboard.press("Enter")
    page.locator(named("to-ticket")).wait_for()
    reach(page, named("to-ticket"))
    page.keyboard.press("Enter")
    page.locator('[data-test="ticket-detail"][data-state="REG"]').wait_for()
    reach(page, named("move-SENT"))
    page.keyboard.press("Enter")
    focus_is(page, '[role="dialog"]')
    reach(page, named("move-submit"), most=12)
    page.keyboard.press("Enter")
    page.locator('[data-test="ticket-detail"][data-state="SENT"]').wait_for()


def test_a_dialog_keeps_the_focus_and_gives_it_back(page: Page) -> None:
    open_page(page, "sharing")
    page.locator(named("grant-open")).wait_for()
    reach(page, named("grant-open"))
    page.keyboard.press("Enter")
    focus_is(page, '[role="dialog"]')
    for _ in range(60):
        page.keyboard.press("Tab")
        assert page.evaluate(FOCUSED, '[role="dialog"], .el-popper'), page.evaluate(
            "() => document.activeElement.outerHTML"
        )
    page.keyboard.press("Escape")
    page.locator('[role="dialog"]').first.wait_for(state="hidden")
    focus_is(page, named("grant-open"))


def test_a_grant_is_given(page: Page) -> None:
    open_page(page, "sharing")
    page.locator(named("grant-open")).wait_for()
    reach(page, named("grant-open"))
    page.keyboard.press("Enter")
    focus_is(page, '[role="dialog"]')
    reach(page, named("grant-organisation"), most=8)
    page.keyboard.type("五接")
    page.locator(named("organisation-T-320612116")).wait_for()
    page.keyboard.press("Enter")
    reach(page, named("grant-cameras"), most=8)
    page.keyboard.type(CAMERAS[2])
    page.locator(named(f"camera-option-{CAMERAS[2]}")).wait_for()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    page.keyboard.press("Escape")
    reach(page, named("grant-reason"), most=60)
    page.keyboard.type("键盘授权(示例)")
    page.keyboard.press("Enter")
    page.locator(named("grant-row")).filter(has_text="键盘授权").wait_for()


@pytest.mark.parametrize("path", ["wall", "candidates", "tickets", "sharing", "requests", "cameras", "exports"])
def test_tab_goes_round_with_a_ring_to_be_seen(page: Page, furnished: District, path: str) -> None:
    page.goto(f"{furnished.base_url}/#/{path}")
    page.reload()
    page.locator(named("user-menu")).wait_for()
    rest(page)
    seen: set[str] = set()
    bare: set[str] = set()
    for _ in range(400):
        page.keyboard.press("Tab")
        place = page.evaluate(PLACE)
        if place in seen or (place == "body" and seen):
            break
        seen.add(place)
        if place != "body":
            bare.add(page.evaluate(RINGED))
    else:
        raise AssertionError("Tab never comes round")
    assert len(seen) > 15
    assert bare - {""} == set()
