-- The bodies of the experimenter's messages, from exp_type on (SPEC.md §3), and of its errors (§4).

return function(vocabulary, show, layouts)

local messages = {}

local read, read_tlvs, read_counted = layouts.read, layouts.tlvs, layouts.counted

-- --- hello -------------------------------------------------------------------------------------------------------------
local HELLO = {
    [1] = { { "hello.agent_version", "text" } },
    [2] = { { "hello.engine_version", "text" } },
    [3] = { { "hello.catalogue_version", "text" } },
    [4] = { { "hello.tap_port", 4 } },
    [5] = { { "hello.edge_zone", 2 }, { "hello.service_zone", 2 } },
    [6] = { { "hello.predicate_capacity", 2 } },
    [7] = function(reader, item)
        layouts.bits(reader, item, "hello.features", 4, "hello.", vocabulary.feature)
        reader:finish("features")
    end,
}

local function hello(reader, tree)
    reader:add_number(tree, "hello.versions", 4, "version bitmap")
    read_tlvs(reader, tree, "hello.tlv", HELLO)
end

-- --- catalogue ---------------------------------------------------------------------------------------------------------
local CATALOGUE = {
    [1] = function(reader, item)
        local id = reader:add_number(item, "catalogue.app_id", 4, "an application")
        read(reader, item, { { "catalogue.kind", 1 }, { "catalogue.category", 1 }, { "catalogue.risk", 1 } })
        local texts = read_counted(reader, item, { "catalogue.key", "catalogue.name", "catalogue.owner" })
        reader.names:learn("apps", id, texts["catalogue.key"])
        item:append_text((": %s %s"):format(show.number_of_app(id), texts["catalogue.key"]))
    end,
    [2] = function(reader, item)
        local id = reader:add_number(item, "catalogue.category", 1, "a category")
        local texts = read_counted(reader, item, { "catalogue.key", "catalogue.name" })
        reader.names:learn("categories", id, texts["catalogue.key"])
        item:append_text((": %d %s"):format(id, texts["catalogue.key"]))
    end,
    [3] = function(reader, item)
        local id = reader:add_number(item, "catalogue.attribute", 2, "an attribute")
        local kind = reader:add_number(item, "catalogue.type", 1, "an attribute")
        local texts = read_counted(reader, item, { "catalogue.name", "catalogue.unit" })
        reader.names:learn("attributes", id, { name = texts["catalogue.name"], type = kind })
        item:append_text((": %d %s"):format(id, texts["catalogue.name"]))
    end,
}

