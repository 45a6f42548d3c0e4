"""What is measured and what it must not pass."""

from __future__ import annotations

GROUPS: dict[str, tuple[str, ...]] = {
    "starting": ("online_119_s", "online_119_first_run_s"),
    "loading": ("load_119_s",),
    "load": ("cpu_119_cores", "cpu_119_cores_motion", "mem_119_mb", "sample_cameras_cores"),
    "viewers": ("ws_viewer_ms_per_s",),
    "browser": ("first_picture_hot_ms",),
    "revoking": ("revoke_to_silence_ms",),
    "wall": ("wall_16_stalls", "wall_16_watched"),
    "events": ("picture_to_event_p99_ms", "event_to_browser_p99_ms"),
    "users": ("users_1000_p99_ms",),
    "view_records": ("view_records_per_s",),
    "audit": ("audit_verify_10m_s",),
    "cloning": ("clone_to_picture_s", "run_again_s", "ctrl_c_s"),
    "permission": (
        "permits_us",
        "list_100k_p99_ms",
        "list_100k_sqlite_all_p99_ms",
        "list_100k_sqlite_three_p99_ms",
        "list_100k_sqlite_many_p99_ms",
        "list_100k_postgresql_all_p99_ms",
        "list_100k_postgresql_three_p99_ms",
        "list_100k_postgresql_many_p99_ms",
    ),
    "detection": (),
}
"""Modules in the order of running, with the keys each measures; none named means all that is left."""

MUSTS: dict[str, float] = {
    "online_119_s": 8,
    "load_119_s": 300,
    "cpu_119_cores": 1.8,
    "wall_16_watched": 119,
    "mem_119_mb": 1200,
    "sample_cameras_cores": 0.25,
    "ws_viewer_ms_per_s": 1.5,
    "first_picture_hot_ms": 400,
    "revoke_to_silence_ms": 2000,
    "wall_16_stalls": 0,
    "picture_to_event_p99_ms": 1500,
    "event_to_browser_p99_ms": 500,
    "users_1000_p99_ms": 200,
    "view_records_per_s": 500,
    "audit_verify_10m_s": 60,
    "permits_us": 50,
    "list_100k_p99_ms": 50,
    "clone_to_picture_s": 180,
    "run_again_s": 10,
    "ctrl_c_s": 5,
}
"""The most a figure may be, or for those in ``AT_LEAST`` the least."""

AT_LEAST = frozenset({"wall_16_watched", "view_records_per_s"})

