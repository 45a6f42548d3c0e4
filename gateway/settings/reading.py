"""Reading settings from a YAML file, the environment and the command line; what is wrong is said, never guessed."""

from __future__ import annotations

import difflib
import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import yaml
from pydantic import BaseModel, ValidationError

from gateway.settings.directory import PASSWORD_VARIABLE, directory_faults
from gateway.settings.faults import BadSettings, where_in_yaml
from gateway.settings.meaning import rules_of
from gateway.settings.sections import Settings

PREFIX = "SHARP_EYES_"
SECRETIVE = frozenset({"database", "redis"})
"""Settings whose value may hold a password: what is wrong with them is said without repeating them."""
RESERVED = frozenset({"SHARP_EYES_KEY", "SHARP_EYES_AUDIT_KEY", PASSWORD_VARIABLE})
"""Names with the prefix that are not settings: secrets are never part of a configuration that gets printed."""


def load(
    path: Path | None = None,
    environment: Mapping[str, str] | None = None,
    overrides: Mapping[str, Any] | None = None,
) -> Settings:
    """The settings: the file's, then the environment's (``SHARP_EYES_SERVER__PORT``), then the overrides (nested).

    Raises ``BadSettings``.
    """
    document = {} if path is None else _read(path)
    _merge(document, _from_environment(os.environ if environment is None else environment))
    _merge(document, overrides or {})
    try:
        return Settings.model_validate(document)
    except ValidationError as error:
        raise BadSettings([_sentence(dict(problem)) for problem in error.errors()]) from None


def problems(path: Path | None, environment: Mapping[str, str] | None = None) -> list[str]:
    """One line for every problem of the configuration, saying what to change; empty if it can be used."""
    try:
        settings = load(path, environment)
    except BadSettings as bad:
        return bad.lines
    found: list[str] = []
    try:
        rules_of(settings)
    except BadSettings as bad:
        found += bad.lines
    token = settings.server.metrics_token_file
    if token is not None and not token.is_file():
        found.append(f"server.metrics_token_file: there is no file {token}")
    named = {f"workers.{name}": getattr(settings.workers, name) for name in ("tls_cert", "tls_key", "tls_ca")}
    named |= {f"server.{name}": getattr(settings.server, name) for name in ("tls_cert", "tls_key")}
    found += [f"{name}: there is no file {file}" for name, file in named.items() if file and not file.is_file()]
    if (settings.server.tls_cert is None) != (settings.server.tls_key is None):
        found.append("server: tls_cert and tls_key belong together: give both or neither")
    if settings.workers.count and settings.workers.listen:
        found.append("workers: give either count (start them here) or listen (others start them), not both")
    if not settings.workers.children and not settings.workers.listen:
        found.append("workers: count is 0 and listen is empty, so nobody pulls cameras: set one of them")
    if settings.sessions.breached is not None and not settings.sessions.breached.is_file():
        found.append(f"sessions.breached: there is no file {settings.sessions.breached}")
    found += directory_faults(settings.ldap, environment)
    nearest = next((folder for folder in (settings.data, *settings.data.absolute().parents) if folder.exists()), None)
    if nearest is None or not nearest.is_dir() or not os.access(nearest, os.W_OK):
        found.append(f"data: {settings.data} cannot be written to: choose another folder or change its owner")
    return found


def _read(path: Path) -> dict[str, Any]:
    try:
        document = yaml.safe_load(path.read_text("utf-8"))
    except OSError as problem:
        raise BadSettings([f"{path} cannot be read: {problem.strerror}"]) from None
    except UnicodeDecodeError:
        raise BadSettings([f"{path} is not UTF-8 text: save it as UTF-8"]) from None
    except yaml.YAMLError as problem:
        raise BadSettings([f"{path}: {where_in_yaml(problem)}"]) from None
    except ValueError as problem:
        raise BadSettings([f"{path}: {problem}"]) from None  # a date that is none
    if document is None:
        return {}
    if not isinstance(document, dict):
        raise BadSettings(
            [f"{path}: write sections such as 'server:' at the left margin, not a list or a single value"]
        )
    return document


def _from_environment(environment: Mapping[str, str]) -> dict[str, Any]:
    document: dict[str, Any] = {}
    for name, text in environment.items():
        if not name.startswith(PREFIX) or name in RESERVED:
            continue
        *sections, last = name.removeprefix(PREFIX).lower().split("__")
        inner = document
        for section in sections:
            inner = inner.setdefault(section, {})
            if not isinstance(inner, dict):
                raise BadSettings([f"{name}: {section} is given as a whole and in part: give only one of the two"])
        inner[last] = _value(name, text) if sections else text
    return document


def _value(name: str, text: str) -> Any:
    """What a variable of the environment says. The text itself is never repeated: it may be a secret."""
    try:
        return yaml.safe_load(text)
    except (yaml.YAMLError, ValueError):
        raise BadSettings(
            [f"{name}: the value is not YAML: write a number, true, a list [a, b], or text in quotes"]
        ) from None


def _merge(into: dict[str, Any], other: Mapping[str, Any]) -> None:
    for key, value in other.items():
        if isinstance(value, Mapping) and isinstance(into.get(key), dict):
            _merge(into[key], value)
        else:
            into[key] = dict(value) if isinstance(value, Mapping) else value


def _sentence(problem: dict[str, Any]) -> str:
    place = [str(part) for part in problem["loc"]]
    name = ".".join(place)
    if problem["type"] == "extra_forbidden":
        near = difflib.get_close_matches(place[-1], list(_names(place[:-1])), n=1)
        hint = f"did you mean {near[0]!r}?" if near else f"known here: {', '.join(sorted(_names(place[:-1])))}"
        return f"{name}: there is no such setting; {hint}"
    text = str(problem["msg"]).removeprefix("Value error, ")
    said = "" if name in SECRETIVE else f" (it is {problem['input']!r})"
    return f"{name}: {text[:1].lower()}{text[1:]}{said}"


def _names(place: list[str]) -> Iterator[str]:
    model: type[BaseModel] = Settings
    for part in place:
        inner = model.model_fields[part].annotation if part in model.model_fields else None
        if not (isinstance(inner, type) and issubclass(inner, BaseModel)):
            return
        model = inner
    yield from model.model_fields
