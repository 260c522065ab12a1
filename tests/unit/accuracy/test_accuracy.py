"""The arithmetic of `make accuracy`: corrections, confusion, first packets."""

from pathlib import Path
from typing import Any

import pytest

from tests.accuracy.confusion import Pair, confusion, wrong_carriers
from tests.accuracy.corrections import KINDS, CorrectionError, read_corrections, set_right
from tests.accuracy.first_packet import judge

LABELS = [
    {"pcap": "a.pcap", "flow": flow, "label": "TLS.Amazon", "src": "2001:db8::1", "dst": "2001:db8:1::2:"}
    for flow in range(5)
]


def errors(tmp_path: Path, *lines: str) -> Path:
    path = tmp_path / "errors.tsv"
    path.write_text("# a comment\n\n" + "\n".join(line.replace("|", "\t") for line in lines) + "\n", encoding="utf-8")
    return path


def test_flows_are_numbers_and_ranges(tmp_path: Path) -> None:
    [correction] = read_corrections(errors(tmp_path, "a.pcap|0,2-3|TLS.Amazon|TLS.Amazon Alexa|wrong|its host"))
    assert (correction.flows, correction.at) == ((0, 2, 3), "errors.tsv:3")


def test_labels_are_set_right_by_kind(tmp_path: Path) -> None:
    corrections = read_corrections(
        errors(
            tmp_path,
            "a.pcap|0|TLS.Amazon|TLS.Amazon Alexa|wrong|its host",
            "a.pcap|1|TLS.Amazon|TLS.Audible|coarse|its host",
            "a.pcap|2|TLS.Amazon|dst=2001:db8:1::2|ends|the bytes",
        )
    )
    some, every = set_right(LABELS, corrections, ("wrong", "ends")), set_right(LABELS, corrections, KINDS)
    assert [label["label"] for label in some] == ["TLS.Amazon Alexa", *["TLS.Amazon"] * 4]
    assert [label["label"] for label in every] == ["TLS.Amazon Alexa", "TLS.Audible", *["TLS.Amazon"] * 3]
    assert (some[2]["src"], some[2]["dst"]) == ("2001:db8::1", "2001:db8:1::2")
    assert LABELS[0]["label"] == "TLS.Amazon"


@pytest.mark.parametrize(
    ("line", "complaint"),
    [
        ("a.pcap|0|TLS.Amazon|TLS|wrong", "errors.tsv:3: six columns"),
        ("a.pcap|0|TLS.Amazon|TLS|odd|x", "errors.tsv:3: kind 'odd'"),
        ("a.pcap|0-x|TLS.Amazon|TLS|wrong|x", "errors.tsv:3: flows '0-x'"),
        ("a.pcap|0|TLS.Amazon|::1|ends|x", "errors.tsv:3: '::1', expected src=ADDRESS"),
        ("a.pcap|7|TLS.Amazon|TLS|wrong|x", "errors.tsv:3: a.pcap has no flow 7"),
        ("a.pcap|0|TLS|TLS.Amazon|coarse|x", "errors.tsv:3: flow 0 is labelled TLS.Amazon, not TLS"),
    ],
)
def test_a_line_that_does_not_fit_is_named(tmp_path: Path, line: str, complaint: str) -> None:
    with pytest.raises(CorrectionError, match=complaint):
        set_right(LABELS, read_corrections(errors(tmp_path, line)), ("wrong",))


def pair(want: str | None, got: str | None) -> Pair:
    return Pair(label={}, record={}, want=(want, want), got=(got, got))


def test_confusion_holds_what_another_protocol_claimed() -> None:
    pairs = [pair("tls", "tls"), pair("rtp", "stun"), pair("dns", None), pair("rtp", "stun"), pair("bfd", "coap")]
    assert confusion(pairs) == [("rtp", "stun", 2), ("bfd", "coap", 1)]
    assert len(wrong_carriers(pairs)) == 3


def record(
    guess: tuple[str | None, str | None, int, str] | None, protocol: str | None, app: str | None, state: str = "final"
) -> dict[str, Any]:
    made: dict[str, Any] = {"protocol": protocol, "app": app, "state": state}
    if guess is not None:
        made["first_packet"] = dict(zip(("protocol", "app", "confidence", "from"), guess, strict=True))
    return made


def test_first_packets_are_judged_by_source_and_by_confidence() -> None:
    found = judge(
        [
            record(("TLS", "YouTube", 70, "server"), "TLS", "YouTube"),
            record(("TLS", "Google", 74, "server"), "TLS", "YouTube"),
            record((None, "YouTube", 90, "dns"), "QUIC", "YouTube"),
            record((None, "YouTube", 100, "dns"), None, "YouTube", "guessed"),
            record(("TLS", "Google", 60, "server"), None, None, "gave_up"),
            record(None, "DNS", "DNS"),
        ]
    )
    assert (found.verdicts, found.unconfirmed, found.unknown_later) == (4, 1, 1)
    assert (found.coverage, found.all.right) == (0.75, 2)
    assert (found.by_source["server"].precision, found.by_source["dns"].precision) == (0.5, 1.0)
    assert (found.by_decile[7].guesses, found.by_decile[7].mean_confidence) == (2, 0.72)
    assert found.by_decile[9].guesses == 1


def test_a_look_up_is_judged_by_its_protocol_when_no_application_was_guessed() -> None:
    asked = {"metadata": {"dns.query": "www.youtube.com"}}
    guesses = [("DNS", "DNS", 90, "network"), ("DNS", "Google", 90, "server"), ("TLS", "TLS", 90, "server")]
    found = judge([record(guess, "DNS", "YouTube") | asked for guess in guesses])
    assert (found.all.guesses, found.all.right) == (3, 1)


def test_nothing_guessed_is_no_division_by_zero() -> None:
    found = judge([])
    assert (found.coverage, found.all.precision, found.all.mean_confidence) == (0.0, 0.0, 0.0)
