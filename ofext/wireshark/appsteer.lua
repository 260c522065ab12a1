-- Shows the layer-7 extension of OpenFlow (ofext/SPEC.md) in Wireshark and tshark, 4.0 or later.
--
-- A post-dissector: OpenFlow's own dissector finds and reassembles the messages, on whatever port and below TLS too, and
-- its tree is left alone. What it found is read once more for what is of this experimenter.

local folder = (debug.getinfo(1, "S").source:gsub("^@", ""):match("^(.*[/\\])")) or ""

-- Wireshark runs every file of a plugin folder by itself, too: the other files do nothing but return something.
local function part(name) return assert(loadfile(folder .. name .. ".lua"))() end

local vocabulary, Reader, Names = part("vocabulary"), part("reader"), part("names")
local definitions = part("fields")(vocabulary)
local experts = definitions.experts
local show = part("show")(experts, Names)
local layouts = part("layouts")(show)
local matches = part("matches")(vocabulary, show)
local messages = part("messages")(vocabulary, show, layouts)
local control = part("control")(vocabulary, show, layouts, matches)
local statistics = part("statistics")(show, layouts, messages, control)

local BODIES = {}
for _, bodies in ipairs({ messages.bodies, control.bodies }) do
    for kind, decode in pairs(bodies) do BODIES[kind] = decode end
end

local appsteer = Proto("appsteer", "AppSteer: layer 7 in OpenFlow")
appsteer.fields = definitions.list
appsteer.experts = experts

local VERSIONS = { Field.new("openflow_v4.version"), Field.new("openflow_v5.version"), Field.new("openflow_v6.version") }
local STREAM = Field.new("tcp.stream")

local PORT = 6653
local HEADER = 8
local ERROR, EXPERIMENTER, MULTIPART_REQUEST, MULTIPART_REPLY = 1, 4, 18, 19
local OTHER_EXPERIMENTER = 0xFFFF -- OFPET_EXPERIMENTER and OFPMP_EXPERIMENTER

local function u16(raw, offset) return raw:byte(offset + 1) * 256 + raw:byte(offset + 2) end

local function is_ours(raw, offset) return raw:sub(offset + 1, offset + 4) == vocabulary.EXPERIMENTER_BYTES end

-- Adds the item of a message; the reader goes on where its body begins.
local function head(reader, tree, title)
    local item = tree:add(appsteer, reader:range(0, #reader.raw))
    item:set_text("AppSteer, " .. title)
    return item
end

-- A body that begins with experimenter id and exp_type, `offset` bytes into the message.
local function body(reader, tree, offset, key, names, bodies, title)
    reader.offset = offset + 4
    local kind = reader:peek(reader.offset, 4, key)
    local name = title .. (names[kind] or tostring(kind))
    local item = head(reader, tree, name)
    reader:add_number(item, key, 4, key)
    reader:try(item, experts.malformed, bodies[kind] or show.unknown, reader, item, name)
    return name
end

local function multipart(reader, tree, is_request)
    local bodies, title = statistics.replies, "reply: "
    if is_request then
        bodies, title = statistics.requests, "request: "
        if u16(reader.raw, 10) % 2 == 1 then bodies = statistics.requests_in_parts end -- OFPMPF_REQ_MORE
    end
    return body(reader, tree, 16, "multipart_type", vocabulary.multipart_type, bodies, title)
end

local function error_message(reader, tree)
    local title = "error: " .. (vocabulary.error_code[u16(reader.raw, 10)] or tostring(u16(reader.raw, 10)))
    local item = head(reader, tree, title)
    reader.offset = 10
    reader:try(item, experts.malformed, messages.error, reader, item)
    return title
end

local TITLES = {
    [1] = "error about", [10] = "PACKET_IN", [11] = "FLOW_REMOVED", [14] = "FLOW_MOD", [18] = "asked for", [19] = "told of",
    [34] = "bundled",
}

-- Nothing is added for a message that has the experimenter's bytes only by chance, in a packet or a cookie.
local function match_message(reader, tree)
    local said, item = {}, nil
    local when_needed = setmetatable({}, { __index = function(_, method)
        item = item or head(reader, tree, "match")
        return function(_, ...) return item[method](item, ...) end
    end })
    reader:try(when_needed, experts.malformed, matches.message, reader, when_needed, said)
    if not item then return nil end
    local title = ("%s match: %s"):format(TITLES[reader.raw:byte(2)] or "L7", table.concat(said, ", "))
    item:set_text("AppSteer, " .. title)
    return title
end

-- One whole OpenFlow message; returns what to say of it in the info column, or nil when nothing in it is ours.
local function message(reader, tree)
    local raw = reader.raw
    if not raw:find(vocabulary.EXPERIMENTER_BYTES, HEADER + 1, true) then return nil end
    local kind = raw:byte(2)
    if kind == EXPERIMENTER and is_ours(raw, 8) and #raw >= 16 then
        return body(reader, tree, 8, "exp_type", vocabulary.exp_type, BODIES, "")
    end
    if kind == ERROR and #raw >= 16 and u16(raw, 8) == OTHER_EXPERIMENTER and is_ours(raw, 12) then
        return error_message(reader, tree)
    end
    if (kind == MULTIPART_REQUEST or kind == MULTIPART_REPLY) and #raw >= 24 and u16(raw, 8) == OTHER_EXPERIMENTER
        and is_ours(raw, 16) then
        return multipart(reader, tree, kind == MULTIPART_REQUEST)
    end
    return match_message(reader, tree)
end

-- Whether a field lies in bytes of the same origin (frame, or a reassembled message) before `stop`.
local function is_within(field, parent, stop)
    return pcall(function() return field < parent end) and field.offset < stop
end

-- Calls `handle(source, offset)` for every message that OpenFlow's dissector found, but not for those inside others.
local function each_message(handle)
    for _, version in ipairs(VERSIONS) do
        local parent, stop
        for _, field in ipairs({ version() }) do
            local source, offset = field.source, field.offset
            if not (parent and is_within(field, parent, stop)) and source:len() - offset >= HEADER then
                local size = math.min(source:range(offset + 2, 2):uint(), source:len() - offset)
                parent, stop = field, offset + size
                if size >= HEADER then handle(source, offset, size) end
            end
        end
    end
end

function appsteer.init() Names.reset() end

function appsteer.dissector(_, pinfo, tree)
    local stream = STREAM()
    local said = {}
    each_message(function(source, offset, size)
        local raw = source:range(offset, size):raw()
        local reader = Reader.new(source, offset, raw, definitions.by_key, Names.of(stream and stream.value or -1))
        said[#said + 1] = message(reader, tree)
    end)
    if #said > 0 then pinfo.cols.info:append(" [L7: " .. table.concat(said, "; ") .. "]") end
end

register_postdissector(appsteer)
part("framing")(PORT)
