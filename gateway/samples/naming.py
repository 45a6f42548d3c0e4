"""Names of the sample's places: streets, schools and rivers, invented but plausible, in Chinese and English.

Zhaoxia Rd, Xiwang Rd, the Jinsan line, Zhongyi kiln works, Mokuang estate and Yucai kindergarten are printed in the
newspaper page that the project starts from. Everything is marked as sample.
"""

from __future__ import annotations

from dataclasses import dataclass

from pypinyin import lazy_pinyin

from gateway.domain.cameras import CameraKind

_ROADS: dict[str, tuple[str, ...]] = {
    "001": ("朝霞路", "希望路", "人民路", "新金路", "建设路", "银河路", "碧华路", "交通路", "世纪大道"),
    "002": ("临空大道", "航站路", "双楼路", "孙桥路", "紫星路"),
    "003": ("先锋大道", "双盟路", "周圩路", "花市街", "十六里墩路"),
    "004": ("育才路", "金通路", "金鼎路", "新三园路", "金乐路", "油榨路"),
    "101": ("亭江路", "迎宾路", "亭东路", "古亭街", "育贤路"),
    "102": ("余西街", "通甲路", "定兴路", "富民路", "甲秀路"),
    "103": ("金三线", "东社大街", "景瑞路", "香台路", "新街路"),
    "107": ("十总大街", "骑岸路", "育兴路", "向阳路", "文山路"),
    "110": ("渔湾路", "花市路", "石港大街", "文峰路", "卫海路"),
    "112": ("刘桥大街", "长岸路", "蒋桥路", "英雄路", "新刘路"),
    "114": ("平潮大街", "通扬路", "甲子路", "颜港路", "平五路", "新坝路"),
    "116": ("滨江大道", "开沙路", "江景路", "五接大街", "横港路"),
    "117": ("兴仁大街", "酒店路", "阚庵路", "四圩路", "长林路"),
    "120": ("家纺大道", "磨框路", "金川路", "姜灶路", "川港路", "志浩路"),
}
"""Road names by the township part of its code, the busiest first."""

_PLACES: dict[str, tuple[str, ...]] = {
    "001": ("金沙", "新城", "通掘", "虹桥", "进鲜", "运盐"),
    "002": ("兴东", "空港", "双楼", "土山"),
    "003": ("先锋", "双盟", "周圩", "麒麟"),
    "004": ("金新", "育才", "三园", "油榨"),
    "101": ("西亭", "古亭", "亭东"),
    "102": ("二甲", "余西", "定兴"),
    "103": ("东社", "香台", "忠义"),
    "107": ("十总", "骑岸", "向阳"),
    "110": ("石港", "渔湾", "卫海"),
    "112": ("刘桥", "长岸", "蒋桥"),
    "114": ("平潮", "颜港", "甲子"),
    "116": ("五接", "开沙", "横港"),
    "117": ("兴仁", "阚庵", "长林"),
    "120": ("川姜", "磨框", "姜灶"),
}
"""Neighbourhood names by township, for whatever is not a road."""

_KNOWN: dict[tuple[str, CameraKind, int], tuple[str, str]] = {
    ("001", CameraKind.JUNCTION, 0): ("金沙街道朝霞路希望路口东北角", "Zhaoxia Rd × Xiwang Rd, NE corner"),
    ("001", CameraKind.STATION, 0): (
        "金沙街道金沙客运站候车厅封闭区",
        "Jinsha Bus Station, closed part of the waiting hall",
    ),
    ("103", CameraKind.ROAD, 0): ("东社镇金三线忠义窑厂段", "Jinsan line at Zhongyi kiln works, Dongshe"),
    ("120", CameraKind.ROAD, 0): ("川姜镇磨框小区东侧路段", "Road east of Mokuang estate, Chuanjiang"),
    ("110", CameraKind.MARKET, 0): ("石港镇集镇街面", "Shigang town, market street"),
    ("004", CameraKind.SCHOOL_GATE, 0): ("金新街道育才幼儿园校门外", "Yucai Kindergarten, outside the gate"),
}

