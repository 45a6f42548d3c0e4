"""What shows only after a write or a device's word, which are answered here in the gateway's place, and judged."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import partial
from typing import Any

from playwright.sync_api import Request, Route

from tests.e2e.everywhere import Walk
from tests.e2e.furnished import CAMERAS, later
from tests.e2e.test_accounts import click, fill
from tests.running import items, wait_until

HOST = "192.0.2.10"
FOUND = {"host": HOST, "port": 80, "scheme": "onvif", "name": "NVR(示例)", "known": False}
LINK = {"token": "sample", "expires_at": later(days=3)}
CODES = [f"sample-{number:02d}" for number in range(10)]
KEY = {"id": "sample", "name": "值班室的密钥(示例)", "created_at": later(days=-9), "host": "gateway.test"}
KEYS = [KEY | {"used_at": None, "here": True}, KEY | {"id": "other", "used_at": later(days=-1), "here": False}]
PHRASE = "abcd-efgh-ijkl-mnop-qrst-uvwx"


def put_in(walk: Walk, address: str, answer: dict[str, Any], method: str = "POST") -> None:
    """From now on whoever posts there, or asks, gets this answer."""

    def say(route: Route, request: Request) -> None:
        if request.method == method:
            route.fulfill(json=answer)
        else:
            route.fallback()

    walk.page.route(f"**/api/v1/{address}", say)


def shown(walk: Walk, what: str, where: str) -> None:
    """Waits until it is there, and has it judged."""
    walk.page.locator(f'[data-test="{what}"]').first.wait_for()
    walk.rest()
    walk.judge(f"{walk.who} {where}")


def left(walk: Walk) -> None:
    """Closes the dialog that is open."""
    walk.page.keyboard.press("Escape")
    walk.rest()


def kept(walk: Walk, close: str) -> None:
    """Closes a dialog whose secret is never shown again by its button: no stray Escape takes it away."""
    left(walk)
    button = walk.page.locator(f'[data-test="{close}"]')
    assert button.is_visible(), "Escape took away what is shown once"
    button.click()
    button.wait_for(state="detached")
    walk.rest()


def probe(channels: int) -> dict[str, Any]:
    """What a device of so many channels says."""
    picture = {"sub": None, "width": 1280, "height": 720, "codec": "h264", "port": 554, "named_host": None}
    offered = [
        picture | {"number": number, "name": f"通道{number}(示例)", "main": f"/{number}"}
        for number in range(1, channels + 1)
    ]
    return {"manufacturer": "示例", "model": "NVR", "channels": offered}


def described(walk: Walk, name: str) -> None:
    """Says of the device what its form asks for."""
    for field, text in (
        ("name", "新装(示例)"),
        ("need", "道路交通秩序(示例)"),
        ("latitude", "32.05"),
        ("longitude", "121.05"),
    ):
        fill(walk.page, f"{name}-{field}", text)
    walk.page.keyboard.press("Tab")


def devices(walk: Walk) -> None:
    """A recorder and a camera that are added, and one that a scan finds."""
    put_in(walk, "recorders", {"id": "sample", "cameras": [{"id": camera, "channel": 1} for camera in CAMERAS[:2]]})
    put_in(walk, "cameras", {"id": CAMERAS[0]})
    put_in(walk, "scan", {"items": [FOUND]})
    assert walk.visit("cameras", "/cameras")
    for channels in (2, 1):
        put_in(walk, "probe", probe(channels))
        click(walk.page, "camera-add")
        fill(walk.page, "add-host", HOST)
        click(walk.page, "add-probe")
        shown(walk, "add-found", f"device of {channels}")
        described(walk, "add")
        if channels == 1:
            fill(walk.page, "gb-id", "3206")
            shown(walk, "gb-wrong", "a wrong id")
            fill(walk.page, "gb-id", "")
        click(walk.page, "add-submit")
        shown(walk, "add-close", f"added device of {channels}")
        left(walk)
    click(walk.page, "camera-discover")
    click(walk.page, "scan")
    shown(walk, "found", "found devices")
    click(walk.page, f"found-{HOST}")
    click(walk.page, "scan-next")
    shown(walk, "discover-need", "a found device")
    described(walk, "discover")
    click(walk.page, "discover-submit")
    shown(walk, "taken", "a found device that was added")
    left(walk)


def set_up_link(walk: Walk) -> None:
    """The link for somebody whose account was reset."""
    assert walk.visit("operators", "/operators")
    with walk.district.client(walk.who) as client:
        person = next(one for one in items(client, "/api/v1/operators") if one["login"] == "jinsha")
    put_in(
        walk,
        f"operators/{person['id']}/reset",
        {"operator": person, "setup": LINK, "release": {"by": ["安全管理员(示例)"]}},
    )
    row = walk.page.locator('[data-test="operator-row"][data-login="jinsha"]')
    row.locator('[data-test="operator-reset"]').click()
    click(walk.page, "reset-submit")
    shown(walk, "link-close", "a set-up link")
    kept(walk, "link-close")


def release(walk: Walk) -> None:
    """The code of a link that is released, which is shown once."""
    assert walk.visit("operators", "/operators")
    put_in(walk, "operators/*/release", {"code": "abcd-efgh", "expires_at": LINK["expires_at"]})
    click(walk.page, "operator-put-in-force")
    click(walk.page, "release-submit")
    shown(walk, "release-code", "a release code")
    kept(walk, "release-close")


def typed_text(walk: Walk) -> None:
    """The record of a typed text, which only the id in an order brings up, and the question before it goes."""
    with walk.district.client("audit") as client:
        lines = items(client, "/api/v1/audit", text="示例")
    typed = [text for line in lines for text in line["typed"].values() if text["text"]]
    assert walk.visit("erasures", "/audit/erasures")
    fill(walk.page, "text-id", typed[-1]["id"])
    click(walk.page, "text-find")
    fill(walk.page, "text-reason", "示例字〔2026〕8号通知")
    shown(walk, "text-record", "a typed text")
    click(walk.page, "text-erase")
    shown(walk, "sure-confirm", "a typed text > text-erase")
    left(walk)


def passphrase(walk: Walk) -> None:
    """The passphrase of a package, which is shown once."""
    with walk.district.client(walk.who) as client:

        def packed() -> str:
            found = items(client, "/api/v1/exports")
            return next((str(one["id"]) for one in found if one["state"] == "packed"), "")

        export = wait_until(packed, "an export to be packed")
    put_in(walk, f"exports/{export}/passphrase", {"passphrase": PHRASE})
    walk.tour("exports", f"/exports/{export}")
    click(walk.page, "export-passphrase")
    walk.page.locator(".el-message-box .passphrase").wait_for()
    walk.rest()
    walk.judge(f"{walk.who} a passphrase")
    # It is never shown again, so no stray Escape takes it away.
    left(walk)
    assert walk.page.locator(".el-message-box .passphrase").is_visible()
    walk.page.locator(".el-message-box__btns button").click()
    walk.rest()


def second_factor(walk: Walk) -> None:
    """The recovery codes, and what can be done about a second factor that is in force."""
    put_in(walk, "session/second-factor/confirm", {"codes": CODES})
    click(walk.page, "user-menu")
    click(walk.page, "second-factor")
    click(walk.page, "factor-begin")
    fill(walk.page, "factor-code", "000000")
    shown(walk, "factor-secret", "a second factor")
    click(walk.page, "factor-confirm")
    shown(walk, "recovery-codes", "recovery codes")
    left(walk)
    at = datetime.now(UTC).isoformat()
    force = {"enrolled": True, "demanded": False, "confirmed_at": at, "codes_left": 10, "passkeys": len(KEYS)}
    put_in(walk, "session/passkeys", {"items": KEYS}, "GET")
    have_session(walk, {"second_factor": force})
    click(walk.page, "user-menu")
    click(walk.page, "second-factor")
    shown(walk, "factor-state", "a second factor in force")
    click(walk.page, "passkey-remove")
    shown(walk, "passkeys", "a passkey that is taken away")
    left(walk)
    left(walk)


def have_session(walk: Walk, altered: dict[str, Any]) -> None:
    """The page anew, for somebody whose session differs by that much."""
    walk.page.route("**/api/v1/session", partial(_alter, altered))
    walk.page.reload()


def _alter(altered: dict[str, Any], route: Route) -> None:
    answer = route.fetch(max_retries=3)
    if answer.status == 200 and isinstance(answer.json(), dict):
        route.fulfill(response=answer, json=answer.json() | altered)
    else:
        route.fulfill(response=answer)
