"""What watching 119 cameras costs, and what others need for the same streams.

Gateway and workers run with the decode budget lifted and nobody watching. Then the gateway is gone, the same sample
cameras play on, and the rivals take RIVAL_STREAMS of the same sub streams; their figure is what they used times
119 / RIVAL_STREAMS (119 rival processes would not fit beside the sample cameras on two cores).
"""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import psutil

from tests.bench.district import (
    CAMERAS,
    SAMPLE,
    device_password,
    free_port,
    grown,
    metrics,
    sub_streams,
    wait_online,
)
from tests.bench.processes import cores, of_the_product, of_the_sample, pss_megabytes
from tests.running import GATEWAY, end, running_district

SETTLE_SECONDS = 45
MEASURE_SECONDS = 60
PICTURES_A_SECOND = 10
RIVAL_STREAMS = 17
RIVAL_SETTLE_SECONDS = 8
RIVAL_SECONDS = 30


def measure(only: set[str]) -> Iterable[dict[str, object]]:
    """Processor, memory and the sample's own cost in one run; rivals directly after it."""
    with TemporaryDirectory(prefix="bench-") as folder:
        data = Path(folder) / "data"
        config = {"detection": {"budget_lifted": True}}
        with running_district(data, free_port(), config=config) as district:
            with district.client("district") as client:
                wait_online(client)
            time.sleep(SETTLE_SECONDS)
            product, sample = of_the_product(district.process.pid), of_the_sample(district.process.pid)
            before, began = metrics(district.base_url), time.monotonic()
            ours, cameras = cores(MEASURE_SECONDS, product, sample)
            seen = grown(before, metrics(district.base_url), time.monotonic() - began)
            memory = pss_megabytes(product)
        sys.stderr.write(described(seen) + "\n")
        refuse_cheapness(seen)
        yield {"key": "mem_119_mb", "value": round(memory, 0), "unit": "MB"}
        yield {"key": "sample_cameras_cores", "value": round(cameras, 3), "unit": "cores"}
        rivals = dict(beside(data)) if not only or only & {"cpu_119_cores", "cpu_119_cores_motion"} else {}
        figure = {"value": round(ours, 3), "unit": "cores"}
        for key, name, does in (
            ("cpu_119_cores", "ffmpeg", "ffmpeg, decoding only"),
            ("cpu_119_cores_motion", "motion", "motion, decoding and detecting"),
        ):
            if name in rivals:
                yield {"key": key, **figure, "rival": does, "rival_value": round(rivals[name], 3)}
            elif name == "ffmpeg":
                yield {"key": key, **figure}


def described(seen: dict[str, float]) -> str:
    """What the workers did meanwhile, so that nobody mistakes shed pictures for cheap ones."""
    shown = {name: rate for name, rate in seen.items() if any(word in name for word in ("decoded", "shed", "pictures"))}
    return "pictures a second: " + ", ".join(f"{name} {rate:.1f}" for name, rate in sorted(shown.items()))


def refuse_cheapness(seen: dict[str, float]) -> None:
    """Raises RuntimeError unless every picture was looked at: a figure for less work is no figure."""
    looked = sum(rate for name, rate in seen.items() if name.startswith("sharp_eyes_worker_pictures_looked_at"))
    lost = {
        name: rate
        for name, rate in seen.items()
        if name.startswith(("sharp_eyes_worker_pictures_shed", "sharp_eyes_worker_decode_dropped")) and rate > 0
    }
    if looked < 0.99 * CAMERAS * PICTURES_A_SECOND or lost:
        raise RuntimeError(f"only {looked:.0f} pictures a second were looked at; left out: {lost or 'none'}")


def beside(data: Path) -> Iterator[tuple[str, float]]:
    """(rival, cores for 119 streams) on the sample cameras alone."""
    with sample_cameras(data):
        for name, start in (("ffmpeg", ffmpeg), ("motion", motion)):
            with ExitStack() as running:
                processes = [psutil.Process(each.pid) for each in start(running, data)]
                time.sleep(RIVAL_SETTLE_SECONDS)
                (used,) = cores(RIVAL_SECONDS, processes)
                if not all(each.is_running() and each.status() != psutil.STATUS_ZOMBIE for each in processes):
                    raise RuntimeError(f"{name} ended before it was measured")
            yield name, used * CAMERAS / RIVAL_STREAMS


@contextmanager
def sample_cameras(data: Path) -> Iterator[None]:
    """The district's devices without the gateway."""
    password = str(data / "sample-device-password")
    command = [str(GATEWAY), "sample-cameras", "--config-dir", str(SAMPLE), "--password-file", password]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stdin=subprocess.DEVNULL)
    try:
        time.sleep(5)
        yield
    finally:
        end(process)


@contextmanager
def ended(process: subprocess.Popen[bytes]) -> Iterator[subprocess.Popen[bytes]]:
    """The process, killed when the block ends."""
    try:
        yield process
    finally:
        process.kill()
        process.wait()


def ffmpeg(running: ExitStack, data: Path) -> list[subprocess.Popen[bytes]]:
    """One decoding ffmpeg a stream: no detection, no picture kept."""
    password = device_password(data)
    found = []
    for address, user in sub_streams(RIVAL_STREAMS):
        url = f"rtsp://{user}:{password}@{address}"
        command = ["ffmpeg", "-nostdin", "-loglevel", "error", "-threads", "1", "-rtsp_transport", "tcp", "-i", url]
        command += ["-an", "-f", "null", "-"]
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        found.append(running.enter_context(ended(process)))
    return found


def motion(running: ExitStack, data: Path) -> list[subprocess.Popen[bytes]]:
    """One motion process with a thread a camera, decoding and detecting, outputs off."""
    password = device_password(data)
    folder = data.parent / "motion"
    folder.mkdir(exist_ok=True)
    common = (
        "daemon off\nsetup_mode off\nlog_level 3\nwebcontrol_port 0\nstream_port 0\nwidth 640\nheight 360\n"
        f"framerate 10\npicture_output off\nmovie_output off\ntarget_dir {folder}\nlog_file {folder}/motion.log\n"
    )
    cameras = []
    for number, (address, user) in enumerate(sub_streams(RIVAL_STREAMS), 1):
        file = folder / f"camera{number}.conf"
        file.write_text(
            f"camera_id {number}\nnetcam_url rtsp://{address}\nnetcam_userpass {user}:{password}\n"
            "netcam_params rtsp_transport=tcp\n"
        )
        cameras.append(f"camera {file}\n")
    configuration = folder / "motion.conf"
    configuration.write_text(common + "".join(cameras))
    process = subprocess.Popen(
        ["motion", "-n", "-c", str(configuration)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    return [running.enter_context(ended(process))]
