"""A walk through the whole console as one person: every page, every button that opens something, judged by axe."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from playwright.sync_api import BrowserContext, Page, Request, Route

from tests.e2e.conftest import ROOT
from tests.running import District

AXE = ROOT / "tests" / "peers" / "axe" / "node_modules" / "axe-core" / "axe.min.js"
LOOKING = Path(__file__).with_name("everywhere.js")
LANGUAGES = ("zh-CN", "en")
SOME, LIMIT = 20, re.compile(r"\blimit=([3-9]\d|\d{3,})\b")
"""Rows of a list: more of them show nothing else, and take their time to be judged."""
ASKS_ONLY = ("/session", "/simulation", "/preview", "/set-up/look", "/second-factor")
"""What may be posted during a walk: it changes nothing that anybody else sees."""


@dataclass
class Findings:
    """What all walks together found and have seen; several write into it at once."""

    faults: dict[str, list[str]] = field(default_factory=dict)
    judged: set[str] = field(default_factory=set)
    """Marks of what axe has looked at, in each language and width."""
    pages: set[str] = field(default_factory=set)
    parts: set[str] = field(default_factory=set)
    pressed: dict[str, set[str]] = field(default_factory=dict)
    """What each person need not press again: the same button brings up other things for others."""
    listed: set[str] = field(default_factory=set)
    """What drops down a list of choices, which has the same entries for everybody, or fewer."""
    too_wide: dict[str, int] = field(default_factory=dict)
    stuck: list[str] = field(default_factory=list)
    """What Escape did not close."""
    uncaught: list[str] = field(default_factory=list)


def prepare(context: BrowserContext) -> None:
    """Every page of the context can be asked and judged; nothing that is pressed reaches the gateway."""
    context.add_init_script(path=AXE)
    context.add_init_script(path=LOOKING)
    context.route("**/api/v1/**", _only_ask)


def _only_ask(route: Route, request: Request) -> None:
    if request.method == "GET" or any(part in request.url for part in ASKS_ONLY):
        route.fallback(url=LIMIT.sub(f"limit={SOME}", request.url))
        return
    refused = {"error": {"code": "forbidden", "message": "not during this walk", "detail": {}}}
    route.fulfill(status=403, content_type="application/json", body=json.dumps(refused))


@dataclass
class Walk:
    """One person's page, and where the findings go."""

    page: Page
    district: District
    who: str
    findings: Findings
    languages: tuple[str, ...] = LANGUAGES

    @property
    def pressed(self) -> set[str]:
        """What this person need not press again."""
        return self.findings.pressed.setdefault(self.who, set())

    def ask(self, what: str, *given: Any) -> Any:
        """Asks the page."""
        return self.page.evaluate(f"given => walk.{what}(...given)", list(given))

    def rest(self) -> None:
        """Waits until nothing is being fetched, drawn or moved."""
        self.ask("rest")

    def judge(self, where: str) -> None:
        """What is in front of everything, in both languages. What consists of nothing new was judged elsewhere."""
        self.findings.parts.update(self.ask("parts"))
        for language in self.languages:
            if language != self.languages[0]:
                self.ask("speak", language)
            faults = self._faults()
            if faults is None and language == self.languages[0]:
                # Whatever was judged in the first language was judged in the others then.
                return
            for fault in faults or []:
                self.findings.faults.setdefault(fault, []).append(f"{where} {language}")
        if self.languages[1:]:
            self.ask("speak", self.languages[0])

    def _faults(self) -> list[str] | None:
        """What axe says against whatever was not judged anywhere yet; None if there is nothing such in front."""
        while marks := set(self.ask("marks").split()) - self.findings.judged:
            # Said before it is done, so that no other walk does the same meanwhile.
            self.findings.judged |= marks
            faults: list[str] | None = self.ask("axe", *marks)
            if faults is not None:
                return faults
            # The page lives on: something marked has made way for another, which is to be judged in its stead.
            self.findings.judged -= marks
            self.rest()
        return None

    def visit(self, name: str, path: str) -> bool:
        """Opens the page, if this person may."""
        self._leave(path)
        self.ask("go", path)
        self.rest()
        if self.ask("at") != name:
            return False
        self.findings.pages.add(name)
        return True

    def tour(self, name: str, path: str) -> None:
        """The page, and whatever its buttons and fields open that nobody has seen yet."""
        if not self.visit(name, path):
            return
        where = f"{self.who} {path}"
        self.judge(where)
        keys = self.ask("pressable")
        for key in keys:
            known = key if key.startswith("bar ") else f"{name} {key}"
            if key.startswith(("bar nav-", "tab-")) or known in self.pressed | self.findings.listed:
                continue
            before = self.ask("shape")
            self.ask("pressable")
            if not self._press(key):
                continue
            self.pressed.add(known)
            # Other pages have tours of their own.
            if self.ask("at") == name:
                self._look(f"{where} > {key}", key, before, keys)
                self._note(known)
            self._leave(f"{where} > {key}")
            if self.ask("shape") != before:
                # The page anew, as it was before.
                self.ask("go", "/notices" if name != "notices" else "/")
                self.rest()
                self.visit(name, path)

    def _press(self, key: str) -> bool:
        """Presses it, if it is still there."""
        if not self.ask("press", key):
            return False
        self.rest()
        return True

    def _look(self, where: str, key: str, before: str, keys: list[str]) -> None:
        over = self.ask("over")
        if not over and self.ask("shape") == before:
            return
        self.judge(where)
        if "el-dropdown" in over:
            self._choose(where, key)
        elif not over:
            self._press_fresh(where, keys)
        elif "el-popper" not in over:
            self._press_within(where)

    def _note(self, known: str) -> None:
        """Notes what drops down a list, while it is there."""
        if "el-select__popper" in self.ask("over"):
            self.findings.listed.add(known)

    def _press_fresh(self, where: str, keys: list[str]) -> None:
        """What a changed view offers that the page did not."""
        for key in self.ask("pressable"):
            known = f"{where.partition(' > ')[0]} {key}"
            if key in keys or known in self.pressed | self.findings.listed:
                continue
            self.pressed.add(known)
            self.ask("pressable")
            if self._press(key) and (over := self.ask("over")):
                self.judge(f"{where} > {key}")
                self._note(known)
                if "el-popper" not in over:
                    self._press_within(f"{where} > {key}")
            self._leave(f"{where} > {key}")

    def _choose(self, where: str, key: str) -> None:
        """What the entries of a menu open."""
        for entry in self.ask("pressable"):
            if entry.startswith("purpose-") and entry != "purpose-PS-FLOOD":
                continue  # one dialog for all of them
            if not self.ask("over"):
                self.ask("pressable")
                self._press(key)
            self.ask("pressable")
            if self._press(entry) and "el-popper" not in (over := self.ask("over")) and over:
                self.judge(f"{where} > {entry}")
                self._press_within(f"{where} > {entry}")
            self._leave(f"{where} > {entry}")

    def _press_within(self, where: str) -> None:
        """What a dialog's own switches bring up."""
        for key in self.ask("pressable"):
            known = f"within {where.rpartition('>')[2]} {key}"
            if known in self.pressed | self.findings.listed:
                continue
            self.pressed.add(known)
            self.ask("pressable")
            if not self._press(key):
                continue
            over = self.ask("over")
            if not over:
                return
            self.judge(f"{where} > {key}")
            self._note(known)
            if "el-popper" in over:
                self.page.keyboard.press("Escape")
                self.rest()

    def _leave(self, where: str) -> None:
        """Closes whatever stands over the page, one thing with each Escape."""
        first = True
        while over := self.ask("over"):
            if not self.ask("escaping", first):
                self.findings.stuck.append(f"{where}: {over}")
                self.page.reload()
                self.rest()
                return
            first = False
            self.page.keyboard.press("Escape")
            self.rest()
