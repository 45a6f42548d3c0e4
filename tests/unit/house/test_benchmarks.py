"""The published figures: every must of the main job is there and met, and the documents say what the data says."""

from __future__ import annotations

import pytest

from tests.bench import report
from tests.bench.musts import AT_LEAST, MUSTS, meaning, met
from tests.documents import ROOT

MAIN_JOB = (
    "online_119_s",
    "cpu_119_cores",
    "mem_119_mb",
    "ws_viewer_ms_per_s",
    "first_picture_hot_ms",
    "picture_to_event_p99_ms",
    "event_to_browser_p99_ms",
)


@pytest.mark.parametrize("key", MAIN_JOB)
def test_every_must_of_the_main_job_is_measured_and_met(key: str) -> None:
    entry = next(each for each in report.read() if each["key"] == key)
    assert entry["must"] == MUSTS[key]
    assert report.meets(entry) is True


def test_every_figure_says_what_it_is_and_misses_no_must() -> None:
    entries = report.read()
    assert [entry["key"] for entry in entries if not meaning(str(entry["key"]))] == []
    assert [entry["key"] for entry in entries if report.meets(entry) is False] == []
    assert [entry["key"] for entry in entries if ";" in str(entry["rival"])] == [], "one rival in a field"


def test_the_documents_say_what_the_data_says() -> None:
    entries = report.read()
    assert report.MARKDOWN.read_text() == report.markdown(entries)
    for name, language in (("README.md", 0), ("README.zh-CN.md", 1)):
        text = (ROOT / name).read_text()
        _, _, rest = text.partition("<!-- sizing:begin -->\n")
        assert rest.partition("\n<!-- sizing:end -->")[0] == report.sizing(entries, language)


def test_a_must_is_the_most_or_the_least() -> None:
    for least in AT_LEAST:
        assert (met(least, 119, 119), met(least, 118, 119)) == (True, False)
    assert (met("mem_119_mb", 1200, 1200), met("mem_119_mb", 1201, 1200)) == (True, False)
