-- Parts that many bodies are made of: fixed layouts, TLVs, texts behind their sizes, bits by name.

return function(show)

local layouts = {}

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

function layouts.read(reader, tree, layout)
    for _, step in ipairs(layout) do
        local key, how = step[1], step[2]
        if not key then reader:take(how, "padding")
        elseif readers[how] then readers[how](reader, tree, key)
        else reader:add_number(tree, key, how, key)
        end
    end
end

-- TLVs by type: each is a layout, or a function(reader, item). `before`, if any, is called for every one.
function layouts.tlvs(reader, tree, tlv_key, known, before)
    local seen = {}
    reader:tlvs(tree, tlv_key, function(kind, value, item)
        local layout = known[kind]
        if before then before() end
        seen[kind] = true
        if type(layout) == "function" then layout(value, item)
        elseif layout then
            layouts.read(value, item, layout)
            value:finish(("TLV %d"):format(kind))
        else show.unknown(value, item, ("TLV %d"):format(kind))
        end
    end)
    return seen
end

-- Texts whose sizes stand one after the other before them.
function layouts.counted(reader, tree, keys)
    local sizes, texts = {}, {}
    for _, key in ipairs(keys) do sizes[key] = reader:number(1, "size of " .. key) end
    for _, key in ipairs(keys) do texts[key] = reader:add_text(tree, key, sizes[key], key) end
    reader:finish("an entry")
    return texts
end

-- A number and its bits, each under the prefix and its name.
function layouts.bits(reader, tree, key, size, prefix, names)
    local start = reader.offset
    local _, item = reader:add_number(tree, key, size, key)
    for _, name in pairs(names) do
        item:add(reader.fields[prefix .. name:gsub(" ", "_")], reader:range(start, size))
    end
end

return layouts

end
