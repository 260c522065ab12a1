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
local STREAM, PORT = Field.new("tcp.stream"), Field.new("tcp.srcport")
local SEQUENCE, PAYLOAD = Field.new("tcp.seq_raw"), Field.new("tcp.payload")
local MALFORMED = Field.new("_ws.malformed")

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
    local name = title .. (names[kind] or ("%s %.0f"):format(key, kind))
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

-- Whether two fields lie in bytes of the same origin (frame, or a reassembled message): only such can be compared.
local function is_same_source(field, other)
    return (pcall(function() return field < other end))
end

local resume = part("resume")()

-- The headers that OpenFlow's dissector found, of messages and of messages inside them, in the order of the bytes; those
-- of a message that was put together from segments come first.
local function headers(payload)
    local found = {}
    for _, version in ipairs(VERSIONS) do
        for _, field in ipairs({ version() }) do
            local is_in_frame = payload and is_same_source(field, payload)
            found[#found + 1] = { field = field, offset = field.offset, is_in_frame = is_in_frame }
        end
    end
    table.sort(found, function(one, other)
        if one.is_in_frame ~= other.is_in_frame then return other.is_in_frame end
        return one.offset < other.offset
    end)
    return found
end

-- Calls `handle(source, offset, size)` for every message that OpenFlow's dissector found, but not for those inside others.
-- Returns the bytes that it left alone although they are the beginning of a message, or nil: it does so when it has given
-- up on an earlier message of the frame.
local function each_message(payload, handle)
    local has_failed = MALFORMED() ~= nil
    local parent, stop, begin
    for _, header in ipairs(headers(payload)) do
        local field, offset = header.field, header.offset
        if not (parent and is_same_source(field, parent) and offset < stop) then
            local source = field.source
            local left = source:len() - offset
            local size = left >= HEADER and source:range(offset + 2, 2):uint() or HEADER
            local is_torn = size > left and has_failed
            parent, stop = field, offset + size
            if size >= HEADER and left >= HEADER and not is_torn then handle(source, offset, math.min(size, left)) end
            begin = is_torn and offset or stop
        end
    end
    if not (has_failed and begin and payload) then return nil end
    local source = parent.source
    local size = (is_same_source(parent, payload) and payload.offset + payload.len or source:len()) - begin
    return size > 0 and source:range(begin, size):raw() or nil
end

function appsteer.init()
    Names.reset()
    resume.reset()
end

-- Where a frame is in its connection.
local function segment_of()
    local stream, port, seq = STREAM(), PORT(), SEQUENCE()
    if not stream then return { stream = -1, key = "" } end
    return { stream = stream.value, key = stream.value .. "/" .. port.value, payload = PAYLOAD(), seq = seq.value }
end

function appsteer.dissector(_, pinfo, tree)
    local segment = segment_of()
    local said = {}
    local function handle(source, offset, size)
        local raw = source:range(offset, size):raw()
        local reader = Reader.new(source, offset, raw, definitions.by_key, Names.of(segment.stream))
        said[#said + 1] = message(reader, tree)
    end
    if not resume.each_message(segment, pinfo, handle) then
        local rest = each_message(segment.payload, handle)
        if rest then resume.take_over(segment, rest, pinfo) end
    end
    resume.done(segment, pinfo)
    if #said > 0 then pinfo.cols.info:append(" [L7: " .. table.concat(said, "; ") .. "]") end
end

register_postdissector(appsteer)
