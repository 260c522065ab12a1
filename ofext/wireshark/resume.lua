-- Goes on where OpenFlow's own dissector stopped short.
--
-- Wireshark 4.0's stumbles over every OFPMP_EXPERIMENTER reply, whoever's it is, and over every OXM field of OpenFlow 1.5.
-- After that it puts no message together from segments any more in this frame, and is lost in what follows. From
-- the message that it left in pieces on, that direction of the connection is cut into messages here.

return function()

local resume = {}

local HEADER = 8
local MAX_HELD = 65535 -- a message

-- What is held now; frames that were seen, and what was held before them, for when they are looked at again. (Wireshark's
-- own `visited` is of no use: it may go through a file once without fields.)
local directions, seen, frames = {}, {}, {}

function resume.reset() directions, seen, frames = {}, {}, {} end

-- Takes over with what is there of a message, at the end of a frame. `segment` has key, payload (a field) and seq. What
-- does not end as the TCP payload does came out of TLS, and is left alone.
function resume.take_over(segment, held, pinfo)
    local payload = segment.payload
    local common = math.min(#held, payload.len)
    if seen[pinfo.number] or #held > MAX_HELD or held:sub(-common) ~= payload.range:raw():sub(-common) then return end
    directions[segment.key] = { held = held, next = (segment.seq + payload.len) % 2 ^ 32 }
end

-- What was held before this frame; nil when its direction was not taken over, false when all of it came before.
local function held_before(segment, pinfo)
    if seen[pinfo.number] then return frames[pinfo.number] end
    local direction = directions[segment.key]
    if not (direction and segment.payload) then return nil end
    local ahead = (segment.seq - direction.next) % 2 ^ 32
    local held = direction.held
    if ahead ~= 0 then
        held = nil
        if ahead < 2 ^ 31 then directions[segment.key] = nil -- a gap: whatever comes is for OpenFlow's dissector again
        else held = false
        end
    end
    frames[pinfo.number] = held
    return held
end

-- Calls `handle(source, offset, size)` for every whole message in a frame of a direction that was taken over.
-- Returns whether it was.
function resume.each_message(segment, pinfo, handle)
    local held = held_before(segment, pinfo)
    if held == nil then return false end
    if held == false then return true end
    local joined = held .. segment.payload.range:raw()
    local source = ByteArray.new(joined, true):tvb("OpenFlow messages")
    local offset = 0
    while #joined - offset >= HEADER do
        local size = math.max(HEADER, source:range(offset + 2, 2):uint())
        if size > #joined - offset then break end
        handle(source, offset, size)
        offset = offset + size
    end
    if not seen[pinfo.number] then
        local next = (segment.seq + segment.payload.len) % 2 ^ 32
        directions[segment.key] = { held = joined:sub(offset + 1), next = next }
    end
    return true
end

-- All that there is to know of a frame is known.
function resume.done(segment, pinfo)
    if segment.payload then seen[pinfo.number] = true end
end

return resume

end
