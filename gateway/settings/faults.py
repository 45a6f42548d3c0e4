"""What cannot be used of a configuration, in one sentence each."""

from __future__ import annotations

import yaml


class BadSettings(Exception):
    """The configuration cannot be used; ``lines`` say in one sentence each what to change."""

    def __init__(self, lines: list[str]) -> None:
        super().__init__("\n".join(lines))
        self.lines = lines


def where_in_yaml(problem: yaml.YAMLError) -> str:
    """Where the text stops being YAML, and why."""
    mark = getattr(problem, "problem_mark", None)
    text = getattr(problem, "problem", None) or "it is not YAML"
    return f"line {mark.line + 1}, column {mark.column + 1}: {text}" if mark else str(text)
