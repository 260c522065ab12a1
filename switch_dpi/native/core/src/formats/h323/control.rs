//! ITU-T H.245: which media go where. Read are openLogicalChannel (in fast connect too, ITU-T H.323 §8.1.7) and its acknowledgement,
//! of which the root and the one addition that matters; kinds of media that are described at length (MPEG's) end the reading.

use super::per::{Choice, Per};
use super::{End, announce};
use crate::frame::Address;
use crate::protocol::{Direction, Findings, Transport};

/// What a channel carries.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Medium {
    Rtp,
    Fax,
    Other,
}

/// Announces the channels of a message, which the end `by` has sent; `None` where it is no message or another one.
pub fn read(message: &[u8], by: Direction, found: &mut Findings) -> Option<()> {
    const REQUEST: Choice<'static> = Choice::Root(0);
    const RESPONSE: Choice<'static> = Choice::Root(1);
    let mut per = Per::new(message);
    match per.choice(2)? {
        REQUEST if per.choice(4)? == Choice::Root(3) => open(&mut per, by, found),
        RESPONSE if per.choice(5)? == Choice::Root(5) => acknowledged(&mut per, by, found),
        _ => None,
    }
}

/// Announces the channel of an openLogicalChannel without the message around it, as fast connect has it.
pub fn read_open(channel: &[u8], by: Direction, found: &mut Findings) -> Option<()> {
    open(&mut Per::new(channel), by, found)
}

/// OpenLogicalChannel: number, parameters forwards, parameters backwards.
fn open(per: &mut Per<'_>, by: Direction, found: &mut Findings) -> Option<()> {
    let [_is_extended, has_reverse] = per.flags()?;
    per.short()?;
    let [is_extended, has_port] = per.flags()?;
    if has_port {
        per.short()?;
    }
    let medium = data_type(per)?;
    match per.choice(2)? {
        Choice::Extension(0, parameters) => channel_parameters(parameters, medium, by, found)?,
        Choice::Extension(..) => {}
        Choice::Root(_) => return None, // H.222, H.223, V.76: no channels of a network
    }
    per.additions(is_extended)?;
    if !has_reverse {
        return Some(());
    }
    let [_is_extended, has_parameters] = per.flags()?;
    let medium = data_type(per)?;
    match if has_parameters { per.choice(1)? } else { return Some(()) } {
        Choice::Extension(0, parameters) => channel_parameters(parameters, medium, by, found),
        _ => None,
    }
}

/// OpenLogicalChannelAck; of its additions the second holds the addresses.
fn acknowledged(per: &mut Per<'_>, by: Direction, found: &mut Findings) -> Option<()> {
    let [is_extended, has_reverse] = per.flags()?;
    per.short()?;
    if has_reverse {
        let [is_extended, has_port, has_parameters] = per.flags()?;
        per.short()?;
        if has_port {
            per.short()?;
        }
        if has_parameters && !matches!(per.choice(0)?, Choice::Extension(..)) {
            return None;
        }
        per.additions(is_extended)?;
    }
    let parameters = per.additions(is_extended)?.get(1)?;
    let mut per = Per::new(parameters);
    if per.choice(0)? != Choice::Root(0) {
        return None;
    }
    let [_is_extended, has_private, has_session, has_media, has_control, _has_type] = per.flags()?;
    if has_private {
        per.list(private)?;
    }
    if has_session {
        per.bits(8)?; // 1..255: not aligned
    }
    let media = if has_media { Some(transport_address(&mut per)?) } else { None };
    let control = if has_control { Some(transport_address(&mut per)?) } else { None };
    tell([media, control], Medium::Rtp, by, found);
    Some(())
}

