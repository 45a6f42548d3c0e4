"""Every page of the console, and what its buttons open, judged by axe (WCAG 2.2 A and AA), in both languages."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from functools import partial

import pytest
from playwright.sync_api import Browser

from tests.chromium import running_chromium
from tests.e2e import answered
from tests.e2e.conftest import ROOT, Desk
from tests.e2e.everywhere import Findings, Walk, prepare
from tests.e2e.furnished import CAMERAS
from tests.running import District, items, wait_until

PEOPLE = ("leader", "jinsha", "system", "security", "audit")
"""Who has most to see goes first."""
CHOOSING = ("leader", "jinsha")
"""Who meets things that go from state to state."""
AT_ONCE = 3
"""Browsers: while one waits for its page another can be judged, also on two cores."""
ON_THE_PHONE = ("jinsha",)
"""Who works at a desk and on the way; the grid's members have no desk."""
DESK, PHONE, ENLARGED = (1440, 900), (390, 844), (720, 450)
"""A desk, a phone, and the desk with its text at 200 %."""

BEFORE = {"sign-in", "set-up", "enrol", "home"}
"""Routes that are no pages of the console."""

PLAYING = {"WatermarkOverlay"}
"""What lies over a picture that plays, of which this district has none; the tests of the watermark have it."""

MOVED = ("tickets", "exports", "inquiries", "legal-holds", "requests", "emergencies")
"""What goes from state to state, and looks different in each."""
BROUGHT_UP: dict[str, tuple[Callable[[Walk], None], ...]] = {
    "leader": (answered.second_factor, answered.passphrase),
    "system": (answered.typed_text, answered.set_up_link),
    "security": (answered.release,),
    "jinsha": (answered.devices,),
}
"""What no button alone brings up, and who meets it."""

CONSOLE = ROOT / "gateway" / "console" / "src"


def filled(walk: Walk, path: str) -> str | None:
    """The path with the newest thing of its kind; None if this person has none."""
    if ":rest" in path:
        return "/no-such-page"
    if ":" not in path:
        return path
    noun, rest = path.split("/:", 1)
    answer = walk.page.request.get(f"{walk.district.base_url}/api/v1{noun}?limit=1", max_retries=3)
    found = answer.json()["items"] if answer.ok else []
    if found:
        return f"{noun}/{found[0]['id']}"
    return noun if rest.endswith("?") else None


