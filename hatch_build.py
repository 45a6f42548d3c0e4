"""A wheel without its console would install and show nothing, so it is not built."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class ConsoleInside(BuildHookInterface[Any]):
    """Refuses to build a wheel from a checkout whose console is not built; an editable install needs none."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Called before the wheel is built."""
        if version != "editable" and not Path(self.root, "gateway/console/dist/index.html").exists():
            self.app.abort("the console is not built: run `make setup` first")
