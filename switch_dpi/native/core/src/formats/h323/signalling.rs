//! ITU-T H.225.0 call signalling: H.245's address, the channels of fast connect and the H.245 messages in the tunnel, out of the
//! user-user element of a message shaped as those of Q.931.

use super::per::{Additions, Choice, Per};
use super::{End, announce, control};
use crate::bytes::Reader;
use crate::frame::Address;
use crate::protocol::{Direction, Findings, Transport};

/// Protocol discriminator, call reference, message type (ITU-T Q.931 §4).
const HEAD_SIZE: usize = 5;
/// Information element user-user; its size has two bytes (ITU-T H.225.0 table 4).
const USER_USER: u8 = 0x7e;
/// X.680's encoding, before the element's content.
const PACKED: u8 = 5;

/// What further flows a message tells of.
#[derive(Default)]
struct Told<'a> {
    control: Option<End>,
    fast_start: Option<&'a [u8]>,
}

/// Announces what a message tells, which the end `by` has sent; `None` where the reading ended early.
pub fn read(message: &[u8], by: Direction, found: &mut Findings) -> Option<()> {
    let mut per = Per::new(user_user(message)?);
    per.flags::<2>()?; // H323-UserInformation
    let [is_extended, has_private] = per.flags()?;
    let told = body(&mut per)?;
    if let Some(end) = told.control {
        announce(end, by, (Transport::Tcp, "h245"), found);
    }
    if let Some(channels) = told.fast_start {
        each_string(channels, |channel| control::read_open(channel, by, found));
    }
    if has_private {
        private(&mut per)?;
    }
    let tunnelled = per.additions(is_extended)?.get(2)?;
    each_string(tunnelled, |message| control::read(message, by, found));
    Some(())
}

/// The content of the user-user element. Elements with the highest bit are one byte, others have their size in one.
fn user_user(message: &[u8]) -> Option<&[u8]> {
    let mut reader = Reader::new(message.get(HEAD_SIZE..)?);
    loop {
        match reader.u8()? {
            USER_USER => return reader.vector16()?.strip_prefix(&[PACKED]),
            0x80.. => {}
            _ => drop(reader.vector8()?),
        }
    }
}

/// SEQUENCE OF OCTET STRING; a string that cannot be read does not end it.
fn each_string(list: &[u8], mut show: impl FnMut(&[u8]) -> Option<()>) {
    Per::new(list).list(|per| {
        show(per.string()?);
        Some(())
    });
}

/// The message's own part, by its kind.
fn body<'a>(per: &mut Per<'a>) -> Option<Told<'a>> {
    match per.choice(3)? {
        Choice::Root(0) => setup(per),
        Choice::Root(1 | 3) => proceeding(per),
        Choice::Root(2) => connect(per),
        Choice::Root(4) => information(per),
        Choice::Root(6) => facility(per),
        Choice::Root(_) => None,
        Choice::Extension(0, progress) => self::progress(&mut Per::new(progress)),
        Choice::Extension(..) => Some(Told::default()),
    }
}

fn setup<'a>(per: &mut Per<'a>) -> Option<Told<'a>> {
    let is_extended = per.flag()?;
    let [has_control, has_source, has_destination, has_address] = per.flags()?;
    let [has_extra, has_references, has_services] = per.flags()?;
    per.string()?; // version
    let control = if has_control { Some(transport_address(per)?) } else { None };
    if has_source {
        per.list(alias)?;
    }
    endpoint(per)?;
    if has_destination {
        per.list(alias)?;
    }
    if has_address {
        transport_address(per)?;
    }
    if has_extra {
        per.list(alias)?;
    }
    if has_references {
        per.list(|per| per.short().map(drop))?;
    }
    per.flag()?;
    per.bytes(16)?; // conference
    per.choice(2)?; // its goal
    if has_services {
        per.flags::<11>()?;
    }
    per.choice(2)?; // type of call
    Some(Told { control, fast_start: per.additions(is_extended)?.get(6) })
}

/// Call proceeding and alerting.
fn proceeding<'a>(per: &mut Per<'a>) -> Option<Told<'a>> {
    let [is_extended, has_control] = per.flags()?;
    per.string()?;
    endpoint(per)?;
    let control = if has_control { Some(transport_address(per)?) } else { None };
    Some(Told { control, fast_start: per.additions(is_extended)?.get(4) })
}

fn connect<'a>(per: &mut Per<'a>) -> Option<Told<'a>> {
    let [is_extended, has_control] = per.flags()?;
    per.string()?;
    let control = if has_control { Some(transport_address(per)?) } else { None };
    endpoint(per)?;
    per.bytes(16)?;
    Some(Told { control, fast_start: per.additions(is_extended)?.get(4) })
}

fn information<'a>(per: &mut Per<'a>) -> Option<Told<'a>> {
    let is_extended = per.flag()?;
    per.string()?;
    Some(Told { control: None, fast_start: per.additions(is_extended)?.get(3) })
}

