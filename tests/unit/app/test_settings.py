"""Settings say in one line per problem what to change."""

from __future__ import annotations

from pathlib import Path

import pytest

from gateway.settings import BadSettings, config_folder, load, problems, rules_of


def written(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "gateway.yaml"
    path.write_text(text, "utf-8")
    return path


def test_nothing_configured_is_good(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert problems(None, {}) == []
    settings = load(None, {})
    assert (settings.server.host, settings.server.port) == ("127.0.0.1", 8080)
    assert settings.workers.children >= 1


def test_the_file_is_overridden_by_the_environment_and_that_by_the_command_line(tmp_path: Path) -> None:
    path = written(tmp_path, "server: {port: 1, host: h}\nredis: redis://a\n")
    environment = {
        "SHARP_EYES_SERVER__PORT": "2",
        "SHARP_EYES_WORKERS__LISTEN": "[unix:/a, unix:/b]",
        "SHARP_EYES_DETECTION__BUDGET_LIFTED": "true",
        "SHARP_EYES_KEY": "secret",
        "PATH": "/bin",
    }
    settings = load(path, environment, {"redis": "redis://b"})
    assert (settings.server.port, settings.server.host, settings.redis) == (2, "h", "redis://b")
    assert settings.workers.listen == ("unix:/a", "unix:/b")
    assert settings.workers.children == 0
    assert settings.detection.cores == 1000.0


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("server: {prot: 8080}", "server.prot: there is no such setting; did you mean 'port'?"),
        ("sever: {port: 1}", "sever: there is no such setting; did you mean 'server'?"),
        ("server: {port: 70000}", "server.port: input should be less than or equal to 65535 (it is 70000)"),
        ("server: {port: http}", "server.port: input should be a valid integer"),
        ("database: mysql://x/y", "database: the database 'mysql' is not supported: give a sqlite:///"),
        ("redis: localhost", "redis: write redis://host:port/0 (it is 'localhost')"),
        ("workers: {listen: [w1]}", "workers.listen: 'w1' is not a worker address: write unix:/path/to/socket"),
        ("workers: {listen: ['unix:/a'], count: 2}", "workers: give either count"),
        ("workers: {count: 0}", "workers: count is 0 and listen is empty"),
        ("detection: {budget_cores_fraction: 2}", "detection.budget_cores_fraction: input should be less"),
        ("detection: {rules: /nowhere.yaml}", "detection.rules: /nowhere.yaml cannot be read: No such file"),
        ("workers: {tls_cert: /nowhere.pem}", "workers.tls_cert: there is no file /nowhere.pem"),
        ("data: /dev/null/data", "data: /dev/null/data cannot be written to"),
        ("server: [1", "line 1, column 11"),
        ("- 1", "write sections such as 'server:' at the left margin"),
    ],
)
def test_each_problem_is_one_line_that_says_what_to_change(tmp_path: Path, text: str, line: str) -> None:
    found = problems(written(tmp_path, text), {})
    assert len(found) == 1, found
    assert line in found[0]
    assert "\n" not in found[0]


def test_several_problems_are_said_at_once(tmp_path: Path) -> None:
    assert len(problems(written(tmp_path, "server: {port: -1, x: 1}\nsessions: {hours: 0}\n"), {})) == 3


def test_a_broken_rule_is_named(tmp_path: Path) -> None:
    rules = tmp_path / "rules.yaml"
    rules.write_text("rules:\n  - id: a\n    kinds: [weather]\n")
    (line,) = problems(written(tmp_path, f"detection: {{rules: {rules}}}"), {})
    assert line.startswith(f"detection.rules: {rules}: ")


ANYWHERE = "min_seconds: 5"
ANY_TIME = "zones: [[[0, 0], [1, 0], [1, 1]]]"


@pytest.mark.parametrize("given", ["", ANYWHERE, ANY_TIME, "schedule: {hours: ['22:00-05:00']}"])
@pytest.mark.parametrize("kinds", ["motion", "anomaly, motion"])
def test_a_rule_that_would_make_plain_motion_a_candidate_is_refused(tmp_path: Path, kinds: str, given: str) -> None:
    rules = tmp_path / "rules.yaml"
    rules.write_text(f"rules:\n  - id: a\n    kinds: [{kinds}]\n    {given}\n")
    settings = written(tmp_path, f"detection: {{rules: {rules}}}")
    (line,) = problems(settings, {})
    assert line.endswith("plain motion is no candidate by itself: give the rule zones and a schedule or min_seconds")
    with pytest.raises(BadSettings) as refused:
        rules_of(load(settings, {}))
    assert refused.value.lines == [line], "what starts says the same"


def test_the_rules_that_come_along_are_good() -> None:
    documents, rules = rules_of(load(None, {}))
    assert [document["id"] for document in documents] == [rule.id for rule in rules]
    assert (config_folder() / "rules.yaml").is_file()


def test_a_file_that_is_not_there_is_said(tmp_path: Path) -> None:
    with pytest.raises(BadSettings, match="cannot be read"):
        load(tmp_path / "none.yaml", {})
