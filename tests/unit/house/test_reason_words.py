"""Every sentence by which a device, a worker or WebRTC says why there is no picture is known in Chinese, too."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

from adapters.reachability import _WORDS
from adapters.rtsp import NOTHING_TO_SHOW
from adapters.rtsp_answers import SENTENCES
from adapters.rtsp_challenges import NEWER_DIGEST
from gateway.disk import FULL
from gateway.media.webrtc import H265, NO_H264, REORDERED
from gateway.worker.breaker import REFUSED, TOO_MANY
from gateway.worker.source import QUIET

TROUBLES = {"Unavailable", "Unreachable", "Refused", "Busy", "Withheld"}
FILES = (
    "adapters/rtsp.py",
    "adapters/rtsp_answers.py",
    "adapters/onvif.py",
    "adapters/onvif_addresses.py",
    "gateway/worker/pulling.py",
)


def _said(file: Path) -> Iterator[str]:
    """The sentences of the troubles that a file raises; a figure in one is a 7."""
    for node in ast.walk(ast.parse(file.read_text("utf-8"))):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in TROUBLES and node.args:
            told = node.args[0]
            if isinstance(told, ast.Constant):
                yield str(told.value)
            elif isinstance(told, ast.JoinedStr):
                yield "".join(str(part.value) if isinstance(part, ast.Constant) else "7" for part in told.values)


def test_every_reason_has_a_chinese_sentence(root: Path) -> None:
    said = {sentence for file in FILES for sentence in _said(root / file)}
    said |= {*SENTENCES.values(), *_WORDS.values(), NOTHING_TO_SHOW, NEWER_DIGEST, QUIET, REFUSED, TOO_MANY, FULL}
    said |= {H265, REORDERED, NO_H264}
    text = (root / "gateway/console/src/words/reasons.ts").read_text("utf-8")
    known = {one or other for one, other in re.findall(r"""^  (?:'(.+)'|"(.+)"):""", text, re.MULTILINE)}
    patterns = [re.compile(found) for found in re.findall(r"^  \[/(\^.+\$)/, ", text, re.MULTILINE)]
    assert len(known) > 30
    missing = {one for one in said - known if not any(pattern.match(one) for pattern in patterns)}
    assert sorted(missing) == []
