from google.protobuf.internal import containers as _containers
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class ListFlowsRequest(_message.Message):
    __slots__ = ("only_live",)
    ONLY_LIVE_FIELD_NUMBER: _ClassVar[int]
    only_live: bool
    def __init__(self, only_live: _Optional[bool] = ...) -> None: ...

class ListFlowsReply(_message.Message):
    __slots__ = ("flows",)
    FLOWS_FIELD_NUMBER: _ClassVar[int]
    flows: _containers.RepeatedCompositeFieldContainer[Flow]
    def __init__(self, flows: _Optional[_Iterable[_Union[Flow, _Mapping]]] = ...) -> None: ...

class WatchFlowsRequest(_message.Message):
    __slots__ = ("only_new",)
    ONLY_NEW_FIELD_NUMBER: _ClassVar[int]
    only_new: bool
    def __init__(self, only_new: _Optional[bool] = ...) -> None: ...

class Flow(_message.Message):
    __slots__ = ("number", "first_seen_ns", "last_seen_ns", "src", "sport", "dst", "dport", "l4", "vlan", "app_id", "app_key", "app", "protocol", "category", "state", "ended", "verdict_packet", "confidence", "evidence", "stack", "packets_c2s", "packets_s2c", "bytes_c2s", "bytes_s2c", "metadata", "policy", "action", "chain", "path", "edges", "risk")
    class MetadataEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: str
        def __init__(self, key: _Optional[str] = ..., value: _Optional[str] = ...) -> None: ...
    NUMBER_FIELD_NUMBER: _ClassVar[int]
    FIRST_SEEN_NS_FIELD_NUMBER: _ClassVar[int]
    LAST_SEEN_NS_FIELD_NUMBER: _ClassVar[int]
    SRC_FIELD_NUMBER: _ClassVar[int]
    SPORT_FIELD_NUMBER: _ClassVar[int]
    DST_FIELD_NUMBER: _ClassVar[int]
    DPORT_FIELD_NUMBER: _ClassVar[int]
    L4_FIELD_NUMBER: _ClassVar[int]
    VLAN_FIELD_NUMBER: _ClassVar[int]
    APP_ID_FIELD_NUMBER: _ClassVar[int]
    APP_KEY_FIELD_NUMBER: _ClassVar[int]
    APP_FIELD_NUMBER: _ClassVar[int]
    PROTOCOL_FIELD_NUMBER: _ClassVar[int]
    CATEGORY_FIELD_NUMBER: _ClassVar[int]
    STATE_FIELD_NUMBER: _ClassVar[int]
    ENDED_FIELD_NUMBER: _ClassVar[int]
    VERDICT_PACKET_FIELD_NUMBER: _ClassVar[int]
    CONFIDENCE_FIELD_NUMBER: _ClassVar[int]
    EVIDENCE_FIELD_NUMBER: _ClassVar[int]
    STACK_FIELD_NUMBER: _ClassVar[int]
    PACKETS_C2S_FIELD_NUMBER: _ClassVar[int]
    PACKETS_S2C_FIELD_NUMBER: _ClassVar[int]
    BYTES_C2S_FIELD_NUMBER: _ClassVar[int]
    BYTES_S2C_FIELD_NUMBER: _ClassVar[int]
    METADATA_FIELD_NUMBER: _ClassVar[int]
    POLICY_FIELD_NUMBER: _ClassVar[int]
    ACTION_FIELD_NUMBER: _ClassVar[int]
    CHAIN_FIELD_NUMBER: _ClassVar[int]
    PATH_FIELD_NUMBER: _ClassVar[int]
    EDGES_FIELD_NUMBER: _ClassVar[int]
    RISK_FIELD_NUMBER: _ClassVar[int]
    number: int
    first_seen_ns: int
    last_seen_ns: int
    src: str
    sport: int
    dst: str
    dport: int
    l4: int
    vlan: int
    app_id: int
    app_key: str
    app: str
    protocol: str
    category: str
    state: str
    ended: bool
    verdict_packet: int
    confidence: int
    evidence: str
    stack: str
    packets_c2s: int
    packets_s2c: int
    bytes_c2s: int
    bytes_s2c: int
    metadata: _containers.ScalarMap[str, str]
    policy: str
    action: str
    chain: str
    path: _containers.RepeatedScalarFieldContainer[str]
    edges: _containers.RepeatedScalarFieldContainer[str]
    risk: int
    def __init__(self, number: _Optional[int] = ..., first_seen_ns: _Optional[int] = ..., last_seen_ns: _Optional[int] = ..., src: _Optional[str] = ..., sport: _Optional[int] = ..., dst: _Optional[str] = ..., dport: _Optional[int] = ..., l4: _Optional[int] = ..., vlan: _Optional[int] = ..., app_id: _Optional[int] = ..., app_key: _Optional[str] = ..., app: _Optional[str] = ..., protocol: _Optional[str] = ..., category: _Optional[str] = ..., state: _Optional[str] = ..., ended: _Optional[bool] = ..., verdict_packet: _Optional[int] = ..., confidence: _Optional[int] = ..., evidence: _Optional[str] = ..., stack: _Optional[str] = ..., packets_c2s: _Optional[int] = ..., packets_s2c: _Optional[int] = ..., bytes_c2s: _Optional[int] = ..., bytes_s2c: _Optional[int] = ..., metadata: _Optional[_Mapping[str, str]] = ..., policy: _Optional[str] = ..., action: _Optional[str] = ..., chain: _Optional[str] = ..., path: _Optional[_Iterable[str]] = ..., edges: _Optional[_Iterable[str]] = ..., risk: _Optional[int] = ...) -> None: ...

