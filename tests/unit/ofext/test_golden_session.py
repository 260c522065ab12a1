"""A session between a real agent and real controllers, recorded once (`python -m tests.golden.record_session`).

tshark finds valid OpenFlow in it, and the dissector shows of every message in it what ofext decodes.
"""

import functools
import re
from collections.abc import Iterator
from typing import Any, get_args

from ofext import multipart, oxm
from ofext.catalogue import Catalogue
from ofext.errors import DecodeError
from ofext.events import EventKind, FlowEvents
from ofext.ids import EXPERIMENTER_BYTES
from ofext.messages import ErrorCode, L7Error, Message, decode_message, is_l7_message
from ofext.multipart import decode_multipart, is_l7_multipart
from ofext.openflow.header import Type
from tests.fakes.capture_file import openflow_messages, read_pcapng
from tests.fakes.tshark import Item, dissect, expert_information, tshark
from tests.fakes.wireshark_agreement import pairs_of_field, said_by_ofext, said_by_wireshark, shown_in
from tests.golden.record_session import MAX_SIZE, SESSION

OUR_FIELD = re.compile(b"\xff\xff.." + EXPERIMENTER_BYTES, re.DOTALL)
"""The head of a match field of this experimenter."""


@functools.cache
def recorded() -> list[bytes]:
    """The OpenFlow messages."""
    return list(openflow_messages(read_pcapng(SESSION)))


@functools.cache
def shown() -> list[Item]:
    """What the dissector shows of them."""
    return dissect(SESSION)


def is_ours(raw: bytes) -> bool:
    """Whether it is a message of the extension."""
    return is_l7_message(raw) or is_l7_multipart(raw)


def decoded() -> Iterator[Any]:
    """The extension's messages, in order; None where ofext refuses the bytes."""
    for raw in filter(is_ours, recorded()):
        try:
            yield decode_multipart(raw).message if is_l7_multipart(raw) else decode_message(raw).message
        except DecodeError:
            yield None


def of(kind: type) -> list[Any]:
    """The messages of one class."""
    return [message for message in decoded() if isinstance(message, kind)]


def test_it_is_small_and_names_no_machine() -> None:
    data = SESSION.read_bytes()
    assert len(data) < MAX_SIZE
    assert not re.search(rb"/tmp|/root|/home|Dumpcap|Linux", data)


def test_tshark_calls_nothing_malformed_but_replies_of_any_experimenter() -> None:
    wrong = (
        "_ws.malformed && !(openflow_v4.multipart_reply.type == 65535) && !(openflow_v5.multipart_reply.type == 65535)"
    )
    assert tshark("-r", SESSION, "-Y", "openflow_v4 || openflow_v5", with_dissector=False)
    assert tshark("-r", SESSION, "-Y", wrong, with_dissector=False) == ""


def test_the_dissector_flags_the_one_message_that_is_malformed() -> None:
    flagged = [found for found in expert_information(SESSION) if found[2] == "APPSTEER"]
    assert flagged == [("1", "Malformed", "APPSTEER", "at offset 16: expected version bitmap (4 bytes)")]
    assert list(decoded()).count(None) == 1


def test_both_decoders_say_the_same_of_every_message() -> None:
    messages = [item for item in shown() if item.values("exp_type") or item.values("multipart_type") or is_error(item)]
    for message, item in zip(decoded(), messages, strict=True):
        if message is not None:
            assert said_by_wireshark(item).ordered() == said_by_ofext(message).ordered()


def is_error(item: Item) -> bool:
    return bool(item.values("error.code"))


def test_match_fields_are_found_wherever_they_stand() -> None:
    others = [raw for raw in recorded() if not is_ours(raw) and OUR_FIELD.search(raw)]
    items = [item for item in shown() if item.items[0].name == "appsteer.oxm"]
    assert {raw[1] for raw in others} == {
        Type.PACKET_IN,
        Type.FLOW_REMOVED,
        Type.FLOW_MOD,
        Type.MULTIPART_REPLY,
        Type.BUNDLE_ADD_MESSAGE,
    }
    for raw, item in zip(others, items, strict=True):
        fields = [oxm.decode_oxm(raw, found.start())[0] for found in OUR_FIELD.finditer(raw)]
        assert [shown_in(child) for child in item.items] == [pairs_of_field(field) for field in fields]


def test_the_whole_extension_is_in_it() -> None:
    found = {type(message) for message in decoded()}
    assert found >= set(get_args(Message))
    assert found >= set(get_args(multipart.Request)) - {multipart.CatalogueStatsRequest}
    assert found >= set(get_args(multipart.Reply)) - {multipart.CatalogueStatsReply}
    codes = {error.code for error in of(L7Error)}
    assert codes >= {ErrorCode.MALFORMED, ErrorCode.UNKNOWN_TYPE, ErrorCode.NOT_NEGOTIATED, ErrorCode.BAD_CONFIG}
    assert codes >= {ErrorCode.MATCH_VALUE, ErrorCode.MATCH_CONFLICT, ErrorCode.PLUGIN_REFUSED}
    assert {event.kind for batch in of(FlowEvents) for event in batch.events} == set(EventKind)


def test_values_are_shown_by_the_names_of_the_catalogue_in_the_capture() -> None:
    films = next(app for app in of(Catalogue)[0].apps if app.key == "films")
    events = [event for item in shown() for event in item.items if event.name == "appsteer.event"]
    ours = [event for event in events if event.values("app") == ["films"]]
    assert ours
    assert {value for event in ours for value in event.values("app_id")} == {f"0x{films.app_id:08x}"}
    assert all("tls.sni=www.films.example.org" in event.values("metadata") for event in ours)
    assert "*.adverts.example.org" in {pattern for item in shown() for pattern in item.values("sni")}


def test_risks_and_tags_are_in_the_catalogue() -> None:
    films = next(app for app in of(Catalogue)[0].apps if app.key == "films")
    assert (films.risk, films.tags) == (40, ("streaming", "ads"))
    assert any(
        item.values("catalogue.tag") == ["streaming", "ads"] for item in (each for top in shown() for each in top.items)
    )
