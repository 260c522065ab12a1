"""Which tags a flow has, by what the catalogue says."""

from ofext.catalogue import AppEntry, AppKind
from ofext.tags import TagBook

TLS, TUBE = 0x140001BB, 0x14002EE0
BOOK = TagBook(
    [
        AppEntry(app_id=TLS, key="tls", name="TLS", kind=AppKind.PROTOCOL, tags=("encrypted",)),
        AppEntry(app_id=0x14000050, key="http", name="HTTP", kind=AppKind.PROTOCOL),
        AppEntry(app_id=TUBE, key="tube", name="Tube", tags=("streaming", "ads")),
    ]
)


def test_tags_are_those_of_the_application_and_of_the_protocols_on_the_path() -> None:
    assert BOOK.of(TUBE, TLS, "eth.ip.tcp.tls.tube") == {"streaming", "ads", "encrypted"}
    assert BOOK.of(TUBE, 0, "eth.ip.tcp.http.tube") == {"streaming", "ads"}
    assert BOOK.of(7, 7, "eth.ip.tcp") == frozenset()


def test_what_encrypts_is_a_protocol_and_unknown_where_none_is_known() -> None:
    assert BOOK.encrypts(TUBE, TLS, "eth.ip.tcp.tls.tube") is True
    assert BOOK.encrypts(TUBE, 0, "eth.ip.tcp.http.tube") is False
    assert BOOK.encrypts(TUBE, 0, "eth.ip.tcp") is None
