//! Odd stacks of headers below IP.

use super::plain::{Plain, decode_plain};
use super::*;
use crate::flow::FlowKey;

/// An echo request from 10.0.0.1 to 10.0.0.5.
const PACKET: &[u8] = b"\x45\0\0\x1c\0\x01\0\0\x40\x01\x66\xdb\x0a\0\0\x01\x0a\0\0\x05\x08\0\xf7\xff\0\0\0\0";
const ADDRESSES: &[u8] = b"\x02\0\x5e\x10\0\x01\x02\0\x5e\x10\0\x02";
/// A label that is not the last, and one that is.
const LABEL: &[u8] = b"\0\x01\0\x40";
const LAST_LABEL: &[u8] = b"\0\x02\x01\x40";

/// What a frame's headers are, and whether IP was found behind them; every cut of it comes back too.
fn read(link: u32, parts: &[&[u8]]) -> (String, bool) {
    let frame = parts.concat();
    for end in 0..frame.len() {
        let _refused_or_not = decode(link, &frame[..end]);
    }
    match decode(link, &frame) {
        Ok(Decoded::Whole(packet)) => (packet.layers.to_string(), packet.ip_version == 4),
        other => panic!("{other:?}"),
    }
}

fn ethernet(parts: &[&[u8]]) -> (String, bool) {
    read(link_type::ETHERNET, &[&[ADDRESSES], parts, &[PACKET]].concat())
}

fn found(layers: &str) -> (String, bool) {
    (layers.to_owned(), true)
}

#[test]
fn vlan_tags_of_every_age_are_stacked() {
    assert_eq!(ethernet(&[b"\x88\xa8\0\x05\x81\0\0\x06\x08\0"]), found("eth.vlan.vlan"));
    assert_eq!(ethernet(&[b"\x91\0\0\x05\x92\0\0\x06\x81\0\0\x07\x08\0"]), found("eth.vlan.vlan.vlan"));
    let many = b"\x81\0\0\x01".repeat(12);
    assert_eq!(
        decode(link_type::ETHERNET, &[ADDRESSES, &many, b"\x08\0", PACKET].concat()),
        Err(Refused::Malformed("too many VLAN tags"))
    );
}

#[test]
fn backbones_rings_and_port_extenders_are_passed_over() {
    let backbone = [&b"\x88\xa8\0\x05\x88\xe7\0\0\x2a\0"[..], ADDRESSES, b"\x08\0"].concat();
    assert_eq!(ethernet(&[&backbone]), found("eth.vlan.pbb"));
    assert_eq!(ethernet(&[b"\x89\x2f\x10\x22\0\x01\x08\0"]), found("eth.hsr"));
    assert_eq!(ethernet(&[b"\x89\x3f\0\x01\x10\x01\0\0\x81\0\0\x05\x08\0"]), found("eth.etag.vlan"));
    assert!(decode(link_type::ETHERNET, &[ADDRESSES, b"\x89\x2f\x10\x05\0\x01\x08\0", PACKET].concat()).is_err());
}

#[test]
fn labels_lead_to_packets_and_to_frames_with_and_without_control_word() {
    let entropy = b"\x88\x47\0\x01\0\x40\0\0\x70\x40\x12\x34\x51\0"; // label, indicator 7, entropy label (RFC 6790)
    assert_eq!(ethernet(&[entropy]), found("eth.mpls.mpls.mpls"));
    for between in [&b""[..], b"\0\0\0\0", b"\0\0\x12\x34"] {
        let frame = [ADDRESSES, b"\x08\0"].concat();
        assert_eq!(
            ethernet(&[b"\x88\x47", LABEL, LAST_LABEL, between, &frame]),
            found("eth.mpls.mpls.pw"),
            "{between:?}"
        );
        let mut odd = frame.clone();
        for first in [0x00, 0x45, 0x60, 0xa4] {
            odd[0] = first;
            assert_eq!(
                ethernet(&[b"\x88\x47", LAST_LABEL, between, &odd]),
                found("eth.mpls.pw"),
                "{first} {between:?}"
            );
        }
    }
    let tagged = [ADDRESSES, b"\x81\0\0\x05\x08\0"].concat();
    assert_eq!(ethernet(&[b"\x88\x47", LAST_LABEL, b"\0\0\0\0", &tagged]), found("eth.mpls.pw.vlan"));
    let channel = read(link_type::ETHERNET, &[ADDRESSES, b"\x88\x47", LAST_LABEL, b"\x10\0\0\x07\x20\x40\x03\x18"]);
    assert_eq!(channel, ("eth.mpls".to_owned(), false), "an associated channel (RFC 5586) is no packet");
}

