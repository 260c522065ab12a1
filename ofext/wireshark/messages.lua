-- The bodies of the experimenter's messages, from exp_type on (SPEC.md §3), and of its errors (§4).

return function(vocabulary, show)

local messages = {}

-- A layout is a list of {key, how}: how many bytes of number, or one of `readers`. A key of false is padding.
local readers = {
    text = function(reader, tree, key) reader:add_text(tree, key, reader:left(), key) end,
    time = function(reader, tree, key) reader:add_time(tree, key, key) end,
    ipv4 = function(reader, tree, key) reader:add_bytes(tree, key, 4, key) end,
    ipv6 = function(reader, tree, key) reader:add_bytes(tree, key, 16, key) end,
    u64 = function(reader, tree, key) reader:add_number(tree, key, 8, key) end,
    app_id = function(reader, tree, key) show.app_id(reader, tree, key) end,
    category = function(reader, tree, key) show.category(reader, tree, key) end,
    attribute = function(reader, tree, key) show.attribute(reader, tree, key) end,
}

local function read(reader, tree, layout)
    for _, step in ipairs(layout) do
        local key, how = step[1], step[2]
        if not key then reader:take(how, "padding")
        elseif readers[how] then readers[how](reader, tree, key)
        else reader:add_number(tree, key, how, key)
        end
    end
end

-- TLVs by type: each is a layout, or a function(reader, item).
local function read_tlvs(reader, tree, tlv_key, known)
    local seen = {}
    reader:tlvs(tree, tlv_key, function(kind, value, item)
        local layout = known[kind]
        seen[kind] = true
        if type(layout) == "function" then layout(value, item)
        elseif layout then
            read(value, item, layout)
            value:finish(("TLV %d"):format(kind))
        else show.unknown(value, item, ("TLV %d"):format(kind))
        end
    end)
    return seen
end

-- Texts whose sizes stand one after the other before them.
local function read_counted(reader, tree, keys)
    local sizes, texts = {}, {}
    for _, key in ipairs(keys) do sizes[key] = reader:number(1, "size of " .. key) end
    for _, key in ipairs(keys) do texts[key] = reader:add_text(tree, key, sizes[key], key) end
    reader:finish("an entry")
    return texts
end

-- --- hello -------------------------------------------------------------------------------------------------------------
local HELLO = {
    [1] = { { "hello.agent_version", "text" } },
    [2] = { { "hello.engine_version", "text" } },
    [3] = { { "hello.catalogue_version", "text" } },
    [4] = { { "hello.tap_port", 4 } },
    [5] = { { "hello.edge_zone", 2 }, { "hello.service_zone", 2 } },
    [6] = { { "hello.predicate_capacity", 2 } },
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

local function catalogue(reader, tree)
    reader:add_number(tree, "catalogue.more", 2, "flags")
    local size = reader:number(2, "size of the version")
    reader:add_text(tree, "catalogue.version", size, "catalogue version")
    read_tlvs(reader, tree, "catalogue.tlv", CATALOGUE)
end

-- --- configuration -----------------------------------------------------------------------------------------------------
local CONFIG = {
    [1] = function(reader, item)
        while reader:left() > 0 do show.attribute(reader, item, "config.attribute") end
    end,
}

local function config(reader, tree)
    local start = reader.offset
    local _, item = reader:add_number(tree, "config.kinds", 2, "a configuration")
    for _, name in pairs(vocabulary.event_kind) do
        item:add(reader.fields["config." .. name], reader:range(start, 2))
    end
    read(reader, tree, { { "config.max_batch", 2 }, { "config.max_delay_ms", 4 } })
    read_tlvs(reader, tree, "config.tlv", CONFIG)
end

local function empty(reader, tree) read_tlvs(reader, tree, "config.tlv", {}) end

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

local function event(reader, tree)
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
    for _ = 1, count do event(reader, tree) end
    reader:finish("the batch")
end

messages.bodies = {
    [1] = hello, [2] = empty, [3] = catalogue, [4] = config, [5] = empty, [6] = config, [7] = events,
}

messages.multipart_requests = {}
messages.multipart_replies = {}

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
    return vocabulary.error_code[code] or tostring(code)
end

return messages

end
