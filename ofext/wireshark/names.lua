-- What catalogues in the capture say of ids, by TCP stream: an agent's catalogue comes in the session that uses it.
-- Ids are never renumbered, so a later catalogue adds to an earlier one.

local Names = {}
Names.__index = Names

local MAX_NAMES = 262144 -- of one stream; a whole catalogue has some 15,000

local by_stream = {}

-- Forgets everything: Wireshark opens a file anew.
function Names.reset() by_stream = {} end

function Names.of(stream)
    if not by_stream[stream] then
        by_stream[stream] = setmetatable({ apps = {}, categories = {}, attributes = {}, count = 0 }, Names)
    end
    return by_stream[stream]
end

-- `kind` is apps, categories or attributes.
function Names:learn(kind, id, value)
    if self[kind][id] == nil then
        if self.count >= MAX_NAMES then return end
        self.count = self.count + 1
    end
    self[kind][id] = value
end

function Names.number_of_app(id)
    return ("%d/%d"):format(math.floor(id / 0x1000000), id % 0x1000000)
end

-- The key of an App-ID, or `engine/selector`.
function Names:app(id) return self.apps[id] or Names.number_of_app(id) end

function Names:category(id) return self.categories[id] end

-- Name and type of an attribute; its number and nil where no catalogue named it.
function Names:attribute(id)
    local known = self.attributes[id]
    if known then return known.name, known.type end
    return tostring(id), nil
end

return Names