_READINGS = {"长岸": ["chang", "an"], "阚庵": ["kan", "an"], "长林": ["chang", "lin"]}
"""Names that the dictionary reads wrongly."""

_CORNERS = (("东北角", "NE corner"), ("西南角", "SW corner"), ("东南角", "SE corner"), ("西北角", "NW corner"))
_SECTIONS = (("东段", "east section"), ("西段", "west section"), ("中段", "middle section"), ("北段", "north section"))
_SPOTS: dict[CameraKind, tuple[tuple[str, str], ...]] = {
    CameraKind.SQUARE: (("广场东侧", "{} Square, east side"), ("公园南门", "{} Park, south gate")),
    CameraKind.MARKET: (
        ("农贸市场北门街面", "{} Market, street at the north gate"),
        ("集镇商业街", "{} shopping street"),
        ("步行街口", "{} pedestrian street entrance"),
        ("夜市街面", "{} night market street"),
    ),
    CameraKind.SCHOOL_GATE: (
        ("小学校门外", "{} Primary School, outside the gate"),
        ("初中校门外", "{} Middle School, outside the gate"),
    ),
    CameraKind.HOSPITAL_GATE: (("卫生院门口", "{} Clinic, gate"), ("医院门口", "{} Hospital, gate")),
    CameraKind.WATER: (
        ("排涝站站前低洼点", "{} drainage station, low point"),
        ("下穿通道积水点", "{} underpass, flood point"),
    ),
    CameraKind.CONSTRUCTION: (("河道整治工地围挡边", "{} river works, edge of the hoarding"),),
    CameraKind.REFUSE: (("垃圾中转站卸料区", "{} refuse station, unloading yard"),),
    CameraKind.STATION: (
        ("客运站售票厅", "{} Bus Station, ticket hall"),
        ("客运站候车厅", "{} Bus Station, waiting hall"),
    ),
    CameraKind.OVERVIEW: (("大厦高点", "{} Tower, high point"),),
}


@dataclass(frozen=True, slots=True)
class Names:
    """A name in both languages."""

    zh: str
    en: str

    def marked(self) -> Names:
        """The same, marked as invented."""
        return Names(f"{self.zh}(示例)", f"{self.en} (sample)")


def english(stem: str) -> str:
    """The stem in pinyin as one capitalised word, with its road word translated."""
    for word, translated in (("大道", "Ave"), ("大街", "High St"), ("路", "Rd"), ("街", "St"), ("线", "line")):
        if stem.endswith(word) and len(stem) > len(word):
            return f"{english(stem.removesuffix(word))} {translated}"
    syllables = _READINGS.get(stem) or lazy_pinyin(stem)
    # A syllable that begins with a vowel is set apart: Qi'an, not Qian.
    parts = [syllables[0], *(f"'{s}" if s[0] in "aoe" else s for s in syllables[1:])]
    return "".join(parts).capitalize()


def camera_names(town: str, town_names: Names, kind: CameraKind, index: int) -> Names:
    """The name of the ``index``-th camera of that kind in the township (its three-digit part of the code)."""
    if known := _KNOWN.get((town, kind, index)):
        return Names(*known).marked()
    roads, places = _ROADS[town], _PLACES[town]
    short = town_names.en.split()[0]
    if kind is CameraKind.JUNCTION:
        first = roads[index % len(roads)]
        second = roads[(index + 1 + index // len(roads)) % len(roads)]
        zh, en = _CORNERS[index % 4]
        return Names(f"{town_names.zh}{first}{second}口{zh}", f"{english(first)} × {english(second)}, {en}").marked()
    if kind is CameraKind.ROAD:
        road = roads[(index + 2) % len(roads)]
        zh, en = _SECTIONS[index % 4]
        return Names(f"{town_names.zh}{road}{zh}", f"{english(road)}, {en}, {short}").marked()
    spots = _SPOTS[kind]
    zh, en = spots[index % len(spots)]
    place = places[(index // len(spots)) % len(places)]
    return Names(f"{town_names.zh}{place}{zh}", en.format(english(place))).marked()
