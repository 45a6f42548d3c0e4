"""Where browsers bind passkeys, and where they refuse to."""

from __future__ import annotations

import pytest

from gateway.domain.websites import Obstacle, WebSite, website_of


@pytest.mark.parametrize(
    ("address", "name", "origin"),
    [
        ("https://Gateway.Example/", "gateway.example", "https://gateway.example"),
        ("https://gateway.example:443/console", "gateway.example", "https://gateway.example"),
        ("https://gateway.example:8443", "gateway.example", "https://gateway.example:8443"),
        ("https://gateway:8443", "gateway", "https://gateway:8443"),
        ("http://localhost:8080/", "localhost", "http://localhost:8080"),
        ("http://localhost:80", "localhost", "http://localhost"),
        ("https://localhost:80", "localhost", "https://localhost:80"),
        ("http://desk.localhost", "desk.localhost", "http://desk.localhost"),
        ("https://网关.example", "xn--d6q013i.example", "https://xn--d6q013i.example"),
    ],
)
def test_a_name_over_https_and_this_machine_by_its_name(address: str, name: str, origin: str) -> None:
    assert website_of(address) == WebSite(name, origin)


@pytest.mark.parametrize(
    ("address", "obstacle"),
    [
        ("http://127.0.0.1:8080", Obstacle.ADDRESS),
        ("https://192.0.2.1", Obstacle.ADDRESS),
        ("https://[2001:db8::1]:8443", Obstacle.ADDRESS),
        ("http://gateway.example", Obstacle.PLAIN),
        ("http://localhost.example", Obstacle.PLAIN),
        ("ftp://localhost", Obstacle.PLAIN),
        ("https://", Obstacle.ADDRESS),
        ("", Obstacle.ADDRESS),
        ("https://[", Obstacle.ADDRESS),
        ("https://a..b", Obstacle.ADDRESS),
        ("https://gateway.example:99999", Obstacle.ADDRESS),
    ],
)
def test_everything_else_says_why_not(address: str, obstacle: Obstacle) -> None:
    assert website_of(address).obstacle is obstacle
