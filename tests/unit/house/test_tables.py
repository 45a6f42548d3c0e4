"""Every command, option and setting stands in the guides as it is in the code."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.commands import commands
from tests.docs.tables import CHINESE, ENGLISH, SETTINGS, current, settings

COMMANDS = {
    "run", "worker", "check", "load", "migrate", "backup", "restore", "export-catalogue", "create-user",
    "sample-cameras", "version", "audit verify", "audit export-root", "audit accept", "audit key",
}  # fmt: skip


@pytest.mark.parametrize("document", [ENGLISH, CHINESE], ids=lambda path: str(path.name))
def test_the_guides_tables_are_the_codes(document: Path) -> None:
    assert document.read_text() == current(document), "run: python -m tests.docs.tables"


def test_every_setting_is_explained_and_none_that_is_gone() -> None:
    assert {path for path, _ in settings()} == set(SETTINGS)


def test_every_promised_command_is_there_and_says_what_it_does() -> None:
    assert set(commands()) >= COMMANDS
    assert all(command.help for command in commands().values())
