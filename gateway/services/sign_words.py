"""The words of the sheet of signs, as the console says them."""

from __future__ import annotations

from collections.abc import Mapping

from gateway.domain.signs import SignStanding

COLUMNS = {
    "zh": {
        "owner": "所属单位",
        "gb_id": "设备编码",
        "name": "点位名称",
        "standing": "登记情况",
        "state": "标识状态",
        "place": "设置位置",
        "put_up": "设置日期",
        "checked": "最近检查",
        "due": "下次检查期限",
        "photo": "照片",
    },
    "en": {
        "owner": "Owner",
        "gb_id": "Device code",
        "name": "Camera",
        "standing": "Standing",
        "state": "Sign",
        "place": "Where it hangs",
        "put_up": "Put up",
        "checked": "Last checked",
        "due": "Check again by",
        "photo": "Photo",
    },
}

STANDINGS = {
    "zh": {SignStanding.MISSING: "缺失", SignStanding.OVERDUE: "超期未检", SignStanding.CURRENT: "正常"},
    "en": {SignStanding.MISSING: "Missing", SignStanding.OVERDUE: "Check overdue", SignStanding.CURRENT: "In order"},
}

STATES: Mapping[str, Mapping[str | None, str]] = {
    "zh": {None: "未登记", "up": "完好", "damaged": "破损", "gone": "已丢失", "photo": "有", "no_photo": "无"},
    "en": {
        None: "not recorded",
        "up": "up",
        "damaged": "damaged",
        "gone": "gone",
        "photo": "yes",
        "no_photo": "no",
    },
}
