"""Marks: read by people, different for each of them, and under covers nothing is left."""

from __future__ import annotations

import io
import itertools

import av
import cv2
import numpy as np
import pytest

from gateway.domain.exports import Cover, Region
from gateway.fleet.wire_marks import MarkWish
from gateway.ports import Refused
from gateway.worker.clips import mp4
from gateway.worker.marking import FONT, marked, stamp
from tests.unit.media.test_fmp4 import encoded

WORDS = "jinsha T-320612001 2026-11-23 09:00:00"


def _grey(shade: int = 120) -> np.ndarray:
    return np.full((360, 640, 3), shade, np.uint8)


def _jpeg(picture: np.ndarray) -> bytes:
    return cv2.imencode(".jpg", picture)[1].tobytes()


def _read(data: bytes) -> np.ndarray:
    return cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR)


def legible(picture: np.ndarray, words: str) -> float:
    """How surely the words, as a reader would know them, stand somewhere in the picture."""
    scale = max(0.4, picture.shape[1] / 1600)
    (wide, tall), low = cv2.getTextSize(words, FONT, scale, 1)
    print_ = np.full((tall + low + 8, wide + 8, 3), 120, np.uint8)
    cv2.putText(print_, words, (4, tall + 4), FONT, scale, (0, 0, 0), max(2, round(scale * 4)), cv2.LINE_AA)
    cv2.putText(print_, words, (4, tall + 4), FONT, scale, (255, 255, 255), max(1, round(scale * 1.5)), cv2.LINE_AA)
    return float(cv2.matchTemplate(picture, print_, cv2.TM_CCOEFF_NORMED).max())


@pytest.mark.parametrize("shade", [10, 120, 245])
def test_r16_the_words_are_legible_on_dark_and_light(shade: int) -> None:
    found = _read(marked(_jpeg(_grey(shade)), MarkWish("image/jpeg", WORDS)))
    assert legible(found, WORDS) > 0.6
    assert legible(found, "somebody else 1999-01-01") < legible(found, WORDS) - 0.2


def test_r16_two_peoples_pictures_differ_and_the_words_move() -> None:
    one, other = (
        marked(_jpeg(_grey()), MarkWish("image/jpeg", word)) for word in (WORDS, WORDS.replace("jinsha", "jinxin"))
    )
    assert one != other
    turns = [stamp(_grey(), WORDS, turn) for turn in range(4)]
    assert all((a != b).any() for a, b in itertools.combinations(turns, 2))


def test_r16_a_clip_bears_the_words_from_its_first_picture_to_its_last() -> None:
    clip = mp4(encoded(frames=20, size=(640, 360)))
    found = marked(clip, MarkWish("video/mp4", WORDS))
    with av.open(io.BytesIO(clip)) as before, av.open(io.BytesIO(found)) as after:
        old = [frame.to_ndarray(format="bgr24") for frame in before.decode(video=0)]
        new = [frame.to_ndarray(format="bgr24") for frame in after.decode(video=0)]
    assert len(old) == len(new) == 20
    for a, b in zip(old, new, strict=True):
        assert np.abs(a.astype(int) - b.astype(int)).max() > 60, "the strong line stands on every picture"
    assert found.index(b"moov") < found.index(b"mdat"), "a player can begin before it has all of it"


@pytest.mark.parametrize("cover", list(Cover))
def test_r20_what_was_under_a_cover_cannot_be_told_any_more(cover: Cover) -> None:
    """Two pictures that differ only under the cover are the same afterwards, but for a tone of the mosaic."""
    dice = np.random.default_rng(1)
    one, other = _grey(), _grey()
    for picture in (one, other):
        picture[90:180, 160:320] = dice.integers(0, 255, (90, 160, 3), np.uint8)
    wish = MarkWish("image/jpeg", WORDS, (Region(0.25, 0.25, 0.25, 0.25, cover),))
    a, b = (_read(marked(_jpeg(picture), wish))[98:172, 168:312].astype(int) for picture in (one, other))
    assert np.abs(a - b).mean() < (1 if cover is Cover.FILL else 12)


def test_what_cannot_be_read_is_refused() -> None:
    for media_type in ("image/jpeg", "video/mp4"):
        with pytest.raises(Refused):
            marked(b"nothing of the kind", MarkWish(media_type, WORDS))