fn facility<'a>(per: &mut Per<'a>) -> Option<Told<'a>> {
    let [is_extended, has_address, has_alias, has_conference] = per.flags()?;
    per.string()?;
    if has_address {
        transport_address(per)?;
    }
    if has_alias {
        per.list(alias)?;
    }
    if has_conference {
        per.bytes(16)?;
    }
    per.choice(2)?; // reason
    let additions: Additions<'a> = per.additions(is_extended)?;
    let control = additions.get(6).and_then(|address| transport_address(&mut Per::new(address)));
    Some(Told { control, fast_start: additions.get(7) })
}

/// Here fast connect stands before the extension marker: it is skipped over to only where no tokens do.
fn progress<'a>(per: &mut Per<'a>) -> Option<Told<'a>> {
    let [_is_extended, has_control, has_mode, has_tokens, has_secret_tokens, has_fast_start] = per.flags()?;
    per.string()?;
    endpoint(per)?;
    let control = if has_control { Some(transport_address(per)?) } else { None };
    let is_extended = per.flag()?;
    per.bytes(16)?; // call
    per.additions(is_extended)?;
    let is_plain = has_fast_start && !(has_mode || has_tokens || has_secret_tokens);
    let fast_start = if is_plain { per.rest() } else { None };
    Some(Told { control, fast_start })
}

/// TransportAddress: IPv4 and IPv6.
fn transport_address(per: &mut Per<'_>) -> Option<End> {
    match per.choice(3)? {
        Choice::Root(0) => Some((Address::from_v4(per.array()?), per.short()?)),
        Choice::Root(3) => {
            let is_extended = per.flag()?;
            let end = (Address::from_v6(per.array()?), per.short()?);
            per.additions(is_extended)?;
            Some(end)
        }
        _ => None,
    }
}

/// AliasAddress: digits of four bits, or text of two bytes a character; others have their size before them.
fn alias(per: &mut Per<'_>) -> Option<()> {
    match per.choice(1)? {
        Choice::Root(0) => {
            let digits = per.bits(7)? + 1;
            per.bytes(0)?; // the digits begin with a byte
            (0..digits).try_for_each(|_| per.bits(4).map(drop))
        }
        Choice::Root(_) => {
            let size = usize::from(per.byte()?) + 1;
            per.bytes(2 * size).map(drop)
        }
        Choice::Extension(..) => Some(()),
    }
}

/// EndpointType: who made it, and what it is.
fn endpoint(per: &mut Per<'_>) -> Option<()> {
    let [is_extended, has_private, has_vendor, has_gatekeeper, has_gateway, has_mcu, has_terminal] = per.flags()?;
    if has_private {
        private(per)?;
    }
    if has_vendor {
        vendor(per)?;
    }
    if has_gatekeeper {
        kind(per)?;
    }
    if has_gateway {
        gateway(per)?;
    }
    if has_mcu {
        kind(per)?;
    }
    if has_terminal {
        kind(per)?;
    }
    per.flags::<2>()?;
    per.additions(is_extended).map(drop)
}

/// VendorIdentifier.
fn vendor(per: &mut Per<'_>) -> Option<()> {
    let [is_extended, has_product, has_version] = per.flags()?;
    maker(per)?;
    for has_name in [has_product, has_version] {
        if has_name {
            let size = usize::from(per.byte()?) + 1;
            per.bytes(size)?;
        }
    }
    per.additions(is_extended).map(drop)
}

/// H221NonStandard: country, its extension, manufacturer.
fn maker(per: &mut Per<'_>) -> Option<()> {
    let is_extended = per.flag()?;
    per.bytes(4)?;
    per.additions(is_extended).map(drop)
}

/// What terminals, gatekeepers, conference units and the protocols of gateways have in common.
fn kind(per: &mut Per<'_>) -> Option<()> {
    let [is_extended, has_private] = per.flags()?;
    if has_private {
        private(per)?;
    }
    per.additions(is_extended).map(drop)
}

/// GatewayInfo.
fn gateway(per: &mut Per<'_>) -> Option<()> {
    let [is_extended, has_protocols, has_private] = per.flags()?;
    if has_protocols {
        per.list(|per| match per.choice(4)? {
            Choice::Root(0) => private(per),
            Choice::Root(1..=8) => kind(per),
            Choice::Root(_) => None,
            Choice::Extension(..) => Some(()),
        })?;
    }
    if has_private {
        private(per)?;
    }
    per.additions(is_extended).map(drop)
}

