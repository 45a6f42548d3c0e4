"""Names and filters of LDAP: one spelling for one name, and values that never become part of a filter."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.integrations.ldap_names import BadName, check_filter, escaped, normal_dn


@given(st.text(max_size=40))
def test_an_escaped_value_is_numbers_alone_and_says_the_same(value: str) -> None:
    said = escaped(value)
    assert re.fullmatch(r"(\\[0-9a-f]{2})*", said)
    raw = bytes.fromhex(said.replace("\\", ""))
    assert raw.decode("utf-8", "surrogatepass") == value
    check_filter(f"(uid={said or '*'})")


def test_bytes_are_escaped_as_they_are() -> None:
    assert escaped(b"\x00(*)\xff") == r"\00\28\2a\29\ff"


@pytest.mark.parametrize(
    "spelt",
    [
        "CN=Zhang\\, Wei,OU=People, DC=example",
        "cn=zhang\\2c wei,ou=people,dc=EXAMPLE",
        "cn=Zhang\\2C  Wei,ou=People,dc=example",
    ],
)
def test_one_name_has_one_spelling(spelt: str) -> None:
    assert normal_dn(spelt) == "cn=zhang\\, wei,ou=people,dc=example"


def test_letters_beyond_ascii_are_the_same_by_number_and_as_they_are() -> None:
    assert normal_dn("cn=\\e5\\bc\\a0,dc=x") == normal_dn("cn=张,dc=x")
    assert normal_dn("cn=a\\,dc\\=x,dc=y") != normal_dn("cn=a,dc=x,dc=y")


@pytest.mark.parametrize("spelt", ["", "people", "ou=people,dc", "=x"])
def test_what_is_no_name_is_said(spelt: str) -> None:
    with pytest.raises(BadName):
        normal_dn(spelt)


@pytest.mark.parametrize("text", ["", "uid={login}", "(uid={login}", "((uid=a))", "(&(uid={login})(x=1)"])
def test_what_is_no_filter_is_said(text: str) -> None:
    with pytest.raises(BadName):
        check_filter(text)


@pytest.mark.parametrize(
    "text", ["(uid={login})", "(&(objectClass=person)(|(uid={login})(mail={login}))(!(locked=1)))"]
)
def test_filters_are_taken(text: str) -> None:
    check_filter(text)
