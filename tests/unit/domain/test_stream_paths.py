import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.domain.stream_paths import Lifted, fault, filled, lifted


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        (
            "/user=admin&password=s%40me&channel=1&stream=0.sdp?real_stream",
            Lifted("/user={username}&password={password}&channel=1&stream=0.sdp?real_stream", "admin", "s@me"),
        ),
        (
            "/user=admin_password=tlJwpbo6_channel=1_stream=0.sdp",
            Lifted("/user={username}_password={password}_channel=1_stream=0.sdp", "admin", "tlJwpbo6"),
        ),
        ("/live?password=x_y", Lifted("/live?password={password}", None, "x_y")),
        ("/a?passwd=&u=1", Lifted("/a?passwd={password}&u=1", None, "")),
        (
            "/videoMain?usr=v&pwd=w",
            Lifted("/videoMain?usr={username}&pwd={password}", "v", "w"),
        ),
        ("/cam/realmonitor?channel=1&subtype=0", Lifted("/cam/realmonitor?channel=1&subtype=0")),
        ("/compass=north", Lifted("/compass=north")),
    ],
)
def test_a_password_is_lifted_out_of_the_path(path, expected):
    assert lifted(path) == expected
    assert lifted(lifted(path).path).password is None


@pytest.mark.parametrize("path", ["/a", "//main", "/a@b/c", "/live/ch00_0?x=a@b:c", "/u?password={password}"])
def test_what_carries_no_password_is_fine(path):
    assert fault(path) is None


@pytest.mark.parametrize(
    "path", ["main", "//u:p@host/x", "/u:p@h", "/a b", "/a\n", "/a?password=x", "/user=a&passwd=b", "/?PWD=x"]
)
def test_what_carries_one_or_is_no_path_is_not(path):
    assert fault(path)


def test_the_marks_are_filled_with_what_is_safe_in_a_path():
    assert filled("/user={username}&password={password}", "a&b", "p@/?") == "/user=a%26b&password=p%40%2F%3F"
    assert filled("/x", "a", "b") == "/x"


@given(st.text(max_size=60))
def test_what_is_lifted_once_is_clean(text):
    once = lifted("/" + text)
    assert lifted(once.path).path == once.path
    if once.password is not None:
        assert lifted(once.path).password is None
