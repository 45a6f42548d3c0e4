"""Sentences: a decision said to a reader, in English and in Chinese."""

from __future__ import annotations

from datetime import datetime, tzinfo
from typing import Literal

from gateway.domain.actions import Action
from gateway.domain.conditions import Condition
from gateway.domain.decisions import Decision, Why

Language = Literal["zh", "en"]

ACTIONS: dict[Action, tuple[str, str]] = {
    Action.DIRECTORY: ("目录", "the directory"),
    Action.LIST: ("档案", "the file"),
    Action.VIEW_LIVE: ("实时查看", "live view"),
    Action.PLAYBACK: ("录像回放", "replay"),
    Action.SNAPSHOT: ("抓图", "snapshots"),
    Action.RESTREAM: ("转发", "restreaming"),
    Action.PTZ: ("云台控制", "pan and tilt"),
    Action.EXPORT: ("导出", "export"),
    Action.SEE_EVENTS: ("查看事件", "events"),
    Action.HANDLE_TICKETS: ("处置工单", "tickets"),
    Action.MANAGE: ("管理", "management"),
    Action.SHARE: ("共享", "sharing"),
}

CONDITIONS: dict[Condition, tuple[str, str]] = {
    Condition.MASKED_ONLY: ("仅限遮挡后画面", "masked pictures only"),
    Condition.SUB_ONLY: ("仅限子码流", "sub stream only"),
    Condition.WATERMARK: ("画面加水印", "with a watermark"),
}


def sentence(decision: Decision, language: Language, giver: str, at: datetime, zone: tzinfo) -> str:
    """The decision in one sentence. ``giver`` is the name of the organisation that gave the grant, "" if unknown."""
    return _chinese(decision, giver, at, zone) if language == "zh" else _english(decision, giver, at, zone)


def clock(until: datetime, at: datetime, zone: tzinfo) -> str:
    """18:00 if that is today, else with the date."""
    there, here = until.astimezone(zone), at.astimezone(zone)
    return f"{there:%H:%M}" if there.date() == here.date() else f"{there:%Y-%m-%d %H:%M}"


def _english(decision: Decision, giver: str, at: datetime, zone: tzinfo) -> str:
    action = ACTIONS[decision.action][1]
    grant = f"grant G{decision.grant_number}" + (f" of {giver}" if giver else "")
    match decision.why:
        case Why.GRANTED:
            limits = [CONDITIONS[one][1] for one in sorted(decision.conditions)]
            until = "" if decision.until is None else f" until {clock(decision.until, at, zone)}"
            return ", ".join([f"allowed by {grant}{until}", *limits])
        case Why.DENIED_BY_GRANT:
            return f"denied by {grant}: {decision.note}"
        case Why.ACCOUNT_DISABLED:
            return "denied: the account is disabled"
        case Why.ACCOUNT_LAPSED:
            return "denied: the account has not begun or is over"
        case Why.ROLE_EXCLUDES:
            return f"denied: no role of the operator includes {action}"
        case Why.OUTSIDE_HOURS:
            return f"denied: {grant} covers {action} at other hours only"
        case Why.OTHER_PURPOSE:
            return f"denied: {grant} covers {action} for other purposes only"
        case Why.NO_GRANT:
            return f"denied: no grant covers {action}"


def _chinese(decision: Decision, giver: str, at: datetime, zone: tzinfo) -> str:
    action = ACTIONS[decision.action][0]
    grant = (f"{giver}的" if giver else "") + f"授权 G{decision.grant_number}"
    match decision.why:
        case Why.GRANTED:
            limits = [CONDITIONS[one][0] for one in sorted(decision.conditions)]
            until = "" if decision.until is None else f"，至 {clock(decision.until, at, zone)}"
            return "，".join([f"依据{grant} 允许{until}", *limits])
        case Why.DENIED_BY_GRANT:
            return f"被{grant} 明确禁止：{decision.note}"
        case Why.ACCOUNT_DISABLED:
            return "不允许：账号已停用"
        case Why.ACCOUNT_LAPSED:
            return "不允许：账号不在有效期内"
        case Why.ROLE_EXCLUDES:
            return f"不允许：该人员的角色不含“{action}”"
        case Why.OUTSIDE_HOURS:
            return f"不允许：{grant} 只在其他时段允许“{action}”"
        case Why.OTHER_PURPOSE:
            return f"不允许：{grant} 只为其他用途允许“{action}”"
        case Why.NO_GRANT:
            return f"不允许：没有授权包含“{action}”"
