"""The walk waits for what goes on in a page however long that takes, so a busy machine finds what an idle one finds."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, Route

from tests.e2e.everywhere import LOOKING

ADDRESS = "http://page.test/"
LONG = "for (const until = performance.now() + 700; performance.now() < until; );"
"""Frames that do not come, as on a machine with more to do than it can."""
MENU = '<div id="menu" class="el-popper">choices</div>'


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """A page with a menu, and an answer that comes in its own time."""
    context = browser.new_context()
    context.add_init_script(path=LOOKING)
    page = context.new_page()
    page.route(f"{ADDRESS}**", _answer)
    page.goto(ADDRESS)
    yield page
    context.close()


def _answer(route: Route) -> None:
    route.fulfill(body=MENU, content_type="text/html")


def _after_rest(page: Page, happens: str) -> str:
    """What stands over the page once it is at rest, after this has begun in it."""
    page.evaluate(f"() => {{ const menu = document.querySelector('#menu'); {happens} }}")
    page.evaluate("walk.rest()")
    found: str = page.evaluate("walk.over()")
    return found


def test_what_is_leaving_is_over_no_more_and_is_waited_for(page: Page) -> None:
    leaving = f"menu.classList.add('menu-leave-active'); setTimeout(() => {{ {LONG} menu.remove() }}, 900)"
    page.evaluate(f"() => {{ const menu = document.querySelector('#menu'); {leaving} }}")
    assert page.evaluate("walk.over()") == ""
    page.evaluate("walk.rest()")
    assert page.locator("#menu").count() == 0


def test_what_is_entering_is_waited_for(page: Page) -> None:
    entering = (
        "menu.classList.add('menu-enter-active'); setTimeout(() => menu.classList.remove('menu-enter-active'), 900)"
    )
    assert "enter" not in _after_rest(page, entering)


def test_what_drops_down_after_a_delay_is_waited_for(page: Page) -> None:
    dropping = "menu.hidden = true; setTimeout(() => setTimeout(() => { menu.hidden = false }, 200), 200)"
    assert "el-popper" in _after_rest(page, dropping)


def test_what_says_that_it_is_open_is_waited_for(page: Page) -> None:
    opened = (
        "menu.hidden = true; const field = document.body.appendChild(document.createElement('input'));"
        "field.ariaHasPopup = 'listbox'; field.ariaExpanded = 'true'; field.focus();"
        "setTimeout(() => { menu.hidden = false }, 900)"
    )
    assert "el-popper" in _after_rest(page, opened)


def test_an_answer_is_waited_for_until_it_is_read_and_drawn(page: Page) -> None:
    asking = f"fetch('{ADDRESS}more').then((answer) => {{ {LONG} return answer.text() }}).then(() => menu.remove())"
    assert _after_rest(page, asking) == ""
