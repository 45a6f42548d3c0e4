"""The container files against the code: no engine is at hand, so every name in them is looked up."""

from __future__ import annotations

import configparser
import re
import shlex
import tomllib
from pathlib import Path
from typing import Any

import pytest
import yaml

from gateway import settings
from tests.commands import parse
from tests.dockerfile import ROOT, copies, in_context, stages

DOCKER = ROOT / "docker"
STAGES = stages(DOCKER / "Dockerfile")
COMPOSE = {name: yaml.safe_load((DOCKER / name).read_text()) for name in ("compose.yml", "compose.scale.yml")}
UNITS = sorted((DOCKER / "systemd").glob("*.service"))
SERVICES = [
    pytest.param(document, service, id=f"{name}:{key}")
    for name, document in COMPOSE.items()
    for key, service in document["services"].items()
]
OURS = [param for param in SERVICES if "build" in param.values[1]]  # type: ignore[operator]


def test_every_copied_source_exists_and_is_in_the_context() -> None:
    for stage in STAGES:
        for origin, sources, _ in copies(stage):
            if origin:
                assert origin in {each.name for each in STAGES}
                continue
            for source in sources:
                assert (ROOT / source).exists(), source
                assert in_context(source), f".dockerignore keeps {source} out"


def test_the_context_holds_no_data_and_no_secret() -> None:
    for path in (
        "data/key",
        ".git/config",
        ".venv/bin/python",
        "tests/conftest.py",
        "gateway/console/node_modules/vue",
    ):
        assert not in_context(path), path
    for path in ("gateway/console/src/main.ts", "gateway/cli.py", "config/rules.yaml", "requirements.lock"):
        assert in_context(path), path


def test_the_images_python_is_one_the_project_takes() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    for stage in STAGES:
        match = re.fullmatch(r"python:(3\.\d+)-slim-bookworm", stage.image)
        assert match is not None
        assert project["requires-python"] == f">={match[1]}"


def test_the_image_runs_the_gateway_as_nobody_special() -> None:
    image = STAGES[-1]
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    assert image.last("ENTRYPOINT").words[0] in project["scripts"]
    assert image.last("USER").rest.isdigit()
    assert image.last("USER").rest != "0"
    assert parse(image.last("CMD").words)["host"] == "0.0.0.0"
    last_run_as_root = max(number for number, each in enumerate(image.instructions) if each.word in {"RUN", "COPY"})
    assert image.instructions.index(image.last("USER")) > last_run_as_root


def test_the_images_port_is_the_gateways() -> None:
    port = settings.Settings().server.port
    image = STAGES[-1]
    assert image.last("EXPOSE").rest == str(port)
    assert parse(image.last("CMD").words)["port"] == port
    assert f"127.0.0.1:{port}/health/ready" in (DOCKER / "healthy.py").read_text()


def test_the_health_check_asks_what_the_gateway_answers() -> None:
    routes = (ROOT / "gateway" / "web" / "health.py").read_text()
    assert '"/health/ready"' in routes
    assert "health_uri /health/ready" in (DOCKER / "Caddyfile").read_text()
    copied = {f"/opt/{Path(source).name}" for _, sources, _ in copies(STAGES[-1]) for source in sources}
    assert STAGES[-1].last("HEALTHCHECK").rest.endswith('CMD ["python", "/opt/healthy.py"]')
    assert "/opt/healthy.py" in copied


@pytest.mark.parametrize(("document", "service"), SERVICES)
def test_a_service_names_only_what_is_there(document: dict[str, Any], service: dict[str, Any]) -> None:
    for volume in service.get("volumes", []):
        source = volume.split(":")[0]
        assert (DOCKER / source).exists() if source.startswith(".") else source in document["volumes"], volume
    assert set(service.get("depends_on", [])) <= set(document["services"])
    for port in service.get("ports", []):
        assert port.startswith("127.0.0.1:"), "published on loopback only"
    if "build" in service:
        assert (
            DOCKER / service["build"]["context"] / service["build"]["dockerfile"]
        ).resolve() == DOCKER / "Dockerfile"
    else:
        assert re.fullmatch(r"(postgres|redis|caddy):\d+(-bookworm)?", service["image"])


@pytest.mark.parametrize(("document", "service"), OURS)
def test_our_services_are_called_rightly(document: dict[str, Any], service: dict[str, Any]) -> None:
    given = parse(service["command"])
    mounts = {volume.split(":")[1] for volume in service["volumes"]}
    folders = [given[key] for key in ("data", "spool") if given.get(key)]
    assert folders
    assert all(any(Path(folder).is_relative_to(mount) for mount in mounts) for folder in folders)
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    environment = {key: re.sub(r"\$\{[^}]*\}", "x", value) for key, value in service.get("environment", {}).items()}
    settings.load(environment=environment)


def test_workers_hold_no_credentials_of_the_house() -> None:
    scale = COMPOSE["compose.scale.yml"]["services"]
    workers = {name: service for name, service in scale.items() if name.startswith("worker-")}
    assert len(workers) >= 2
    for service in workers.values():
        assert "environment" not in service
        assert not {volume.split(":")[0] for volume in service["volumes"]} & {"data", "postgres"}
    listening = {f"unix:/run/sharp-eyes/{name}.sock" for name in workers}
    for name in ("gateway-a", "gateway-b"):
        assert set(parse(scale[name]["command"])["worker"]) == listening
    assert {parse(service["command"])["listen"] for service in workers.values()} == listening


def test_the_proxy_knows_both_gateways() -> None:
    caddy = (DOCKER / "Caddyfile").read_text()
    upstreams = re.search(r"reverse_proxy ([^{]+)\{", caddy)
    assert upstreams is not None
    assert upstreams[1].split() == [f"gateway-{each}:{settings.Settings().server.port}" for each in "ab"]
    assert caddy.count("{") == caddy.count("}")


@pytest.mark.parametrize("unit", UNITS, ids=lambda unit: str(unit.name))
def test_a_unit_is_called_rightly(unit: Path) -> None:
    parsed = configparser.ConfigParser(strict=False, interpolation=None)
    parsed.optionxform = str  # type: ignore[assignment, method-assign]
    parsed.read(unit)
    service = parsed["Service"]
    assert parsed["Install"]["WantedBy"] == "multi-user.target"
    assert service["User"] != "root"
    assert service["Restart"] == "always"
    assert service["NoNewPrivileges"] == "yes"
    for key in ("ExecStart", "ExecStartPre"):
        if key in service:
            program, *arguments = shlex.split(service[key].replace("%i", "w1"))
            assert Path(program).name == "gateway"
            parse(arguments)
