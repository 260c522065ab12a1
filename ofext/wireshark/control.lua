-- Filters over flows, and what the controller asks for: flow control and plugin swaps (SPEC.md, parts 3.6 to 3.8).

return function(vocabulary, show, layouts, matches)

local control = {}

local read = layouts.read

local MAX_FILTERS = 64
local MAX_PIN_S = 7 * 24 * 3600
local MAX_PLUGIN_NAME_SIZE = 64

-- --- filters -----------------------------------------------------------------------------------------------------------
local function check_end(reader, item)
    local start = reader.offset
    local number = reader:add_number(item, "filter.end", 1, "an end")
    if not vocabulary.flow_end[number] then reader:fault(start, "an end: 0 either, 1 originator, 2 responder") end
end

-- Whether bits beyond the prefix are set.
local function has_more_bits(bytes, prefix_length)
    for at = 1, #bytes do
        local kept = math.max(0, math.min(8, prefix_length - 8 * (at - 1)))
        if bytes:byte(at) % 2 ^ (8 - kept) ~= 0 then return true end
    end
    return false
end

local function add_address(reader, item, key, size)
    return reader:add_bytes(item, size == 4 and key or key .. "_v6", size, "an address")
end

local FILTER = {
    [1] = function(reader, item)
        local said = {}
        matches.fields(reader, item, said, true)
        item:append_text(": " .. table.concat(said, ", "))
    end,
    [2] = function(reader, item)
        check_end(reader, item)
        local prefix_length = reader:add_number(item, "filter.prefix_length", 1, "a prefix length")
        local start, size = reader.offset, reader:left()
        if size ~= 4 and size ~= 16 then reader:fault(start, "an address of 4 or 16 bytes") end
        local bytes = add_address(reader, item, "filter.address", size)
        if prefix_length > 8 * size then reader:fault(start - 1, ("a prefix length of at most %d"):format(8 * size)) end
        if has_more_bits(bytes, prefix_length) then reader:fault(start, "an address without bits beyond its prefix") end
    end,
    [3] = function(reader, item)
        check_end(reader, item)
        reader:take(1, "padding")
        local start = reader.offset
        local first = reader:add_number(item, "filter.first", 2, "the first port")
        local last = reader:add_number(item, "filter.last", 2, "the last port")
        reader:finish("an end and two ports")
        if first > last then reader:fault(start, "a first port that is not above the last") end
    end,
    [4] = { { "filter.protocol", 1 } },
    [5] = { { "filter.flow_id", "u64" } },
    [6] = function(reader, item)
        read(reader, item, { { "filter.l4", 1 }, { false, 1 }, { "filter.port", 2 }, { "filter.other_port", 2 } })
        local size = reader:left() / 2
        if size ~= 4 and size ~= 16 then reader:fault(reader.offset, "two addresses of 4 or 16 bytes") end
        add_address(reader, item, "filter.address", size)
        add_address(reader, item, "filter.other_address", size)
    end,
}

-- TLVs up to the end of the message.
function control.filter(reader, tree)
    local start, count = reader.offset, 0
    layouts.tlvs(reader, tree, "filter.tlv", FILTER, function()
        count = count + 1
        if count > MAX_FILTERS then reader:fault(start, ("at most %d TLVs in a filter"):format(MAX_FILTERS)) end
    end)
end

-- --- flow control ------------------------------------------------------------------------------------------------------
local PIN = 2
local SETTLED = { [1] = true, [3] = true, [5] = true }

local function check_verdict(reader, start, command, verdict)
    if command ~= PIN then
        if verdict.category + verdict.state + verdict.pin_s + verdict.app_id > 0 then
            reader:fault(start + 2, "zeros, as this command has no verdict")
        end
    elseif not SETTLED[verdict.state] then reader:fault(start + 3, "a settled state: 1, 3 or 5")
    elseif verdict.pin_s > MAX_PIN_S then reader:fault(start + 4, ("at most %d seconds"):format(MAX_PIN_S))
    elseif verdict.app_id == 0 then reader:fault(start + 8, "an App-ID")
    end
end

local function flow_control(reader, tree)
    local start = reader.offset
    local command = reader:add_number(tree, "control.command", 2, "a flow control")
    local verdict = {}
    verdict.category = show.category(reader, tree, "category")
    verdict.state = reader:add_number(tree, "state", 1, "a flow control")
    verdict.pin_s = reader:add_number(tree, "control.pin_s", 4, "a flow control")
    verdict.app_id = show.app_id(reader, tree, "app_id")
    if not vocabulary.flow_command[command] then reader:fault(start, "a command: 1 re-inspect, 2 pin, 3 unpin") end
    check_verdict(reader, start, command, verdict)
    control.filter(reader, tree)
end

local function flow_control_reply(reader, tree)
    read(reader, tree, { { "control.matched", 4 }, { "control.touched", 4 } })
    layouts.tlvs(reader, tree, "tlv", {})
end

-- --- plugin swap -------------------------------------------------------------------------------------------------------
local RELOAD = 3

local function plugin_swap(reader, tree)
    local start = reader.offset
    local command = reader:add_number(tree, "swap.command", 2, "a command")
    local size = reader:number(2, "the size of a name")
    if not vocabulary.swap_command[command] then reader:fault(start, "a command: 1 load, 2 unload, 3 reload") end
    if size > MAX_PLUGIN_NAME_SIZE or (size == 0) ~= (command == RELOAD) then
        reader:fault(start + 2, command == RELOAD and "no name" or "a name of 1 to 64 bytes")
    end
    reader:add_text(tree, "swap.name", size, "the name of a plugin")
    layouts.tlvs(reader, tree, "tlv", {})
end

local function plugin_swap_reply(reader, tree)
    reader:add_number(tree, "swap.plugins", 2, "a number of plugins")
    local size = reader:number(2, "the size of a version")
    reader:add_text(tree, "swap.catalogue_version", size, "catalogue version")
    layouts.tlvs(reader, tree, "tlv", {})
end

control.bodies = { [8] = flow_control, [9] = flow_control_reply, [10] = plugin_swap, [11] = plugin_swap_reply }

return control

end
