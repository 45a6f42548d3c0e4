"""What the command about exports does: verify a package without a gateway."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from gateway.app.footing import CannotRun
from gateway.services.packages import BadPackage, verify


def verify_package(file: Path, passphrase: str, public_key: str, say: Callable[[str], None]) -> bool:
    """Says whether the package holds, and the first thing that does not; True if it holds."""
    if public_key and len(public_key) != 64:
        raise CannotRun("a public key is 64 hexadecimal digits, as `gateway audit key` prints it")
    try:
        found = verify(file, passphrase)
    except BadPackage as problem:
        say(f"the package does NOT hold: {problem}")
        return False
    if public_key and found.key != public_key.lower():
        say("the package does NOT hold: it is signed with another key than the one given")
        return False
    manifest = found.manifest
    say(f"the package holds: {len(manifest['files'])} files of export {manifest['request']}, signed with {found.key}")
    if not public_key:
        say("compare that key with the one its unit made known: --public-key does it for you")
    return True