class ListAppsRequest(_message.Message):
    __slots__ = ("only_seen",)
    ONLY_SEEN_FIELD_NUMBER: _ClassVar[int]
    only_seen: bool
    def __init__(self, only_seen: _Optional[bool] = ...) -> None: ...

class ListAppsReply(_message.Message):
    __slots__ = ("apps",)
    APPS_FIELD_NUMBER: _ClassVar[int]
    apps: _containers.RepeatedCompositeFieldContainer[App]
    def __init__(self, apps: _Optional[_Iterable[_Union[App, _Mapping]]] = ...) -> None: ...

class App(_message.Message):
    __slots__ = ("app_id", "key", "name", "category", "kind", "risk", "owner", "flows", "packets", "bytes", "tags")
    APP_ID_FIELD_NUMBER: _ClassVar[int]
    KEY_FIELD_NUMBER: _ClassVar[int]
    NAME_FIELD_NUMBER: _ClassVar[int]
    CATEGORY_FIELD_NUMBER: _ClassVar[int]
    KIND_FIELD_NUMBER: _ClassVar[int]
    RISK_FIELD_NUMBER: _ClassVar[int]
    OWNER_FIELD_NUMBER: _ClassVar[int]
    FLOWS_FIELD_NUMBER: _ClassVar[int]
    PACKETS_FIELD_NUMBER: _ClassVar[int]
    BYTES_FIELD_NUMBER: _ClassVar[int]
    TAGS_FIELD_NUMBER: _ClassVar[int]
    app_id: int
    key: str
    name: str
    category: str
    kind: str
    risk: int
    owner: str
    flows: int
    packets: int
    bytes: int
    tags: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, app_id: _Optional[int] = ..., key: _Optional[str] = ..., name: _Optional[str] = ..., category: _Optional[str] = ..., kind: _Optional[str] = ..., risk: _Optional[int] = ..., owner: _Optional[str] = ..., flows: _Optional[int] = ..., packets: _Optional[int] = ..., bytes: _Optional[int] = ..., tags: _Optional[_Iterable[str]] = ...) -> None: ...

class AppStatisticsRequest(_message.Message):
    __slots__ = ("switch_name",)
    SWITCH_NAME_FIELD_NUMBER: _ClassVar[int]
    switch_name: str
    def __init__(self, switch_name: _Optional[str] = ...) -> None: ...

