"""What every command of the command line shares: settings, running, and one sentence for what an operator can mend."""

from __future__ import annotations

import sys
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import typer

if TYPE_CHECKING:
    from gateway.settings import Settings

T = TypeVar("T")


def settings(config: Path | None, overrides: dict[str, Any]) -> Settings:
    """The settings of that file with these on top."""
    from gateway.settings import load

    return load(config, overrides=overrides)


def say(text: str) -> None:
    """Prints a line for the operator, at once."""
    typer.echo(text)
    sys.stdout.flush()


def without_none(**values: Any) -> dict[str, Any]:
    """The values that were given."""
    return {name: value for name, value in values.items() if value is not None}


def place(data: Path | None, database: str | None) -> dict[str, Any]:
    """Where the data is, as settings."""
    return without_none(data=None if data is None else str(data), database=database)


def worked(
    data: Path | None,
    config: Path | None,
    database: str | None,
    work: Callable[[Settings], Coroutine[Any, Any, T]],
) -> T:
    """What the work returns, given the settings of that place; what an operator can mend is said in one sentence."""
    with sentences():
        here = settings(config, place(data, database))
        return run(lambda: work(here))


def run(main: Callable[[], Coroutine[Any, Any, T]]) -> T:
    """What the coroutine returns."""
    import asyncio

    return asyncio.run(main())


@contextmanager
def sentences() -> Iterator[None]:
    """Turns what an operator can do something about into one sentence and exit code 1."""
    from gateway.app.footing import expected

    try:
        yield
    except KeyboardInterrupt:
        raise typer.Exit(130) from None
    except Exception as error:
        lines = expected(error)
        if not lines:
            raise
        for line in lines:
            typer.echo(f"gateway: {line}", err=True)
        raise typer.Exit(1) from None
