"""The guides' tables of commands and settings, made from the code: ``python -m tests.docs.tables`` writes them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from pydantic import BaseModel

from gateway.settings import Settings
from tests.commands import commands, options

ROOT = Path(__file__).resolve().parent.parent.parent
ENGLISH = ROOT / "docs" / "operator-guide.md"
CHINESE = ROOT / "docs" / "operator-guide.zh-CN.md"

SETTINGS: dict[str, tuple[str, str]] = {
    "server.host": (
        "Address to listen on. With `--sample` only loopback is taken.",
        "监听地址。与 `--sample` 同用时只接受回环地址。",
    ),
    "server.port": ("Port to listen on.", "监听端口。"),
    "server.public_url": (
        "The address that people type, when a proxy stands in front; with https cookies are marked secure.",
        "前面有代理时，人们实际输入的地址；若为 https，Cookie 标记为 Secure。",
    ),
    "server.metrics_token_file": (
        "A file with the token for `/metrics` (16 characters or more); without it only this machine gets figures.",
        "存放 `/metrics` 令牌的文件（至少 16 个字符）；不设时只有本机程序能取指标。",
    ),
    "server.tls_cert": (
        "The certificate shown to browsers; without it the one that `gateway init` made, if there is one.",
        "向浏览器出示的证书；不填则用 `gateway init` 生成的证书（如有）。",
    ),
    "server.tls_key": ("Its key.", "证书的私钥。"),
    "server.plain_http": (
        "Listen without TLS on an address that other machines reach, because a proxy in front ends TLS.",
        "前面的代理已终止 TLS 时，允许在其他机器可达的地址上以明文监听。",
    ),
    "server.proxies": (
        "Addresses of proxies that may say for whom they ask (`X-Forwarded-For`).",
        "可代报来访地址（`X-Forwarded-For`）的代理地址。",
    ),
    "discovery.networks": (
        "Networks that may be scanned for devices; this machine's own loopback only if it is named.",
        "允许扫描设备的网段；本机回环地址须明确列出。",
    ),
    "data": ("The data folder. Its relative paths start where the command is given.", "数据文件夹。"),
    "database": (
        "`postgresql://user:password@host/name`; without it a SQLite file in the data folder.",
        "`postgresql://用户:密码@主机/库名`；不填则用数据文件夹里的 SQLite 文件。",
    ),
    "redis": ("`redis://host:port/0`, when there are several gateways.", "`redis://主机:端口/0`，有多个网关时填写。"),
    "workers.count": (
        "Workers to start as children; without it one for each of at most four cores.",
        "作为子进程启动的工作进程数；不填则每核一个，最多四个。",
    ),
    "workers.listen": (
        "Addresses of workers that others start: `unix:/path` or `tcp://host:port`.",
        "由别处启动的工作进程地址：`unix:/路径` 或 `tcp://主机:端口`。",
    ),
    "workers.tls_cert": (
        "This gateway's certificate for dialling `tcp://` workers.",
        "连接 `tcp://` 工作进程时本网关的证书。",
    ),
    "workers.tls_key": ("Its key.", "证书的私钥。"),
    "workers.tls_ca": ("The authority that signed the workers' certificates.", "签发工作进程证书的机构。"),
    "detection.budget_cores_fraction": (
        "Share of the machine's cores that decoding and detection may use.",
        "解码和检测可占用的 CPU 比例。",
    ),
    "detection.budget_cores": ("The same as a number of cores; goes before the fraction.", "以核数表示，优先于比例。"),
    "detection.budget_lifted": ("Look at every picture, whatever it costs.", "不限预算，查看每一帧。"),
    "detection.rules": ("Your rules, instead of those delivered.", "你自己的规则文件，代替自带的规则。"),
    "detection.extra_rules": (
        "Your rules beside those delivered, for instance for single cameras.",
        "在自带规则之外另加的规则，例如针对单台摄像机。",
    ),
    "detection.max_cameras": (
        "Only so many cameras get detectors; without it all.",
        "只给这么多台摄像机检测；不填则全部。",
    ),
    "detection.first": ("Cameras that get detectors first, by id.", "优先检测的摄像机编号。"),
    "evidence.quota_mb": (
        "Megabytes of stills and clips kept; the oldest unconfirmed go first.",
        "截图和片段的总容量（MB）；先删最旧的未确认者。",
    ),
    "evidence.reserve_mb": (
        "Megabytes of the disk (at most a tenth of it) that stills, clips and photos leave free, so that records and "
        "events can always be written.",
        "截图、片段和照片为数据库留出的磁盘空间（MB，最多为磁盘的十分之一），确保记录和事件始终写得进去。",
    ),
    "evidence.retention_days_unconfirmed": (
        "Days after which unconfirmed candidates lose their evidence.",
        "未确认线索的证据保存天数。",
    ),
    "district.seat_townships": (
        "Codes of the townships of the district's seat: device faults there are due in 24 h, elsewhere in 48 h.",
        "主城区街道代码：其设备故障 24 小时内修复，其他地方 48 小时。",
    ),
    "district.gb_prefix": (
        "First eight digits of the GB/T 28181 ids made for cameras that have none; without it as most cameras have.",
        "为没有国标编号的摄像机生成编号时的前八位；不填则与多数摄像机相同。",
    ),
    "sessions.hours": ("How long a sign-in lasts.", "一次登录的有效时长（小时）。"),
    "sessions.idle_minutes": (
        "After so long without input the console's controls lock; running pictures go on.",
        "无人操作多少分钟后锁定控制台；正在播放的画面不受影响。",
    ),
    "sessions.second_factor": (
        "`required`: demanded of managers, shift leaders, who may export, and of everybody who signs in from another "
        "machine. `offered`: whoever wants one sets it up; so it is with `--sample`.",
        "`required`：管理员、值班长、有导出权限者以及从其他机器登录者必须使用第二因素；"
        "`offered`：自愿开通（`--sample` 时如此）。",
    ),
    "sessions.breached": (
        "A file of breached passwords: sorted SHA-1 hashes, one a line, as the Have I Been Pwned downloader writes "
        "them. The list of common passwords that is delivered needs no setting.",
        "已泄露密码的文件：按序排列的 SHA-1，每行一个（Have I Been Pwned 下载器的格式）。自带的常见密码表无需设置。",
    ),
    "accounts.pledge_days": (
        "For how long a pledge of secrecy counts; sign-in is refused afterwards.",
        "保密承诺的有效天数，过期后不能登录。",
    ),
    "accounts.training_days": (
        "For how long a training counts; sign-in is refused afterwards.",
        "培训的有效天数，过期后不能登录。",
    ),
    "accounts.remind_days": (
        "How many days before an account lapses its owner and the system managers are told.",
        "账号到期前多少天提醒本人和系统管理员。",
    ),
    "audit.algorithm": (
        "What new audit lines are hashed with: `sha256` or `sm3`; older lines keep theirs.",
        "新审计行的摘要算法：`sha256` 或 `sm3`；旧行保持原算法。",
    ),
    "oversight.public_page": (
        "Whether `/transparency` answers anybody with the number of cameras, purposes and monthly figures.",
        "是否开放 `/transparency` 公示页（摄像机数量、用途、每月数字）。",
    ),
    "oversight.contact": ("Whom the public page names to turn to.", "公示页上的联系方式。"),
    "exports.span_hours": ("The longest span of one export.", "一次导出的最长时间跨度。"),
    "exports.cameras": ("The most cameras of one export.", "一次导出的最多点位数。"),
    "exports.fetch_hours": (
        "For how long an approved export can be fetched before its package is deleted.",
        "导出批准后可领取的时长，过后删除导出包。",
    ),
    "audit.public_keys": (
        "Public keys of other gateways on the same database, as `gateway audit key` prints them.",
        "同一数据库上其他网关的公钥（由 `gateway audit key` 打印）。",
    ),
    "single_sign_on.issuer": (
        "The address of an OpenID Connect provider that people may sign in by; empty: none.",
        "可用于登录的 OpenID Connect 身份提供方地址；留空则不启用。",
    ),
    "single_sign_on.client_id": ("What the provider knows this gateway as.", "本网关在身份提供方登记的客户端编号。"),
    "single_sign_on.client_secret_file": (
        "A file with the client's secret; without it the client is public and relies on PKCE.",
        "存放客户端密钥的文件；不填则为公开客户端，仅依靠 PKCE。",
    ),
    "single_sign_on.authority": (
        "A PEM file with the authority that signed the provider's certificate, where the system does not know it.",
        "身份提供方证书的签发机构（PEM 文件），系统不认识该机构时填写。",
    ),
    "single_sign_on.login_claim": (
        "The claim of the ID token that is the account's login at the first sign-in.",
        "首次登录时与账号对应的 ID Token 声明。",
    ),
    "single_sign_on.second_factor": (
        "Values of the claim `amr` that count as a second factor, such as `[otp, hwk]`.",
        "`amr` 声明中算作第二因素的取值，如 `[otp, hwk]`。",
    ),
    "single_sign_on.name_zh": ("What the button on the sign-in page says in Chinese.", "登录页按钮的中文名称。"),
    "single_sign_on.name_en": ("The same in English.", "登录页按钮的英文名称。"),
    "ldap.urls": (
        "The LDAP directory whose people may sign in, asked in this order: `[ldaps://a, ldaps://b]`; empty: none.",
        "可用于登录的 LDAP 目录地址，按顺序询问：`[ldaps://a, ldaps://b]`；留空则不启用。",
    ),
    "ldap.start_tls": (
        "Begin TLS on an `ldap://` address; without TLS only this machine's own directory is asked.",
        "在 `ldap://` 地址上启用 StartTLS；不加密时只允许访问本机的目录。",
    ),
    "ldap.authority": (
        "A PEM file with the authority that signed the directory's certificate, where the system does not know it.",
        "目录证书的签发机构（PEM 文件），系统不认识该机构时填写。",
    ),
    "ldap.bind_dn": (
        "The gateway's own account there, which reads people and groups; empty: it asks as nobody.",
        "网关在目录中的只读账号，用于查找人员和组；留空则匿名查询。",
    ),
    "ldap.bind_password_file": (
        "A file with its password; without it the password is `SHARP_EYES_LDAP_PASSWORD`.",
        "存放其密码的文件；不填则取环境变量 `SHARP_EYES_LDAP_PASSWORD`。",
    ),
    "ldap.user_base": (
        "Where people stand, such as `ou=people,dc=example,dc=org`.",
        "人员所在位置，如 `ou=people,dc=example,dc=org`。",
    ),
    "ldap.user_filter": (
        "Who may be found; `{login}` is what was typed, and stays a value.",
        "查找人员的条件；`{login}` 为输入的账号，始终只作为取值。",
    ),
    "ldap.id_attribute": (
        "The attribute that never changes and is never given to another; `objectGUID` in Active Directory.",
        "永不改变、也不会转给他人的属性；Active Directory 用 `objectGUID`。",
    ),
    "ldap.login_attribute": (
        "The attribute that becomes the account's login; `sAMAccountName` in Active Directory.",
        "作为账号名的属性；Active Directory 用 `sAMAccountName`。",
    ),
    "ldap.name_attribute": ("The attribute that becomes the account's name.", "作为姓名的属性。"),
    "ldap.group_base": ("Where groups stand.", "组所在位置。"),
    "ldap.group_filter": ("Which of them count.", "哪些组有效。"),
    "ldap.nested": (
        "Whether groups within groups count, up to ten levels.",
        "组中之组是否有效（最多十层）。",
    ),
    "ldap.recheck_minutes": (
        "How often everybody's groups are looked up again.",
        "每隔多少分钟重新核对所属的组。",
    ),
    "ldap.mapping": (
        "Groups in the order in which they count, each `{group: <name>, organisation: <id>, roles: [<role>]}`.",
        "按优先顺序列出各组，每项为 `{group: 组名, organisation: 单位编号, roles: [角色]}`。",
    ),
}  # fmt: skip
"""What each setting means, in English and Chinese. A setting that is missing here fails a test."""


def settings(model: type[BaseModel] = Settings, prefix: str = "") -> Iterator[tuple[str, Any]]:
    """(path, default) of every setting."""
    for name, field in model.model_fields.items():
        inner = field.annotation
        if isinstance(inner, type) and issubclass(inner, BaseModel):
            yield from settings(inner, f"{prefix}{name}.")
        else:
            yield prefix + name, field.default


def shown(default: Any) -> str:
    """A default as it would be written in YAML."""
    if default is None or default in ("", ()):
        return ""
    return f"`{str(default).lower() if isinstance(default, bool) else default}`"


def settings_table(language: int) -> str:
    """The table of settings: 0 is English, 1 Chinese."""
    head = ("| setting | default | meaning |", "| 设置 | 默认值 | 含义 |")[language]
    rows = [f"| `{path}` | {shown(default)} | {SETTINGS[path][language]} |" for path, default in settings()]
    return "\n".join([head, "|---|---|---|", *rows])


def commands_table() -> str:
    """The table of commands with their options."""
    rows = []
    for name, command in commands().items():
        summary = (command.help or "").strip().splitlines()[0]
        rows.append(f"| **`gateway {name}`** | {summary} |")
        rows += [f"| &emsp;`{typed}` | {meaning} |" for typed, meaning in options(command)]
    return "\n".join(["| command | what it does |", "|---|---|", *rows])


def replaced(text: str, mark: str, table: str) -> str:
    """The document with the table between its marks."""
    pattern = rf"(<!-- {mark}:begin -->\n).*?(<!-- {mark}:end -->)"
    return re.sub(pattern, lambda match: f"{match[1]}{table}\n{match[2]}", text, flags=re.DOTALL)


def current(document: Path) -> str:
    """The document as it would be written now."""
    language = int(document == CHINESE)
    text = replaced(document.read_text(), "settings", settings_table(language))
    return replaced(text, "commands", commands_table())


if __name__ == "__main__":
    for each in (ENGLISH, CHINESE):
        each.write_text(current(each))
