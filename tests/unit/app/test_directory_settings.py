"""Settings of the directory: what is wrong is said in one line each, and the password nowhere."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from gateway.app.directory import directory_of
from gateway.settings import BadSettings, Settings, directory_faults, load, problems

SECRET = "not to be printed"
VARIABLE = "SHARP_EYES_LDAP_PASSWORD"
GOOD: dict[str, Any] = {
    "urls": ["ldaps://ldap.example.org"],
    "bind_dn": "cn=gateway,dc=example,dc=org",
    "user_base": "ou=people,dc=example,dc=org",
    "group_base": "ou=groups,dc=example,dc=org",
    "mapping": [{"group": "cn=watch,dc=example,dc=org", "organisation": "A", "roles": ["township_operator"]}],
}


def said(tmp_path: Path, environment: dict[str, str] | None = None, **more: Any) -> list[str]:
    path = tmp_path / "settings.yaml"
    document = {
        "data": str(tmp_path),
        "ldap": {name: value for name, value in (GOOD | more).items() if value is not None},
    }
    path.write_text(yaml.safe_dump(document), "utf-8")
    return problems(path, {VARIABLE: SECRET} if environment is None else environment)


def test_a_directory_that_can_be_used_is_no_problem(tmp_path: Path) -> None:
    assert said(tmp_path) == []
    file = tmp_path / "password"
    file.write_text(SECRET, "utf-8")
    assert said(tmp_path, {}, bind_password_file=str(file)) == []
    assert said(tmp_path, {}, bind_dn="") == []
    assert said(tmp_path, urls=["ldap://127.0.0.1:3890", "ldap://[::1]"]) == []
    assert said(tmp_path, urls=["ldap://ldap.example.org"], start_tls=True) == []


@pytest.mark.parametrize(
    ("more", "line"),
    [
        ({"urls": ["ldap://ldap.example.org"]}, "ldap.urls: ldap://ldap.example.org would send passwords in clear"),
        ({"urls": ["ldap://127.0.0.1.example.org"]}, "ldap.urls: ldap://127.0.0.1.example.org would send"),
        ({"urls": ["https://ldap.example.org"]}, "ldap.urls: write ldaps://host or ldap://host"),
        ({"urls": ["ldaps://cn=x:pw@ldap.example.org"]}, "ldap.urls: an address holds no account"),
        ({"start_tls": True}, "ldap.start_tls: ldaps://ldap.example.org has TLS from the start"),
        ({"urls": []}, "ldap.urls: name the directory, or leave the whole section out"),
        ({"authority": "/nowhere.pem"}, "ldap.authority: /nowhere.pem holds no certificates"),
        ({"bind_password_file": "/nowhere"}, "ldap.bind_password_file: /nowhere cannot be read: No such file"),
        ({"bind_dn": ""}, "ldap.bind_dn: there is a password, but for nobody"),
        ({"bind_dn": "gateway"}, "ldap.bind_dn: 'gateway' is no distinguished name"),
        ({"user_base": None}, "ldap.user_base: a distinguished name is missing"),
        ({"group_base": "groups"}, "ldap.group_base: 'groups' is no distinguished name"),
        ({"user_filter": "(uid=*)"}, "ldap.user_filter: it must say where the login goes"),
        ({"user_filter": "(uid={login}"}, "ldap.user_filter: '(uid={login}' is no filter"),
        ({"group_filter": "objectClass=x"}, "ldap.group_filter: 'objectClass=x' is no filter"),
        ({"mapping": []}, "ldap.mapping: nobody could sign in"),
        ({"mapping": [GOOD["mapping"][0] | {"group": "watch"}]}, "ldap.mapping.0.group: 'watch' is no"),
        (
            {"mapping": [GOOD["mapping"][0] | {"roles": ["vendor"]}]},
            "ldap.mapping.0.roles: a directory makes no vendors",
        ),
        (
            {"mapping": [GOOD["mapping"][0] | {"roles": ["system_manager", "grid_member"]}]},
            "ldap.mapping.0.roles: a manager's role stands alone",
        ),
        ({"mapping": [GOOD["mapping"][0] | {"roles": ["boss"]}]}, "ldap.mapping.0.roles.0: input should be"),
        ({"id_attribute": "a)(b"}, "ldap.id_attribute: string should match"),
        ({"user_bas": "x"}, "ldap.user_bas: there is no such setting; did you mean 'user_base'?"),
    ],
)
def test_what_is_wrong_is_said_in_one_line_without_the_password(
    tmp_path: Path, more: dict[str, Any], line: str
) -> None:
    found = said(tmp_path, **more)
    assert len(found) == 1, found
    assert found[0].startswith(line)
    assert SECRET not in "".join(found)


def test_a_missing_password_is_said(tmp_path: Path) -> None:
    assert said(tmp_path, {}) == [
        "ldap.bind_dn: its password is missing: give ldap.bind_password_file, or SHARP_EYES_LDAP_PASSWORD"
    ]


def test_the_password_is_no_setting_and_in_no_repr(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(VARIABLE, SECRET)
    settings = load(None, {VARIABLE: SECRET}, {"ldap": GOOD})
    assert SECRET not in repr(settings)
    sign_on = directory_of(settings)
    assert sign_on is not None
    assert SECRET not in repr(sign_on)
    assert SECRET not in repr(vars(sign_on.directory))


def test_no_directory_is_no_fault_and_a_bad_one_does_not_start() -> None:
    assert directory_faults(Settings().ldap) == []
    assert directory_of(Settings()) is None
    with pytest.raises(BadSettings, match="in clear"):
        directory_of(Settings.model_validate({"ldap": GOOD | {"urls": ["ldap://ldap.example.org"], "bind_dn": ""}}))
