"""The page that verifies a package, opened from a disk in a browser without a network."""

from __future__ import annotations

import hashlib
import secrets
from pathlib import Path

from playwright.sync_api import Page

from gateway.services import packages
from gateway.services.packages import Draft
from gateway.storage.signing import Signer


def opened_offline(page: Page, file: Path, passphrase: str, key: str = "") -> str:
    """What the page says of a package: whether it is good, and why."""
    page.set_input_files("#file", str(file))
    page.fill("#passphrase", passphrase)
    page.fill("#key", key)
    page.click("#go")
    page.wait_for_selector("#said.good, #said.bad", timeout=120_000)
    kind = page.get_attribute("#said", "class")
    return f"{kind}: {page.inner_text('#said')}"


def test_r18_the_page_verifies_offline_and_names_what_was_altered(offline: Page, tmp_path: Path) -> None:
    signer, passphrase, file = Signer(secrets.token_bytes(32)), packages.new_passphrase(), tmp_path / "export.zip"
    contents = {"files/a.jpg": secrets.token_bytes(200_000), "files/b.mp4": secrets.token_bytes(150_000)}
    listed = [
        {"name": name, "sha256": hashlib.sha256(data).hexdigest(), "media_type": "image/jpeg"}
        for name, data in contents.items()
    ]
    manifest = {"files": listed, "key": signer.public.hex(), "request": "R"}
    with Draft(file) as draft:
        for name, data in contents.items():
            draft.add(name, data)
        draft.finish(manifest, signer, passphrase)
    said = opened_offline(offline, file, passphrase, signer.public.hex())
    assert said.startswith("good: ")
    assert "none of the 2 files was altered" in said
    assert "another key" in opened_offline(offline, file, passphrase, "00" * 32)
    assert "The passphrase does not open this package" in opened_offline(offline, file, "wrong")
    whole = file.read_bytes()
    place = whole.index(b"SEGX1\n") + 100_000
    altered = tmp_path / "altered.zip"
    altered.write_bytes(whole[:place] + bytes([whole[place] ^ 1]) + whole[place + 1 :])
    said = opened_offline(offline, altered, passphrase)
    assert said.startswith("bad: ")
    assert "altered or cut off in files/a.jpg" in said
    # a file that was exchanged by somebody who knows the passphrase, but cannot sign
    with Draft(altered) as draft:
        draft.add("files/a.jpg", contents["files/a.jpg"])
        draft.add("files/b.mp4", b"something else")
        draft.finish(manifest, signer, passphrase)
    assert "files/b.mp4 was altered" in opened_offline(offline, altered, passphrase)
