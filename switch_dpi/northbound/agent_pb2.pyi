from google.protobuf.internal import containers as _containers
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class ListRequest(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class ReloadRequest(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class PluginName(_message.Message):
    __slots__ = ("name",)
    NAME_FIELD_NUMBER: _ClassVar[int]
    name: str
    def __init__(self, name: _Optional[str] = ...) -> None: ...

class PluginPath(_message.Message):
    __slots__ = ("path",)
    PATH_FIELD_NUMBER: _ClassVar[int]
    path: str
    def __init__(self, path: _Optional[str] = ...) -> None: ...

class PluginList(_message.Message):
    __slots__ = ("plugins", "catalogue_version", "refused")
    PLUGINS_FIELD_NUMBER: _ClassVar[int]
    CATALOGUE_VERSION_FIELD_NUMBER: _ClassVar[int]
    REFUSED_FIELD_NUMBER: _ClassVar[int]
    plugins: _containers.RepeatedCompositeFieldContainer[Plugin]
    catalogue_version: str
    refused: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, plugins: _Optional[_Iterable[_Union[Plugin, _Mapping]]] = ..., catalogue_version: _Optional[str] = ..., refused: _Optional[_Iterable[str]] = ...) -> None: ...

class Plugin(_message.Message):
    __slots__ = ("name", "version", "source", "is_base", "apps", "categories", "protocols", "examples", "files", "keys", "modules", "entries")
    NAME_FIELD_NUMBER: _ClassVar[int]
    VERSION_FIELD_NUMBER: _ClassVar[int]
    SOURCE_FIELD_NUMBER: _ClassVar[int]
    IS_BASE_FIELD_NUMBER: _ClassVar[int]
    APPS_FIELD_NUMBER: _ClassVar[int]
    CATEGORIES_FIELD_NUMBER: _ClassVar[int]
    PROTOCOLS_FIELD_NUMBER: _ClassVar[int]
    EXAMPLES_FIELD_NUMBER: _ClassVar[int]
    FILES_FIELD_NUMBER: _ClassVar[int]
    KEYS_FIELD_NUMBER: _ClassVar[int]
    MODULES_FIELD_NUMBER: _ClassVar[int]
    ENTRIES_FIELD_NUMBER: _ClassVar[int]
    name: str
    version: str
    source: str
    is_base: bool
    apps: int
    categories: int
    protocols: int
    examples: int
    files: _containers.RepeatedScalarFieldContainer[str]
    keys: _containers.RepeatedScalarFieldContainer[str]
    modules: _containers.RepeatedCompositeFieldContainer[Module]
    entries: _containers.RepeatedCompositeFieldContainer[EntryCount]
    def __init__(self, name: _Optional[str] = ..., version: _Optional[str] = ..., source: _Optional[str] = ..., is_base: _Optional[bool] = ..., apps: _Optional[int] = ..., categories: _Optional[int] = ..., protocols: _Optional[int] = ..., examples: _Optional[int] = ..., files: _Optional[_Iterable[str]] = ..., keys: _Optional[_Iterable[str]] = ..., modules: _Optional[_Iterable[_Union[Module, _Mapping]]] = ..., entries: _Optional[_Iterable[_Union[EntryCount, _Mapping]]] = ...) -> None: ...

class EntryCount(_message.Message):
    __slots__ = ("list", "count")
    LIST_FIELD_NUMBER: _ClassVar[int]
    COUNT_FIELD_NUMBER: _ClassVar[int]
    list: str
    count: int
    def __init__(self, list: _Optional[str] = ..., count: _Optional[int] = ...) -> None: ...

class Module(_message.Message):
    __slots__ = ("name", "state", "reason", "events", "dropped", "busy_s")
    NAME_FIELD_NUMBER: _ClassVar[int]
    STATE_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    EVENTS_FIELD_NUMBER: _ClassVar[int]
    DROPPED_FIELD_NUMBER: _ClassVar[int]
    BUSY_S_FIELD_NUMBER: _ClassVar[int]
    name: str
    state: str
    reason: str
    events: int
    dropped: int
    busy_s: float
    def __init__(self, name: _Optional[str] = ..., state: _Optional[str] = ..., reason: _Optional[str] = ..., events: _Optional[int] = ..., dropped: _Optional[int] = ..., busy_s: _Optional[float] = ...) -> None: ...

class Findings(_message.Message):
    __slots__ = ("findings", "plugin", "warnings")
    FINDINGS_FIELD_NUMBER: _ClassVar[int]
    PLUGIN_FIELD_NUMBER: _ClassVar[int]
    WARNINGS_FIELD_NUMBER: _ClassVar[int]
    findings: _containers.RepeatedScalarFieldContainer[str]
    plugin: Plugin
    warnings: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, findings: _Optional[_Iterable[str]] = ..., plugin: _Optional[_Union[Plugin, _Mapping]] = ..., warnings: _Optional[_Iterable[str]] = ...) -> None: ...

