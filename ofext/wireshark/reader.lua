-- A cursor over the bytes of one message. What is not there raises a fault, a table of `offset` (in the message) and
-- `expected`, which `Reader.try` turns into expert information; any other error is a defect of this program.

local Reader = {}
Reader.__index = Reader

-- How a character beyond ASCII may begin, and go on (RFC 3629 §4).
local CHARACTERS = {
    "^[\194-\223][\128-\191]()", "^\224[\160-\191][\128-\191]()", "^[\225-\236\238\239][\128-\191][\128-\191]()",
    "^\237[\128-\159][\128-\191]()", "^\240[\144-\191][\128-\191][\128-\191]()",
    "^[\241-\243][\128-\191][\128-\191][\128-\191]()", "^\244[\128-\143][\128-\191][\128-\191]()",
}

-- Offset of the first byte that is not UTF-8, or nil.
local function utf8_fault(text)
    local at = text:find("[\128-\255]")
    while at do
        local behind
        for _, character in ipairs(CHARACTERS) do
            behind = behind or text:match(character, at)
        end
        if not behind then return at - 1 end
        at = text:find("[\128-\255]", behind)
    end
    return nil
end

-- `source` is the Tvb that holds a message at `base`, `raw` the message's bytes.
function Reader.new(source, base, raw, fields, names)
    return setmetatable({ source = source, base = base, raw = raw, offset = 0, stop = #raw, fields = fields,
        names = names }, Reader)
end

-- Calls `decode(...)`; a fault becomes expert information at `tree`, and false is returned.
function Reader:try(tree, malformed, decode, ...)
    local fine, fault = pcall(decode, ...)
    if fine then return true end
    if type(fault) ~= "table" then error(fault, 0) end
    local text = ("at offset %d: expected %s"):format(fault.offset, fault.expected)
    if fault.offset < #self.raw then
        tree:add_tvb_expert_info(malformed, self.source:range(self.base + fault.offset, 1), text)
    else
        tree:add_proto_expert_info(malformed, text)
    end
    return false
end

function Reader:fault(offset, expected)
    error({ offset = offset, expected = expected }, 0)
end

-- The cursor's place moves behind `size` bytes; returns where they begin.
function Reader:take(size, what)
    local start = self.offset
    if size > self.stop - start then self:fault(start, ("%s (%d bytes)"):format(what, size)) end
    self.offset = start + size
    return start
end

function Reader:left() return self.stop - self.offset end

function Reader:finish(what)
    if self.offset ~= self.stop then self:fault(self.offset, "the end of " .. what) end
end

-- A reader of the next `size` bytes; this one goes on behind them.
function Reader:part(size, what)
    local start = self:take(size, what)
    local part = Reader.new(self.source, self.base, self.raw, self.fields, self.names)
    part.offset, part.stop = start, start + size
    return part
end

function Reader:range(start, size)
    return self.source:range(self.base + start, size)
end

-- What lies between `start` and the cursor; nil for nothing.
function Reader:range_from(start)
    return self.offset > start and self:range(start, self.offset - start) or nil
end

-- A big-endian number of at most 6 bytes, which a Lua number holds.
function Reader:number(size, what)
    local start = self:take(size, what)
    local value = 0
    for at = start + 1, start + size do value = value * 256 + self.raw:byte(at) end
    return value
end

-- The same, looked at from a fixed place of the message, without moving.
function Reader:peek(offset, size, what)
    local other = setmetatable({ offset = offset }, { __index = self })
    return Reader.number(other, size, what)
end

-- Adds a number under its field; returns it (beyond 6 bytes nil), and the item.
function Reader:add_number(tree, key, size, what)
    local start = self.offset
    local value
    if size <= 6 then value = self:number(size, what) else self:take(size, what) end
    return value, tree:add(self.fields[key], self:range(start, size))
end

-- Nanoseconds since 1970-01-01 UTC, 8 bytes.
function Reader:add_time(tree, key, what)
    local start = self:take(8, what)
    local range = self:range(start, 8)
    local ns = range:uint64()
    local per_second = UInt64(1000000000)
    tree:add(self.fields[key], range, NSTime((ns / per_second):tonumber(), (ns % per_second):tonumber()))
end

-- UTF-8 of `size` bytes; returns it, and the item (nil when it is empty).
function Reader:add_text(tree, key, size, what)
    local start = self:take(size, what)
    local text = self.raw:sub(start + 1, start + size)
    local bad = utf8_fault(text)
    if bad then self:fault(start + bad, "UTF-8 in " .. what) end
    if size == 0 then return text, nil end
    return text, tree:add_packet_field(self.fields[key], self:range(start, size), ENC_UTF_8)
end

-- Bytes as they are; returns them, and the item (nil when there are none).
function Reader:add_bytes(tree, key, size, what)
    local start = self:take(size, what)
    local bytes = self.raw:sub(start + 1, start + size)
    if size == 0 then return bytes, nil end
    return bytes, tree:add(self.fields[key], self:range(start, size))
end

-- Goes through TLVs up to the end: `handle(type, value, header)`, with a reader and the item of the whole TLV.
function Reader:tlvs(tree, tlv_key, handle)
    while self:left() > 0 do
        local start = self.offset
        self:take(4, "a TLV header")
        self.offset = start
        local kind = self:number(2, "a TLV header")
        local size = self:number(2, "a TLV header")
        local value = self:part(size, ("the value of TLV %d"):format(kind))
        local item = tree:add(self.fields[tlv_key], self:range(start, 2))
        item:set_len(4 + size)
        handle(kind, value, item)
    end
end

return Reader
