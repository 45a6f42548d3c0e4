"""Documents that anybody can follow: links resolve, words are fixed, spelling is British, nothing names one machine."""

from __future__ import annotations

import json
import re
import subprocess
from pathlib import Path

import pytest

from gateway.domain.ticket_states import STATES
from tests.documents import ROOT, anchors, documents, fences, links, prose, table

AMERICAN = re.compile(
    r"\b(organiz(?:e|ed|es|ing|ation|ations)|color(?:s|ed)?|behavior(?:s)?|center(?:s|ed)?|favorite|license[ds]? under"
    r"|recogniz(?:e|ed|es|ing)|analyz(?:e|ed|es|ing)|initializ(?:e|ed|es|ing|ation)|authoriz(?:e|ed|es|ing|ation)"
    r"|neighbor(?:s|ing)?|gray|catalog|canceled|labeled|meters?\b(?= of))\b",
    re.IGNORECASE,
)

MACHINE_PATHS = re.compile(r"(?:^|[^A-Za-z.])/(?:wor[k]|far[m]|roo[t]|home/\w+)/")


def test_every_link_and_anchor_leads_somewhere() -> None:
    broken = []
    for document in documents():
        for line, target in links(document):
            if re.match(r"[a-z]+:", target):
                continue
            path, _, anchor = target.partition("#")
            aim = (document.parent / path).resolve() if path else document
            if not aim.exists() or (anchor and anchor not in anchors(aim)):
                broken.append(f"{document.relative_to(ROOT)}:{line}: {target}")
    assert broken == []


def test_no_link_leaves_for_an_invented_site() -> None:
    hosts = {
        match[1]
        for document in documents()
        for match in re.finditer(r"https?://([^/\s)\"'`:>]+)", document.read_text())
    }
    assert {host for host in hosts if host.endswith((".invalid", "example.com", "example.org"))} == set()


def test_spelling_is_british() -> None:
    found = [
        f"{document.relative_to(ROOT)}:{number}: {match[0]}"
        for document in documents()
        if "footage" not in document.parts
        for number, line in enumerate(prose(document).splitlines(), 1)
        for match in AMERICAN.finditer(line)
    ]
    assert found == []


def tracked() -> list[Path]:
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    return [ROOT / name for name in listed.split("\0") if name and (ROOT / name).is_file()]


def test_no_file_names_a_path_of_one_machine_or_a_package_index() -> None:
    found = []
    for path in tracked():
        if path.suffix in {".mp4", ".png", ".jpg", ".ico", ".woff2", ".ts", ".xlsx", ".h264", ".db"}:
            continue
        for number, line in enumerate(path.read_text(errors="replace").splitlines(), 1):
            index = re.search(r"(?:extra-)?index-ur[l]|\"resolve[d]\": \"http", line)
            if index or (path.suffix != ".lock" and MACHINE_PATHS.search(line)):
                found.append(f"{path.relative_to(ROOT)}:{number}")
    assert found == []


def test_no_tracked_file_is_too_large() -> None:
    assert [str(path.relative_to(ROOT)) for path in tracked() if path.stat().st_size > 6_000_000] == []


def test_every_decision_is_listed_and_has_its_four_parts() -> None:
    folder = ROOT / "docs" / "adr"
    pages = sorted(page for page in folder.glob("[0-9]*.md"))
    listed = re.findall(r"\]\((\d{4}-[\w-]+\.md)\)", (folder / "README.md").read_text())
    assert listed == [page.name for page in pages]
    for page in pages:
        text = page.read_text()
        assert text.startswith(f"# {page.name[:4]}: "), page
        assert re.search(r"^Status: (proposed|accepted|replaced by \[)", text, re.MULTILINE), page
        assert [line[3:] for line in text.splitlines() if line.startswith("## ")] == [
            "Context", "Decision", "Consequences"
        ], page  # fmt: skip
        assert len(text.split()) < 500, f"{page.name} is longer than a page"


def test_the_glossary_says_each_word_once() -> None:
    glossary = ROOT / "docs" / "glossary.md"
    nouns = [row[0] for row in table(glossary, "Nouns")]
    words = [row[0] for row in table(glossary, "Words of the console")]
    assert len(nouns) == len(set(nouns))
    assert len(words) == len(set(words))
    assert all(len(row) == 3 and all(row) for row in table(glossary, "Nouns"))


def test_the_nouns_of_the_domain_stand_in_the_glossary() -> None:
    nouns = {row[0] for row in table(ROOT / "docs" / "glossary.md", "Nouns")}
    classes = {
        name
        for module in (ROOT / "gateway" / "domain").glob("*.py")
        for name in re.findall(r"^class (\w+)", module.read_text(), re.MULTILINE)
    }
    fixed = {"Organisation", "Operator", "Role", "Camera", "Recorder", "Site", "Grant", "Packet", "Observation"}
    fixed |= {"Rule", "Event", "Ticket", "Message", "Action"}
    assert fixed <= nouns & classes


def test_ticket_states_are_named_by_the_glossary() -> None:
    """核实 before registration, 核查 after handling: the states use the glossary's words for both."""
    words = dict((row[0], row[1]) for row in table(ROOT / "docs" / "glossary.md", "Words of the console"))
    assert words["核实"].startswith("verif")
    for state in STATES.values():
        assert ("核实" in state.name_zh) == ("verif" in state.name_en), state
        assert ("核查" in state.name_zh) == ("check" in state.name_en), state
        assert ("派遣" in state.name_zh) <= ("dispatch" in state.name_en), state


@pytest.mark.parametrize(
    "pair", [("README.md", "README.zh-CN.md"), ("docs/operator-guide.md", "docs/operator-guide.zh-CN.md")]
)
def test_both_languages_show_the_same_commands(pair: tuple[str, str]) -> None:
    english, chinese = ([fence.text for fence in fences(ROOT / name) if fence.language == "bash"] for name in pair)
    assert chinese == english
    assert max(prose(ROOT / pair[1])) > "\u4e00"


def test_json_examples_parse() -> None:
    for document in documents():
        for fence in fences(document):
            if fence.language == "json":
                json.loads(fence.text)


def test_run_markers_are_known() -> None:
    """A marker that no test reads would promise a check that never happens."""
    known = {
        "run": {"make-run", "load", "first-steps", "backup", "api", "live"},
        "load": {"sample"},
        "first": {"catalogue"},
        "check": {"settings"},
    }
    for document in documents():
        for fence in fences(document):
            for key, value in fence.marks.items():
                assert value in known.get(key, set()), f"{document.name}:{fence.line}: {key}={value}"