@dataclass
class Outing:
    """All walks: the browser, the district, and what is found on the way."""

    browser: Browser
    district: District
    findings: Findings = field(default_factory=Findings)
    routes: dict[str, str] = field(default_factory=dict)
    """Paths by name, as the router has them."""

    def walk(self, who: str, size: tuple[int, int]) -> Walk:
        """A browser of that person's, not signed in yet."""
        context = self.browser.new_context(
            reduced_motion="reduce", locale="zh-CN", viewport={"width": size[0], "height": size[1]}
        )
        prepare(context)
        page = context.new_page()
        page.set_default_timeout(60_000)
        page.on("pageerror", lambda error: self.findings.uncaught.append(f"{who} {page.url}: {error}"))
        return Walk(page, self.district, who, self.findings)

    def signed_in(self, who: str, size: tuple[int, int]) -> Walk:
        """A browser of that person's, signed in."""
        walk = self.walk(who, size)
        Desk(walk.page, self.district).sign_in(who)
        walk.rest()
        self.routes |= {one["name"]: one["path"] for one in walk.ask("routes")}
        return walk

    def before_the_console(self) -> None:
        """The pages for those who have no session yet, at the desk and on the phone."""
        for size in (DESK, PHONE):
            walk = self.walk("nobody", size)
            page = walk.page
            places = [("sign-in", "/sign-in"), ("sign-in", "/sign-in?link=code"), ("sign-in", "/sign-in?link=password")]
            for name, path in (*places, ("set-up", f"/set-up/{self._invitation(size)}")):
                page.goto(f"{self.district.base_url}/#{path}")
                page.reload()
                wait_until(lambda walk=walk, name=name: walk.ask("at") == name, f"{name} to be there")
                walk.rest()
                self.findings.pages.add(name)
                walk.judge(f"{name} {size[0]}")
                self._measure(walk, f"{name} {size[0]}")
            page.goto(f"{self.district.base_url}/transparency")
            walk.languages = ("zh-CN",)
            walk.judge(f"transparency {size[0]}")
            self._measure(walk, f"transparency {size[0]}")
            page.context.close()

    def _invitation(self, size: tuple[int, int]) -> str:
        """The token of a set-up link."""
        account = {"login": f"newcomer{size[0]}", "name": "新来的(示例)", "organisation_id": "district"}
        with self.district.client("system") as system:
            answer = system.post("/api/v1/operators", json=account | {"roles": ["district_operator"]})
        assert answer.status_code == 201, answer.text
        return str(answer.json()["setup"]["token"])

    def held(self) -> None:
        """Who must enrol first, and whose console has locked itself."""
        for hold, name, shown in (("second_factor", "enrol", "factor-begin"), ("locked", "", "lock-screen")):
            walk = self.signed_in("leader", DESK)
            answered.have_session(walk, {"hold": hold})
            walk.page.locator(f'[data-test="{shown}"]').wait_for()
            walk.rest()
            if name:
                assert walk.ask("at") == name
                self.findings.pages.add(name)
            walk.judge(f"held by {hold}")
            walk.page.context.close()

    def through_the_console(self, who: str) -> None:
        """Every page that this person may open, with what its buttons open."""
        walk = self.signed_in(who, DESK)
        for name, path in sorted(self.routes.items()):
            if name not in BEFORE and (full := filled(walk, path)):
                walk.tour(name, full)
        for come_up in BROUGHT_UP.get(who, ()):
            come_up(walk)
        self._narrow(walk, ENLARGED, "at 200 %")
        if who in ON_THE_PHONE:
            self._narrow(walk, PHONE, "by phone", judged=True)
        walk.page.context.close()

    def what_is_chosen(self, who: str) -> None:
        """Things of each kind in each state, and pages on which something must be chosen first."""
        walk = self.signed_in(who, DESK)
        for name, full in self._chosen(who):
            walk.tour(name, full)
        walk.page.context.close()

    def _chosen(self, who: str) -> list[tuple[str, str]]:
        """Their pages, by name."""
        with self.district.client(who) as client:
            found = [(noun, one) for noun in MOVED for one in items(client, f"/api/v1/{noun}")]
            each = {(noun, one.get("state"), one.get("variant")): one["id"] for noun, one in found}
            moved = [(noun, f"/{noun}/{one}") for (noun, _, _), one in each.items()]
            if who == "jinsha":
                return moved
            undecided = next(one["id"] for one in items(client, "/api/v1/candidates", state="open") if one["clip"])
            person = client.get("/api/v1/session").json()["operator"]["id"]
        return [
            *moved,
            ("candidates", f"/candidates/{undecided}"),
            ("sharing", f"/sharing?camera={CAMERAS[0]}"),
            ("sharing-people", f"/sharing/people?person={person}"),
        ]

    def by_phone_alone(self, who: str) -> None:
        """Every page that this person may open, who has no desk."""
        walk = self.signed_in(who, PHONE)
        self._narrow(walk, PHONE, "by phone", judged=True)
        walk.page.context.close()

    def _narrow(self, walk: Walk, size: tuple[int, int], how: str, judged: bool = False) -> None:
        walk.page.set_viewport_size({"width": size[0], "height": size[1]})
        for name, path in sorted(self.routes.items()):
            full = None if name in BEFORE else filled(walk, path)
            if full is None or not walk.visit(name, full):
                continue
            self._measure(walk, f"{walk.who} {how} {full}")
            if judged:
                walk.judge(f"{walk.who} {how} {full}")

    def _measure(self, walk: Walk, where: str) -> None:
        if (wider := walk.ask("wider")) > 0:
            self.findings.too_wide[where] = wider


WALKS: tuple[Callable[[Outing], None], ...] = (
    *(partial(Outing.what_is_chosen, who=who) for who in CHOOSING),
    *(partial(Outing.through_the_console, who=who) for who in PEOPLE),
    Outing.before_the_console,
    partial(Outing.by_phone_alone, who="grid1"),
    Outing.held,
)


@pytest.fixture(scope="module")
def outing(furnished: District) -> Outing:
    """Some at a time, each with a browser of its own, until nobody is left to walk; what they find is in one place."""
    findings, waiting = Findings(), iter(WALKS)

    def go() -> Outing:
        with running_chromium() as browser:
            outing = Outing(browser, furnished, findings)
            while (walk := next(waiting, None)) is not None:
                walk(outing)
        return outing

    with ThreadPoolExecutor() as beside:
        outings = [one.result() for one in [beside.submit(go) for _ in range(AT_ONCE)]]
    return replace(outings[0], routes={name: path for one in outings for name, path in one.routes.items()})


def test_axe_finds_no_fault_on_any_page_or_dialog(outing: Outing) -> None:
    assert outing.findings.faults == {}


def test_every_page_of_the_router_was_opened(outing: Outing) -> None:
    assert set(outing.routes) - outing.findings.pages - {"home"} == set()


def test_every_part_of_the_console_was_seen(outing: Outing) -> None:
    files = [path for folder in ("pages", "parts") for path in (CONSOLE / folder).glob("*.vue")]
    parts = {path.stem for path in files if "<script" in path.read_text("utf-8")}
    assert parts - PLAYING - outing.findings.parts == set()


def test_no_page_is_wider_than_a_phone_or_a_desk_with_enlarged_text(outing: Outing) -> None:
    assert outing.findings.too_wide == {}


def test_escape_closes_whatever_opened(outing: Outing) -> None:
    assert outing.findings.stuck == []


def test_nothing_that_can_be_pressed_breaks_the_page(outing: Outing) -> None:
    assert outing.findings.uncaught == []
