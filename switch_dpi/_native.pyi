"""The engine (Rust) and its inputs. Long calls run without the GIL; times are nanoseconds since 1970 unless said."""

from collections.abc import Iterator, Sequence
from ipaddress import IPv4Address, IPv6Address
from socket import socket
from typing import Literal, final

__all__ = [
    "AppInfo",
    "AttributeInfo",
    "CaptureError",
    "Catalogue",
    "CategoryInfo",
    "Engine",
    "EngineOptions",
    "FlowEvent",
    "FlowRecord",
    "HostMatch",
    "LabelRules",
    "LiveCapture",
    "LiveRecords",
    "MarkSink",
    "NativeError",
    "Relay",
    "RelayTurn",
    "Replay",
    "Risks",
    "SignatureError",
    "Signatures",
    "catalogue",
]

class NativeError(Exception):
    """Base of the engine's errors."""

class SignatureError(NativeError):
    """A signature file breaks a rule; the text is ``file:line: what``."""

class CaptureError(NativeError):
    """A capture file or an interface cannot be read; the text names it, and the offset in a file."""

@final
class Signatures:
    """What the engine knows of applications and categories."""

    @staticmethod
    def load(files: Sequence[tuple[str, str]]) -> Signatures:
        """Read (file name, TOML text) pairs; raises SignatureError."""

    @property
    def warnings(self) -> list[str]:
        """What the authors of declared protocols should know, each as ``file:line: what``."""

    def match_host(self, host: str) -> int | None:
        """App-ID of the application whose domain the host lies in."""

    def lookup(self, host: str) -> HostMatch | None:
        """What a flow with this host is found as: an application, else the site. None for what is no site's either."""

    def lookup_by(self, given: str, value: str) -> HostMatch | None:
        """The application whose entry tells it by another value; ``given`` is as an ``[[example]]`` has it.

        One of ``host``, ``certificate``, ``alpn``, ``user_agent``, ``tls_fingerprint``, ``address``; else ValueError.
        """

    @property
    def example_count(self) -> int:
        """``[[example]]`` tables in the files."""

    def failed_examples(self) -> list[str]:
        """Those that do not hold, each as ``file:line: what``."""

@final
class HostMatch:
    """What a host name is found as."""

    @property
    def app_id(self) -> int: ...
    @property
    def app_key(self) -> str:
        """Of a site: its registrable domain."""

    @property
    def app(self) -> str:
        """The name."""

    @property
    def category(self) -> str:
        """The category's key; ``unknown`` for a site."""

    @property
    def entry(self) -> str | None:
        """The application's item that covers the value, a domain in punycode; None for a site."""

@final
class AppInfo:
    """A protocol or an application."""

    @property
    def app_id(self) -> int: ...
    @property
    def key(self) -> str: ...
    @property
    def name(self) -> str: ...
    @property
    def category_id(self) -> int: ...
    @property
    def category(self) -> str:
        """The category's key; empty when the files have no such category."""

    @property
    def risk(self) -> int:
        """0 to 100 (plugins/README.md): its own, else its category's."""

    @property
    def is_protocol(self) -> bool: ...
    @property
    def owner(self) -> str: ...
    @property
    def tags(self) -> list[str]: ...

@final
class CategoryInfo:
    """A category."""

    @property
    def id(self) -> int: ...
    @property
    def key(self) -> str: ...
    @property
    def name(self) -> str: ...
    @property
    def risk(self) -> int:
        """That of what does not say its own."""

    @property
    def about(self) -> str: ...

@final
class AttributeInfo:
    """A metadata attribute."""

    @property
    def id(self) -> int: ...
    @property
    def name(self) -> str: ...
    @property
    def type(self) -> Literal["string", "uint", "bytes"]: ...
    @property
    def unit(self) -> str: ...
    @property
    def meaning(self) -> str: ...

@final
class Catalogue:
    """Everything that the engine can say. Equal catalogues have equal versions."""

    @property
    def apps(self) -> list[AppInfo]:
        """Protocols by App-ID, then applications in the order of the files."""

    @property
    def categories(self) -> list[CategoryInfo]: ...
    @property
    def attributes(self) -> list[AttributeInfo]: ...
    @property
    def version(self) -> str: ...

def catalogue(signatures: Signatures) -> Catalogue:
    """The catalogue of the engine with these signatures."""

