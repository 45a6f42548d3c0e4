"""Settings say in one line per problem what to change."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from gateway.domain.cameras import CameraKind
from gateway.settings import BadSettings, config_folder, for_sample, load, problems, rules_of


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
        ("redis: localhost", "redis: write redis://host:port/0"),
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


@pytest.mark.parametrize(
    "address",
    [
        "mysql://admin:geheim@db/x",
        "geheim",
        "postgresql://admin:geheim@db:port/x",
        "postgres//admin:geheim@db",
        "sqlite://",
    ],
)
@pytest.mark.parametrize("setting", ["database", "redis"])
def test_a_bad_address_is_said_without_its_password(tmp_path: Path, setting: str, address: str) -> None:
    environment = {f"SHARP_EYES_{setting.upper()}": address}
    for found in (problems(written(tmp_path, f"{setting}: '{address}'"), {}), problems(None, environment)):
        (line,) = found
        assert line.startswith(f"{setting}: ")
        assert "geheim" not in line
        assert "admin" not in line


@pytest.mark.parametrize("text", ["[1, 2", "{a: geheim", "2026-13-45", "'geheim", "a: b: c"])
def test_a_variable_that_is_not_yaml_is_one_sentence_without_its_value(text: str) -> None:
    (line,) = problems(None, {"SHARP_EYES_SERVER__PORT": text})
    assert line.startswith("SHARP_EYES_SERVER__PORT: the value is not YAML")
    assert "geheim" not in line


def test_a_section_given_as_a_whole_and_in_part_is_said() -> None:
    environment = {"SHARP_EYES_SERVER": "8080", "SHARP_EYES_SERVER__PORT": "8080"}
    (line,) = problems(None, environment)
    assert "server is given as a whole and in part" in line


def test_a_date_that_is_none_is_said_in_a_file_too(tmp_path: Path) -> None:
    (line,) = problems(written(tmp_path, "server: 2026-13-45"), {})
    assert "month" in line


def test_further_rules_stand_beside_those_that_come_along(tmp_path: Path) -> None:
    more = tmp_path / "more.yaml"
    more.write_text("rules:\n  - {id: own, kinds: [anomaly], cameras: [C-1]}\n")
    documents, rules = rules_of(load(None, {}, {"detection": {"extra_rules": str(more)}}))
    assert documents[-1]["id"] == rules[-1].id == "own"
    more.write_text("rules:\n  - {id: freeze, kinds: [anomaly]}\n")
    (line,) = problems(None, {"SHARP_EYES_DETECTION__EXTRA_RULES": str(more)})
    assert "there is a rule 'freeze' already" in line


def test_the_rules_that_come_along_name_no_camera_and_see_every_kind_of_camera() -> None:
    _, rules = rules_of(load(None, {}))
    assert [rule.id for rule in rules if rule.cameras is not None] == []
    for kind in CameraKind:
        happenings = [rule for rule in rules if not rule.fault and rule.schedule is None and rule.applies("C", kind)]
        assert happenings, f"nothing is watched for by day on a camera of kind {kind}"


def test_the_sample_brings_its_own_rules_and_figures_unless_told_otherwise(tmp_path: Path) -> None:
    sampled = for_sample(load(None, {}))
    named = {rule.id: rule.cameras for rule in rules_of(sampled)[1] if rule.cameras is not None}
    plan = yaml.safe_load((config_folder() / "sample" / "plan.yaml").read_text("utf-8"))
    assert frozenset().union(*named.values()) == {incident["camera"] for incident in plan["incidents"]}
    assert sampled.district.seat_townships == ("320612001",)
    own = tmp_path / "own.yaml"
    own.write_text("rules: []\n")
    told = for_sample(load(None, {}, {"detection": {"rules": str(own)}, "district": {"seat_townships": ["1"]}}))
    assert rules_of(told) == ((), ())
    assert told.district.seat_townships == ("1",)


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