class AppStatisticsReply(_message.Message):
    __slots__ = ("apps",)
    APPS_FIELD_NUMBER: _ClassVar[int]
    apps: _containers.RepeatedCompositeFieldContainer[AppStatistics]
    def __init__(self, apps: _Optional[_Iterable[_Union[AppStatistics, _Mapping]]] = ...) -> None: ...

class AppStatistics(_message.Message):
    __slots__ = ("app_id", "key", "name", "category", "risk", "live_flows", "flows", "packets_c2s", "packets_s2c", "bytes_c2s", "bytes_s2c", "last_seen_ns")
    APP_ID_FIELD_NUMBER: _ClassVar[int]
    KEY_FIELD_NUMBER: _ClassVar[int]
    NAME_FIELD_NUMBER: _ClassVar[int]
    CATEGORY_FIELD_NUMBER: _ClassVar[int]
    RISK_FIELD_NUMBER: _ClassVar[int]
    LIVE_FLOWS_FIELD_NUMBER: _ClassVar[int]
    FLOWS_FIELD_NUMBER: _ClassVar[int]
    PACKETS_C2S_FIELD_NUMBER: _ClassVar[int]
    PACKETS_S2C_FIELD_NUMBER: _ClassVar[int]
    BYTES_C2S_FIELD_NUMBER: _ClassVar[int]
    BYTES_S2C_FIELD_NUMBER: _ClassVar[int]
    LAST_SEEN_NS_FIELD_NUMBER: _ClassVar[int]
    app_id: int
    key: str
    name: str
    category: str
    risk: int
    live_flows: int
    flows: int
    packets_c2s: int
    packets_s2c: int
    bytes_c2s: int
    bytes_s2c: int
    last_seen_ns: int
    def __init__(self, app_id: _Optional[int] = ..., key: _Optional[str] = ..., name: _Optional[str] = ..., category: _Optional[str] = ..., risk: _Optional[int] = ..., live_flows: _Optional[int] = ..., flows: _Optional[int] = ..., packets_c2s: _Optional[int] = ..., packets_s2c: _Optional[int] = ..., bytes_c2s: _Optional[int] = ..., bytes_s2c: _Optional[int] = ..., last_seen_ns: _Optional[int] = ...) -> None: ...

class StatusRequest(_message.Message):
    __slots__ = ("with_statistics",)
    WITH_STATISTICS_FIELD_NUMBER: _ClassVar[int]
    with_statistics: bool
    def __init__(self, with_statistics: _Optional[bool] = ...) -> None: ...

class StatusReply(_message.Message):
    __slots__ = ("version", "uptime_s", "policy_origin", "problems", "switches", "links", "hosts", "flows", "flows_evicted", "events", "policy_text")
    VERSION_FIELD_NUMBER: _ClassVar[int]
    UPTIME_S_FIELD_NUMBER: _ClassVar[int]
    POLICY_ORIGIN_FIELD_NUMBER: _ClassVar[int]
    PROBLEMS_FIELD_NUMBER: _ClassVar[int]
    SWITCHES_FIELD_NUMBER: _ClassVar[int]
    LINKS_FIELD_NUMBER: _ClassVar[int]
    HOSTS_FIELD_NUMBER: _ClassVar[int]
    FLOWS_FIELD_NUMBER: _ClassVar[int]
    FLOWS_EVICTED_FIELD_NUMBER: _ClassVar[int]
    EVENTS_FIELD_NUMBER: _ClassVar[int]
    POLICY_TEXT_FIELD_NUMBER: _ClassVar[int]
    version: str
    uptime_s: float
    policy_origin: str
    problems: _containers.RepeatedScalarFieldContainer[str]
    switches: _containers.RepeatedCompositeFieldContainer[Switch]
    links: _containers.RepeatedCompositeFieldContainer[Link]
    hosts: _containers.RepeatedCompositeFieldContainer[Host]
    flows: int
    flows_evicted: int
    events: int
    policy_text: str
    def __init__(self, version: _Optional[str] = ..., uptime_s: _Optional[float] = ..., policy_origin: _Optional[str] = ..., problems: _Optional[_Iterable[str]] = ..., switches: _Optional[_Iterable[_Union[Switch, _Mapping]]] = ..., links: _Optional[_Iterable[_Union[Link, _Mapping]]] = ..., hosts: _Optional[_Iterable[_Union[Host, _Mapping]]] = ..., flows: _Optional[int] = ..., flows_evicted: _Optional[int] = ..., events: _Optional[int] = ..., policy_text: _Optional[str] = ...) -> None: ...

