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
number(16, "tlv.size", "Size of the value")
define("bytes", "unknown", "Unknown bytes")

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
text("attr.name", "Attribute's name")
number(8, "attr.operation", "Operation", vocabulary.attribute_operation)
define("bytes", "attr.operand", "Operand")
text("attr.text", "Operand")

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
number(16, "catalogue.attribute", "Attribute")
number(8, "catalogue.type", "Type", vocabulary.attribute_type)
text("catalogue.unit", "Unit")

-- Configuration.
define("uint16", "config.kinds", "Kinds of events", base.HEX)
for kind, name in pairs(vocabulary.event_kind) do
    define("bool", "config." .. name, name, 16, nil, 2 ^ kind)
end
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
