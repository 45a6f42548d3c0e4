"""Asks any route, also one that was written a minute ago: its path is filled and its body made from its own schema."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from fastapi import FastAPI

from gateway.web.rules import DeclaredRoute, declared

PICTURE = b"\xff\xd8\xff" + b"0" * 100
OFFER = {"content": "v=0", "headers": {"Content-Type": "application/sdp"}}


@dataclass(frozen=True)
class Question:
    """One method of one route."""

    method: str
    route: DeclaredRoute

    @property
    def name(self) -> str:
        """What people call it."""
        return f"{self.method} {self.route.path}"

    @property
    def speaks_of(self) -> tuple[str, ...]:
        """The names in its path."""
        return tuple(re.findall(r"\{(\w+)", self.route.path))


class Asking:
    """What can be asked of an application."""

    def __init__(self, app: FastAPI) -> None:
        document = app.openapi()
        self._paths: Mapping[str, Any] = document["paths"]
        self._schemas: Mapping[str, Any] = document.get("components", {}).get("schemas", {})
        routes = list(declared(app.routes))
        self.sockets = [route for route in routes if "WEBSOCKET" in route.methods]
        pairs = [
            Question(method, route)
            for route in routes
            if "WEBSOCKET" not in route.methods
            for method in route.methods
            if method != "HEAD"
        ]
        # what ends sessions comes last, or nobody would be asking afterwards
        self.questions = sorted(pairs, key=lambda one: ("/session" in one.route.path, one.method == "DELETE", one.name))

    def sent(self, question: Question, known: Mapping[str, Any]) -> dict[str, Any]:
        """What to send along: a body that the route's schema accepts, with ``known`` where a field has that name."""
        if question.route.path.endswith("/whep"):
            return dict(OFFER)
        described = self._paths.get(question.route.path, {}).get(question.method.lower(), {})
        content: Mapping[str, Any] = described.get("requestBody", {}).get("content", {})
        if "multipart/form-data" in content:
            form = self._made(content["multipart/form-data"]["schema"], "", known)
            form.pop("file", None)
            return {"files": {"file": ("a.jpg", PICTURE, "image/jpeg")}, "data": form}
        if "application/json" not in content:
            return {}
        return {"json": self._made(content["application/json"]["schema"], "", known)}

    def queries(self, question: Question, known: Mapping[str, Any]) -> list[str]:
        """The names of what the route can be asked to filter by, as far as they are known."""
        described = self._paths.get(question.route.path, {}).get(question.method.lower(), {})
        return [one["name"] for one in described.get("parameters", []) if one["in"] == "query" and one["name"] in known]

    def required(self, question: Question, known: Mapping[str, Any]) -> dict[str, str]:
        """The queries without which the route answers nothing."""
        described = self._paths.get(question.route.path, {}).get(question.method.lower(), {})
        wanted = [one for one in described.get("parameters", []) if one["in"] == "query" and one.get("required")]
        return {one["name"]: str(self._made(one["schema"], one["name"], known)) for one in wanted}

    def _made(self, schema: Mapping[str, Any], name: str, known: Mapping[str, Any]) -> Any:
        if "$ref" in schema:
            return self._made(self._schemas[schema["$ref"].rsplit("/", 1)[-1]], name, known)
        if "anyOf" in schema:
            kinds = [one for one in schema["anyOf"] if one.get("type") != "null"]
            return self._made(kinds[0], name, known)
        if name in known and ("enum" not in schema or known[name] in schema["enum"]):
            return known[name]
        if "const" in schema:
            return schema["const"]
        if "enum" in schema:
            return schema["enum"][0]
        match schema.get("type"):
            case "object":
                fields = schema.get("properties", {})
                wanted = self._wanted(schema, known)
                return {one: self._made(fields[one], one, known) for one in fields if one in wanted}
            case "array":
                return [self._made(schema["items"], name, known)] if schema.get("minItems", 1) else []
            case "integer" | "number":
                return schema.get("minimum", schema.get("exclusiveMinimum", 0) + 1)
            case "boolean":
                return False
        if schema.get("format") == "date-time":
            return "2026-11-30T00:00:00Z"
        if schema.get("format") == "date":
            return "2026-09-01"
        return "x" * max(1, int(schema.get("minLength", 1)))

    def _wanted(self, schema: Mapping[str, Any], known: Mapping[str, Any]) -> set[str]:
        return set(schema.get("required", ())) | (set(schema.get("properties", {})) & set(known))


def filled(path: str, values: Mapping[str, str], otherwise: str) -> str:
    """The path with a value for every name in it."""
    return re.sub(r"\{(\w+)(?::\w+)?\}", lambda found: values.get(found.group(1), otherwise), path)
