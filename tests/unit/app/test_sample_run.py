"""The sample is for trying out: its accounts never stand on an address that others reach."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from gateway.app.footing import CannotRun
from gateway.app.sampling import prepare_sample
from gateway.settings import load


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.0.2.7", "gateway.example"])
def test_the_sample_is_refused_off_loopback_before_anything_is_made(tmp_path: Path, host: str) -> None:
    settings = load(None, {}, {"server": {"host": host}, "data": str(tmp_path)})
    with pytest.raises(CannotRun, match=r"--sample runs only with --host 127\.0\.0\.1"):
        prepare_sample(settings)
    assert os.listdir(tmp_path) == []
