"""The agent's half of the extension: answers hello, catalogue and configuration. One per controller session; no I/O."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Iterator
from typing import Final

from ofext import catalogue as catalogues
from ofext import hello
from ofext.config import ConfigReply, ConfigRequest, ConfigSet, EventConfig, fault_in
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
)

log = logging.getLogger(__name__)

EXP_TYPE_OFFSET: Final = 12  # in an experimenter message


class L7Endpoint:
    """Consumes this experimenter's messages of one controller session and makes the answers."""

    def __init__(
        self,
        info: Callable[[], AgentInfo],
        catalogue: Callable[[], catalogues.Catalogue],
        config: EventConfig | None = None,
    ) -> None:
        self._info = info
        self._catalogue = catalogue
        self.config = config or EventConfig()
        self.is_negotiated = False
        """The controller said hello in a version that the agent speaks."""
        self._told: catalogues.Catalogue | None = None
        self._news: Iterator[catalogues.Catalogue] = iter(())

    def renewed(self, version: int) -> bytes:
        """The next part of the catalogue as a message of an OpenFlow version, if the controller was told another one in
        this session; empty when it knows all. A part at a time: many thousand applications take a while to encode.
        """
        part = next(self._news, None)
        if part is None:
            current = self._catalogue()
            if self._told is None or self._told.version == current.version:
                return b""
            self._news = self._tell(current)
            part = next(self._news)
        return encode_message(part, version=version, xid=0)

    def receive(self, raw: bytes) -> Iterator[bytes]:
        """Answers to one message or error of the extension from the controller, each made when it is asked for: there
        may be many, and the controller may be slow.
        """
        version, xid = raw[0], int.from_bytes(raw[4:8], "big")
        try:
            answers = self._answer(decode_message(raw), raw)
        except DecodeError as error:
            answers = [L7Error.about(error)]
        for answer in answers:
            yield encode_message(answer, version=version, xid=xid)

    def _answer(self, envelope: Envelope, raw: bytes) -> Iterable[Message | L7Error]:
        message = envelope.message
        if isinstance(message, L7Error):
            log.warning("the controller reports error %d: %s", message.code, message.text)
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
            return [self._configure(message.config, raw[EXPERIMENTER_HEADER_SIZE:])]
        return [_about_type(ErrorCode.UNKNOWN_TYPE, raw, "not for an agent")]

    def _tell(self, catalogue: catalogues.Catalogue) -> Iterator[catalogues.Catalogue]:
        self._told = catalogue
        return iter(catalogues.split(catalogue))

    def _greet(self, message: Hello, raw: bytes) -> Message | L7Error:
        if hello.negotiate(hello.SUPPORTED_VERSIONS, message.versions) is None:
            bitmap = raw[EXPERIMENTER_HEADER_SIZE : EXPERIMENTER_HEADER_SIZE + 4]
            text = f"the agent speaks versions {sorted(hello.SUPPORTED_VERSIONS)}"
            return L7Error(code=ErrorCode.NO_COMMON_VERSION, offset=EXPERIMENTER_HEADER_SIZE, data=bitmap, text=text)
        self.is_negotiated = True
        return Hello(agent=self._info())

    def _configure(self, config: EventConfig, body: bytes) -> Message | L7Error:
        fault = fault_in(body)
        if fault is not None:
            return L7Error.about(fault.moved(EXPERIMENTER_HEADER_SIZE), ErrorCode.BAD_CONFIG)
        self.config = config
        return ConfigReply(config=config)


def _about_type(code: int, raw: bytes, text: str) -> L7Error:
    """An error about a message as a whole: its exp_type is the offender."""
    return L7Error(code=code, offset=EXP_TYPE_OFFSET, data=raw[EXP_TYPE_OFFSET : EXP_TYPE_OFFSET + 4], text=text)
