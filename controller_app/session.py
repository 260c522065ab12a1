"""Requests to one switch and their answers.

Owns the waiting: a caller's thread sends and blocks here, the application's event thread hands every reply and error
in by `deliver`. An error of the switch, silence for `timeout_s`, or the end of the connection becomes a `SwitchError`.
"""

import itertools
import queue
import threading
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, cast

from os_ken.ofproto import ofproto_v1_4 as ofp

from controller_app.errors import SwitchError
from controller_app.openflow import Datapath, Message, parser
from ofext import multipart
from ofext.errors import DecodeError
from ofext.ids import EXPERIMENTER_ID
from ofext.messages import L7Error
from ofext.messages import Message as L7Message

BUNDLE_FLAGS: Final = ofp.OFPBF_ATOMIC | ofp.OFPBF_ORDERED
MAX_BUNDLE: Final = 0xFFFFFFFF
OFPBCT_NAMES: Final = {0: "open", 2: "close", 4: "commit", 6: "discard"}


@dataclass(frozen=True, slots=True)
class Refusal:
    """An error message of the switch: its type and code by number, and what it refused."""

    kind: int
    code: int
    subject: str
    text: str = ""

    def __str__(self) -> str:
        said = self.text or f"{_error_name(self.kind)}, code {self.code}"
        return f"{self.subject} was refused: {said}"