CATALOGUE[7] = function(reader, item)
    local id = reader:add_number(item, "catalogue.app_id", 4, "an application with tags")
    local tags = {}
    while reader:left() > 0 do
        local size = reader:number(1, "size of a tag")
        tags[#tags + 1] = reader:add_text(item, "catalogue.tag", size, "tag")
    end
    item:append_text((": %s %s"):format(show.number_of_app(id), table.concat(tags, " ")))
end

local function catalogue(reader, tree)
    reader:add_number(tree, "catalogue.more", 2, "flags")
    local size = reader:number(2, "size of the version")
    reader:add_text(tree, "catalogue.version", size, "catalogue version")
    read_tlvs(reader, tree, "catalogue.tlv", CATALOGUE)
end

-- What went; keys are learned anyhow, since ids are never given again.
CATALOGUE[4] = { { "catalogue.gone_app", "app_id" } }
CATALOGUE[5] = { { "catalogue.gone_category", "category" } }
CATALOGUE[6] = { { "catalogue.gone_attribute", "attribute" } }

local function catalogue_change(reader, tree)
    reader:add_number(tree, "catalogue.more", 2, "flags")
    local before, size = reader:number(2, "size of the version before"), reader:number(2, "size of the version")
    reader:add_text(tree, "catalogue.before", before, "the version before")
    reader:add_text(tree, "catalogue.version", size, "the version after")
    read_tlvs(reader, tree, "catalogue.tlv", CATALOGUE)
end

-- --- configuration -----------------------------------------------------------------------------------------------------
local function attributes(reader, item)
    while reader:left() > 0 do show.attribute(reader, item, "config.attribute") end
end

local function kinds(reader, tree, key)
    layouts.bits(reader, tree, key, 2, "config.", vocabulary.event_kind_bit)
end

local CONFIG = {
    [1] = attributes,
    [2] = function(reader, item)
        show.app_id(reader, item, "config.app_id")
        attributes(reader, item)
    end,
    [3] = function(reader, item)
        show.category(reader, item, "config.category")
        attributes(reader, item)
    end,
    [4] = { { "config.sample_every", 4 } },
    [5] = { { "config.max_rate", 4 } },
    [6] = { { "config.max_packets", 4 }, { "config.max_bytes", 4 }, { "config.max_ms", 4 } },
    [7] = function(reader, item)
        kinds(reader, item, "config.slave_kinds")
        reader:finish("a bitmap of kinds")
    end,
}

local function config(reader, tree)
    kinds(reader, tree, "config.kinds")
    read(reader, tree, { { "config.max_batch", 2 }, { "config.max_delay_ms", 4 } })
    read_tlvs(reader, tree, "config.tlv", CONFIG)
end

local function empty(reader, tree) read_tlvs(reader, tree, "tlv", {}) end

-- --- flow events -------------------------------------------------------------------------------------------------------
local function flow(family)
    local behind = family == "ipv6" and "_v6" or ""
    return {
        { "event.flow_id", "u64" }, { "event.l4", 1 }, { false, 1 }, { "event.vlan", 2 }, { "event.sport", 2 },
        { "event.dport", 2 }, { "event.src" .. behind, family }, { "event.dst" .. behind, family },
    }
end

local EVENT = {
    [1] = flow("ipv4"),
    [2] = flow("ipv6"),
    [3] = { { "event.at", "time" }, { "event.first_seen", "time" }, { "event.last_seen", "time" } },
    [4] = {
        { "app_id", "app_id" }, { "protocol_id", "app_id" }, { "category", "category" }, { "state", 1 },
        { "confidence", 1 }, { false, 1 }, { "event.verdict_packet", 4 },
    },
    [5] = {
        { "event.packets_c2s", "u64" }, { "event.packets_s2c", "u64" }, { "event.bytes_c2s", "u64" },
        { "event.bytes_s2c", "u64" },
    },
    [6] = { { "event.path", "text" } },
    [7] = { { "event.evidence", "text" } },
    [8] = { { "event.end_reason", 1 } },
    [9] = function(reader, item) show.metadata(reader, item) end,
}

function messages.event(reader, tree)
    local start = reader.offset
    local size = reader:number(2, "the head of an event")
    if size < 4 then reader:fault(start, "a record size of at least 4") end
    local record = reader:part(size - 2, "an event")
    local item = tree:add(reader.fields.event, reader:range(start, 2))
    item:set_len(size)
    local kind = record:add_number(item, "event.kind", 1, "the head of an event")
    record:add_number(item, "event.truncated", 1, "the head of an event")
    item:set_text(("Event: %s"):format(vocabulary.event_kind[kind] or tostring(kind)))
    local seen = read_tlvs(record, item, "event.tlv", EVENT)
    if not (seen[1] or seen[2]) then reader:fault(start, "an event with addresses and ports") end
    if not seen[3] then reader:fault(start, "an event with times") end
end

local function events(reader, tree)
    read(reader, tree, { { "events.sequence", "u64" }, { "events.dropped", "u64" } })
    local count = reader:add_number(tree, "events.count", 2, "the head of a batch")
    for _ = 1, count do messages.event(reader, tree) end
    reader:finish("the batch")
end

messages.bodies = {
    [1] = hello, [2] = empty, [3] = catalogue, [4] = config, [5] = empty, [6] = config, [7] = events,
    [12] = catalogue_change,
}
messages.catalogue, messages.empty = catalogue, empty

-- --- errors ------------------------------------------------------------------------------------------------------------
-- From the code on, 10 bytes into the message.
function messages.error(reader, tree)
    local code, item = reader:add_number(tree, "error.code", 2, "an error code")
    item:add_proto_expert_info(show.experts.refused, vocabulary.error_code[code] or ("code %d"):format(code))
    reader:take(4, "the experimenter id")
    reader:add_number(tree, "error.offset", 4, "the place of an error")
    local size = reader:add_number(tree, "error.size", 2, "the place of an error")
    reader:add_bytes(tree, "error.data", size, "the offending bytes")
    reader:add_text(tree, "error.text", reader:left(), "the text of an error")
end

return messages

end