@final
class FlowRecord:
    """What is known of a flow; a copy that does not change."""

    @property
    def flow_id(self) -> int:
        """Unique within the engine, from 1."""

    @property
    def src(self) -> str:
        """The originator's address."""

    @property
    def sport(self) -> int:
        """The originator's port; ICMP: the identifier; 0 where the protocol has none."""

    @property
    def dst(self) -> str: ...
    @property
    def dport(self) -> int: ...
    @property
    def l4(self) -> int:
        """Protocol number above IP."""

    @property
    def vlan(self) -> int:
        """Id of the innermost tag; 0 for none."""

    @property
    def ip_version(self) -> int: ...
    @property
    def packets_c2s(self) -> int:
        """Sent by the originator."""

    @property
    def packets_s2c(self) -> int: ...
    @property
    def bytes_c2s(self) -> int:
        """Bytes on the wire, link layer included."""

    @property
    def bytes_s2c(self) -> int: ...
    @property
    def first_seen_ns(self) -> int: ...
    @property
    def last_seen_ns(self) -> int: ...
    @property
    def app_id(self) -> int:
        """RFC 6759; 0 while not classified, 0x14000000 when inspected without a result."""

    @property
    def mark_id(self) -> int:
        """What a switch is told: app_id, but of a look-up its protocol's, whatever it asks for."""

    @property
    def site(self) -> str:
        """Registrable domain of a host that no application is known for (app_id is then the site's), else empty."""

    @property
    def parent_flow_id(self) -> int:
        """The flow that announced this one, or the tunnel that carries it; 0 for none."""

    @property
    def is_tunnelled(self) -> bool:
        """Found inside a tunnel: a switch sees only the tunnel."""

    @property
    def is_opened(self) -> bool:
        """Its beginning was seen: the first packet was a SYN or the answer to one, or it is no TCP."""

    @property
    def app(self) -> str:
        """Name of the application, else of the protocol, else ``Unknown``."""

    @property
    def app_key(self) -> str: ...
    @property
    def protocol(self) -> str:
        """Name of the protocol, else ``Unknown``."""

    @property
    def path(self) -> str:
        """``eth.ip.tcp.tls.youtube``."""

    @property
    def category_id(self) -> int: ...
    @property
    def category(self) -> str:
        """The category's key."""

    @property
    def risk(self) -> int:
        """0 to 100 (plugins/README.md): of the application, else of the protocol; 0 for a site."""

    @property
    def state(self) -> int:
        """docs/contracts.md §1; bit 0: settled."""

    @property
    def verdict_packet(self) -> int:
        """The packet of both directions, from 1, at which the verdict fell; 0 before."""

    @property
    def confidence(self) -> int:
        """0 to 100."""

    @property
    def evidence(self) -> str:
        """``tls.sni=www.youtube.com matches youtube.com (ClientHello, offset 0, 512 bytes)``."""

    @property
    def metadata(self) -> dict[str, str | int | bytes | list[str | int | bytes]]:
        """By attribute name; an attribute with several values has a list."""

    @property
    def metadata_ids(self) -> list[tuple[int, bytes]]:
        """By attribute id; text as UTF-8, numbers big-endian in as few bytes as they need (at least one)."""

@final
class FlowEvent:
    """Something that happened to a flow."""

    @property
    def kind(self) -> Literal["new", "verdict", "ended"]: ...
    @property
    def reason(self) -> Literal["", "idle", "fin", "rst", "evicted", "shutdown"]:
        """Why the flow has ended; empty for the other kinds."""

    @property
    def at_ns(self) -> int: ...
    def encode(self, *, kind: int, flow_id: int, protocol_id: int, end_reason: int) -> bytes:
        """As a record of FLOW_EVENTS (``ofext.events``), ``mark_id`` as App-ID. Raises ValueError without IP."""

    def marked_by(self, rules: LabelRules) -> tuple[int, int] | None:
        """Number and label of the mark that the engine has made by these very rules (``LiveCapture.mark_with``)."""

    @property
    def record(self) -> FlowRecord:
        """The flow as it was then."""

@final
class EngineOptions:
    """What bounds an engine in memory and effort; None stands for the default. Raises ValueError naming the option."""

    def __new__(
        cls,
        *,
        max_flows: int | None = None,
        idle_timeout_tcp_s: float | None = None,
        idle_timeout_udp_s: float | None = None,
        max_stream_bytes: int | None = None,
        max_inspected_packets: int | None = None,
        inspect_timeout_s: float | None = None,
        max_held_bytes: int | None = None,
        defragment: bool | None = None,
        max_fragment_bytes: int | None = None,
        reassemble: bool | None = None,
        open_tunnels: bool | None = None,
        guess: bool | None = None,
    ) -> EngineOptions: ...
    @property
    def max_flows(self) -> int: ...
    @property
    def idle_timeout_tcp_s(self) -> float: ...
    @property
    def idle_timeout_udp_s(self) -> float: ...
    @property
    def max_stream_bytes(self) -> int: ...
    @property
    def max_inspected_packets(self) -> int: ...
    @property
    def inspect_timeout_s(self) -> float: ...
    @property
    def max_held_bytes(self) -> int: ...
    @property
    def defragment(self) -> bool: ...
    @property
    def max_fragment_bytes(self) -> int: ...
    @property
    def reassemble(self) -> bool: ...
    @property
    def open_tunnels(self) -> bool: ...
    @property
    def guess(self) -> bool: ...