class Session:
    """One connection of a switch."""

    def __init__(self, datapath: Datapath, *, timeout_s: float) -> None:
        self.datapath = datapath
        self.place = f"switch {datapath.id:016x}"
        self._timeout_s = timeout_s
        self._lock = threading.Lock()
        self._waiting: dict[int, queue.SimpleQueue[Message | None]] = {}
        self._bundle_ids = itertools.count(1)
        self._closed = False

    def send(self, message: Message) -> None:
        """Sends without waiting for anything."""
        self.datapath.send_msg(message)

    def send_l7(self, message: L7Message) -> int:
        """Sends one of our experimenter messages; returns its transaction id, which an error would carry."""
        framed = parser.OFPExperimenter(self.datapath, EXPERIMENTER_ID, message.EXP_TYPE, message.encode())
        self.datapath.set_xid(framed)
        self.datapath.send_msg(framed)
        return int(framed.xid)

    def flow_stats(self, cookie: int, cookie_mask: int) -> list[Message]:
        """All entries whose cookie equals `cookie` under the mask, in every table."""
        request = parser.OFPFlowStatsRequest(
            self.datapath, 0, ofp.OFPTT_ALL, ofp.OFPP_ANY, ofp.OFPG_ANY, cookie, cookie_mask, parser.OFPMatch()
        )
        return self._ask_parts(request, "flow statistics")

    def group_descriptions(self) -> list[Message]:
        """All groups of the switch."""
        return self._ask_parts(parser.OFPGroupDescStatsRequest(self.datapath, 0), "group descriptions")

    def l7_statistics(self, request: multipart.Request, subject: str) -> list[multipart.Reply]:
        """Statistics of our experimenter, in the parts of the answer; `subject` names them in errors."""
        asked = parser.OFPExperimenterStatsRequest(
            self.datapath, 0, EXPERIMENTER_ID, request.EXP_TYPE, request.encode()
        )
        parts: list[multipart.Reply] = []
        for reply in self._replies(asked, subject):
            parts.append(self._read_statistics(reply.body, request, subject))
            if not reply.flags & ofp.OFPMPF_REPLY_MORE:
                break
        return parts

    def commit(self, changes: Sequence[tuple[str, Message]]) -> None:
        """Makes all changes at once, in order, or none; each comes with words that name it in an error.

        Raises SwitchError; the switch is then as before.
        """
        bundle = next(self._bundle_ids) & MAX_BUNDLE
        subjects: dict[int, str] = {}
        answers: queue.SimpleQueue[Message | None] = queue.SimpleQueue()
        try:
            self._control(bundle, ofp.OFPBCT_OPEN_REQUEST)
            for subject, message in changes:
                added = parser.OFPBundleAddMsg(self.datapath, bundle, BUNDLE_FLAGS, message, [])
                subjects[self.datapath.set_xid(added)] = subject
                self._expect(added.xid, answers)
                self.datapath.send_msg(added)
            # Answers keep their order, so the answer to "close" comes after every refusal of a part.
            self._control(bundle, ofp.OFPBCT_CLOSE_REQUEST)
            if (refusal := self._refusal(answers, subjects)) is not None:
                self._control(bundle, ofp.OFPBCT_DISCARD_REQUEST)
                raise SwitchError(str(refusal), place=self.place, value=refusal)
            self._commit(bundle, answers, subjects)
        finally:
            self._forget(subjects)

    def deliver(self, message: Message) -> bool:
        """A reply or error from the switch. True if a request of this session waits for it."""
        with self._lock:
            waiting = self._waiting.get(message.xid)
        if waiting is not None:
            waiting.put(message)
        return waiting is not None

    def close(self) -> None:
        """The connection ended: whoever waits gets a SwitchError."""
        with self._lock:
            self._closed = True
            for waiting in self._waiting.values():
                waiting.put(None)

    def _commit(self, bundle: int, answers: "queue.SimpleQueue[Message | None]", subjects: Mapping[int, str]) -> None:
        try:
            self._control(bundle, ofp.OFPBCT_COMMIT_REQUEST)
        except SwitchError as error:
            # The error of the part that failed says more than that of the commit.
            refusal = self._refusal(answers, subjects)
            if refusal is None:
                raise
            raise SwitchError(str(refusal), place=self.place, value=refusal) from error

    def _control(self, bundle: int, kind: int) -> None:
        request = parser.OFPBundleCtrlMsg(self.datapath, bundle, kind, BUNDLE_FLAGS, [])
        self._ask(request, f"bundle {OFPBCT_NAMES[kind]}")

    def _ask(self, request: Message, subject: str) -> Message:
        return next(self._replies(request, subject))

    def _ask_parts(self, request: Message, subject: str) -> list[Message]:
        entries: list[Message] = []
        for reply in self._replies(request, subject):
            entries.extend(reply.body)
            if not reply.flags & ofp.OFPMPF_REPLY_MORE:
                break
        return entries

    def _read_statistics(self, body: Message, request: multipart.Request, subject: str) -> multipart.Reply:
        if (body.experimenter, body.exp_type) != (EXPERIMENTER_ID, request.EXP_TYPE):
            text = f"the answer to {subject} is of experimenter {body.experimenter:#x}, type {body.exp_type}"
            raise SwitchError(text, place=self.place, value=subject)
        try:
            part = multipart.decode_stats(body.exp_type, bytes(body.data), is_request=False)
        except DecodeError as error:
            text = f"the answer to {subject} cannot be read: {error}"
            raise SwitchError(text, place=self.place, value=subject) from error
        return cast(multipart.Reply, part)  # its type was asked for, so it is known

    def _replies(self, request: Message, subject: str) -> Any:
        answers: queue.SimpleQueue[Message | None] = queue.SimpleQueue()
        xid = self.datapath.set_xid(request)
        self._expect(xid, answers)
        try:
            self.datapath.send_msg(request)
            deadline = time.monotonic() + self._timeout_s
            while True:
                reply = self._next(answers, deadline, subject)
                if reply.msg_type == ofp.OFPT_ERROR:
                    refusal = _refusal_of(reply, subject)
                    raise SwitchError(str(refusal), place=self.place, value=refusal)
                yield reply
        finally:
            self._forget([xid])

    def _next(self, answers: "queue.SimpleQueue[Message | None]", deadline: float, subject: str) -> Message:
        try:
            reply = answers.get(timeout=max(0.0, deadline - time.monotonic()))
        except queue.Empty:
            raise SwitchError(
                f"no answer to {subject} within {self._timeout_s:g} s", place=self.place, value=subject
            ) from None
        if reply is None:
            raise SwitchError(f"the connection ended before the answer to {subject}", place=self.place, value=subject)
        return reply

    def _refusal(self, answers: "queue.SimpleQueue[Message | None]", subjects: Mapping[int, str]) -> Refusal | None:
        while not answers.empty():
            answer = answers.get()
            if answer is not None and answer.msg_type == ofp.OFPT_ERROR:
                return _refusal_of(answer, subjects[answer.xid])
        return None

    def _expect(self, xid: int, answers: "queue.SimpleQueue[Message | None]") -> None:
        with self._lock:
            if self._closed:
                raise SwitchError("the connection has ended", place=self.place)
            self._waiting[xid] = answers

    def _forget(self, xids: Iterable[int]) -> None:
        with self._lock:
            for xid in xids:
                self._waiting.pop(xid, None)


def _refusal_of(error: Message, subject: str) -> Refusal:
    if error.type != ofp.OFPET_EXPERIMENTER:
        return Refusal(error.type, error.code, subject)
    code = int(error.exp_type)
    text = ""
    if error.experimenter == EXPERIMENTER_ID:
        try:
            text = L7Error.decode(code, bytes(error.data)).text
        except DecodeError as fault:
            text = f"L7 error {code} that cannot be read ({fault})"
    return Refusal(error.type, code, subject, text)


def _error_name(kind: int) -> str:
    names = (name for name in dir(ofp) if name.startswith("OFPET_") and getattr(ofp, name) == kind)
    return next(names, f"error type {kind}")
