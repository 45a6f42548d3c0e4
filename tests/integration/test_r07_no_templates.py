"""No recognition of people or vehicles: nothing that could hold a template, in the database, the API or the link."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import fields, is_dataclass
from typing import Any

import pytest
from fastapi import FastAPI

from gateway.domain import observations
from gateway.fleet import wire, wire_events, wire_scans, wire_trials
from gateway.storage.tables import metadata

NEVER = frozenset(
    {"face", "faces", "facial", "plate", "plates", "licenceplate", "licenseplate", "gait", "iris", "biometric"}
    | {"biometrics", "fingerprint", "template", "templates", "embedding", "embeddings", "reid"}
)
"""Words of which no name may be made."""


def _words(name: str) -> set[str]:
    return {word.lower() for word in re.findall(r"[A-Z]?[a-z0-9]+|[A-Z]+", name)}


def _found(names: Iterator[str]) -> set[str]:
    return {name for name in names if _words(name) & NEVER}


def _columns() -> Iterator[str]:
    for table in metadata.tables.values():
        yield table.name
        yield from (column.name for column in table.columns)


def _schema(node: Any) -> Iterator[str]:
    if isinstance(node, list):
        for item in node:
            yield from _schema(item)
    if isinstance(node, dict):
        yield from node.get("properties", {})
        yield from (str(one) for one in node.get("enum", ()))
        for name, item in node.items():
            if name in ("schemas", "paths"):
                yield from item
            yield from _schema(item)


def _wire() -> Iterator[str]:
    for module in (wire, wire_events, wire_scans, wire_trials, observations):
        for name, item in vars(module).items():
            if isinstance(item, type) and item.__module__ == module.__name__:
                yield name
                if is_dataclass(item):
                    yield from (one.name for one in fields(item))
                yield from (str(one) for one in getattr(item, "__members__", ()))


def test_r07_no_table_can_hold_a_template() -> None:
    names = list(_columns())
    assert len(names) > 300
    assert _found(iter(names)) == set()


def test_r07_no_model_of_the_api_can_hold_a_template(app: FastAPI) -> None:
    names = list(_schema(app.openapi()))
    assert len(names) > 300
    assert _found(iter(names)) == set()


def test_r07_no_message_of_the_link_can_hold_a_template() -> None:
    names = list(_wire())
    assert len(names) > 50
    assert _found(iter(names)) == set()


@pytest.mark.parametrize("name", ["face_template", "plateNumber", "FaceObject", "person_embedding", "faces"])
def test_r07_a_name_of_recognition_would_be_found(name: str) -> None:
    assert _found(iter([name])) == {name}
