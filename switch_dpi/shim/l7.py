"""The agent's half of the extension: answers hello, catalogue and configuration, hands other requests to a desk.

One per controller session; no I/O. What takes time (statistics, marks, plugins) is done elsewhere: its answers come
back through an :class:`~switch_dpi.shim.outbox.Outbox`.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Final, Protocol

from ofext import catalogue as catalogues
from ofext import catalogue_change as changes
from ofext import hello
from ofext.catalogue_change import CatalogueChange
from ofext.config import ConfigReply, ConfigRequest, ConfigSet, EventConfig, fault_in
from ofext.control import FlowControl
from ofext.errors import DecodeError
from ofext.hello import AgentInfo, Hello
from ofext.messages import (
    EXPERIMENTER_HEADER_SIZE,
    Envelope,
    ErrorCode,
    L7Error,
    Message,
    Unknown,
    decode_message,
    encode_message,
    frame_body,
)
from ofext.multipart import Request, UnknownStats, decode_multipart, is_l7_multipart
from ofext.plugin_swap import PluginSwap
from ofext.statistics import CatalogueStatsRequest
from switch_dpi.shim.outbox import Outbox
from switch_dpi.shim.roles import Role

log = logging.getLogger(__name__)

EXP_TYPE_OFFSET: Final = 12  # in an experimenter message
MULTIPART_TYPE_OFFSET: Final = 20  # of exp_type in a multipart message of an experimenter

MAX_ERRORS_TOLD: Final = 10  # log lines about errors of one session's controller, which can send as many as it likes

Work = FlowControl | PluginSwap | Request
"""Requests that a desk answers."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """A request with what its answer needs. ``raw`` is the whole message; the answer goes to ``outbox``."""

    work: Work
    raw: bytes
    outbox: Outbox

    @property
    def version(self) -> int:
        """OpenFlow's, a version byte."""
        return self.raw[0]

    @property
    def xid(self) -> int:
        """Of the request and of its answer."""
        return int.from_bytes(self.raw[4:8], "big")


class Desk(Protocol):
    """Does what a controller asks for; called from the relay's thread, and may not keep it waiting."""

    def submit(self, asked: Asked) -> None:
        """Work on it, in the order of the calls; put the answer into its outbox and close the request."""
        ...

    def configured(self, config: EventConfig) -> None:
        """The controller's configuration is this one from now on."""
        ...


