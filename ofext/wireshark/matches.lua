-- The experimenter's OXM fields (SPEC.md §2), and where matches stand in OpenFlow messages of 1.3, 1.4 and 1.5.

return function(vocabulary, show)

local matches = {}

-- How values are written; what is not here is a text.
local SIZES = { [1] = 4, [2] = 1, [3] = 1, [7] = 1, [9] = 1, [10] = 1, [11] = 1 }

local CLASS_EXPERIMENTER = 0xFFFF
local OXM_HEADER = 4
local MATCH_OXM = 1

local function key_of(number) return vocabulary.oxm_field[number]:sub(4) end

local MASKABLE = { [1] = true, [3] = true, [9] = true, [10] = true }

-- A number, and its mask; returns both in words.
local function numeric(reader, tree, number, size, has_mask)
    local key = key_of(number)
    local value
    if number == 1 then value = show.app_id(reader, tree, key)
    elseif number == 2 then value = show.category(reader, tree, key)
    else value = reader:add_number(tree, key, size, "a value of " .. key)
    end
    local words = number == 1 and show.number_of_app(value) or tostring(value)
    if not has_mask then return words end
    local mask = reader:add_number(tree, key .. "_mask", size, "a mask of " .. key)
    return ("%s/%s"):format(words, number == 1 and ("0x%08x"):format(mask) or tostring(mask))
end

-- Operations whose operand is values behind a size byte each.
local RANGE, SET = 5, 6

