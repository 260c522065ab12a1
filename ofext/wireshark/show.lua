-- Values in words: App-IDs, categories and metadata by the names that a catalogue in the capture gave them.

return function(experts, Names)

local show = { experts = experts, number_of_app = Names.number_of_app }

-- Fields that hold an App-ID in words, and what App-IDs are called where they are not that of a flow.
local IN_WORDS = { app_id = "app", protocol_id = "protocol" }
local TITLES = { protocol_id = "App-ID of the protocol", ["catalogue.gone_app"] = "App-ID that went" }

local ADDRESS = 4 -- attribute type
local NUMBER = 2
local TEXT = 1

-- What an attribute's value says, as its type asks for; hexadecimal where the catalogue does not tell.
function show.value(bytes, kind)
    if kind == TEXT then return bytes end
    if kind == ADDRESS and #bytes == 4 then return ("%d.%d.%d.%d"):format(bytes:byte(1, 4)) end
    if kind == NUMBER and #bytes <= 6 then
        local value = 0
        for at = 1, #bytes do value = value * 256 + bytes:byte(at) end
        return ("%.0f"):format(value)
    end
    return (bytes:gsub(".", function(byte) return ("%02x"):format(byte:byte()) end))
end

-- A value to compare with: text where it can be one and the catalogue does not say otherwise.
function show.operand(bytes, kind)
    if not kind and bytes:match("^[ -~]+$") then kind = TEXT end
    return show.value(bytes, kind)
end

function show.app_id(reader, tree, key)
    local start = reader.offset
    local id, item = reader:add_number(tree, key, 4, key)
    local name, number = reader.names:app(id), Names.number_of_app(id)
    item:set_text(("%s: %s%s"):format(TITLES[key] or "App-ID", number,
        name == number and "" or (" (%s)"):format(name)))
    if IN_WORDS[key] then
        tree:add(reader.fields[IN_WORDS[key]], reader:range(start, 4), name):set_generated()
    end
    return id
end

function show.category(reader, tree, key)
    local id, item = reader:add_number(tree, key, 1, key)
    local name = reader.names:category(id)
    if name then item:append_text((" (%s)"):format(name)) end
    return id
end

function show.attribute(reader, tree, key)
    local id, item = reader:add_number(tree, key, 2, "an attribute id")
    local name, kind = reader.names:attribute(id)
    if kind then item:append_text((" (%s)"):format(name)) end
    return id, name, kind
end

function show.metadata(reader, tree)
    local start = reader.offset
    local _, name, kind = show.attribute(reader, tree, "metadata.attribute")
    local bytes = reader:add_bytes(tree, "metadata.value", reader:left(), "metadata")
    local words = ("%s=%s"):format(name, show.value(bytes, kind))
    tree:add(reader.fields.metadata, reader:range_from(start), words):set_generated()
    tree:append_text(": " .. words)
end

-- The rest of a part that nobody here knows.
function show.unknown(reader, tree, what)
    reader:add_bytes(tree, "unknown", reader:left(), what)
    tree:add_proto_expert_info(experts.unknown, ("%s is not known here"):format(what))
end

return show

end