class Switch(_message.Message):
    __slots__ = ("dpid", "name", "stage", "has_agent", "agent_version", "engine_version", "catalogue_version", "tap_port", "rules", "groups", "problem", "events_lost", "ports", "statistics")
    DPID_FIELD_NUMBER: _ClassVar[int]
    NAME_FIELD_NUMBER: _ClassVar[int]
    STAGE_FIELD_NUMBER: _ClassVar[int]
    HAS_AGENT_FIELD_NUMBER: _ClassVar[int]
    AGENT_VERSION_FIELD_NUMBER: _ClassVar[int]
    ENGINE_VERSION_FIELD_NUMBER: _ClassVar[int]
    CATALOGUE_VERSION_FIELD_NUMBER: _ClassVar[int]
    TAP_PORT_FIELD_NUMBER: _ClassVar[int]
    RULES_FIELD_NUMBER: _ClassVar[int]
    GROUPS_FIELD_NUMBER: _ClassVar[int]
    PROBLEM_FIELD_NUMBER: _ClassVar[int]
    EVENTS_LOST_FIELD_NUMBER: _ClassVar[int]
    PORTS_FIELD_NUMBER: _ClassVar[int]
    STATISTICS_FIELD_NUMBER: _ClassVar[int]
    dpid: str
    name: str
    stage: str
    has_agent: bool
    agent_version: str
    engine_version: str
    catalogue_version: str
    tap_port: int
    rules: int
    groups: int
    problem: str
    events_lost: int
    ports: _containers.RepeatedCompositeFieldContainer[Port]
    statistics: EngineStatistics
    def __init__(self, dpid: _Optional[str] = ..., name: _Optional[str] = ..., stage: _Optional[str] = ..., has_agent: _Optional[bool] = ..., agent_version: _Optional[str] = ..., engine_version: _Optional[str] = ..., catalogue_version: _Optional[str] = ..., tap_port: _Optional[int] = ..., rules: _Optional[int] = ..., groups: _Optional[int] = ..., problem: _Optional[str] = ..., events_lost: _Optional[int] = ..., ports: _Optional[_Iterable[_Union[Port, _Mapping]]] = ..., statistics: _Optional[_Union[EngineStatistics, _Mapping]] = ...) -> None: ...

class EngineStatistics(_message.Message):
    __slots__ = ("counters", "plugins", "modules", "refused", "problem")
    class CountersEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: int
        def __init__(self, key: _Optional[str] = ..., value: _Optional[int] = ...) -> None: ...
    COUNTERS_FIELD_NUMBER: _ClassVar[int]
    PLUGINS_FIELD_NUMBER: _ClassVar[int]
    MODULES_FIELD_NUMBER: _ClassVar[int]
    REFUSED_FIELD_NUMBER: _ClassVar[int]
    PROBLEM_FIELD_NUMBER: _ClassVar[int]
    counters: _containers.ScalarMap[str, int]
    plugins: _containers.RepeatedCompositeFieldContainer[Plugin]
    modules: _containers.RepeatedCompositeFieldContainer[PluginModule]
    refused: _containers.RepeatedScalarFieldContainer[str]
    problem: str
    def __init__(self, counters: _Optional[_Mapping[str, int]] = ..., plugins: _Optional[_Iterable[_Union[Plugin, _Mapping]]] = ..., modules: _Optional[_Iterable[_Union[PluginModule, _Mapping]]] = ..., refused: _Optional[_Iterable[str]] = ..., problem: _Optional[str] = ...) -> None: ...