@final
class Engine:
    """An engine that is fed frame by frame."""

    def __new__(cls, signatures: Signatures, options: EngineOptions | None = None) -> Engine: ...
    def feed(self, frame: bytes, at_ns: int, link_type: int = 1) -> list[FlowEvent]:
        """Take in a frame; link type 1 is Ethernet."""

    def advance(self, now_ns: int) -> list[FlowEvent]:
        """Let time pass."""

    def replace_signatures(self, signatures: Signatures) -> None:
        """For flows that begin from now on; those under way end with the ones that they began with."""

    def finish(self) -> list[FlowEvent]:
        """End all flows."""

    def stats(self) -> dict[str, int]:
        """Counters by name."""

@final
class Replay:
    """Iterates over the records of a capture file (pcap, pcapng), each when its flow has ended.

    A broken file gives the records of what could be read first, then CaptureError. With several threads, each has an
    engine for its share of the packets (all between two addresses go to one), and records come in no certain order;
    they are taken either one by one or as lines.
    """

    def __new__(
        cls, path: str, signatures: Signatures, options: EngineOptions | None = None, *, threads: int = 1
    ) -> Replay: ...
    def __iter__(self) -> Iterator[FlowRecord]: ...
    def __next__(self) -> FlowRecord: ...
    def json_lines(self, capture: str) -> str | None:
        """The next records as JSON lines with ``capture`` as their ``pcap``; None when there are no more."""

    @property
    def packets(self) -> int:
        """Packets read so far."""

    @property
    def bytes(self) -> int:
        """Their bytes on the wire."""

    @property
    def truncated_at(self) -> int | None:
        """Offset of the record that the end of the file cuts off; None for a whole file, and before the end."""

    def stats(self) -> dict[str, int]:
        """Counters by name."""

@final
class LiveCapture:
    """An interface under inspection by threads of its own. Opens in the caller's network namespace; needs CAP_NET_RAW.

    With ``low_latency`` every packet is handed over at once (TPACKET_V2), else in blocks (TPACKET_V3) for much traffic.
    Each of ``threads`` has a ring and an engine; all packets between two addresses go to the same one. What ``options``
    bounds is divided among them.
    """

    def __new__(
        cls,
        interface: str,
        signatures: Signatures,
        options: EngineOptions | None = None,
        *,
        low_latency: bool = True,
        threads: int = 1,
    ) -> LiveCapture: ...
    def poll(self, timeout_s: float, max_events: int) -> list[FlowEvent]:
        """Up to ``max_events`` events, waiting at most ``timeout_s`` for the first; CaptureError when it is gone."""

    def replace_signatures(self, signatures: Signatures) -> None:
        """For flows whose first packet is read from now on; those under way end with theirs. No packet waits for it."""

    def set_depth(self, options: EngineOptions) -> None:
        """From the next packet on inspections go as far as these options say: packets, bytes, time; no others count."""

    def forget(
        self, flows: Sequence[tuple[int, IPv4Address | IPv6Address, int, IPv4Address | IPv6Address, int]]
    ) -> None:
        """Flows (protocol number; address and port of both ends, in any order) begin anew with their next packet."""

    def mark_with(self, sink: MarkSink) -> None:
        """From now on mark the connections of flows beside their events, as far as the sink has rules for it. Once."""

    def stats(self) -> dict[str, int]:
        """Counters by name: the engines', the rings' (``ring_…``), the queue's (``events_…``); at most 50 ms old."""

    def rings(self) -> list[dict[str, int]]:
        """What each ring counted: packets, drops, freezes (times that drops began)."""

    def close(self) -> None:
        """Stop; ``poll`` returns. May be called twice."""

@final
class LiveRecords:
    """The flows of an interface as lines of JSON, each when it has ended; else as LiveCapture, always in blocks."""

    def __new__(
        cls, interface: str, signatures: Signatures, options: EngineOptions | None = None, *, threads: int = 1
    ) -> LiveRecords: ...
    def json_lines(self, timeout_s: float) -> str | None:
        """Lines that came; empty when none did in time, None when no more will come; CaptureError when it is gone."""

    def stats(self) -> dict[str, int]:
        """Counters by name: the engines', the rings' (``ring_…``), ``records_lost`` for want of a reader."""

    def rings(self) -> list[dict[str, int]]:
        """What each ring counted: packets, drops, freezes (times that drops began)."""

    def close(self) -> None:
        """Stop and end all flows; their lines can still be taken. May be called twice."""

