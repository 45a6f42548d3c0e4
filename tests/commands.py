"""The command line taken apart without running it: what documents and container files call must exist."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import typer
from typer.core import TyperArgument, TyperOption

from gateway.cli import app

Command = Any
"""Typer carries its own copy of click, which names its types differently from release to release."""


def commands() -> dict[str, Command]:
    """Every command by its name (two words for one of a group), hidden ones left out."""
    group: Any = typer.main.get_command(app)
    found: dict[str, Command] = {}
    for name, command in group.commands.items():
        inner = getattr(command, "commands", None)
        found |= {name: command} if inner is None else {f"{name} {word}": each for word, each in inner.items()}
    return {name: command for name, command in found.items() if not command.hidden}


def parse(arguments: Sequence[str]) -> dict[str, Any]:
    """What the command would be given. Raises a usage error for anything it does not know."""
    words = 1 if str(arguments[0]) in commands() else 2
    name, rest = " ".join(str(each) for each in arguments[:words]), arguments[words:]
    context = commands()[name].make_context(name, [str(each) for each in rest])
    return dict(context.params)


def options(command: Command) -> Iterator[tuple[str, str]]:
    """(what is typed, its help) of every option and argument that is not hidden."""
    for parameter in command.params:
        if isinstance(parameter, TyperArgument):
            yield str(parameter.metavar or parameter.name).upper(), parameter.help or ""
        elif isinstance(parameter, TyperOption) and not parameter.hidden and parameter.name != "help":
            yield ", ".join([*parameter.opts, *parameter.secondary_opts]), parameter.help or ""
