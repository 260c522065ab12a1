"""The agent's half of the extension: answers hello, catalogue and configuration. One per controller session; no I/O."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Iterator

from ofext import catalogue as catalogues
from ofext import hello
from ofext.config import ConfigReply, ConfigRequest, ConfigSet, EventConfig
from ofext.errors import DecodeError
from ofext.hello import AgentInfo, Hello
from ofext.messages import Envelope, ErrorCode, L7Error, Message, Unknown, decode_message, encode_message

log = logging.getLogger(__name__)


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
            answers = self._answer(decode_message(raw))
        except DecodeError as error:
            answers = [L7Error.about(error)]
        for answer in answers:
            yield encode_message(answer, version=version, xid=xid)

    def _answer(self, envelope: Envelope) -> Iterable[Message | L7Error]:
        message = envelope.message
        if isinstance(message, L7Error):
            log.warning("the controller reports error %d: %s", message.code, message.text)
            return []
        if isinstance(message, Hello):
            return [self._greet(message)]
        if not self.is_negotiated:
            return [L7Error(code=ErrorCode.NOT_NEGOTIATED, text="expected a hello first")]
        return self._serve(message)

    def _serve(self, message: Message | Unknown) -> Iterable[Message | L7Error]:
        if isinstance(message, catalogues.CatalogueRequest):
            return self._tell(self._catalogue())
        if isinstance(message, ConfigRequest):
            return [ConfigReply(config=self.config)]
        if isinstance(message, ConfigSet):
            return [self._configure(message.config)]
        kind = message.exp_type if isinstance(message, Unknown) else message.EXP_TYPE
        return [L7Error(code=ErrorCode.UNKNOWN_TYPE, offset=12, data=kind.to_bytes(4, "big"), text="not for an agent")]

    def _tell(self, catalogue: catalogues.Catalogue) -> Iterator[catalogues.Catalogue]:
        self._told = catalogue
        return iter(catalogues.split(catalogue))

    def _greet(self, message: Hello) -> Message | L7Error:
        if hello.negotiate(hello.SUPPORTED_VERSIONS, message.versions) is None:
            return L7Error(
                code=ErrorCode.NO_COMMON_VERSION, text=f"the agent speaks versions {sorted(hello.SUPPORTED_VERSIONS)}"
            )
        self.is_negotiated = True
        return Hello(agent=self._info())

    def _configure(self, config: EventConfig) -> Message | L7Error:
        problem = config.problem()
        if problem is not None:
            return L7Error(code=ErrorCode.BAD_CONFIG, text=problem)
        self.config = config
        return ConfigReply(config=config)