/// NonStandardParameter.
fn private(per: &mut Per<'_>) -> Option<()> {
    match per.choice(1)? {
        Choice::Root(0) => drop(per.string()?),
        Choice::Root(_) => maker(per)?,
        Choice::Extension(..) => {}
    }
    per.string().map(drop)
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    // Messages encoded from the ASN.1 of H.225.0 (12/2009) and H.245; tshark reads the same addresses in them.
    pub(crate) const SETUP: &[u8] = b"\x08\x02\x11\x22\x05\x04\x03\x88\x93\xa5\x7e\x00\x9c\x05\x00\xf8\x06\x00\x08\x91\x4a\x00\x04\x00\xc0\x00\x02\x05\x0f\xa0\x01\x40\x02\x00\x61\x00\x6e\x00\x6e\x22\xc0\xb5\x00\x53\x4c\x04\x70\x68\x6f\x6e\x65\x02\x31\x2e\x30\x00\x01\x01\x80\x7c\x63\x00\xc0\x00\x02\x09\x06\xb8\x00\x10\x11\x12\x13\x14\x15\x16\x17\x18\x19\x1a\x1b\x1c\x1d\x1e\x1f\x00\x45\x1c\x07\x00\xc0\x00\x02\x05\x06\xb8\x11\x00\x00\x01\x02\x03\x04\x05\x06\x07\x08\x09\x0a\x0b\x0c\x0d\x0e\x0f\x32\x02\x12\x00\x00\x01\x0c\x20\x13\x80\x0a\x04\x00\x01\x00\xc0\x00\x02\x05\x13\x89\x1d\x40\x00\x01\x06\x04\x01\x00\x4c\x20\x13\x80\x11\x14\x00\x01\x00\xc0\x00\x02\x05\x13\x88\x00\xc0\x00\x02\x05\x13\x89\x01\x00\x01\x00";
    pub(crate) const CONNECT: &[u8] = b"\x08\x02\x11\x22\x07\x04\x03\x88\x93\xa5\x7e\x00\x45\x05\x02\xc0\x06\x00\x08\x91\x4a\x00\x04\x00\xc0\x00\x02\x09\x10\x04\x22\xc0\xb5\x00\x53\x4c\x04\x70\x68\x6f\x6e\x65\x02\x31\x2e\x30\x00\x10\x11\x12\x13\x14\x15\x16\x17\x18\x19\x1a\x1b\x1c\x1d\x1e\x1f\x01\x11\x00\x00\x01\x02\x03\x04\x05\x06\x07\x08\x09\x0a\x0b\x0c\x0d\x0e\x0f";
    const ALERTING: &[u8] = b"\x08\x02\x11\x22\x01\x04\x03\x88\x93\xa5\x7e\x00\x5d\x05\x23\x80\x06\x00\x08\x91\x4a\x00\x04\x22\xc0\xb5\x00\x53\x4c\x04\x70\x68\x6f\x6e\x65\x02\x31\x2e\x30\x00\x91\x11\x00\x00\x01\x02\x03\x04\x05\x06\x07\x08\x09\x0a\x0b\x0c\x0d\x0e\x0f\x14\x01\x12\x00\x00\x01\x0c\x20\x13\x80\x0a\x04\x00\x01\x00\xc0\x00\x02\x05\x13\x89\x04\xc0\x01\x80\x15\x01\x13\x03\x00\x00\x01\x0c\x20\x13\x80\x0a\x04\x00\x01\x00\xc0\x00\x02\x05\x13\x8b";
    const FACILITY: &[u8] = b"\x08\x02\x11\x22\x62\x04\x03\x88\x93\xa5\x7e\x00\x29\x05\x06\x80\x06\x00\x08\x91\x4a\x00\x04\x81\x01\x00\x0d\x04\x11\x00\x00\x01\x02\x03\x04\x05\x06\x07\x08\x09\x0a\x0b\x0c\x0d\x0e\x0f\x07\x00\xc0\x00\x02\x09\x10\x68";

    fn announced(message: &[u8]) -> Vec<(u16, &'static str)> {
        let mut found = Findings::default();
        read(message, Direction::Originator, &mut found);
        found.take_expected().iter().map(|e| (e.port, e.protocol)).collect()
    }

    #[test]
    fn each_kind_of_message_tells_its_addresses() {
        assert_eq!(announced(SETUP), [(4000, "h245"), (5001, "rtcp"), (5000, "rtp")]);
        assert_eq!(announced(CONNECT), [(4100, "h245")]);
        assert_eq!(announced(ALERTING), [(5001, "rtcp"), (5003, "rtcp")], "fast connect, and the tunnel");
        assert_eq!(announced(FACILITY), [(4200, "h245")]);
    }

    #[test]
    fn cut_and_changed_messages_end_the_reading() {
        for message in [SETUP, CONNECT, ALERTING, FACILITY] {
            for at in 0..message.len() {
                announced(&message[..at]);
                for byte in [0, 0x7f, 0x80, 0xff] {
                    let mut changed = message.to_vec();
                    changed[at] = byte;
                    assert!(announced(&changed).len() <= 16);
                }
            }
        }
        assert_eq!(announced(&SETUP[..60]), [], "without its end the size does not fit");
    }
}