/// H2250LogicalChannelParameters, up to the addresses.
fn channel_parameters(data: &[u8], medium: Medium, by: Direction, found: &mut Findings) -> Option<()> {
    let mut per = Per::new(data);
    let [_is_extended, has_private, has_associated, has_media, has_guarantee, has_control] = per.flags()?;
    per.flags::<5>()?; // what comes behind the addresses
    if has_private {
        per.list(private)?;
    }
    per.byte()?; // session
    if has_associated {
        per.bits(8)?;
    }
    let media = if has_media { Some(transport_address(&mut per)?) } else { None };
    if has_guarantee {
        per.flag()?;
    }
    let control = if has_control { Some(transport_address(&mut per)?) } else { None };
    tell([media, control], medium, by, found);
    Some(())
}

fn tell([media, control]: [Option<End>; 2], medium: Medium, by: Direction, found: &mut Findings) {
    let protocols = match medium {
        Medium::Rtp => ("rtp", "rtcp"),
        Medium::Fax => ("t38", "t38"),
        Medium::Other => return,
    };
    for (end, protocol) in [(media, protocols.0), (control, protocols.1)] {
        if let Some(end) = end {
            announce(end, by, (Transport::Udp, protocol), found);
        }
    }
}

/// TransportAddress: unicast, or multicast.
fn transport_address(per: &mut Per<'_>) -> Option<End> {
    let is_unicast = match per.choice(1)? {
        Choice::Root(kind) => kind == 0,
        Choice::Extension(..) => return None,
    };
    let kind = per.choice(if is_unicast { 3 } else { 1 })?;
    let is_extended = per.flag()?;
    let address = match (is_unicast, kind) {
        (_, Choice::Root(0)) => Address::from_v4(per.array()?),
        (true, Choice::Root(2)) | (false, Choice::Root(1)) => Address::from_v6(per.array()?),
        _ => return None,
    };
    let port = per.short()?;
    per.additions(is_extended)?;
    Some((address, port))
}

/// DataType, passed over; what it means for the channel.
fn data_type(per: &mut Per<'_>) -> Option<Medium> {
    match per.choice(3)? {
        Choice::Root(0) => private(per).map(|()| Medium::Other),
        Choice::Root(1) => Some(Medium::Other),
        Choice::Root(2) => video(per).map(|()| Medium::Rtp),
        Choice::Root(3) => audio(per).map(|()| Medium::Rtp),
        Choice::Root(4) => data_application(per),
        Choice::Root(_) => None,
        // encrypted media, streams in streams, redundancy
        Choice::Extension(..) => Some(Medium::Rtp),
    }
}

/// AudioCapability: most are a number of frames.
fn audio(per: &mut Per<'_>) -> Option<()> {
    match per.choice(4)? {
        Choice::Root(0) => private(per),
        Choice::Root(1..=7 | 9..=11) => per.byte().map(drop),
        Choice::Root(8) => {
            per.byte()?;
            per.flag().map(drop)
        }
        Choice::Root(_) => None,
        Choice::Extension(..) => Some(()),
    }
}

/// VideoCapability: H.261, H.263, and those behind the marker (H.264 is one).
fn video(per: &mut Per<'_>) -> Option<()> {
    match per.choice(3)? {
        Choice::Root(0) => private(per),
        Choice::Root(1) => h261(per),
        Choice::Root(3) => h263(per),
        Choice::Root(_) => None,
        Choice::Extension(..) => Some(()),
    }
}

fn h261(per: &mut Per<'_>) -> Option<()> {
    let [is_extended, has_quarter, has_whole] = per.flags()?;
    per.bits(2 * (u32::from(has_quarter) + u32::from(has_whole)))?;
    per.flag()?;
    per.short()?;
    per.flag()?;
    per.additions(is_extended).map(drop)
}

fn h263(per: &mut Per<'_>) -> Option<()> {
    let is_extended = per.flag()?;
    let sizes: [bool; 5] = per.flags()?;
    let [has_buffer, has_most] = per.flags()?;
    per.bits(5 * sizes.iter().map(|has_size| u32::from(*has_size)).sum::<u32>())?;
    per.long()?;
    per.flags::<5>()?;
    if has_buffer {
        per.long()?;
    }
    if has_most {
        per.short()?;
    }
    per.additions(is_extended).map(drop)
}

