-- Names of the numbers in ofext/SPEC.md. A test compares these tables with the enumerations of ofext.

local vocabulary = {}

vocabulary.EXPERIMENTER = 0x000A4C37
vocabulary.EXPERIMENTER_BYTES = "\000\010\076\055"

vocabulary.exp_type = {
    [1] = "Hello", [2] = "CatalogueRequest", [3] = "Catalogue", [4] = "ConfigSet", [5] = "ConfigRequest",
    [6] = "ConfigReply", [7] = "FlowEvents", [8] = "FlowControl", [9] = "FlowControlReply", [10] = "PluginSwap",
    [11] = "PluginSwapReply", [12] = "CatalogueChange",
}

vocabulary.multipart_type = {
    [1] = "FlowStats", [2] = "AppStats", [3] = "UserStats", [4] = "EngineStats", [5] = "PluginStats",
    [6] = "CatalogueStats",
}

vocabulary.error_code = {
    [1] = "malformed", [2] = "unknown type", [3] = "no common version", [4] = "not negotiated", [5] = "bad config",
    [6] = "match value", [7] = "match conflict", [8] = "predicates full", [9] = "unavailable", [10] = "is slave",
    [11] = "not permitted", [12] = "plugin refused", [13] = "no tracker",
}

-- Fields of the experimenter's OXM class, and how their values are written.
vocabulary.oxm_field = {
    [1] = "l7_app_id", [2] = "l7_category", [3] = "l7_state", [4] = "l7_sni", [5] = "l7_http_host",
    [6] = "l7_dns_query", [7] = "l7_engine", [8] = "l7_tag", [9] = "l7_confidence", [10] = "l7_risk",
    [11] = "l7_encrypted", [12] = "l7_http_url", [13] = "l7_user_agent", [14] = "l7_content_type", [15] = "l7_user",
    [16] = "l7_device", [17] = "l7_attr",
}

-- Those whose value is a text: a pattern, or a tag's key.
vocabulary.oxm_text = {
    [4] = true, [5] = true, [6] = true, [8] = true, [12] = true, [13] = true, [14] = true, [15] = true, [16] = true,
}

vocabulary.attribute_operation = {
    [1] = "equals", [2] = "prefix", [3] = "suffix", [4] = "contains", [5] = "range", [6] = "set", [7] = "present",
}

vocabulary.engine = { [1] = "iana l3", [3] = "iana l4", [6] = "user defined", [20] = "l7" }

vocabulary.state = {
    [0] = "inspecting", [1] = "final", [2] = "guessed", [3] = "revised", [5] = "gave up", [7] = "ended",
}

vocabulary.event_kind = { [1] = "new", [2] = "verdict", [3] = "ended" }

-- The same as bits of a configuration.
vocabulary.event_kind_bit = { [2] = "new", [4] = "verdict", [8] = "ended" }

vocabulary.end_reason = {
    [0] = "none", [1] = "closed", [2] = "reset", [3] = "idle", [4] = "evicted", [5] = "shutdown",
}

vocabulary.app_kind = { [1] = "protocol", [2] = "application" }

vocabulary.attribute_type = { [1] = "string", [2] = "uint", [3] = "bytes", [4] = "ip" }

vocabulary.hello_tlv = {
    [1] = "agent version", [2] = "engine version", [3] = "catalogue version", [4] = "tap port", [5] = "zones",
    [6] = "predicate capacity", [7] = "features",
}

-- Bits, not numbers.
vocabulary.feature = {
    [1] = "flow control", [2] = "plugin swap", [4] = "depth", [8] = "statistics", [16] = "catalogue change",
    [32] = "tracked by rules", [64] = "tags",
}

-- From 4 to 6: ids that went, in CatalogueChange.
vocabulary.catalogue_tlv = {
    [1] = "app", [2] = "category", [3] = "attribute", [4] = "gone app", [5] = "gone category", [6] = "gone attribute",
    [7] = "tags",
}

vocabulary.config_tlv = {
    [1] = "attributes", [2] = "attributes of app", [3] = "attributes of category", [4] = "sampling",
    [5] = "rate limit", [6] = "depth", [7] = "slave kinds",
}

vocabulary.filter_tlv = {
    [1] = "match", [2] = "address", [3] = "port", [4] = "protocol", [5] = "flow id", [6] = "connection",
}

vocabulary.flow_end = { [0] = "either", [1] = "originator", [2] = "responder" }

vocabulary.flow_command = { [1] = "reinspect", [2] = "pin", [3] = "unpin" }

vocabulary.swap_command = { [1] = "load", [2] = "unload", [3] = "reload" }

vocabulary.user_kind = { [0] = "others", [1] = "name", [2] = "address" }

vocabulary.engine_tlv = { [1] = "counter" }

vocabulary.plugin_tlv = { [1] = "plugin", [2] = "module", [3] = "refused" }

vocabulary.module_state = { [1] = "running", [2] = "cut off" }

vocabulary.event_tlv = {
    [1] = "flow ipv4", [2] = "flow ipv6", [3] = "times", [4] = "verdict", [5] = "counters", [6] = "path",
    [7] = "evidence", [8] = "end reason", [9] = "metadata",
}

vocabulary.protocol = { [1] = "ICMP", [6] = "TCP", [17] = "UDP", [58] = "ICMPv6", [132] = "SCTP" }

return vocabulary
