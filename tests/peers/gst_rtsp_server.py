"""An RTSP server we did not write: GStreamer's, run by the system's Python (its bindings are not in a venv).

    /usr/bin/python3 gst_rtsp_server.py --port 8554 --mount '/cam=( videotestsrc ... ! rtph264pay name=pay0 )'

Prints READY when it listens. ``--user`` and ``--password`` ask for digest authentication.
"""

import argparse
import sys

import gi

gi.require_version("Gst", "1.0")
gi.require_version("GstRtsp", "1.0")
gi.require_version("GstRtspServer", "1.0")
from gi.repository import GLib, Gst, GstRtsp, GstRtspServer  # noqa: E402

SOURCE = (
    "( videotestsrc is-live=true pattern=ball "
    "! video/x-raw,width={width},height={height},framerate={fps}/1 ! {encoder} )"
)
ENCODERS = {
    "h264": "x264enc tune=zerolatency speed-preset=ultrafast bitrate=400 key-int-max={gop} "
    "! video/x-h264,profile=baseline ! rtph264pay name=pay0 pt=96 config-interval={config}",
    "h264-bframes": "x264enc speed-preset=veryfast bframes=2 bitrate=400 key-int-max={gop} "
    "! rtph264pay name=pay0 pt=96 config-interval={config}",
    "h265": "x265enc tune=zerolatency speed-preset=ultrafast bitrate=400 key-int-max={gop} "
    "! rtph265pay name=pay0 pt=96 config-interval={config}",
    "mjpeg": "jpegenc ! rtpjpegpay name=pay0 pt=26",
}


def parsed() -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    parser.add_argument("--address", default="127.0.0.1")
    parser.add_argument("--port", default="0")
    parser.add_argument("--mount", action="append", default=[], help="/path=codec[,width=..,height=..,fps=..,gop=..]")
    parser.add_argument("--file", action="append", default=[], help="/path=file.mp4, replayed to each client")
    parser.add_argument("--user")
    parser.add_argument("--password")
    return parser.parse_args()


def launch_line(text: str) -> str:
    codec, *settings = text.split(",")
    values = {"width": "320", "height": "240", "fps": "10", "gop": "10", "config": "0"}
    values.update(setting.split("=", 1) for setting in settings)
    return SOURCE.replace("{encoder}", ENCODERS[codec]).format(**values)


def main() -> None:
    wanted = parsed()
    Gst.init(None)
    server = GstRtspServer.RTSPServer()
    server.set_address(wanted.address)
    server.set_service(wanted.port)
    token = None
    if wanted.user:
        auth = GstRtspServer.RTSPAuth()
        auth.set_supported_methods(GstRtsp.RTSPAuthMethod.DIGEST)
        token = GstRtspServer.RTSPToken()
        token.set_string(GstRtspServer.RTSP_TOKEN_MEDIA_FACTORY_ROLE, wanted.user)
        auth.add_digest(wanted.user, wanted.password, token)
        server.set_auth(auth)
    for mount in wanted.mount + wanted.file:
        path, rest = mount.split("=", 1)
        factory = GstRtspServer.RTSPMediaFactory()
        if mount in wanted.file:
            factory.set_launch(f"( filesrc location={rest} ! qtdemux ! h264parse ! rtph264pay name=pay0 pt=96 )")
        else:
            factory.set_launch(launch_line(rest))
        factory.set_shared(mount in wanted.mount)
        if wanted.user:
            permissions = GstRtspServer.RTSPPermissions()
            permissions.add_permission_for_role(wanted.user, "media.factory.access", True)
            permissions.add_permission_for_role(wanted.user, "media.factory.construct", True)
            factory.set_permissions(permissions)
        server.get_mount_points().add_factory(path, factory)
    server.attach(None)
    print(f"READY {server.get_bound_port()}", flush=True)
    GLib.MainLoop().run()


if __name__ == "__main__":
    sys.exit(main())
