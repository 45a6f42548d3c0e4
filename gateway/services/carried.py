"""What a browser carries for us for a while, sealed: nobody else reads or makes it."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import TYPE_CHECKING, TypeVar

from gateway.services.errors import NotSignedIn
from gateway.services.office import Office
from gateway.storage.secrets import BadKey

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

T = TypeVar("T")


def sealed(office: Office, seal: str, carried: DataclassInstance) -> bytes:
    """What the browser is handed, under that seal."""
    return office.box.seal(seal, json.dumps(asdict(carried)))


def opened(office: Office, seal: str, kind: type[T], brought: bytes) -> T:
    """What the browser brings back. Raises ``NotSignedIn`` for what was not handed to it here under that seal."""
    try:
        return kind(**json.loads(office.box.open(seal, brought)))
    except (BadKey, ValueError, TypeError):
        raise NotSignedIn("this sign-in was not begun here: begin it again") from None