/// DataApplicationCapability: only fax goes where media go.
fn data_application(per: &mut Per<'_>) -> Option<Medium> {
    const FAX: u32 = 2;
    let is_extended = per.flag()?;
    let medium = match per.choice(4)? {
        Choice::Extension(FAX, _) => Medium::Fax,
        Choice::Extension(..) => Medium::Other,
        Choice::Root(0) => private(per).map(|()| Medium::Other)?,
        Choice::Root(1..=3 | 5 | 6) if matches!(per.choice(3)?, Choice::Root(1..=6) | Choice::Extension(..)) => {
            Medium::Other
        }
        Choice::Root(_) => return None,
    };
    per.long()?;
    per.additions(is_extended)?;
    Some(medium)
}

/// NonStandardParameter of H.245: who made it up, and what it is.
fn private(per: &mut Per<'_>) -> Option<()> {
    if per.flag()? {
        per.bytes(4)?; // country, its extension, manufacturer
    } else {
        per.string()?;
    }
    per.string().map(drop)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn announced(message: &[u8]) -> Vec<(Option<Address>, u16, &'static str)> {
        let mut found = Findings::default();
        read(message, Direction::Originator, &mut found);
        found.take_expected().iter().map(|e| (e.address, e.port, e.protocol)).collect()
    }

    // Encoded from the ASN.1 of H.245; tshark reads the same addresses in them.
    const G711: &[u8] = b"\x03\x00\x00\x01\x0c\x20\x13\x80\x0a\x04\x00\x01\x00\xc0\x00\x02\x05\x13\x89";
    const H261: &[u8] = b"\x03\x00\x00\x02\x08\x58\x80\x02\x6b\x40\x00\x11\x14\x00\x02\x00\xc0\x00\x02\x05\x13\x8c\x00\xc0\x00\x02\x05\x13\x8d";
    const H263: &[u8] = b"\x03\x00\x00\x02\x08\xcc\x00\x14\x0c\x7f\x04\x00\x11\x14\x00\x02\x00\xc0\x00\x02\x05\x13\x8c\x00\xc0\x00\x02\x05\x13\x8d";
    const G723_BACKWARDS: &[u8] = b"\x03\x40\x00\x03\x06\x04\x01\x00\x4d\x00\x01\xc0\x00\x11\x14\x00\x01\x00\xc0\x00\x02\x05\x13\x88\x00\xc0\x00\x02\x05\x13\x89";
    const ACKNOWLEDGED: &[u8] =
        b"\x22\xc0\x00\x01\x02\x80\x10\x1c\x00\x00\xc0\x00\x02\x09\x17\x70\x00\xc0\x00\x02\x09\x17\x71";

    #[test]
    fn a_channel_and_its_acknowledgement_announce_media_and_control() {
        let [caller, called] = [5, 9].map(|last| Some(Address::from_v4([192, 0, 2, last])));
        assert_eq!(announced(G711), [(caller, 5001, "rtcp")]);
        for video in [H261, H263] {
            assert_eq!(announced(video), [(caller, 5004, "rtp"), (caller, 5005, "rtcp")]);
        }
        assert_eq!(announced(G723_BACKWARDS), [(caller, 5000, "rtp"), (caller, 5001, "rtcp")]);
        assert_eq!(announced(ACKNOWLEDGED), [(called, 6000, "rtp"), (called, 6001, "rtcp")]);
    }

    #[test]
    fn cut_and_foreign_messages_announce_nothing() {
        for message in [G711, H261, H263, G723_BACKWARDS, ACKNOWLEDGED] {
            for end in 0..message.len() {
                assert_eq!(announced(&message[..end]), [], "{end}");
            }
        }
        assert_eq!(announced(&[0xff; 64]), []);
    }
}