class Plugin(_message.Message):
    __slots__ = ("name", "version", "is_base", "apps", "categories", "protocols", "modules")
    NAME_FIELD_NUMBER: _ClassVar[int]
    VERSION_FIELD_NUMBER: _ClassVar[int]
    IS_BASE_FIELD_NUMBER: _ClassVar[int]
    APPS_FIELD_NUMBER: _ClassVar[int]
    CATEGORIES_FIELD_NUMBER: _ClassVar[int]
    PROTOCOLS_FIELD_NUMBER: _ClassVar[int]
    MODULES_FIELD_NUMBER: _ClassVar[int]
    name: str
    version: str
    is_base: bool
    apps: int
    categories: int
    protocols: int
    modules: int
    def __init__(self, name: _Optional[str] = ..., version: _Optional[str] = ..., is_base: _Optional[bool] = ..., apps: _Optional[int] = ..., categories: _Optional[int] = ..., protocols: _Optional[int] = ..., modules: _Optional[int] = ...) -> None: ...

class PluginModule(_message.Message):
    __slots__ = ("plugin", "name", "is_running", "reason", "events", "dropped", "busy_us")
    PLUGIN_FIELD_NUMBER: _ClassVar[int]
    NAME_FIELD_NUMBER: _ClassVar[int]
    IS_RUNNING_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    EVENTS_FIELD_NUMBER: _ClassVar[int]
    DROPPED_FIELD_NUMBER: _ClassVar[int]
    BUSY_US_FIELD_NUMBER: _ClassVar[int]
    plugin: str
    name: str
    is_running: bool
    reason: str
    events: int
    dropped: int
    busy_us: int
    def __init__(self, plugin: _Optional[str] = ..., name: _Optional[str] = ..., is_running: _Optional[bool] = ..., reason: _Optional[str] = ..., events: _Optional[int] = ..., dropped: _Optional[int] = ..., busy_us: _Optional[int] = ...) -> None: ...

class Port(_message.Message):
    __slots__ = ("number", "name", "kind")
    NUMBER_FIELD_NUMBER: _ClassVar[int]
    NAME_FIELD_NUMBER: _ClassVar[int]
    KIND_FIELD_NUMBER: _ClassVar[int]
    number: int
    name: str
    kind: str
    def __init__(self, number: _Optional[int] = ..., name: _Optional[str] = ..., kind: _Optional[str] = ...) -> None: ...

class Link(_message.Message):
    __slots__ = ("from_switch", "from_port", "to_switch", "to_port")
    FROM_SWITCH_FIELD_NUMBER: _ClassVar[int]
    FROM_PORT_FIELD_NUMBER: _ClassVar[int]
    TO_SWITCH_FIELD_NUMBER: _ClassVar[int]
    TO_PORT_FIELD_NUMBER: _ClassVar[int]
    from_switch: str
    from_port: str
    to_switch: str
    to_port: str
    def __init__(self, from_switch: _Optional[str] = ..., from_port: _Optional[str] = ..., to_switch: _Optional[str] = ..., to_port: _Optional[str] = ...) -> None: ...

class Host(_message.Message):
    __slots__ = ("mac", "switch_name", "port", "addresses")
    MAC_FIELD_NUMBER: _ClassVar[int]
    SWITCH_NAME_FIELD_NUMBER: _ClassVar[int]
    PORT_FIELD_NUMBER: _ClassVar[int]
    ADDRESSES_FIELD_NUMBER: _ClassVar[int]
    mac: str
    switch_name: str
    port: str
    addresses: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, mac: _Optional[str] = ..., switch_name: _Optional[str] = ..., port: _Optional[str] = ..., addresses: _Optional[_Iterable[str]] = ...) -> None: ...

class PolicyText(_message.Message):
    __slots__ = ("text", "name")
    TEXT_FIELD_NUMBER: _ClassVar[int]
    NAME_FIELD_NUMBER: _ClassVar[int]
    text: str
    name: str
    def __init__(self, text: _Optional[str] = ..., name: _Optional[str] = ...) -> None: ...

