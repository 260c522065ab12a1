-- Hands OpenFlow's own dissector one whole message at a time, on its port.
--
-- Wireshark 4.0's stumbles over every OFPMP_EXPERIMENTER reply, whoever's it is, and over every OXM field of OpenFlow 1.5.
-- It goes on with the next message, but cannot put one together from segments any more in that frame, and is lost from
-- there. Here what it forgot is put right after each message.

return function(port)

local HEADER = 8

local framing = Proto("appsteer_framing", "OpenFlow, message by message")
local openflow = Dissector.get("openflow")

local function size_of(tvb, _, offset)
    return math.max(HEADER, tvb:range(offset + 2, 2):uint())
end

local function one(tvb, pinfo, tree)
    local can_desegment = pinfo.can_desegment
    openflow:call(tvb, pinfo, tree)
    pinfo.can_desegment = can_desegment
    return tvb:len()
end

function framing.dissector(tvb, pinfo, tree)
    local version = tvb:range(0, 1):uint()
    if version < 4 or version > 6 then return openflow:call(tvb, pinfo, tree) end
    dissect_tcp_pdus(tvb, tree, HEADER, size_of, one)
    return tvb:len()
end

DissectorTable.get("tcp.port"):add(port, framing)

end