@final
class MarkSink:
    """Where the marks of one bridge go: its management socket, for engines' threads and Python alike.

    A connection is given as protocol number, address and port of the originator, address and port of the responder.
    """

    def __new__(cls, *, version: int, zone: int, label_mask: int, max_pending_size: int) -> MarkSink: ...
    def attach(self, socket: socket, greeting: bytes) -> None:
        """Marks go to this connected socket from now on, ``greeting`` before all of them; the sink owns it."""

    def detach(self) -> None:
        """The connection is lost, and what waited for it."""

    def add(self, messages: bytes) -> None:
        """Add whole messages that are not marks."""

    def mark(self, connection: tuple[int, str, int, str, int], vlan: int, app_id: int, label: int) -> int:
        """Collect a mark; its number, from 1 in the order of sending, or 0 if it is not sent (the counters say why)."""

    def flush(self) -> None:
        """Write what the switch takes now. Raises OSError when it is gone."""

    def set_rules(self, rules: LabelRules) -> None:
        """How engines make labels from now on; before, they mark nothing."""

    def reserve(self, connection: tuple[int, str, int, str, int]) -> None:
        """Engines leave this connection alone from now on. Raises ValueError for what is no address."""

    def release(self, connection: tuple[int, str, int, str, int]) -> None:
        """The opposite of ``reserve``."""

    @property
    def pending_size(self) -> int:
        """Bytes that wait."""

    def counters(self) -> dict[str, int]:
        """marks, dropped, unmarkable, by_engine, delay_p50_us, delay_p99_us (of those by engines)."""

@final
class Risks:
    """Risks of a catalogue's applications."""

    def __new__(cls, by_app: dict[int, int]) -> Risks: ...
    def of(self, app_id: int) -> int:
        """Of an App-ID; 0 when none is known."""

@final
class LabelRules:
    """How labels are made of verdict and metadata; as ``ofext.facts.holds`` says it, where they say something."""

    def __new__(
        cls,
        *,
        risks: Risks,
        tests: Sequence[tuple[int, Literal["host", "text", "bytes", "number"], int, Sequence[bytes], int]],
        confidences: Sequence[tuple[int, int, int]],
        by_path: bool,
    ) -> LabelRules:
        """``tests`` as attribute, form, ``ofext.attributes.Operation``, operands in that form,
        label bits (a host name's SUFFIX is a name above it); ``confidences`` as value, mask, bits. ``by_path``: some
        bits follow from a flow's path, and are learnt. Raises ValueError for a form or operation that there is not.
        """

    def bits(self, confidence: int, metadata: Sequence[tuple[int, bytes]]) -> int | None:
        """Bits of metadata and confidence; None when a value has to be read otherwise: a name that is not ASCII."""

    def learn(self, app_id: int, path: str, bits: int) -> None:
        """What follows from App-ID and path; engines leave flows alone of which nothing was learnt."""

@final
class Relay:
    """A thread without the GIL that moves OpenFlow messages between two connected sockets, which it owns and closes.

    Messages in which nobody is interested pass at once. A type that is of interest is given with the bytes of which
    such a message holds one, without any when all are. ``extended`` are types of which none is before ``answer`` has
    said that the session is extended. ``rest_of_…`` was read before: the beginning of a message. Nothing passes before
    the first ``answer``. Raises OSError when there is no thread.
    """

    def __new__(
        cls,
        switch: socket,
        controller: socket,
        *,
        from_switch: Sequence[tuple[int, Sequence[bytes]]],
        from_controller: Sequence[tuple[int, Sequence[bytes]]],
        extended: Sequence[int],
        rest_of_switch: bytes,
        rest_of_controller: bytes,
    ) -> Relay: ...
    def wait(self, timeout_s: float | None = None) -> RelayTurn:
        """What there is to do; waits for it without end, or so long."""

    def answer(
        self, to_switch: bytes, to_controller: bytes, *, is_whole: bool, is_held: bool, is_extended: bool
    ) -> None:
        """Send whole messages, in the place of those of the last turn: what is behind them goes on.

        With ``is_whole`` false that of the controller waits for a later answer; with ``is_held`` it may take long,
        and the controller's echoes pass meanwhile. A session stays extended.
        """

    def publish(self, messages: bytes) -> None:
        """Send whole messages to the controller when nothing else is to be sent to it."""

    def wake(self) -> None:
        """Let ``wait`` return. From any thread."""

    def stop(self) -> None:
        """Send what the sockets take now and close them. May be called twice."""

@final
class RelayTurn:
    """What there is to do beside relaying."""

    @property
    def from_switch(self) -> bytes:
        """Messages to look at, and all between them; nothing behind them passes before ``answer``."""

    @property
    def from_controller(self) -> bytes: ...
    @property
    def has_room(self) -> bool:
        """Whether the controller has taken what was sent, or nearly; ``wait`` returns when it has again."""

    @property
    def ended(self) -> str | None:
        """Why the relay has ended."""