class LookupRequest(_message.Message):
    __slots__ = ("hosts", "by")
    HOSTS_FIELD_NUMBER: _ClassVar[int]
    BY_FIELD_NUMBER: _ClassVar[int]
    hosts: _containers.RepeatedScalarFieldContainer[str]
    by: str
    def __init__(self, hosts: _Optional[_Iterable[str]] = ..., by: _Optional[str] = ...) -> None: ...

class LookupReply(_message.Message):
    __slots__ = ("hosts",)
    HOSTS_FIELD_NUMBER: _ClassVar[int]
    hosts: _containers.RepeatedCompositeFieldContainer[Host]
    def __init__(self, hosts: _Optional[_Iterable[_Union[Host, _Mapping]]] = ...) -> None: ...

class Host(_message.Message):
    __slots__ = ("host", "app", "category", "entry", "generic")
    HOST_FIELD_NUMBER: _ClassVar[int]
    APP_FIELD_NUMBER: _ClassVar[int]
    CATEGORY_FIELD_NUMBER: _ClassVar[int]
    ENTRY_FIELD_NUMBER: _ClassVar[int]
    GENERIC_FIELD_NUMBER: _ClassVar[int]
    host: str
    app: str
    category: str
    entry: str
    generic: bool
    def __init__(self, host: _Optional[str] = ..., app: _Optional[str] = ..., category: _Optional[str] = ..., entry: _Optional[str] = ..., generic: _Optional[bool] = ...) -> None: ...

class DiffRequest(_message.Message):
    __slots__ = ("path", "captures")
    PATH_FIELD_NUMBER: _ClassVar[int]
    CAPTURES_FIELD_NUMBER: _ClassVar[int]
    path: str
    captures: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, path: _Optional[str] = ..., captures: _Optional[_Iterable[str]] = ...) -> None: ...

class FlowChange(_message.Message):
    __slots__ = ("pcap", "flow", "l4", "src", "sport", "dst", "dport", "old", "new")
    PCAP_FIELD_NUMBER: _ClassVar[int]
    FLOW_FIELD_NUMBER: _ClassVar[int]
    L4_FIELD_NUMBER: _ClassVar[int]
    SRC_FIELD_NUMBER: _ClassVar[int]
    SPORT_FIELD_NUMBER: _ClassVar[int]
    DST_FIELD_NUMBER: _ClassVar[int]
    DPORT_FIELD_NUMBER: _ClassVar[int]
    OLD_FIELD_NUMBER: _ClassVar[int]
    NEW_FIELD_NUMBER: _ClassVar[int]
    pcap: str
    flow: int
    l4: int
    src: str
    sport: int
    dst: str
    dport: int
    old: Verdict
    new: Verdict
    def __init__(self, pcap: _Optional[str] = ..., flow: _Optional[int] = ..., l4: _Optional[int] = ..., src: _Optional[str] = ..., sport: _Optional[int] = ..., dst: _Optional[str] = ..., dport: _Optional[int] = ..., old: _Optional[_Union[Verdict, _Mapping]] = ..., new: _Optional[_Union[Verdict, _Mapping]] = ...) -> None: ...

class Verdict(_message.Message):
    __slots__ = ("app", "protocol", "category", "evidence")
    APP_FIELD_NUMBER: _ClassVar[int]
    PROTOCOL_FIELD_NUMBER: _ClassVar[int]
    CATEGORY_FIELD_NUMBER: _ClassVar[int]
    EVIDENCE_FIELD_NUMBER: _ClassVar[int]
    app: str
    protocol: str
    category: str
    evidence: str
    def __init__(self, app: _Optional[str] = ..., protocol: _Optional[str] = ..., category: _Optional[str] = ..., evidence: _Optional[str] = ...) -> None: ...
