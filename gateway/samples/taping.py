"""Makes the footage tapes from the source clips, with the ffmpeg command: run by hand, never at run time.

``python -m gateway.samples.taping CLIPS --config-dir config/sample [NAME ...]``
"""

from __future__ import annotations

import argparse
import subprocess
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import yaml

FONT = "/usr/share/fonts/opentype/noto/NotoSansCJK-Bold.ttc"
MARK = "示例 SAMPLE"
FADE_FRAMES = 10
"""The last pictures of a stretch are faded into its first ones, so that the loop itself is no event."""

Recipe = Mapping[str, Any]


def mark_filter() -> str:
    """The sample mark in the lower right corner, readable on a tile of a wall."""
    return (
        f"drawtext=fontfile={FONT}:text='{MARK}':fontsize=44:fontcolor=white@0.92:x=w-tw-28:y=h-th-24:"
        "box=1:boxcolor=black@0.42:boxborderw=12"
    )


def segment_filters(recipe: Recipe, fps: int) -> str:
    """The stretches of the source one after another, as [cut]: the loop's length and the fade's."""
    whole = float(recipe["seconds"]) + FADE_FRAMES / fps
    segments = recipe.get("segments") or [[recipe["start"], whole]]
    count = len(segments)
    lines = [f"[0:v]fps={fps},split={count}" + "".join(f"[s{i}]" for i in range(count))]
    for i, (start, seconds, *rest) in enumerate(segments):
        turn = ",reverse" if "reversed" in rest else ""
        lines.append(f"[s{i}]trim=start={start}:duration={seconds},setpts=PTS-STARTPTS{turn}[c{i}]")
    lines.append("".join(f"[c{i}]" for i in range(count)) + f"concat=n={count},setpts=N/{fps}/TB[cut]")
    return ";".join(lines)


def picture_filters(recipe: Recipe, width: int, height: int) -> str:
    """Crop, mirror, clean, enlarge and sharpen."""
    x, y, w, h = recipe["crop"]
    chain = [f"crop={w}:{h}:{x}:{y}"]
    if recipe.get("mirror"):
        chain.append("hflip")
    if clean := recipe.get("clean"):
        chain.append(f"hqdn3d={clean}:{clean}:3:3")
    chain.append(f"scale={width}:{height}:flags=lanczos+accurate_rnd,setsar=1")
    if sharpen := recipe.get("sharpen"):
        chain.append(f"unsharp=7:7:{sharpen}:5:5:0")
    return ",".join(chain)


def loop_filters(frames: int, fps: int) -> str:
    """[pic] becomes [loop]: its tail faded into its head, then the rest."""
    fade = FADE_FRAMES / fps
    return (
        f"[pic]split=3[a][b][c];"
        f"[a]trim=start_frame={frames}:end_frame={frames + FADE_FRAMES},setpts=PTS-STARTPTS[tail];"
        f"[b]trim=end_frame={FADE_FRAMES},setpts=PTS-STARTPTS[head];"
        f"[c]trim=start_frame={FADE_FRAMES}:end_frame={frames},setpts=PTS-STARTPTS[rest];"
        f"[tail][head]xfade=transition=fade:duration={fade}:offset=0,trim=end_frame={FADE_FRAMES}[joint];"
        f"[joint][rest]concat=n=2,setpts=N/{fps}/TB[loop]"
    )


def encoder(stream: Recipe, fps: int, gop: int, path: Path) -> list[str]:
    """Options of one output: the same for every tape, so that all parameter sets are the same bytes."""
    return [
        *("-c:v", "libx264", "-preset", "slow", "-profile:v", "high", "-level:v", "3.1", "-pix_fmt", "yuv420p"),
        *("-threads", "1", "-r", str(fps), "-g", str(gop), "-keyint_min", str(gop), "-bf", "0", "-sc_threshold", "0"),
        *("-b:v", f"{stream['kbps']}k", "-maxrate", f"{stream['max_kbps']}k", "-bufsize", f"{stream['max_kbps']}k"),
        *("-x264-params", f"repeat-headers=1:open-gop=0:weightp=0:ref=2:qpmin={stream['qpmin']}:aud=0"),
        *("-bsf:v", "filter_units=remove_types=6", "-color_primaries", "bt709", "-color_trc", "bt709"),
        *("-colorspace", "bt709", "-an", "-f", "h264", str(path)),
    ]


def command(name: str, recipe: Recipe, encoding: Recipe, clips: Path, out: Path) -> list[str]:
    """The ffmpeg command line that makes both streams of one tape."""
    fps, gop = int(encoding["fps"]), int(encoding["gop_frames"])
    main, sub = encoding["main"], {**encoding["sub"], **recipe.get("sub", {})}
    frames = int(recipe["seconds"]) * fps
    if frames % gop:
        raise ValueError(f"{name}: a tape is a whole number of groups of {gop} pictures")
    if "picture" in recipe:
        source = ["-f", "lavfi", "-t", str(recipe["seconds"]), "-i", str(recipe["picture"])]
        graph = "[0:v]format=yuv420p[loop]"
    else:
        source = ["-i", str(clips / recipe["source"])]
        graph = segment_filters(recipe, fps)
        graph += f";[cut]{picture_filters(recipe, main['width'], main['height'])},format=yuv420p[pic];"
        graph += loop_filters(frames, fps)
    marked = mark_filter() if recipe.get("mark", True) else "null"
    graph += f";[loop]{marked},split[m][n];[n]scale={sub['width']}:{sub['height']}:flags=area[s]"
    return [
        *("ffmpeg", "-v", "error", "-nostdin", "-y", *source, "-filter_complex", graph),
        *("-map", "[m]", *encoder(main, fps, gop, out / f"{name}-main.h264")),
        *("-map", "[s]", *encoder(sub, fps, gop, out / f"{name}-sub.h264")),
    ]


def still_command(name: str, out: Path) -> list[str]:
    """The command line that makes the tape's snapshot from its middle."""
    tape = str(out / f"{name}-main.h264")
    return [
        *("ffmpeg", "-v", "error", "-nostdin", "-y", "-i", tape, "-vf", "select=eq(n\\,30),scale=640:-2"),
        *("-frames:v", "1", "-q:v", "4", str(out / f"{name}.jpg")),
    ]


def make(name: str, recipe: Recipe, encoding: Recipe, clips: Path, out: Path) -> str:
    """Makes one tape; its name, for the log."""
    subprocess.run(command(name, recipe, encoding, clips, out), check=True)
    subprocess.run(still_command(name, out), check=True)
    return name


def main(arguments: Sequence[str] | None = None) -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description="Make the sample footage tapes from the source clips.")
    parser.add_argument("clips", type=Path, help="the folder with the source clips")
    parser.add_argument("--config-dir", type=Path, default=Path("config/sample"))
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("names", nargs="*", help="only these tapes")
    options = parser.parse_args(arguments)
    plan = yaml.safe_load((options.config_dir / "tapes.yaml").read_text(encoding="utf-8"))
    recipes: dict[str, Recipe] = {**plan["tapes"], **plan["faults"]}
    out = options.config_dir / "footage"
    out.mkdir(exist_ok=True)
    wanted = options.names or list(recipes)
    with ThreadPoolExecutor(options.jobs) as pool:
        for name in pool.map(lambda n: make(n, recipes[n], plan["encoding"], options.clips, out), wanted):
            print(name)


if __name__ == "__main__":
    main()
