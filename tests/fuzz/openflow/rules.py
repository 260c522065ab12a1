"""What holds whatever the peers send; a rule that does not is a :class:`BrokenRuleError`.

- No exception comes out of the session or the codecs but the documented ones.
- What goes to the other side is whole OpenFlow messages, of the version, type and xid that came in.
- A message in which nothing concerns layer 7 goes through byte for byte, at once, and nothing else is said.
- A message that does not go through is answered (later, when it waits for a barrier).
- Only who sent something bad is named as the reason of an end.
- A stream in any pieces gives the same as message by message.
- What decodes, encodes again to what decodes the same.
- Nothing grows with what a peer sends.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Final

from ofext import oxm
from ofext.config import EventConfig
from ofext.errors import DecodeError, EncodeError
from ofext.hello import AgentInfo
from ofext.ids import EXPERIMENTER_BYTES
from ofext.messages import ErrorCode, L7Error, Unknown, decode_message, encode_message, is_l7_message
from switch_dpi.predicates import PredicateStore
from switch_dpi.shim.l7 import Asked, L7Endpoint
from switch_dpi.shim.session import Phase, ShimSession
from tests.fakes.agent_engine import CATALOGUE, VOCABULARY
from tests.fuzz.openflow import seeds
from tests.fuzz.openflow.case import Case, Connect, Down, Lost, Step, Tick, Up

MAX_OUTPUT_SIZE: Final = 1 << 20  # bytes that one message of 64 KiB may become: raised statistics grow most
PIECES: Final = (1, 2, 3, 7, 8, 16, 64, 500, 500, 500)
LONG_STREAM: Final = (
    4096  # bytes; longer ones are cut into larger pieces, or one would take as long as a thousand others
)
LONG_PIECES: Final = (100, 1500, 5000, 65536)

_OWN_ECHO: Final = re.compile(rb"(.\x02\x00\x1c\x00{5}\x0a\x4c\x37).{8}", re.DOTALL)
_OWN_ECHO_BEHIND: Final = re.compile(_OWN_ECHO.pattern + rb".{8}\Z", re.DOTALL)
_LABEL: Final = oxm.ct_label(0, 0).encode()[: oxm.HEADER_SIZE]
_ZONE: Final = oxm.ct_zone(0).encode()[: oxm.HEADER_SIZE]


class BrokenRuleError(Exception):
    """Says which, and by what."""


@dataclass(slots=True)
class Sent:
    """What a session has sent, and why something ended."""

    to_switch: bytes = b""
    to_controller: bytes = b""
    dropped: str = ""
    closed: str = ""
    was_held: bool = False
    """Something waited for a barrier."""


@dataclass(slots=True)
class Figures:
    """How many messages came to which end, by direction."""

    outcomes: Counter[tuple[str, str]] = field(default_factory=Counter)
    messages: int = 0
    size: int = 0


class BusyDesk:
    """Says at once that it cannot say anything now."""

    def submit(self, asked: Asked) -> None:
        """Refuse it."""
        refused = L7Error(code=ErrorCode.UNAVAILABLE)
        asked.outbox.put(encode_message(refused, version=asked.version, xid=asked.xid))
        asked.outbox.close_request()

    def configured(self, config: EventConfig) -> None:
        """Nothing to do."""


class Subject:
    """A session with everything of its own."""

    def __init__(self, folder: Path) -> None:
        store = folder / "predicates.json"
        store.unlink(missing_ok=True)
        gate = PredicateStore(store, seeds.EDGE_ZONE, VOCABULARY)
        self.session = ShimSession(gate, lambda: L7Endpoint(AgentInfo, lambda: CATALOGUE, desk=BusyDesk()), 0.0)
        self.now = 0.0
        self.discards: list[bytes] = []
        """What the session itself has told the bridge to discard, and has not been answered."""

    def apply(self, step: Step) -> Sent:
        """Let it happen, and gather everything that comes of it."""
        self.happen(step)
        return self.gather()

    def happen(self, step: Step) -> None:
        """Let it happen."""
        session = self.session
        match step:
            case Up(data):
                session.switch_data(data, self.now)
            case Down(data):
                session.controller_data(data, self.now)
            case Connect():
                if session.wants_controller:
                    session.controller_connected(self.now)
            case Lost():
                session.controller_lost("lost")
            case Tick(seconds):
                self.now += seconds
                session.tick(self.now)

    def gather(self) -> Sent:
        """Everything that has come of it, whole messages. Raises BrokenRuleError."""
        sent = Sent()
        while True:
            output = self.session.take()
            if max(len(output.to_switch), len(output.to_controller)) > MAX_OUTPUT_SIZE:
                raise BrokenRuleError("more is sent at a time than there should be")
            sent.to_switch += output.to_switch
            sent.to_controller += output.to_controller
            sent.dropped = sent.dropped or output.drop_controller
            sent.closed = output.close
            if not self.session.is_busy or self.session.is_held:
                return sent
            self.session.resume(self.now)


class Framing:
    """Cuts a stream at the ends of messages, apart from the framer that is tried."""

    def __init__(self) -> None:
        self._held = b""

    def cut(self, data: bytes) -> Iterator[tuple[bytes, bytes]]:
        """Pieces of `data`, each with the message that it ends, or nothing: a beginning, or no OpenFlow any more."""
        stream, at, held = self._held + data, 0, len(self._held)
        self._held = b""
        while at < len(stream):
            size = int.from_bytes(stream[at + 2 : at + 4], "big") if len(stream) - at >= 8 else 8
            if size < 8 or len(stream) - at < size:
                self._held = stream[at:]
                yield stream[at + held :], b""
                return
            yield stream[at + held : at + size], stream[at : at + size]
            at, held = at + size, 0


def run(case: Case, folder: Path, pieces: Random, figures: Figures | None = None) -> list[Sent]:
    """Tries a case message by message and in pieces; what each step sent. Raises BrokenRuleError."""
    whole = message_by_message(case, folder, figures or Figures())
    in_pieces(case, whole, folder, pieces)
    return whole


def in_pieces(case: Case, whole: list[Sent], folder: Path, pieces: Random) -> None:
    """Tries that it makes no difference how streams are cut, `whole` being what each step sends otherwise.

    An answer that waited for a barrier may come before or after other messages. Raises BrokenRuleError.
    """
    subject = Subject(folder)
    for step, expected in zip(case.steps, whole, strict=True):
        try:
            for part in _pieces(step, pieces):
                subject.happen(part)
            sent = subject.gather()
        except Exception as error:  # whatever it is: message by message there was none
            raise BrokenRuleError(f"pieces: {error!r}") from error
        _expect(alike(sent.to_switch, expected.to_switch), "pieces", step)
        is_same = alike(sent.to_controller, expected.to_controller, in_any_order=expected.was_held)
        _expect(is_same, "pieces", step)
        _expect(bool(sent.dropped) == bool(expected.dropped), "pieces end alike", step)
        _expect(bool(sent.closed) == bool(expected.closed), "pieces end alike", step)


def alike(left: bytes, right: bytes, *, in_any_order: bool = False) -> bool:
    """Whether two sessions sent the same, but for what each draws by lot for its own echoes."""
    if left == right or _OWN_ECHO.sub(rb"\1", left) == _OWN_ECHO.sub(rb"\1", right):
        return True
    return in_any_order and sorted(_messages(left) or []) == sorted(_messages(right) or [])


def message_by_message(case: Case, folder: Path, figures: Figures) -> list[Sent]:
    """Tries a case with each message apart, so that what comes of it is known. Raises BrokenRuleError."""
    subject = Subject(folder)
    framing = {Up: Framing(), Down: Framing()}
    whole = []
    for step in case.steps:
        if isinstance(step, Connect) and subject.session.wants_controller:
            framing[Down] = Framing()
        if not isinstance(step, Up | Down) or not step.data:
            whole.append(_guarded(subject, step))
            continue
        total = Sent()
        for piece, message in framing[type(step)].cut(step.data):
            sent = _try(subject, type(step), piece, message, figures)
            total.to_switch += sent.to_switch
            total.to_controller += sent.to_controller
            total.dropped, total.closed = total.dropped or sent.dropped, sent.closed
            total.was_held = total.was_held or sent.was_held
        whole.append(total)
    return whole


def _try(subject: Subject, way: type[Up | Down], piece: bytes, message: bytes, figures: Figures) -> Sent:
    """One piece of a stream that ends at most one message."""
    phase, knows_l7 = subject.session.phase, subject.session.endpoint.is_negotiated
    version, was_held = subject.session.version, subject.session.is_held
    sent = _guarded(subject, way(piece))
    if phase is Phase.CLOSED:
        _expect(not (sent.to_switch or sent.to_controller), "nothing after the end", message)
        return sent
    if message:
        _codec(message)
        figures.messages += 1
        figures.size += len(message)
    offender = ("bridge",) if way is Up else ("controller", "the controller")
    if was_held:  # what the controller sent before is looked at when the bridge answers its barrier
        offender = ("bridge", "controller", "the controller")
    for reason in (sent.dropped, sent.closed):
        _expect(reason.startswith(offender) or not reason, f"{offender[0]} is named", reason.encode())
    if not message or phase is not Phase.RELAYING:
        outcome = "connection closed" if sent.closed or sent.dropped else "before relaying"
    elif was_held or subject.session.is_held:
        sent.was_held, outcome = True, "behind a barrier"
        subject.discards += [sent_on for sent_on in _messages(sent.to_switch) or [] if _discards(sent_on)]
    elif way is Up:
        outcome = _went_up(message, sent, subject.discards, knows_l7=knows_l7 and message[0] == version)
    else:
        outcome = _went_down(message, sent)
        if outcome == "answered by an error":
            subject.discards += _messages(sent.to_switch) or []
    if message or outcome == "connection closed":
        figures.outcomes[way.__name__, outcome] += 1
    return sent


def _guarded(subject: Subject, step: Step) -> Sent:
    """What a step sends; all of it whole messages."""
    try:
        sent = subject.apply(step)
    except BrokenRuleError:
        raise
    except Exception as error:  # whatever it is: it is what is looked for
        raise BrokenRuleError(f"exception {error!r}") from error
    data = step.data if isinstance(step, Up | Down) else b""
    for sent_data in (sent.to_switch, sent.to_controller):
        _expect(sent_data == data or _messages(sent_data) is not None, "whole messages are sent", sent_data)
    return sent


def _went_down(message: bytes, sent: Sent) -> str:
    """A message from the controller while relaying: what became of it."""
    if sent.closed:
        return "connection closed"
    to_switch = _OWN_ECHO_BEHIND.sub(b"", sent.to_switch)
    if to_switch == message:
        _expect(not sent.to_controller, "nothing is said of what goes through", message)
        return "passed"
    is_bundle = message[1] == 33 or (message[1] == 4 and message[8:12] == b"ONF\0")
    _expect(EXPERIMENTER_BYTES in message or is_bundle, "without layer 7 byte for byte", message)
    if to_switch:
        _same_heads(message, to_switch)
        _expect(is_bundle or not sent.to_controller, "nothing is said of what goes through", message)
        return "answered by an error" if sent.to_controller else "rewritten"
    if is_l7_message(message) and message[1] == 1:
        return "taken out"
    answers = _messages(sent.to_controller) or []
    _expect(bool(answers), "what does not go through is answered", message)
    _expect(all(answer[4:8] == message[4:8] for answer in answers), "answers have the xid", message)
    return "answered by an error" if answers[0][1] == 1 else "answered"


def _went_up(message: bytes, sent: Sent, discards: list[bytes], *, knows_l7: bool) -> str:
    """A message from the bridge while relaying: what became of it."""
    if sent.closed:
        return "connection closed"
    _expect(not sent.to_switch, "the bridge is told nothing", message)
    if sent.to_controller == message:
        return "passed"
    if not sent.to_controller:
        answered = [discard for discard in discards if _answers(message, discard)]
        _expect(bool(answered), "only answers to the shim's own discard are taken out", message)
        discards.remove(answered[0])
        return "taken out"
    if message[1] == 10:
        may_carry = _ZONE in message
    else:
        is_features = message[1] == 19 and message[8:10] == b"\0\x0c"
        may_carry = is_features or message[1] == 27 or (message[1] in (1, 11, 19) and _LABEL in message)
    _expect(knows_l7 and may_carry, "without layer 7 byte for byte", message)
    _same_heads(message, sent.to_controller)
    return "rewritten"


def _answers(message: bytes, discard: bytes) -> bool:
    """Whether it is the reply to a discarded bundle, or an error that quotes the request."""
    at = 8 if discard[1] == 33 else 16  # of the bundle's id, which the kind of request follows
    answer = message[12:] if message[1] == 1 else message
    kind = b"\0\6" if message[1] == 1 else b"\0\7"
    return answer[4 : at + 6] == discard[4 : at + 4] + kind


def _discards(message: bytes) -> bool:
    """Whether it is a BUNDLE_CONTROL that discards, of the controller's own or of the session's making."""
    at = 8 if message[1] == 33 else 16
    return message[1] in (4, 33) and message[at + 4 : at + 6] == b"\0\6"


def _same_heads(message: bytes, data: bytes) -> None:
    for changed in _messages(data) or ():
        _expect(changed[:2] == message[:2] and changed[4:8] == message[4:8], "version, type and xid stay", message)


def _messages(data: bytes) -> list[bytes] | None:
    """Those that the bytes consist of, None when they do not."""
    found = []
    while data:
        size = int.from_bytes(data[2:4], "big") if len(data) >= 8 else 0
        if not 8 <= size <= len(data):
            return None
        found.append(data[:size])
        data = data[size:]
    return found


def _codec(message: bytes) -> None:
    """What a controller does with the extension's messages, and the way back."""
    if not is_l7_message(message):
        return
    try:
        envelope = decode_message(message)
        if isinstance(envelope.message, Unknown):
            return
        again = encode_message(envelope.message, version=envelope.version, xid=envelope.xid)
    except (DecodeError, EncodeError):
        return
    except Exception as error:  # whatever it is: it is what is looked for
        raise BrokenRuleError(f"codec: {error!r} {message.hex()}") from error
    _expect(decode_message(again) == envelope, "what decodes encodes again", message)


def _pieces(step: Step, random: Random) -> Iterator[Step]:
    if not isinstance(step, Up | Down):
        yield step
        return
    sizes = PIECES if len(step.data) <= LONG_STREAM else LONG_PIECES
    at = 0
    while at < len(step.data):
        size = random.choice(sizes)
        yield type(step)(step.data[at : at + size])
        at += size


def _expect(is_so: bool, rule: str, by: Step | bytes) -> None:
    if not is_so:
        shown = by.hex() if isinstance(by, bytes) else repr(by)
        raise BrokenRuleError(f"{rule}: {shown[:400]}")
