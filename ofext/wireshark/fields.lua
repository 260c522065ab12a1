-- The display filter fields and kinds of expert information. Names are those of ofext's dataclasses where there are such.

return function(vocabulary)

local fields, list = {}, {}

local function define(kind, key, title, ...)
    local field = ProtoField[kind]("appsteer." .. key, title, ...)
    fields[key] = field
    list[#list + 1] = field
end

local function number(bits, key, title, names) define("uint" .. bits, key, title, base.DEC, names) end
local function text(key, title) define("string", key, title, base.UNICODE) end
local function time(key, title) define("absolute_time", key, title, base.UTC) end

-- Messages.
number(32, "exp_type", "Message", vocabulary.exp_type)
number(32, "multipart_type", "Multipart", vocabulary.multipart_type)
define("bytes", "unknown", "Unknown bytes")
number(16, "tlv", "TLV")

-- What a flow is classified as: in events, in statistics and in matches alike.
define("uint32", "app_id", "App-ID", base.HEX)
text("app", "Application")
define("uint32", "protocol_id", "App-ID of the protocol", base.HEX)
text("protocol", "Protocol")
number(8, "category", "Category")
number(8, "state", "State", vocabulary.state)
number(8, "confidence", "Confidence")
number(8, "risk", "Risk")

-- Match fields (OXM).
number(8, "oxm", "L7 match field", vocabulary.oxm_field)
define("bool", "oxm.has_mask", "Has mask")
define("bytes", "oxm.value", "Value")
define("bytes", "oxm.mask", "Mask")
define("uint32", "app_id_mask", "Mask of the App-ID", base.HEX)
number(8, "engine", "Classification engine", vocabulary.engine)
number(8, "encrypted", "Encrypted")
for _, key in ipairs({ "category_mask", "state_mask", "confidence_mask", "risk_mask", "engine_mask", "encrypted_mask" }) do
    define("uint8", key, "Mask", base.HEX)
end
for number_of_field, name in pairs(vocabulary.oxm_field) do
    if vocabulary.oxm_text[number_of_field] then text(name:sub(4), name) end
end
number(16, "attr.attribute", "Attribute")
number(8, "attr.operation", "Operation", vocabulary.attribute_operation)
define("bytes", "attr.operand", "Operand")

-- Hello.
define("uint32", "hello.versions", "Versions", base.HEX)
number(16, "hello.tlv", "Hello", vocabulary.hello_tlv)
text("hello.agent_version", "Version of the agent")
text("hello.engine_version", "Version of the engine")
text("hello.catalogue_version", "Version of the catalogue")
number(32, "hello.tap_port", "Tap port")
number(16, "hello.edge_zone", "Edge zone")
number(16, "hello.service_zone", "Service zone")
number(16, "hello.predicate_capacity", "Patterns at a time")
define("uint32", "hello.features", "Features", base.HEX)
for bit, name in pairs(vocabulary.feature) do
    define("bool", "hello." .. name:gsub(" ", "_"), name, 32, nil, bit)
end

-- Catalogue.
define("bool", "catalogue.more", "More parts follow", 16, nil, 0x0001)
text("catalogue.version", "Version of the catalogue")
number(16, "catalogue.tlv", "Catalogue", vocabulary.catalogue_tlv)
define("uint32", "catalogue.app_id", "App-ID", base.HEX)
number(8, "catalogue.kind", "Kind", vocabulary.app_kind)
number(8, "catalogue.category", "Category")
number(8, "catalogue.risk", "Risk")
text("catalogue.key", "Key")
text("catalogue.name", "Name")
text("catalogue.owner", "Owner")
text("catalogue.tag", "Tag")
number(16, "catalogue.attribute", "Attribute")
number(8, "catalogue.type", "Type", vocabulary.attribute_type)
text("catalogue.unit", "Unit")
text("catalogue.before", "Version before")
define("uint32", "catalogue.gone_app", "App-ID that went", base.HEX)
number(8, "catalogue.gone_category", "Category that went")
number(16, "catalogue.gone_attribute", "Attribute that went")

-- Configuration.
define("uint16", "config.kinds", "Kinds of events", base.HEX)
define("uint16", "config.slave_kinds", "Kinds of events for a slave", base.HEX)
for bit, name in pairs(vocabulary.event_kind_bit) do
    define("bool", "config." .. name, name, 16, nil, bit)
end
define("uint32", "config.app_id", "App-ID", base.HEX)
number(8, "config.category", "Category")
number(32, "config.sample_every", "One flow of so many")
number(32, "config.max_rate", "Events a second")
number(32, "config.max_packets", "Packets to inspect")
number(32, "config.max_bytes", "Bytes to inspect")
number(32, "config.max_ms", "Milliseconds to inspect")
number(16, "config.max_batch", "Events in a batch")
number(32, "config.max_delay_ms", "Delay in ms")
number(16, "config.tlv", "Configuration", vocabulary.config_tlv)
number(16, "config.attribute", "Attribute")

-- Flow events.
define("uint64", "events.sequence", "Number of the first event", base.DEC)
define("uint64", "events.dropped", "Events dropped", base.DEC)
number(16, "events.count", "Events")
number(16, "event", "Event of bytes")
number(8, "event.kind", "Kind", vocabulary.event_kind)
define("bool", "event.truncated", "Truncated", 8, nil, 0x01)
number(16, "event.tlv", "Event", vocabulary.event_tlv)
define("uint64", "event.flow_id", "Flow id", base.DEC)
number(8, "event.l4", "Protocol number", vocabulary.protocol)
number(16, "event.vlan", "VLAN")
number(16, "event.sport", "Originator's port")
number(16, "event.dport", "Responder's port")
define("ipv4", "event.src", "Originator")
define("ipv4", "event.dst", "Responder")
define("ipv6", "event.src_v6", "Originator")
define("ipv6", "event.dst_v6", "Responder")
time("event.at", "Time of the event")
time("event.first_seen", "First packet")
time("event.last_seen", "Last packet")
number(32, "event.verdict_packet", "Verdict at packet")
define("uint64", "event.packets_c2s", "Packets from the originator", base.DEC)
define("uint64", "event.packets_s2c", "Packets from the responder", base.DEC)
define("uint64", "event.bytes_c2s", "Bytes from the originator", base.DEC)
define("uint64", "event.bytes_s2c", "Bytes from the responder", base.DEC)
text("event.path", "Path")
text("event.evidence", "Evidence")
number(8, "event.end_reason", "End", vocabulary.end_reason)

-- Metadata: number and value as they stand there, and both in words.
number(16, "metadata.attribute", "Attribute")
define("bytes", "metadata.value", "Value")
text("metadata", "Metadata")

-- Which flows a request is about.
number(16, "filter.tlv", "Filter", vocabulary.filter_tlv)
number(8, "filter.end", "End", vocabulary.flow_end)
number(8, "filter.prefix_length", "Prefix length")
define("ipv4", "filter.address", "Address")
define("ipv6", "filter.address_v6", "Address")
define("ipv4", "filter.other_address", "Other address")
define("ipv6", "filter.other_address_v6", "Other address")
number(16, "filter.first", "First port")
number(16, "filter.last", "Last port")
number(16, "filter.port", "Port")
number(16, "filter.other_port", "Other port")
number(8, "filter.protocol", "Protocol number", vocabulary.protocol)
number(8, "filter.l4", "Protocol number", vocabulary.protocol)
define("uint64", "filter.flow_id", "Flow id", base.DEC)

-- Flow control, plugin swap.
number(16, "control.command", "Command", vocabulary.flow_command)
number(32, "control.pin_s", "Seconds")
number(32, "control.matched", "Flows that the filter holds for")
number(32, "control.touched", "Flows changed")
number(16, "swap.command", "Command", vocabulary.swap_command)
text("swap.name", "Plugin")
number(16, "swap.plugins", "Plugins in use")
text("swap.catalogue_version", "Version of the catalogue")

-- Statistics.
number(32, "stats.limit", "At most")
define("bool", "stats.without_metadata", "Without metadata", 16, nil, 0x0001)
number(16, "stats.app", "Application of bytes")
number(16, "stats.user_record", "User of bytes")
number(8, "stats.kind", "Kind", vocabulary.user_kind)
text("stats.user", "User")
number(32, "stats.live_flows", "Live flows")
define("uint64", "stats.flows", "Flows", base.DEC)
define("uint64", "stats.packets_c2s", "Packets from originators", base.DEC)
define("uint64", "stats.packets_s2c", "Packets from responders", base.DEC)
define("uint64", "stats.bytes_c2s", "Bytes from originators", base.DEC)
define("uint64", "stats.bytes_s2c", "Bytes from responders", base.DEC)
time("stats.last_seen", "Last packet")
number(16, "counter.tlv", "Engine", vocabulary.engine_tlv)
text("counter.name", "Counter")
define("uint64", "counter.value", "Value", base.DEC)
number(16, "plugin.tlv", "Plugins", vocabulary.plugin_tlv)
text("plugin.name", "Name")
text("plugin.version", "Version")
number(8, "plugin.is_base", "Cannot be unloaded")
number(32, "plugin.apps", "Applications")
number(32, "plugin.categories", "Categories")
number(32, "plugin.protocols", "Protocols")
number(32, "plugin.modules", "Modules")
text("plugin.plugin", "Plugin")
number(8, "plugin.state", "State", vocabulary.module_state)
text("plugin.reason", "Reason")
define("uint64", "plugin.events", "Events", base.DEC)
define("uint64", "plugin.dropped", "Events dropped", base.DEC)
define("uint64", "plugin.busy_us", "Microseconds in calls", base.DEC)
text("plugin.refused", "Refused")

-- Errors.
number(16, "error.code", "Error", vocabulary.error_code)
number(32, "error.offset", "Offset of the fault")
number(16, "error.size", "Size of the offending bytes")
define("bytes", "error.data", "Offending bytes")
text("error.text", "Text")

local experts = {
    malformed = ProtoExpert.new("appsteer.malformed", "Malformed", expert.group.MALFORMED, expert.severity.ERROR),
    unknown = ProtoExpert.new("appsteer.undecoded", "Unknown here", expert.group.UNDECODED, expert.severity.NOTE),
    refused = ProtoExpert.new("appsteer.refused", "Refused", expert.group.RESPONSE_CODE, expert.severity.NOTE),
}

return { by_key = fields, list = list, experts = experts }

end