class Mistake(_message.Message):
    __slots__ = ("file", "line", "column", "text", "expected", "suggestion")
    FILE_FIELD_NUMBER: _ClassVar[int]
    LINE_FIELD_NUMBER: _ClassVar[int]
    COLUMN_FIELD_NUMBER: _ClassVar[int]
    TEXT_FIELD_NUMBER: _ClassVar[int]
    EXPECTED_FIELD_NUMBER: _ClassVar[int]
    SUGGESTION_FIELD_NUMBER: _ClassVar[int]
    file: str
    line: int
    column: int
    text: str
    expected: str
    suggestion: str
    def __init__(self, file: _Optional[str] = ..., line: _Optional[int] = ..., column: _Optional[int] = ..., text: _Optional[str] = ..., expected: _Optional[str] = ..., suggestion: _Optional[str] = ...) -> None: ...

class CompileReply(_message.Message):
    __slots__ = ("mistakes", "switches")
    MISTAKES_FIELD_NUMBER: _ClassVar[int]
    SWITCHES_FIELD_NUMBER: _ClassVar[int]
    mistakes: _containers.RepeatedCompositeFieldContainer[Mistake]
    switches: _containers.RepeatedCompositeFieldContainer[SwitchRules]
    def __init__(self, mistakes: _Optional[_Iterable[_Union[Mistake, _Mapping]]] = ..., switches: _Optional[_Iterable[_Union[SwitchRules, _Mapping]]] = ...) -> None: ...

class SwitchRules(_message.Message):
    __slots__ = ("dpid", "name", "rules", "groups")
    DPID_FIELD_NUMBER: _ClassVar[int]
    NAME_FIELD_NUMBER: _ClassVar[int]
    RULES_FIELD_NUMBER: _ClassVar[int]
    GROUPS_FIELD_NUMBER: _ClassVar[int]
    dpid: str
    name: str
    rules: _containers.RepeatedCompositeFieldContainer[RuleLine]
    groups: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, dpid: _Optional[str] = ..., name: _Optional[str] = ..., rules: _Optional[_Iterable[_Union[RuleLine, _Mapping]]] = ..., groups: _Optional[_Iterable[str]] = ...) -> None: ...

class RuleLine(_message.Message):
    __slots__ = ("table", "table_name", "priority", "match", "actions", "cookie", "owner")
    TABLE_FIELD_NUMBER: _ClassVar[int]
    TABLE_NAME_FIELD_NUMBER: _ClassVar[int]
    PRIORITY_FIELD_NUMBER: _ClassVar[int]
    MATCH_FIELD_NUMBER: _ClassVar[int]
    ACTIONS_FIELD_NUMBER: _ClassVar[int]
    COOKIE_FIELD_NUMBER: _ClassVar[int]
    OWNER_FIELD_NUMBER: _ClassVar[int]
    table: int
    table_name: str
    priority: int
    match: str
    actions: str
    cookie: int
    owner: str
    def __init__(self, table: _Optional[int] = ..., table_name: _Optional[str] = ..., priority: _Optional[int] = ..., match: _Optional[str] = ..., actions: _Optional[str] = ..., cookie: _Optional[int] = ..., owner: _Optional[str] = ...) -> None: ...

class PlanReply(_message.Message):
    __slots__ = ("mistakes", "switches")
    MISTAKES_FIELD_NUMBER: _ClassVar[int]
    SWITCHES_FIELD_NUMBER: _ClassVar[int]
    mistakes: _containers.RepeatedCompositeFieldContainer[Mistake]
    switches: _containers.RepeatedCompositeFieldContainer[SwitchPlan]
    def __init__(self, mistakes: _Optional[_Iterable[_Union[Mistake, _Mapping]]] = ..., switches: _Optional[_Iterable[_Union[SwitchPlan, _Mapping]]] = ...) -> None: ...

