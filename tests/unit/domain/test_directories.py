"""What groups of a directory give: one organisation, never what one person may not have, whatever the order."""

from __future__ import annotations

import pytest
from hypothesis import given as drawn
from hypothesis import strategies as st

from gateway.domain.accounts import Unfit, check_roles
from gateway.domain.directories import Given, GroupMapping, check_mapping, given, plain_login
from gateway.domain.operators import MANAGERS, Role

WATCH = GroupMapping("g1", "A", frozenset({Role.TOWNSHIP_OPERATOR}))
GRID = GroupMapping("g2", "A", frozenset({Role.GRID_MEMBER}))
OTHER = GroupMapping("g3", "B", frozenset({Role.SHIFT_LEADER}))
KEEPER = GroupMapping("g4", "A", frozenset({Role.SYSTEM_MANAGER}))

mappings = st.lists(
    st.builds(
        GroupMapping,
        st.sampled_from("abcd"),
        st.sampled_from(["A", "B"]),
        st.frozensets(st.sampled_from(Role), min_size=1, max_size=2),
    ),
    max_size=6,
)


def test_the_first_mapping_says_the_organisation_and_others_add_roles_in_it_alone() -> None:
    assert given([WATCH, GRID, OTHER], {"g1", "g2", "g3"}) == Given("A", WATCH.roles | GRID.roles)
    assert given([OTHER, WATCH], {"g1", "g3"}) == Given("B", OTHER.roles)
    assert given([WATCH, OTHER], {"g9"}) is None
    assert given([], {"g1"}) is None


def test_r15_a_manager_who_watches_is_nobody() -> None:
    with pytest.raises(Unfit):
        given([WATCH, KEEPER], {"g1", "g4"})
    assert given([OTHER, KEEPER], {"g3", "g4"}) == Given("B", OTHER.roles)


@pytest.mark.parametrize("roles", [{Role.VENDOR}, {Role.SERVICE}, set(), {Role.AUDIT_MANAGER, Role.GRID_MEMBER}])
def test_no_mapping_makes_vendors_services_or_mixed_managers(roles: set[Role]) -> None:
    with pytest.raises(Unfit):
        check_mapping(frozenset(roles))


@drawn(mappings, st.frozensets(st.sampled_from("abcd")))
def test_what_is_given_is_what_one_person_may_have(some: list[GroupMapping], groups: frozenset[str]) -> None:
    try:
        found = given(some, groups)
    except Unfit:
        return
    if found is None:
        assert not any(one.group in groups for one in some)
        return
    check_roles(found.roles)
    assert not found.roles & {Role.VENDOR, Role.SERVICE}
    assert not (found.roles & MANAGERS and len(found.roles) > 1)
    assert found.roles <= frozenset().union(*(one.roles for one in some if one.group in groups))


@drawn(st.text(max_size=20))
def test_a_login_has_one_spelling(login: str) -> None:
    plain = plain_login(login)
    assert plain_login(f"  {login} ") == plain
    assert plain == " ".join(plain.split())


def test_logins_that_a_directory_takes_for_the_same_are_the_same() -> None:
    assert {plain_login(one) for one in ("Zhang  Wei", " zhang wei", "ZHANG WEI", "ｚhang wei")} == {"zhang wei"}
