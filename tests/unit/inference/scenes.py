"""Generated pictures: a place with structure, sensor noise, and things that happen to it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

import cv2
import numpy as np
import numpy.typing as npt

from gateway.domain.observations import Observation
from gateway.ports import Detector, Frame

Luma = npt.NDArray[np.uint8]
Change = Callable[[Luma, int], npt.NDArray[np.generic]]


def place(height: int = 180, width: int = 320, seed: int = 1) -> Luma:
    """An empty place: sky, ground, and a few dozen things with hard edges and fine texture."""
    random = np.random.default_rng(seed)
    picture = np.linspace(170, 90, height, dtype=np.float32)[:, None].repeat(width, axis=1)
    for _ in range(60):
        x, y = int(random.integers(0, width)), int(random.integers(0, height))
        w, h = int(random.integers(2, max(3, width // 6))), int(random.integers(2, max(3, height // 5)))
        picture[y : y + h, x : x + w] = random.uniform(40, 210)
    picture += random.normal(0, 8, picture.shape)
    return np.clip(picture, 0, 255).astype(np.uint8)


def filmed(
    empty: Luma, count: int, rate: float = 10.0, noise: float = 2.0, change: Change | None = None, begin: float = 0.0
) -> Iterable[Frame]:
    """Pictures of the place with sensor noise; ``change`` alters the place before the noise is added."""
    random = np.random.default_rng(7)
    grain = random.normal(0, noise, (7, *empty.shape)).astype(np.float32)
    for index in range(count):
        scene = empty if change is None else change(empty.copy(), index)
        shifted = np.roll(grain[index % 7], index * 13, axis=1)[:, : scene.shape[1]]
        picture = scene.astype(np.float32) + shifted
        yield Frame(np.clip(picture, 0, 255).astype(np.uint8), begin + index / rate, index % 20 == 0)


def walker(empty: Luma, index: int) -> Luma:
    """A bright thing of a twelfth of the height that crosses at a fifth of the height, from picture 30 on."""
    size = max(2, empty.shape[0] // 6)
    x = (index - 30) * max(1, empty.shape[1] // 100)
    if index >= 30:
        top = empty.shape[0] // 2
        empty[top : top + size, max(0, x) : x + size] = 250
    return empty


def blurred(empty: Luma, sigma: float) -> Luma:
    """The place out of focus."""
    return np.asarray(cv2.GaussianBlur(empty, (0, 0), sigma), np.uint8)


def watched(detector: Detector, frames: Iterable[Frame]) -> list[Observation]:
    """Everything observed."""
    return [observation for frame in frames for observation in detector.detect(frame)]


def kinds(observations: Sequence[Observation]) -> set[str]:
    """The kinds observed, as words."""
    return {observation.kind.value for observation in observations}
