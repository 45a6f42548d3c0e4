"""A walk through the whole console as one person: every page, every button that opens something, judged by axe."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from playwright.sync_api import BrowserContext, Page, Request, Route

from tests.e2e.conftest import ROOT
from tests.running import District

AXE = ROOT / "tests" / "peers" / "axe" / "node_modules" / "axe-core" / "axe.min.js"
LOOKING = Path(__file__).with_name("everywhere.js")
LANGUAGES = ("zh-CN", "en")
ASKS_ONLY = ("/session", "/simulation", "/preview", "/set-up/look", "/second-factor")
"""What may be posted during a walk: it changes nothing that anybody else sees."""


@dataclass
class Findings:
    """What all walks together found and have seen."""

    faults: dict[str, list[str]] = field(default_factory=dict)
    pages: set[str] = field(default_factory=set)
    parts: set[str] = field(default_factory=set)
    pressed: set[str] = field(default_factory=set)
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
        route.fallback()
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
    spoken: str = LANGUAGES[0]

    def ask(self, what: str, *given: Any) -> Any:
        """Asks the page."""
        return self.page.evaluate(f"given => walk.{what}(...given)", list(given))

    def rest(self) -> None:
        """Waits until nothing is being fetched, drawn or moved."""
        self.ask("rest")

    def judge(self, where: str, languages: tuple[str, ...] | None = None) -> None:
        """What is in front of everything, in both languages; a list of choices is the library's."""
        if "el-select__popper" in self.ask("over"):
            return
        self.findings.parts.update(self.ask("parts"))
        for language in languages or self.languages:
            if language != self.spoken:
                self._speak(language)
            for fault in self.ask("axe"):
                self.findings.faults.setdefault(fault, []).append(f"{where} {language}")
        if self.spoken != self.languages[0]:
            self._speak(self.languages[0])

    def _speak(self, language: str) -> None:
        self.ask("speak", language)
        self.spoken = language

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
            if key.startswith(("bar nav-", "tab-")) or known in self.findings.pressed:
                continue
            before = self.ask("shape")
            self.ask("pressable")
            if not self._press(key):
                continue
            self.findings.pressed.add(known)
            self._look(f"{where} > {key}", key, before, keys)
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
        if "el-dropdown" in over:
            self.judge(where, self.languages[:1])
            self._choose(where, key)
        elif "el-popper" in over:
            # Choices and menus are the library's, with the same words as the page: one language tells all.
            self.judge(where, self.languages if "el-popover" in over else self.languages[:1])
        elif over:
            self.judge(where)
            self._press_within(where)
        elif self.ask("shape") != before:
            self.judge(where, self.languages[:1])
            self._press_fresh(where, keys)

    def _press_fresh(self, where: str, keys: list[str]) -> None:
        """What a changed view offers that the page did not."""
        for key in self.ask("pressable"):
            known = f"{where.partition(' > ')[0]} {key}"
            if key in keys or known in self.findings.pressed:
                continue
            self.findings.pressed.add(known)
            self.ask("pressable")
            if self._press(key) and (over := self.ask("over")) and "el-popper" not in over:
                self.judge(f"{where} > {key}")
                self._press_within(f"{where} > {key}")
            self._leave(f"{where} > {key}")

    def _choose(self, where: str, key: str) -> None:
        """What the entries of a menu open."""
        for entry in self.ask("pressable"):
            if entry.startswith("purpose-"):
                continue
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
            if known in self.findings.pressed:
                continue
            self.findings.pressed.add(known)
            before, over = self.ask("shape"), self.ask("over")
            self.ask("pressable")
            if not self._press(key):
                continue
            now = self.ask("over")
            if not now:
                return
            if "el-popper" in now:
                self.judge(f"{where} > {key}", self.languages[:1])
                self.page.keyboard.press("Escape")
                self.rest()
            elif self.ask("shape") != before or now != over:
                self.judge(f"{where} > {key}")

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
