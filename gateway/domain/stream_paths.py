"""Paths of RTSP streams: never with a password in them.

Some makes sign in by the path itself (``/user=admin&password=x&channel=1``). What is kept of such a path are the marks
``{username}`` and ``{password}``; the credential, which is sealed, fills them when the stream is opened.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import quote, unquote

USERNAME_MARK, PASSWORD_MARK = "{username}", "{password}"

_VALUE = r"((?:(?!_(?:user(?:name)?|pass(?:word|wd)?|pwd|channel|stream|subtype)=)[^&?/;#])*)"
_USER = re.compile(rf"(?i)(?<![a-z])(user(?:name)?|usr|login(?:use)?)={_VALUE}")
_PASSWORD = re.compile(rf"(?i)(?<![a-z])(pass(?:word|wd)?|pwd|psw|loginpas)={_VALUE}")
_USERINFO = re.compile(r"^/+[^/?#@]*:[^/?#]*@")


@dataclass(frozen=True, slots=True)
class Lifted:
    """A path without secrets, and the user name and password that were in it; None where there was none."""

    path: str
    username: str | None = None
    password: str | None = None


def lifted(path: str) -> Lifted:
    """Takes user name and password out of a path, marks in their place."""
    password = _PASSWORD.search(path)
    if password is None or password[2] == PASSWORD_MARK:
        return Lifted(path)
    user = _USER.search(path)
    clean = _PASSWORD.sub(lambda found: f"{found[1]}={PASSWORD_MARK}", path)
    if user is not None:
        clean = _USER.sub(lambda found: f"{found[1]}={USERNAME_MARK}", clean)
    return Lifted(clean, unquote(user[2]) if user is not None else None, unquote(password[2]))


def filled(path: str, username: str, password: str) -> str:
    """The path as the device wants it, the marks replaced."""
    if USERNAME_MARK not in path and PASSWORD_MARK not in path:
        return path
    return path.replace(USERNAME_MARK, quote(username, safe="")).replace(PASSWORD_MARK, quote(password, safe=""))


def fault(path: str) -> str | None:
    """What is wrong with a path that is to be kept, None if nothing is. ``@`` and ``//`` are fine in themselves."""
    if not path.startswith("/"):
        return "a stream's path starts with /"
    if any(ord(letter) < 33 or ord(letter) == 127 for letter in path):
        return "a stream's path holds no blanks and no control characters"
    if _USERINFO.match(path) or lifted(path).password is not None:
        return "a stream's path never carries a password: put it into the field for it"
    return None