class L7Endpoint:
    """Consumes this experimenter's messages of one controller session and makes the answers."""

    def __init__(
        self,
        info: Callable[[], AgentInfo],
        catalogue: Callable[[], catalogues.Catalogue],
        config: EventConfig | None = None,
        desk: Desk | None = None,
        wake: Callable[[], object] = lambda: None,
    ) -> None:
        self._info = info
        self._catalogue = catalogue
        self._desk = desk
        self._role = Role.EQUAL
        self._published: EventConfig | None = None
        self._errors = 0
        self.outbox = Outbox(wake)
        self.config = config or EventConfig()
        self.is_negotiated = False
        """The controller said hello in a version that the agent speaks."""
        self._told: catalogues.Catalogue | None = None
        self._news: Iterator[bytes] = iter(())

    @property
    def published(self) -> EventConfig | None:
        """The configuration of events, with the kinds for the controller's role; None when it is to get none.

        It is the same object as long as nothing changes.
        """
        return self._published

    def role_is(self, role: int) -> None:
        """The switch has told the controller its role."""
        if role != self._role:
            log.debug("the controller's role is %d", role)
            self._role = Role(role)
            self._republish()

    def set_kinds(self, kinds: frozenset[int] | None, slave_kinds: frozenset[int] | None) -> None:
        """What OFPT_SET_ASYNC said of events; None for what it did not say."""
        kinds = self.config.kinds if kinds is None else kinds
        slave_kinds = self.config.slave_kinds if slave_kinds is None else slave_kinds
        self.config = replace(self.config, kinds=kinds, slave_kinds=slave_kinds)
        self._republish()

    def close(self) -> None:
        """The session has ended; may be called again."""
        self.outbox.close()
        desk, self._desk = self._desk, None
        if desk is not None and self.is_negotiated:
            desk.configured(EventConfig())

    def renewed(self, version: int) -> bytes:
        """The next part of a change of the catalogue as a message of an OpenFlow version, if the controller was told
        another one in this session; empty when it knows all. A part at a time: many thousand applications take a while.
        """
        body = next(self._news, None)
        if body is None:
            current = self._catalogue()
            if self._told is None or self._told.version == current.version:
                return b""
            change = changes.difference(self._told, current)
            self._told, self._news = current, changes.split(change)
            body = next(self._news)
        return frame_body(CatalogueChange.EXP_TYPE, body, version=version, xid=0)

    def receive(self, raw: bytes) -> Iterator[bytes]:
        """Answers to one message or error of the extension from the controller, each made when it is asked for: there
        may be many, and the controller may be slow.
        """
        version, xid = raw[0], int.from_bytes(raw[4:8], "big")
        answers: Iterable[Message | L7Error]
        try:
            answers = self._multipart(raw) if is_l7_multipart(raw) else self._answer(decode_message(raw), raw)
        except DecodeError as error:
            answers = [L7Error.about(error)]
        for answer in answers:
            yield encode_message(answer, version=version, xid=xid)

    def _answer(self, envelope: Envelope, raw: bytes) -> Iterable[Message | L7Error]:
        message = envelope.message
        if isinstance(message, L7Error):
            self._errors += 1
            level = logging.WARNING if self._errors <= MAX_ERRORS_TOLD else logging.DEBUG
            log.log(level, "the controller reports error %d: %r", message.code, message.text)
            return []
        if isinstance(message, Hello):
            return [self._greet(message, raw)]
        if not self.is_negotiated:
            return [_about_type(ErrorCode.NOT_NEGOTIATED, raw, "expected a hello first")]
        return self._serve(message, raw)

    def _serve(self, message: Message | Unknown, raw: bytes) -> Iterable[Message | L7Error]:
        if isinstance(message, catalogues.CatalogueRequest):
            return self._tell(self._catalogue())
        if isinstance(message, ConfigRequest):
            return [ConfigReply(config=self.config)]
        if isinstance(message, ConfigSet):
            return [self._configure(message.config, raw)]
        if isinstance(message, FlowControl | PluginSwap):
            if self._role is Role.SLAVE:
                return [_about_type(ErrorCode.IS_SLAVE, raw, "the controller is a slave")]
            return self._hand_on(message, raw)
        return [_about_type(ErrorCode.UNKNOWN_TYPE, raw, "not for an agent")]

    def _multipart(self, raw: bytes) -> Iterable[L7Error]:
        request = decode_multipart(raw).message
        if not self.is_negotiated:
            return [_about_type(ErrorCode.NOT_NEGOTIATED, raw, "expected a hello first")]
        if isinstance(request, UnknownStats) or not isinstance(request, Request):
            return [_about_type(ErrorCode.UNKNOWN_TYPE, raw, "no such statistics")]
        if isinstance(request, CatalogueStatsRequest):
            self._told = self._catalogue()
        return self._hand_on(request, raw)

    def _hand_on(self, work: Work, raw: bytes) -> list[L7Error]:
        if self._desk is None or not self.outbox.open_request():
            return [_about_type(ErrorCode.UNAVAILABLE, raw, "too many requests wait")]
        self._desk.submit(Asked(work=work, raw=raw, outbox=self.outbox))
        return []

    def _tell(self, catalogue: catalogues.Catalogue) -> Iterator[catalogues.Catalogue]:
        self._told = catalogue
        return iter(catalogues.split(catalogue))

    def _greet(self, message: Hello, raw: bytes) -> Message | L7Error:
        if hello.negotiate(hello.SUPPORTED_VERSIONS, message.versions) is None:
            bitmap = raw[EXPERIMENTER_HEADER_SIZE : EXPERIMENTER_HEADER_SIZE + 4]
            text = f"the agent speaks versions {sorted(hello.SUPPORTED_VERSIONS)}"
            return L7Error(code=ErrorCode.NO_COMMON_VERSION, offset=EXPERIMENTER_HEADER_SIZE, data=bitmap, text=text)
        self.is_negotiated = True
        self._republish()
        return Hello(agent=self._info())

    def _configure(self, config: EventConfig, raw: bytes) -> Message | L7Error:
        fault = fault_in(raw[EXPERIMENTER_HEADER_SIZE:])
        if fault is not None:
            return L7Error.about(fault.moved(EXPERIMENTER_HEADER_SIZE), ErrorCode.BAD_CONFIG)
        if self._role is Role.SLAVE and replace(config, slave_kinds=self.config.slave_kinds) != self.config:
            return _about_type(ErrorCode.IS_SLAVE, raw, "the controller is a slave")
        self.config = config
        self._republish()
        if self._desk is not None:
            self._desk.configured(config)
        return ConfigReply(config=config)

    def _republish(self) -> None:
        kinds = self.config.slave_kinds if self._role is Role.SLAVE else self.config.kinds
        self._published = replace(self.config, kinds=kinds) if self.is_negotiated and kinds else None


def _about_type(code: int, raw: bytes, text: str) -> L7Error:
    """An error about a message as a whole: its exp_type is the offender."""
    offset = MULTIPART_TYPE_OFFSET if is_l7_multipart(raw) else EXP_TYPE_OFFSET
    return L7Error(code=code, offset=offset, data=raw[offset : offset + 4], text=text)
