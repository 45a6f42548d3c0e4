import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.discovery import Found, matches
from adapters.onvif import Profile, of_channel, paired
from adapters.onvif_addresses import at_host, stream_address
from gateway.ports import DeviceAddress, Unavailable


def profile(token: str, source: str, width: int, codec: str = "h264") -> Profile:
    return Profile(token, token, source, codec, width, width * 9 // 16)


def test_each_source_has_its_largest_and_its_smallest():
    big, middle, small = profile("a", "1", 1920), profile("b", "1", 1280), profile("c", "1", 640)
    other = profile("d", "2", 1280)
    assert paired([middle, big, other, small]) == [(big, small), (other, None)]


def test_what_cannot_be_taken_is_left_out():
    assert paired([profile("a", "1", 1920, "jpeg"), profile("b", "1", 640)]) == [(profile("b", "1", 640), None)]
    assert paired([]) == []


def test_a_stream_is_at_the_dialled_host_without_credentials():
    address = stream_address("rtsp://admin:pw@192.168.1.9:8554/cam/realmonitor?channel=1&subtype=0", "10.0.0.1")
    assert address == DeviceAddress("rtsp", "10.0.0.1", 8554, "/cam/realmonitor?channel=1&subtype=0")
    assert stream_address("rtsp://h/", "10.0.0.1").port == 554


@pytest.mark.parametrize("uri", ["", "http://h/x", "rtsp://h:99999/x", "file:///etc/passwd", "rtsp://[/x"])
def test_what_is_no_stream_is_unavailable(uri):
    with pytest.raises(Unavailable):
        stream_address(uri, "10.0.0.1")


def test_a_service_at_another_host_is_asked_at_the_dialled_one():
    assert at_host("http://192.168.1.9:8000/onvif/media", "10.0.0.1", 80) == "http://10.0.0.1:80/onvif/media"
    assert at_host("http://10.0.0.1:8000/onvif/media", "10.0.0.1", 80) == "http://10.0.0.1:8000/onvif/media"
    assert at_host("ftp://10.0.0.1/x", "10.0.0.1", 80) is None


MATCH = b"""<?xml version="1.0"?><s:Envelope xmlns:s="http://www.w3.org/2003/05/soap-envelope"
 xmlns:a="http://schemas.xmlsoap.org/ws/2004/08/addressing" xmlns:d="http://schemas.xmlsoap.org/ws/2005/04/discovery">
<s:Body><d:ProbeMatches><d:ProbeMatch><a:EndpointReference><a:Address>urn:uuid:1</a:Address></a:EndpointReference>
<d:Scopes>onvif://www.onvif.org/name/Gate%20East onvif://www.onvif.org/type/ptz</d:Scopes>
<d:XAddrs>http://10.0.0.1/onvif/device_service http://[fe80::1]/onvif/device_service</d:XAddrs></d:ProbeMatch>
</d:ProbeMatches></s:Body></s:Envelope>"""


def test_a_discovery_answer_names_the_device():
    addresses = ("http://10.0.0.1/onvif/device_service", "http://[fe80::1]/onvif/device_service")
    assert matches(MATCH) == [Found("urn:uuid:1", addresses, "Gate East")]


@given(st.binary(max_size=200), st.integers(0, len(MATCH)))
def test_hostile_discovery_answers_raise_nothing(data, cut):
    matches(data)
    matches(MATCH[:cut] + data + MATCH[cut:])


def test_entities_are_not_expanded():
    assert matches(b"<!DOCTYPE x [<!ENTITY a 'b'>]>" + MATCH) == []


def test_a_channel_is_counted_in_the_devices_order_with_those_that_lack_a_camera():
    first, third = profile("a", "1", 1920), profile("b", "3", 1920)
    assert of_channel([third, first], ["1", "2", "3"], 3) == [third]
    with pytest.raises(Unavailable, match="channel 2 has no camera"):
        of_channel([third, first], ["1", "2", "3"], 2)
    with pytest.raises(Unavailable, match="has 3 video channels, and no channel 4"):
        of_channel([third, first], ["1", "2", "3"], 4)


def test_a_channel_of_a_device_that_names_no_sources_is_counted_by_its_encodings():
    first, second, other = profile("a", "1", 1920, "jpeg"), profile("b", "2", 1920), profile("c", "2", 640)
    assert of_channel([first, second, other], [], 2) == [second, other]
    assert of_channel([first, second, other], ["x", "y"], 2) == [second, other]