class SwitchPlan(_message.Message):
    __slots__ = ("dpid", "name", "connected", "problem", "unchanged", "changes")
    DPID_FIELD_NUMBER: _ClassVar[int]
    NAME_FIELD_NUMBER: _ClassVar[int]
    CONNECTED_FIELD_NUMBER: _ClassVar[int]
    PROBLEM_FIELD_NUMBER: _ClassVar[int]
    UNCHANGED_FIELD_NUMBER: _ClassVar[int]
    CHANGES_FIELD_NUMBER: _ClassVar[int]
    dpid: str
    name: str
    connected: bool
    problem: str
    unchanged: int
    changes: _containers.RepeatedCompositeFieldContainer[Change]
    def __init__(self, dpid: _Optional[str] = ..., name: _Optional[str] = ..., connected: _Optional[bool] = ..., problem: _Optional[str] = ..., unchanged: _Optional[int] = ..., changes: _Optional[_Iterable[_Union[Change, _Mapping]]] = ...) -> None: ...

class Change(_message.Message):
    __slots__ = ("sign", "subject", "owner", "differences", "text")
    SIGN_FIELD_NUMBER: _ClassVar[int]
    SUBJECT_FIELD_NUMBER: _ClassVar[int]
    OWNER_FIELD_NUMBER: _ClassVar[int]
    DIFFERENCES_FIELD_NUMBER: _ClassVar[int]
    TEXT_FIELD_NUMBER: _ClassVar[int]
    sign: str
    subject: str
    owner: str
    differences: _containers.RepeatedScalarFieldContainer[str]
    text: str
    def __init__(self, sign: _Optional[str] = ..., subject: _Optional[str] = ..., owner: _Optional[str] = ..., differences: _Optional[_Iterable[str]] = ..., text: _Optional[str] = ...) -> None: ...

class VerifyReply(_message.Message):
    __slots__ = ("mistakes", "switches", "rules", "counter_examples")
    MISTAKES_FIELD_NUMBER: _ClassVar[int]
    SWITCHES_FIELD_NUMBER: _ClassVar[int]
    RULES_FIELD_NUMBER: _ClassVar[int]
    COUNTER_EXAMPLES_FIELD_NUMBER: _ClassVar[int]
    mistakes: _containers.RepeatedCompositeFieldContainer[Mistake]
    switches: int
    rules: int
    counter_examples: _containers.RepeatedCompositeFieldContainer[CounterExample]
    def __init__(self, mistakes: _Optional[_Iterable[_Union[Mistake, _Mapping]]] = ..., switches: _Optional[int] = ..., rules: _Optional[int] = ..., counter_examples: _Optional[_Iterable[_Union[CounterExample, _Mapping]]] = ...) -> None: ...

class CounterExample(_message.Message):
    __slots__ = ("kind", "switch_name", "port", "packet", "connection", "policy", "line", "wanted", "found", "blamed", "confirmed", "text")
    KIND_FIELD_NUMBER: _ClassVar[int]
    SWITCH_NAME_FIELD_NUMBER: _ClassVar[int]
    PORT_FIELD_NUMBER: _ClassVar[int]
    PACKET_FIELD_NUMBER: _ClassVar[int]
    CONNECTION_FIELD_NUMBER: _ClassVar[int]
    POLICY_FIELD_NUMBER: _ClassVar[int]
    LINE_FIELD_NUMBER: _ClassVar[int]
    WANTED_FIELD_NUMBER: _ClassVar[int]
    FOUND_FIELD_NUMBER: _ClassVar[int]
    BLAMED_FIELD_NUMBER: _ClassVar[int]
    CONFIRMED_FIELD_NUMBER: _ClassVar[int]
    TEXT_FIELD_NUMBER: _ClassVar[int]
    kind: str
    switch_name: str
    port: int
    packet: str
    connection: str
    policy: str
    line: int
    wanted: _containers.RepeatedScalarFieldContainer[str]
    found: _containers.RepeatedScalarFieldContainer[str]
    blamed: str
    confirmed: bool
    text: str
    def __init__(self, kind: _Optional[str] = ..., switch_name: _Optional[str] = ..., port: _Optional[int] = ..., packet: _Optional[str] = ..., connection: _Optional[str] = ..., policy: _Optional[str] = ..., line: _Optional[int] = ..., wanted: _Optional[_Iterable[str]] = ..., found: _Optional[_Iterable[str]] = ..., blamed: _Optional[str] = ..., confirmed: _Optional[bool] = ..., text: _Optional[str] = ...) -> None: ...