#[test]
fn ppp_may_leave_out_what_both_ends_know() {
    for header in [&b"\xff\x03\0\x21"[..], b"\0\x21", b"\xff\x03\x21", b"\x21"] {
        assert_eq!(read(link_type::PPP, &[header, PACKET]), found("ppp"), "{header:?}");
    }
    assert_eq!(read(link_type::PPP, &[b"\x02\x81", LAST_LABEL, PACKET]), found("ppp.mpls"));
    assert_eq!(ethernet(&[b"\x88\x64\x11\0\0\x01\0\x1e\0\x21"]), found("eth.pppoe.ppp"));
}

#[test]
fn what_tunnels_name_by_ethertype_has_no_addresses() {
    assert_eq!(read(link_type::of_ethertype(0x8847), &[LABEL, LAST_LABEL, PACKET]), found("mpls.mpls"));
    assert_eq!(read(link_type::of_ethertype(0x0800), &[PACKET]), found(""));
    assert_eq!(decode(0x3_0000, PACKET), Err(Refused::LinkType(0x3_0000)));
}

#[test]
fn wireless_frames_have_their_control_field_in_either_order() {
    let rest = [&[0, 0][..], &[2; 18], &[0x10, 0], b"\xaa\xaa\x03\0\0\0\x08\0"].concat();
    assert_eq!(read(link_type::WLAN, &[b"\x08\x01", &rest, PACKET]), found("wlan.snap"));
    assert_eq!(read(link_type::WLAN_SWAPPED, &[b"\x01\x08", &rest, PACKET]), found("wlan.snap"));
}

/// What is read quickly is read as all else is: every byte of the headers with every value, and every size.
#[test]
fn plain_frames_are_read_as_any_other() {
    let ethernet = b"\x02\x00\x00\x00\x00\x02\x02\x00\x00\x00\x00\x01\x08\x00";
    let ip = b"\x45\x00\x00\x32\x00\x01\x40\x00\x40\x06\x00\x00\xc0\x00\x02\x01\xc6\x33\x64\x02";
    let tcp = b"\xc3\x50\x01\xbb\x00\x00\x00\x01\x00\x00\x00\x00\x50\x18\x04\x00\x00\x00\x00\x00payload and padding";
    let frame = [&ethernet[..], ip, tcp].concat();
    assert!(decode_plain(link_type::ETHERNET, &frame).is_some());
    for at in 0..frame.len() {
        for value in 0..=u8::MAX {
            let mut changed = frame.clone();
            changed[at] = value;
            check(&changed);
        }
        check(&frame[..at]);
    }
}

fn check(frame: &[u8]) {
    if let Some(Plain { key, sender_is_low, segment }) = decode_plain(link_type::ETHERNET, frame) {
        let Ok(Decoded::Whole(packet)) = decode(link_type::ETHERNET, frame) else { panic!("{frame:02x?}") };
        assert_eq!((key, sender_is_low), FlowKey::of(&packet, 0), "{frame:02x?}");
        let packet_below = (Layers::ETHERNET, 0, 4);
        assert_eq!((segment, packet_below), (packet.segment, (packet.layers, packet.vlan, packet.ip_version)));
    }
}
