"""GB/T 28181 ids: twenty digits that say where, for which trade, what kind of device, and on which network."""

from __future__ import annotations

from dataclasses import dataclass

LENGTH = 20

DEVICE_TYPES: dict[str, str] = {
    "111": "DVR",
    "112": "video server",
    "113": "encoder",
    "114": "decoder",
    "117": "alarm controller",
    "118": "NVR",
    "131": "camera",
    "132": "network camera",
    "133": "display",
    "134": "alarm input",
    "135": "alarm output",
    "136": "audio input",
    "137": "audio output",
    "138": "mobile transmission device",
    "200": "signalling server",
    "202": "media server",
    "203": "proxy server",
    "205": "alarm server",
    "208": "management server",
    "209": "access gateway",
    "210": "media storage server",
    "215": "business group",
    "216": "virtual organisation",
}
"""What digits 11 to 13 mean (GB/T 28181-2016, annex D); other codes exist and are not refused."""

CAMERA_TYPES = frozenset({"131", "132"})
RECORDER_TYPES = frozenset({"111", "118"})

INDUSTRIES: dict[str, str] = {
    "00": "社会治安路面接入",
    "01": "社会治安社区接入",
    "02": "社会治安内部接入",
    "03": "社会治安其他接入",
    "04": "交通路面接入",
    "05": "交通卡口接入",
    "06": "交通内部接入",
    "07": "交通其他接入",
    "08": "城市管理接入",
    "09": "卫生环保接入",
    "10": "商检海关接入",
    "11": "教育部门接入",
    "40": "农林牧渔业接入",
    "41": "采矿企业接入",
    "42": "制造企业接入",
    "43": "冶金企业接入",
    "44": "电力企业接入",
    "45": "燃气企业接入",
    "46": "建筑企业接入",
    "47": "物流企业接入",
    "48": "邮政企业接入",
    "49": "信息企业接入",
    "50": "住宿和餐饮业接入",
    "51": "金融企业接入",
    "52": "房地产业接入",
    "53": "商务服务业接入",
    "54": "水利企业接入",
    "55": "娱乐企业接入",
}
"""What digits 9 and 10 mean (GB/T 28181-2016, annex D). Data, not law: editions differ and reserve the rest."""

NETWORKS: dict[str, str] = {
    **dict.fromkeys("01234", "surveillance network"),
    "5": "public security network",
    "6": "government network",
    "7": "Internet",
    "8": "social resources",
    "9": "reserved",
}
"""What digit 14, the network mark, means."""

SAMPLE_NETWORK = "9"
"""The mark of invented ids: no real device can have it."""


@dataclass(frozen=True, slots=True)
class GbId:
    """An id in its parts: 8 digits of the centre (6 of the district), 2 trade, 3 type, 1 network, 6 sequence."""

    centre: str
    industry: str
    device_type: str
    network: str
    sequence: str

    @property
    def district(self) -> str:
        """The six digits of the district's administrative code."""
        return self.centre[:6]

    @property
    def is_camera(self) -> bool:
        """True for the type codes of cameras."""
        return self.device_type in CAMERA_TYPES

    @property
    def is_recorder(self) -> bool:
        """True for the type codes of recorders."""
        return self.device_type in RECORDER_TYPES

    def __str__(self) -> str:
        return self.centre + self.industry + self.device_type + self.network + self.sequence


def wrong(text: str, types: frozenset[str] = CAMERA_TYPES) -> tuple[str, ...]:
    """What is wrong with an id, as words for its parts: digits, length, centre, industry, type, network.

    ``types`` are the types that are wanted. A trade that the table does not know and a network mark that is reserved
    are told too: editions differ, so whoever asks decides whether these two are only warnings.
    """
    if not text.isascii() or not text.isdigit():
        return ("digits",)
    if len(text) != LENGTH:
        return ("length",)
    found = []
    if not 11 <= int(text[:2]) <= 82 or text[2:6] == "0000":
        found.append("centre")
    if text[8:10] not in INDUSTRIES:
        found.append("industry")
    if text[10:13] not in types:
        found.append("type")
    if text[13] == SAMPLE_NETWORK:
        found.append("network")
    return tuple(found)


DOUBTFUL = frozenset({"industry", "network"})
"""Parts whose meaning depends on the edition: told, not refused."""


def parse(text: str) -> GbId:
    """The id in its parts. Raises ValueError with one sentence that says what to change."""
    if not text.isascii() or not text.isdigit():
        raise ValueError(f"an id of GB/T 28181 has only the digits 0 to 9: {text!r} has something else")
    if len(text) != LENGTH:
        raise ValueError(f"an id of GB/T 28181 has {LENGTH} digits: {text} has {len(text)}")
    if not 11 <= int(text[:2]) <= 82:
        raise ValueError(f"the id {text} must begin with an administrative code (11 to 82): it begins with {text[:2]}")
    if int(text[10:13]) < 111:
        raise ValueError(f"digits 11 to 13 of the id {text} are no type of device: {text[10:13]}")
    return GbId(text[:8], text[8:10], text[10:13], text[13], text[14:])
