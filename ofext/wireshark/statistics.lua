-- Multipart requests and replies of the experimenter (SPEC.md, part 3.10), from exp_type on.

return function(show, layouts, messages, control)

local statistics = {}

local read = layouts.read

local VOLUME_SIZE = 52

local function volume(reader, tree)
    read(reader, tree, {
        { "stats.live_flows", 4 }, { "stats.flows", "u64" }, { "stats.packets_c2s", "u64" },
        { "stats.packets_s2c", "u64" }, { "stats.bytes_c2s", "u64" }, { "stats.bytes_s2c", "u64" },
        { "stats.last_seen", "time" },
    })
end

local function flows_request(reader, tree)
    read(reader, tree, { { "stats.limit", 4 }, { "stats.without_metadata", 2 }, { false, 2 } })
    control.filter(reader, tree)
end

local function flows_reply(reader, tree)
    while reader:left() > 0 do messages.event(reader, tree) end
end

local function apps_reply(reader, tree)
    while reader:left() > 0 do
        local record = reader:part(8 + VOLUME_SIZE, "an application")
        local item = tree:add(reader.fields["stats.app"], record:range(record.offset, record:left()), record:left())
        local id = show.app_id(record, item, "app_id")
        item:set_text("Application " .. reader.names:app(id))
        show.category(record, item, "category")
        record:take(3, "padding")
        volume(record, item)
    end
end

local function users_reply(reader, tree)
    while reader:left() > 0 do
        local start = reader.offset
        local size = reader:number(2, "the head of a user")
        if size < 4 + VOLUME_SIZE then reader:fault(start, ("a record size of at least %d"):format(4 + VOLUME_SIZE)) end
        local record = reader:part(size - 2, "a user")
        local item = tree:add(reader.fields["stats.user_record"], reader:range(start, 2))
        item:set_len(size)
        read(record, item, { { "stats.kind", 1 }, { false, 1 } })
        volume(record, item)
        item:set_text("User " .. record:add_text(item, "stats.user", record:left(), "a user"))
    end
end

local COUNTERS = { [1] = { { "counter.value", "u64" }, { "counter.name", "text" } } }

local function engine_reply(reader, tree) layouts.tlvs(reader, tree, "counter.tlv", COUNTERS) end

local PLUGINS = {
    [1] = function(reader, item)
        reader:add_number(item, "plugin.is_base", 1, "a plugin")
        local name, version = reader:number(1, "size of the name"), reader:number(1, "size of the version")
        read(reader, item, {
            { false, 1 }, { "plugin.apps", 4 }, { "plugin.categories", 4 }, { "plugin.protocols", 4 },
            { "plugin.modules", 4 },
        })
        reader:add_text(item, "plugin.name", name, "name")
        reader:add_text(item, "plugin.version", version, "version")
        reader:finish("a plugin")
    end,
    [2] = function(reader, item)
        reader:add_number(item, "plugin.state", 1, "a module")
        local plugin, name = reader:number(1, "size of the plugin"), reader:number(1, "size of the name")
        read(reader, item, {
            { false, 1 }, { "plugin.events", "u64" }, { "plugin.dropped", "u64" }, { "plugin.busy_us", "u64" },
        })
        reader:add_text(item, "plugin.plugin", plugin, "plugin")
        reader:add_text(item, "plugin.name", name, "name")
        reader:add_text(item, "plugin.reason", reader:left(), "a reason")
    end,
    [3] = { { "plugin.refused", "text" } },
}

local function plugins_reply(reader, tree) layouts.tlvs(reader, tree, "plugin.tlv", PLUGINS) end

local empty = messages.empty

statistics.requests = {
    [1] = flows_request, [2] = empty, [3] = empty, [4] = empty, [5] = empty, [6] = empty,
}

statistics.replies = {
    [1] = flows_reply, [2] = apps_reply, [3] = users_reply, [4] = engine_reply, [5] = plugins_reply,
    [6] = messages.catalogue,
}

-- Whatever is asked for has to be asked for in one message.
statistics.requests_in_parts = setmetatable({}, { __index = function()
    return function(reader) reader:fault(10, "a request in one message, without OFPMPF_REQ_MORE") end
end })

return statistics

end