MEANINGS: dict[str, tuple[str, str]] = {
    "online_119_s": ("all 119 cameras online after `gateway run`", "119 台摄像机全部上线"),
    "online_119_first_run_s": ("the same on an empty data folder, loading included", "首次运行（含导入）全部上线"),
    "load_119_s": (
        "119 cameras from a spreadsheet (dry run, load) to all of them online",
        "119 个点位由表格导入（检查、导入）到全部在线",
    ),
    "cpu_119_cores": (
        "gateway and workers: 119 sub streams, every picture decoded and looked at, budget lifted",
        "网关和工作进程：119 路子码流全部解码检测",
    ),
    "cpu_119_cores_motion": (
        "the same figure beside Debian's motion, which decodes and detects motion on the same streams",
        "同上，对照 Debian 的 motion（同样的码流，解码并检测运动）",
    ),
    "mem_119_mb": ("memory (PSS) of gateway and workers, same load", "网关和工作进程内存（PSS）"),
    "sample_cameras_cores": ("the 119 sample cameras themselves", "119 台示例摄像机自身"),
    "ws_viewer_ms_per_s": ("gateway, for each fMP4 viewer of a 4 Mbit/s stream", "每个 4 Mbit/s 观看者的网关开销"),
    "first_picture_hot_ms": ("click to moving picture in Chromium, p95", "点击到画面（Chromium，p95）"),
    "revoke_to_silence_ms": (
        "revocation to the last picture, doorbell cut, worst of ten over WebSocket and WebRTC",
        "收回授权到画面终止（无通知，WebSocket 与 WebRTC 共十次中最慢）",
    ),
    "wall_16_stalls": (
        "16 tiles for a minute beside all detectors: pauses of more than a second",
        "16 画面播放一分钟（全部检测同时运行）：超过一秒的停顿",
    ),
    "wall_16_watched": ("cameras whose pictures detectors looked at meanwhile", "同时确有画面被检测的摄像机"),
    "picture_to_event_p99_ms": (
        "picture sent by the camera to event committed and told (a message heard by a client), p99",
        "摄像机发出画面，到事件已提交并通知客户端（p99）",
    ),
    "event_to_browser_p99_ms": ("event accepted to candidate visible in a browser, p99", "事件到浏览器可见（p99）"),
    "users_1000_p99_ms": (
        "1,000 signed-in users, each on the change feed and fetching a list of 50 every 10 s: the list, p99",
        "1000 个在线用户（各自收变更通知，每 10 秒取一次 50 条列表）：列表应答 p99",
    ),
    "permits_us": (
        "one camera decided in memory under thousands of grants, p99 of cameras",
        "数千条授权下单个点位的判定（p99）",
    ),
    "list_100k_p99_ms": (
        "a page of 100 of 100,000 cameras under 5,000 grants, worst of both users and databases, p99",
        "10 万点位、5000 条授权下列出 100 条（两类用户、两种数据库中最慢，p99）",
    ),
    "list_100k_sqlite_all_p99_ms": ("the same: SQLite, a user with everything", "同上：SQLite，可见全部的用户"),
    "list_100k_sqlite_three_p99_ms": ("the same: SQLite, a user with three grants", "同上：SQLite，三条授权的用户"),
    "list_100k_sqlite_many_p99_ms": ("the same: SQLite, a user with 2,000 grants", "同上：SQLite，2000 条授权的用户"),
    "list_100k_postgresql_all_p99_ms": (
        "the same: PostgreSQL, a user with everything",
        "同上：PostgreSQL，可见全部的用户",
    ),
    "list_100k_postgresql_three_p99_ms": (
        "the same: PostgreSQL, a user with three grants",
        "同上：PostgreSQL，三条授权的用户",
    ),
    "list_100k_postgresql_many_p99_ms": (
        "the same: PostgreSQL, a user with 2,000 grants",
        "同上：PostgreSQL，2000 条授权的用户",
    ),
    "view_records_per_s": (
        "looks a second that begin with a durable record, the slower of SQLite and PostgreSQL",
        "每秒可开始并落盘登记的调阅数（SQLite 与 PostgreSQL 中较慢者）",
    ),
    "audit_verify_10m_s": ("`gateway audit verify --no-views` over ten million lines", "校验一千万行审计日志"),
    "clone_to_picture_s": (
        "fresh clone and `make run` to the first picture, packages fetched before",
        "全新克隆并 `make run` 到首个画面（软件包此前已下载）",
    ),
    "run_again_s": ("second `make run` until it answers", "再次 `make run` 到可访问"),
    "ctrl_c_s": ("Ctrl-C until everything has ended", "按 Ctrl-C 到全部停止"),
}
"""What a key stands for, in English and Chinese; the sizing tables of both READMEs show these in this order."""

DETECTION: dict[str, str] = {
    "detect_ms_per_frame": "all default detectors on one 640x360 picture",
    "motion_f1_mean": "pixel F1 of motion, mean of the labelled sequences",
    "motion_ms_per_frame": "motion alone on one picture",
    "anomaly_auc_ped2": "frame AUC of scene anomaly on UCSD Ped2, learning on its training clips",
    "anomaly_auc_ped2_second_round": "the same on a second round, when the test clips have been seen once",
    "tamper_slowest_s": "the slowest detection of a tampered picture after its onset",
    "tamper_before_onset": "tamper observations before anything was tampered with",
    "nuisance_false_alarms": "clips of rain, light and leaves on which a default rule raises anything",
}
"""What the detectors' figures stand for; ``meaning`` knows those that are made per sequence."""


def meaning(key: str) -> str:
    """What a key stands for, in English; "" if nobody wrote it down."""
    if key in MEANINGS:
        return MEANINGS[key][0]
    if key.startswith("motion_f1_"):
        return DETECTION.get(key, f"pixel F1 of motion on {key.removeprefix('motion_f1_')}")
    if key.startswith("tamper_detected_of_"):
        return "clips of covered, defocused and moved cameras that are detected"
    return DETECTION.get(key, "")


def met(key: str, value: float, must: float) -> bool:
    """Whether the figure is on the right side of its must."""
    return value >= must if key in AT_LEAST else value <= must


def bound(key: str) -> str:
    """The sign in front of a key's must."""
    return ">=" if key in AT_LEAST else "<="
