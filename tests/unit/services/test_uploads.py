"""Files that people put in: told by their first bytes, whatever they are called."""

from __future__ import annotations

import pytest

from gateway.services.uploads import kind_of

PHOTOS = ("jpg", "png", "webp")


@pytest.mark.parametrize(
    ("data", "ending"),
    [
        (b"\xff\xd8\xff\xe0 a photo", "jpg"),
        (b"\x89PNG\r\n\x1a\n a photo", "png"),
        (b"RIFF\x10\x00\x00\x00WEBP a photo", "webp"),
        (b"%PDF-1.7 a letter", None),
        (b"RIFF\x10\x00\x00\x00WAVE a sound", None),
        (b"GIF89a", None),
        (b"", None),
    ],
)
def test_a_photo_is_told_by_its_first_bytes(data: bytes, ending: str | None) -> None:
    kind = kind_of(data, PHOTOS)
    assert (None if kind is None else kind[1]) == ending


def test_only_what_is_asked_for_is_taken() -> None:
    assert kind_of(b"%PDF-1.7 a letter", ("pdf", "jpg")) == ("application/pdf", "pdf")
    assert kind_of(b"RIFF\x10\x00\x00\x00WEBP", ("pdf", "jpg", "png")) is None
