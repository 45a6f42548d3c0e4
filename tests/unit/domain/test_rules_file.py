"""The rules that come with the project."""

from pathlib import Path

import pytest
import yaml

from gateway.domain.observations import FAULTS, ObservationKind
from gateway.domain.rules import rules_from

RULES = Path(__file__).parents[3] / "config" / "rules.yaml"


def test_the_rules_that_come_along_are_valid_and_cover_every_fault() -> None:
    rules = rules_from(yaml.safe_load(RULES.read_text(encoding="utf-8")))
    assert {kind for rule in rules if rule.fault for kind in rule.kinds} == FAULTS
    assert any(ObservationKind.MOTION in rule.kinds for rule in rules)


@pytest.mark.parametrize("document", [None, [], {"rules": {}}, {"rules": [], "more": 1}])
def test_another_shape_is_refused(document: object) -> None:
    with pytest.raises(ValueError, match="rules file"):
        rules_from(document)


def test_an_id_used_twice_is_refused() -> None:
    one = {"id": "a", "kinds": ["anomaly"]}
    with pytest.raises(ValueError, match="more than once"):
        rules_from({"rules": [one, one]})
