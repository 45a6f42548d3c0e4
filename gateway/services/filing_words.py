"""The words of filing sheets, as the console says them."""

from __future__ import annotations

from gateway.domain.filing_duty import Standing

COLUMNS = {
    "zh": {
        "number": "序号",
        "owner": "所属单位",
        "unit": "管理单位",
        "contact": "联系方式",
        "gb_id": "设备编码",
        "name": "点位名称",
        "site": "安装场所",
        "township": "镇街代码",
        "longitude": "经度",
        "latitude": "纬度",
        "datum": "坐标系",
        "count": "数量",
        "kind": "类型",
        "ptz_type": "设备类型",
        "place_type": "场所类型",
        "retention": "保存天数",
        "in_use": "投入使用日期",
        "due": "备案期限",
        "filing_no": "备案编号",
        "filed_at": "备案日期",
        "standing": "备案状态",
    },
    "en": {
        "number": "No.",
        "owner": "Owner",
        "unit": "Managing unit",
        "contact": "Contact",
        "gb_id": "Device code",
        "name": "Camera",
        "site": "Site",
        "township": "Township",
        "longitude": "Longitude",
        "latitude": "Latitude",
        "datum": "Datum",
        "count": "Number",
        "kind": "Kind",
        "ptz_type": "Type",
        "place_type": "Type of place",
        "retention": "Days kept",
        "in_use": "In use since",
        "due": "File by",
        "filing_no": "Filing number",
        "filed_at": "Filed on",
        "standing": "Filing",
    },
}

KINDS = {
    "zh": {
        "junction": "路口",
        "road": "主干道",
        "square": "广场公园",
        "market": "集镇街面",
        "school_gate": "学校门口",
        "hospital_gate": "医院门口",
        "water": "河道闸口",
        "construction": "工地周边",
        "refuse": "垃圾站",
        "station": "车站码头",
        "overview": "高点",
    },
    "en": {
        "junction": "Junction",
        "road": "Main road",
        "square": "Square or park",
        "market": "Market street",
        "school_gate": "School gate",
        "hospital_gate": "Hospital gate",
        "water": "River or sluice",
        "construction": "Construction site",
        "refuse": "Refuse station",
        "station": "Station or wharf",
        "overview": "High point",
    },
}

PLACE_TYPES = {
    "zh": {
        "public_road": "公共道路",
        "square": "广场公园",
        "market": "集镇街面",
        "school_gate": "学校门外",
        "hospital_gate": "医院门外",
        "waterway": "河道水域",
        "construction_edge": "工地周边",
        "refuse_station": "垃圾收集点",
        "station": "车站码头",
        "public_hall": "公共建筑大厅",
        "compound": "单位院落",
        "other_public": "其他公共场所",
    },
    "en": {
        "public_road": "Public road",
        "square": "Square or park",
        "market": "Market street",
        "school_gate": "Outside a school",
        "hospital_gate": "Outside a hospital",
        "waterway": "Waterway",
        "construction_edge": "Construction edge",
        "refuse_station": "Refuse station",
        "station": "Bus station or wharf",
        "public_hall": "Hall of a public building",
        "compound": "Compound of a unit",
        "other_public": "Other public place",
    },
}

PTZ_TYPES = {
    "zh": {
        1: "球机",
        2: "半球",
        3: "固定枪机",
        4: "遥控枪机",
    },
    "en": {
        1: "dome",
        2: "half dome",
        3: "fixed",
        4: "remote-controlled",
    },
}

STANDINGS = {
    "zh": {
        Standing.DUE: "待备案",
        Standing.OVERDUE: "已逾期",
        Standing.CHANGED: "需变更备案",
        Standing.FILED: "已备案",
    },
    "en": {
        Standing.DUE: "to be filed",
        Standing.OVERDUE: "overdue",
        Standing.CHANGED: "change to be filed",
        Standing.FILED: "filed",
    },
}

SAID = {
    "zh": {
        "lang": "zh-CN",
        "title": "公共安全视频图像信息系统备案表",
        "unit": "管理单位：",
        "contact": "联系方式：",
        "number": "摄像机数量及类型：",
        "made": "制表日期：",
        "filled": "填表人",
        "seal": "单位（盖章）",
        "comma": "，",
    },
    "en": {
        "lang": "en",
        "title": "Filing sheet of public-safety video",
        "unit": "Managing unit:",
        "contact": "Contact:",
        "number": "Cameras and kinds:",
        "made": "Made on",
        "filled": "filled in by",
        "seal": "unit (seal)",
        "comma": ", ",
    },
}

LAW_NOTE = {
    "zh": "期限为投入使用之日起 30 日；变更后应重新备案",
    "en": "to be filed within 30 days from use, and again after a change",
}
