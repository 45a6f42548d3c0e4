"""What settings mean for the parts that are built from them: rules, demands on accounts, the sample's own."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import yaml

import gateway
from gateway.domain.accounts import AccountRules
from gateway.domain.exports import ExportCaps
from gateway.domain.rules import Rule, rules_from
from gateway.domain.scans import PRIVATE
from gateway.settings.faults import BadSettings, where_in_yaml
from gateway.settings.sections import Discovery, District, Settings


def config_folder() -> Path:
    """The folder with the example settings, rules and the sample district: in the wheel, or beside the package."""
    package = Path(gateway.__file__).parent
    packaged = package / "_config"
    return packaged if packaged.is_dir() else package.parent / "config"


def account_rules(settings: Settings) -> AccountRules:
    """What these settings demand of accounts and sessions."""
    accounts = settings.accounts
    return AccountRules(
        second_factor_required=settings.sessions.second_factor == "required",
        idle=timedelta(minutes=settings.sessions.idle_minutes),
        pledge_lasts=timedelta(days=accounts.pledge_days),
        training_lasts=timedelta(days=accounts.training_days),
        remind=timedelta(days=accounts.remind_days),
    )


def export_caps(settings: Settings) -> ExportCaps:
    """What these settings let one export hold."""
    said = settings.exports
    return ExportCaps(
        span=timedelta(hours=said.span_hours), cameras=said.cameras, lasts=timedelta(hours=said.fetch_hours)
    )


def for_sample(settings: Settings) -> Settings:
    """The settings for trying out on this machine, unless they say otherwise: a second factor is offered, and the rules
    and figures are the sample district's.
    """
    settings = _with_sample_data(settings)
    if "networks" not in settings.discovery.model_fields_set:
        loopback = Discovery(networks=(*PRIVATE, "127.0.0.0/8"))  # where the sample's devices are
        settings = settings.model_copy(update={"discovery": loopback})
    if "second_factor" in settings.sessions.model_fields_set:
        return settings
    sessions = settings.sessions.model_copy(update={"second_factor": "offered"})
    return settings.model_copy(update={"sessions": sessions})


def _with_sample_data(settings: Settings) -> Settings:
    """With the rules that name the sample's cameras, and what else is the sample district's own."""
    sample = config_folder() / "sample"
    own = yaml.safe_load((sample / "district.yaml").read_text("utf-8"))
    changes: dict[str, Any] = {}
    if settings.detection.rules is None and settings.detection.extra_rules is None:
        changes["detection"] = settings.detection.model_copy(update={"extra_rules": sample / "rules.yaml"})
    if not settings.district.model_fields_set:
        changes["district"] = District.model_validate(own)
    return settings.model_copy(update=changes)


def rules_of(settings: Settings) -> tuple[tuple[dict[str, Any], ...], tuple[Rule, ...]]:
    """The rules as documents for the workers and as values. Raises ``BadSettings``."""
    detection = settings.detection
    documents, rules = _rules_in("detection.rules", detection.rules or config_folder() / "rules.yaml")
    if detection.extra_rules is None:
        return documents, rules
    more_documents, more = _rules_in("detection.extra_rules", detection.extra_rules)
    if twice := sorted({rule.id for rule in rules} & {rule.id for rule in more}):
        raise BadSettings([f"detection.extra_rules: there is a rule {twice[0]!r} already: give it another id"])
    return documents + more_documents, rules + more


def _rules_in(setting: str, path: Path) -> tuple[tuple[dict[str, Any], ...], tuple[Rule, ...]]:
    try:
        document = yaml.safe_load(path.read_text("utf-8"))
        parsed = rules_from(document)
    except OSError as problem:
        raise BadSettings([f"{setting}: {path} cannot be read: {problem.strerror}"]) from None
    except yaml.YAMLError as problem:
        raise BadSettings([f"{setting}: {path}: {where_in_yaml(problem)}"]) from None
    except ValueError as problem:
        raise BadSettings([f"{setting}: {path}: {problem}"]) from None
    return tuple(document["rules"]), parsed