class ExplainRequest(_message.Message):
    __slots__ = ("number", "described")
    NUMBER_FIELD_NUMBER: _ClassVar[int]
    DESCRIBED_FIELD_NUMBER: _ClassVar[int]
    number: int
    described: DescribedFlow
    def __init__(self, number: _Optional[int] = ..., described: _Optional[_Union[DescribedFlow, _Mapping]] = ...) -> None: ...

class DescribedFlow(_message.Message):
    __slots__ = ("src", "dst", "sport", "dport", "l4", "app", "category", "sni", "http_host", "dns_query", "inspecting", "switch_name", "port", "eth_src", "eth_dst", "vlan", "facts")
    SRC_FIELD_NUMBER: _ClassVar[int]
    DST_FIELD_NUMBER: _ClassVar[int]
    SPORT_FIELD_NUMBER: _ClassVar[int]
    DPORT_FIELD_NUMBER: _ClassVar[int]
    L4_FIELD_NUMBER: _ClassVar[int]
    APP_FIELD_NUMBER: _ClassVar[int]
    CATEGORY_FIELD_NUMBER: _ClassVar[int]
    SNI_FIELD_NUMBER: _ClassVar[int]
    HTTP_HOST_FIELD_NUMBER: _ClassVar[int]
    DNS_QUERY_FIELD_NUMBER: _ClassVar[int]
    INSPECTING_FIELD_NUMBER: _ClassVar[int]
    SWITCH_NAME_FIELD_NUMBER: _ClassVar[int]
    PORT_FIELD_NUMBER: _ClassVar[int]
    ETH_SRC_FIELD_NUMBER: _ClassVar[int]
    ETH_DST_FIELD_NUMBER: _ClassVar[int]
    VLAN_FIELD_NUMBER: _ClassVar[int]
    FACTS_FIELD_NUMBER: _ClassVar[int]
    src: str
    dst: str
    sport: int
    dport: int
    l4: str
    app: str
    category: str
    sni: str
    http_host: str
    dns_query: str
    inspecting: bool
    switch_name: str
    port: str
    eth_src: str
    eth_dst: str
    vlan: int
    facts: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, src: _Optional[str] = ..., dst: _Optional[str] = ..., sport: _Optional[int] = ..., dport: _Optional[int] = ..., l4: _Optional[str] = ..., app: _Optional[str] = ..., category: _Optional[str] = ..., sni: _Optional[str] = ..., http_host: _Optional[str] = ..., dns_query: _Optional[str] = ..., inspecting: _Optional[bool] = ..., switch_name: _Optional[str] = ..., port: _Optional[str] = ..., eth_src: _Optional[str] = ..., eth_dst: _Optional[str] = ..., vlan: _Optional[int] = ..., facts: _Optional[_Iterable[str]] = ...) -> None: ...

class ExplainReply(_message.Message):
    __slots__ = ("policy", "action", "chain", "reasons", "path", "text")
    POLICY_FIELD_NUMBER: _ClassVar[int]
    ACTION_FIELD_NUMBER: _ClassVar[int]
    CHAIN_FIELD_NUMBER: _ClassVar[int]
    REASONS_FIELD_NUMBER: _ClassVar[int]
    PATH_FIELD_NUMBER: _ClassVar[int]
    TEXT_FIELD_NUMBER: _ClassVar[int]
    policy: str
    action: str
    chain: str
    reasons: _containers.RepeatedScalarFieldContainer[str]
    path: _containers.RepeatedScalarFieldContainer[str]
    text: str
    def __init__(self, policy: _Optional[str] = ..., action: _Optional[str] = ..., chain: _Optional[str] = ..., reasons: _Optional[_Iterable[str]] = ..., path: _Optional[_Iterable[str]] = ..., text: _Optional[str] = ...) -> None: ...
