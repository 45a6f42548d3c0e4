"""New passwords: long, not personal, not what everybody tries first, not breached."""

from __future__ import annotations

import hashlib
import random
from pathlib import Path

import pytest

from gateway.app.first_run import new_password
from gateway.services.errors import Invalid
from gateway.services.passwords import PasswordBook, is_breached, load_book
from gateway.settings import config_folder

BOOK = load_book(config_folder())


@pytest.mark.parametrize(
    ("password", "why"),
    [
        ("elevenchars", "length"),
        ("x" * 257, "length"),
        ("abababababab", "simple"),
        ("abcdeabcdeabcde", "common"),
        ("123456789012", "common"),
        ("abcdefghijkl", "common"),
        ("lkjihgfedcba", "common"),
        ("Password1234", "common"),
        ("P@ssw0rd2026!!", "common"),
        ("!!qwertyuiop12", "common"),
        ("passwordpassword", "common"),
        ("superman20262026", "common"),
        ("my jinsha key 7", "personal"),
        ("JINSHA-forever-1", "personal"),
        ("the zhangsan way", "personal"),
        ("rivers of Tongzhou", "personal"),
        ("通州区的夜晚真安静啊 2026", "personal"),
    ],
)
def test_r09_bad_passwords_are_refused(password: str, why: str) -> None:
    with pytest.raises(Invalid) as refused:
        BOOK.check(password, "jinsha", ["Zhangsan 示例", "通州区", "Tongzhou district"])
    assert refused.value.detail == {"field": "password", "why": why}


@pytest.mark.parametrize(
    "password", ["correct horse 42", "a fine long phrase 1", "七月的河水比六月更慢一点点", "Tr4m-lines over rain"]
)
def test_r09_good_passwords_are_taken(password: str) -> None:
    BOOK.check(password, "jinsha", ["示例", "金沙街道", "Jinsha"])


def test_r09_generated_passwords_are_taken() -> None:
    for _ in range(200):
        BOOK.check(new_password(), "district", ["区级值班员(示例)"])


def test_the_delivered_list_is_there() -> None:
    assert len(BOOK.common) > 25_000
    assert {"password", "qwertyuiop", "letmein"} <= BOOK.common


def test_r09_a_file_of_breached_passwords_is_searched_by_halving(tmp_path: Path) -> None:
    words = [f"word {number} of many" for number in random.Random(7).sample(range(10**6), 3000)]
    hashes = sorted(hashlib.sha1(word.encode()).hexdigest().upper() for word in words)
    file = tmp_path / "breached.txt"
    for end in ("\n", "\r\n"):
        file.write_bytes("".join(f"{one}:{index}{end}" for index, one in enumerate(hashes)).encode())
        assert all(is_breached(file, word) for word in words)
        assert not any(is_breached(file, f"other {number}") for number in range(500))
    with pytest.raises(Invalid) as refused:
        PasswordBook(breached=file).check(words[5], "jinsha")
    assert refused.value.detail["why"] == "breached"
    PasswordBook(breached=file).check("correct horse 42", "jinsha")
    file.write_bytes(b"")
    assert not is_breached(file, words[5])
