"""Settings: read in one place from a YAML file and the environment, checked, and handed down."""

from gateway.settings.directory import bind_password, directory_faults
from gateway.settings.faults import BadSettings
from gateway.settings.meaning import account_rules, config_folder, export_caps, for_sample, rules_of
from gateway.settings.reading import load, problems
from gateway.settings.sections import Settings, Workers

__all__ = [
    "BadSettings",
    "Settings",
    "Workers",
    "account_rules",
    "bind_password",
    "config_folder",
    "directory_faults",
    "export_caps",
    "for_sample",
    "load",
    "problems",
    "rules_of",
]