local function attribute(reader, tree)
    local _, name, kind = show.attribute(reader, tree, "attr.attribute")
    local operation = reader:add_number(tree, "attr.operation", 1, "an operation")
    local operands = {}
    while reader:left() > 0 do
        local has_sizes = operation == RANGE or operation == SET
        local size = has_sizes and reader:number(1, "size of a value") or reader:left()
        local bytes, item = reader:add_bytes(tree, "attr.operand", size, "an operand")
        operands[#operands + 1] = show.operand(bytes, kind)
        if item then item:set_text("Operand: " .. operands[#operands]) end
    end
    local words = vocabulary.attribute_operation[operation] or tostring(operation)
    return ("%s %s %s"):format(name, words, table.concat(operands, ", ")):gsub(" $", "")
end

-- What follows the experimenter id, whose field is ours; returns it in words.
local function payload(reader, tree, number, has_mask)
    local name = vocabulary.oxm_field[number]
    local words
    if name and has_mask and not MASKABLE[number] then reader:fault(reader.offset, name .. " without a mask") end
    if not name then
        show.unknown(reader, tree, ("L7 match field %d"):format(number))
        return ("l7 field %d"):format(number)
    elseif number == 17 then words = attribute(reader, tree)
    elseif SIZES[number] then words = numeric(reader, tree, number, SIZES[number], has_mask)
    else words = reader:add_text(tree, key_of(number), reader:left(), name)
    end
    reader:finish(name)
    return ("%s=%s"):format(name, words)
end

-- One OXM TLV; returns what it says, or nil when it is not ours.
local function oxm(reader, tree, only_ours)
    local start = reader.offset
    local class = reader:number(2, "an OXM header")
    local field = reader:number(1, "an OXM header")
    local size = reader:number(1, "an OXM header")
    local body = reader:part(size, "an OXM payload")
    if class ~= CLASS_EXPERIMENTER or body:number(4, "an experimenter id") ~= vocabulary.EXPERIMENTER then
        if only_ours then reader:fault(start, "a match field of this experimenter") end
        return nil
    end
    local number, has_mask = math.floor(field / 2), field % 2 == 1
    local item = tree:add(reader.fields.oxm, reader:range(start, OXM_HEADER + size), number)
    item:set_text(vocabulary.oxm_field[number] or ("L7 match field %d"):format(number))
    local words
    if reader:try(item, show.experts.malformed, function() words = payload(body, item, number, has_mask) end) then
        item:set_text(words)
    end
    return words or "malformed"
end

-- OXM TLVs up to the end of the reader; what ours say is added to `said`.
function matches.fields(reader, tree, said, only_ours)
    while reader:left() > 0 do said[#said + 1] = oxm(reader, tree, only_ours) end
end

-- An `ofp_match` and its padding.
local function match(reader, tree, said)
    local start = reader.offset
    local kind = reader:number(2, "an ofp_match header")
    local size = reader:number(2, "an ofp_match header")
    if kind ~= MATCH_OXM then reader:fault(start, "match type OFPMT_OXM (1)") end
    if size < 4 then reader:fault(start + 2, "a match size of at least 4") end
    matches.fields(reader:part(size - 4, "a match"), tree, said)
    local padding = (8 - size % 8) % 8
    reader:take(math.min(padding, reader:left()), "padding")
end

local function match_at(skipped)
    return function(reader, tree, said)
        reader:take(skipped, "what is before a match")
        match(reader, tree, said)
    end
end

-- Entries that begin with their size, each with a match `skipped` bytes in (or a function of the entry that tells).
local function entries(skipped)
    return function(reader, tree, said)
        while reader:left() > 0 do
            local size = reader:peek(reader.offset, 2, "the size of an entry")
            if size < 8 then reader:fault(reader.offset, "an entry of at least 8 bytes") end
            local entry = reader:part(size, "an entry")
            local before = type(skipped) == "function" and skipped(entry) or skipped
            if before then match_at(before)(entry, tree, said) end
        end
    end
end

-- Flow monitor updates: OFPFME_INITIAL, ADDED, REMOVED, MODIFIED (0 to 3) carry a match.
local function update(entry)
    return entry:peek(entry.offset + 2, 2, "the kind of an update") <= 3 and 24 or nil
end

local function monitors(reader, tree, said)
    while reader:left() > 0 do match_at(16)(reader, tree, said) end
end

-- Lists of OXM headers in table features, without values: MATCH, WILDCARDS, of set-field, of copy-field (1.5).
local FEATURE_LISTS = {
    [8] = true, [10] = true, [12] = true, [13] = true, [14] = true, [15] = true, [16] = true, [17] = true,
}

local function headers(reader, tree, said)
    while reader:left() > 0 do
        local start = reader.offset
        local class = reader:number(2, "an OXM header")
        local field = math.floor(reader:number(2, "an OXM header") / 512)
        if class == CLASS_EXPERIMENTER and reader:number(4, "an experimenter id") == vocabulary.EXPERIMENTER then
            local name = vocabulary.oxm_field[field] or ("L7 match field %d"):format(field)
            tree:add(reader.fields.oxm, reader:range(start + 2, 1), field):set_text(name)
            said[#said + 1] = name
        end
    end
end

local function table_features(reader, tree, said)
    while reader:left() > 0 do
        local size = reader:peek(reader.offset, 2, "the size of table features")
        if size < 64 then reader:fault(reader.offset, "table features of at least 64 bytes") end
        local features = reader:part(size, "table features")
        features:take(64, "table features")
        while features:left() > 0 do
            local kind = features:number(2, "a property")
            local length = features:number(2, "a property")
            if length < 4 then features:fault(features.offset - 2, "a property of at least 4 bytes") end
            local property = features:part(length - 4, "a property")
            if FEATURE_LISTS[kind] then headers(property, tree, said) end
            features:take(math.min((8 - length % 8) % 8, features:left()), "padding")
        end
    end
end

local FLOW, AGGREGATE, TABLE_FEATURES, FLOW_MONITOR, FLOW_STATS = 1, 2, 12, 16, 17

-- Bodies of multipart messages by version; 1.3 has no monitors, 1.5 has descriptions and statistics of flows.
local REQUESTS = { [FLOW] = match_at(32), [AGGREGATE] = match_at(32), [TABLE_FEATURES] = table_features }
local function requests(version, kind)
    if kind == FLOW_MONITOR then return version >= 5 and monitors or nil end
    if kind == FLOW_STATS then return version >= 6 and match_at(32) or nil end
    return REQUESTS[kind]
end
local function replies(version, kind)
    if kind == FLOW then return entries(version >= 6 and 24 or 48) end
    if kind == FLOW_STATS then return version >= 6 and entries(8) or nil end
    if kind == FLOW_MONITOR then return version >= 5 and entries(update) or nil end
    return kind == TABLE_FEATURES and table_features or nil
end

local function multipart(bodies)
    return function(reader, tree, said, version)
        local kind = reader:peek(8, 2, "a multipart type")
        local body = bodies(version, kind)
        reader:take(8, "a multipart header")
        if body then body(reader, tree, said) end
    end
end

-- A whole message in another one.
local function inner(skipped)
    return function(reader, tree, said)
        reader:take(skipped, "what is before a message")
        if reader:left() < 8 then return end
        local size = reader:peek(reader.offset + 2, 2, "the size of a message")
        if size ~= reader:left() and skipped == 4 then return end -- an error that quotes a part says nothing for sure
        if size >= 8 then matches.message(reader:part(size, "a message"), tree, said) end
    end
end

local ONF_BUNDLE_ADD = "\079\078\070\000\000\000\008\253" -- experimenter ONF, exp_type 2301
local function experimenter(reader, tree, said)
    if reader.raw:sub(reader.offset + 1, reader.offset + 8) == ONF_BUNDLE_ADD then inner(16)(reader, tree, said) end
end

local TYPES = {
    [1] = inner(4), -- ERROR quotes
    [4] = experimenter,
    [10] = match_at(16), -- PACKET_IN
    [14] = match_at(40), -- FLOW_MOD
    [18] = multipart(requests),
    [19] = multipart(replies),
    [34] = inner(8), -- BUNDLE_ADD_MESSAGE
}

-- Goes through a whole OpenFlow message (the reader stands at its header); what L7 fields say is added to `said`.
function matches.message(reader, tree, said)
    local version, kind = reader:number(1, "a header"), reader:number(1, "a header")
    reader:take(6, "a header")
    if kind == 11 then return match_at(version >= 6 and 16 or 40)(reader, tree, said) end -- FLOW_REMOVED
    local walk = TYPES[kind]
    if walk then walk(reader, tree, said, version) end
end

return matches

end
