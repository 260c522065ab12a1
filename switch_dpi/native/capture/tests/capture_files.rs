//! Capture files made by hand, in both byte orders: what is read from them, and what is said of broken ones.

use std::error::Error;
use std::io::{self, Read};

use appsteer_capture::file::{CaptureError, CaptureReader, MAX_PACKET_SIZE};

type Outcome = Result<(), Box<dyn Error>>;

const ETHERNET: u16 = 1;
const RAW_IP: u16 = 101;

/// Writes numbers in one of the two byte orders.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Order {
    Little,
    Big,
}

const BOTH: [Order; 2] = [Order::Little, Order::Big];

impl Order {
    fn u16(self, number: u16) -> Vec<u8> {
        if self == Self::Little { number.to_le_bytes().into() } else { number.to_be_bytes().into() }
    }

    fn u32(self, number: u32) -> Vec<u8> {
        if self == Self::Little { number.to_le_bytes().into() } else { number.to_be_bytes().into() }
    }

    fn u32s(self, numbers: &[u32]) -> Vec<u8> {
        numbers.iter().flat_map(|number| self.u32(*number)).collect()
    }

    fn u64(self, number: u64) -> Vec<u8> {
        if self == Self::Little { number.to_le_bytes().into() } else { number.to_be_bytes().into() }
    }
}

/// A pcap file of one packet for each (seconds, fraction, original size, data).
fn pcap(order: Order, magic: u32, packets: &[(u32, u32, u32, &[u8])]) -> Vec<u8> {
    let mut file = order.u32(magic);
    file.extend(order.u16(2));
    file.extend(order.u16(4));
    file.extend(order.u32s(&[0, 0, 65_535, u32::from(ETHERNET) | 0x2400_0000]));
    for (seconds, fraction, original, data) in packets {
        file.extend(order.u32s(&[*seconds, *fraction, data.len() as u32, *original]));
        if magic == 0xA1B2_CD34 {
            file.extend([0; 8]);
        }
        file.extend_from_slice(data);
    }
    file
}

fn block(order: Order, kind: u32, body: &[u8]) -> Vec<u8> {
    let mut body = body.to_vec();
    body.resize(body.len().next_multiple_of(4), 0);
    let size = body.len() as u32 + 12;
    [order.u32(kind), order.u32(size), body, order.u32(size)].concat()
}

fn section(order: Order) -> Vec<u8> {
    block(order, 0x0A0D_0D0A, &[order.u32(0x1A2B_3C4D), order.u16(1), order.u16(0), vec![0xFF; 8]].concat())
}

/// Code and value.
type Options = Vec<(u16, Vec<u8>)>;

fn interface(order: Order, link: u16, snap_size: u32, options: &[(u16, Vec<u8>)]) -> Vec<u8> {
    let mut body = [order.u16(link), order.u16(0), order.u32(snap_size)].concat();
    for (code, value) in options {
        body.extend(order.u16(*code));
        body.extend(order.u16(value.len() as u16));
        body.extend(value);
        body.resize(body.len().next_multiple_of(4), 0);
    }
    block(order, 1, &body)
}

fn enhanced(order: Order, interface: u32, ticks: u64, data: &[u8]) -> Vec<u8> {
    let size = data.len() as u32;
    let fixed = order.u32s(&[interface, (ticks >> 32) as u32, ticks as u32, size, size]);
    block(order, 6, &[fixed, data.to_vec()].concat())
}

/// (time, link type, original size, data) of all packets, and where the file was cut short.
type Listing = (Vec<(u64, u32, u32, Vec<u8>)>, Option<u64>);

fn read(file: impl Read) -> Result<Listing, CaptureError> {
    let mut capture = CaptureReader::new(file)?;
    let mut packets = Vec::new();
    while let Some(packet) = capture.next()? {
        packets.push((packet.at_ns, packet.link_type, packet.original_size, packet.data.to_vec()));
    }
    Ok((packets, capture.truncated_at()))
}

#[test]
fn pcap_in_both_orders_and_units() -> Outcome {
    for order in BOTH {
        for (magic, at_ns) in [(0xA1B2_C3D4, 5_000_007_000), (0xA1B2_3C4D, 5_000_000_007), (0xA1B2_CD34, 5_000_007_000)]
        {
            let file = pcap(order, magic, &[(5, 7, 90, b"abc"), (5, 8, 0, b"")]);
            let (packets, cut) = read(&file[..])?;
            assert_eq!(packets.first(), Some(&(at_ns, 1, 90, b"abc".to_vec())), "{order:?} {magic:x}");
            assert_eq!((packets.len(), cut), (2, None));
        }
    }
    Ok(())
}

#[test]
fn the_original_size_is_never_less_than_what_was_captured() -> Outcome {
    let (packets, _) = read(&pcap(Order::Little, 0xA1B2_C3D4, &[(0, 0, 1, b"abc")])[..])?;
    assert_eq!(packets, [(0, 1, 3, b"abc".to_vec())]);
    Ok(())
}

#[test]
fn pcapng_with_several_sections_and_interfaces() -> Outcome {
    let (little, big) = (Order::Little, Order::Big);
    let file = [
        section(big),
        interface(big, ETHERNET, 0, &[]),
        interface(big, RAW_IP, 0, &[(9, vec![9])]),
        enhanced(big, 1, 3, b"raw"),
        enhanced(big, 0, 3, b"ethernet"),
        section(little),
        interface(little, 113, 0, &[]),
        enhanced(little, 0, 4, b"cooked"),
    ]
    .concat();
    let (packets, cut) = read(&file[..])?;
    let expected =
        [(3, 101, 3, b"raw".to_vec()), (3_000, 1, 8, b"ethernet".to_vec()), (4_000, 113, 6, b"cooked".to_vec())];
    assert_eq!(packets, expected);
    assert_eq!(cut, None);
    Ok(())
}

#[test]
fn pcapng_resolutions_and_offsets() -> Outcome {
    let offset = |order: Order, seconds: i64| (14, order.u64(seconds as u64));
    for order in BOTH {
        let cases: [(Options, u64, u64); 8] = [
            (vec![], 5, 5_000),
            (vec![(9, vec![0])], 5, 5_000_000_000),
            (vec![(9, vec![12])], 5_999, 5),
            (vec![(9, vec![0x80 | 10])], 1_536, 1_500_000_000),
            (vec![(9, vec![9]), offset(order, 100)], 5, 100_000_000_005),
            (vec![(9, vec![9]), offset(order, -100)], 5, 0),
            (vec![(2, b"eth0".to_vec()), (9, vec![9]), (0, vec![]), (9, vec![0])], 5, 5),
            (vec![(9, vec![0]), offset(order, i64::MAX)], u64::MAX, u64::MAX),
        ];
        for (options, ticks, at_ns) in cases {
            let file =
                [section(order), interface(order, ETHERNET, 0, &options), enhanced(order, 0, ticks, b"x")].concat();
            let (packets, _) = read(&file[..])?;
            assert_eq!(packets.first().map(|packet| packet.0), Some(at_ns), "{order:?} {options:?}");
        }
    }
    Ok(())
}

#[test]
fn simple_packets_take_the_time_before_and_the_interface_s_limit() -> Outcome {
    for order in BOTH {
        let simple = block(order, 3, &[order.u32(9), b"abcd".to_vec()].concat());
        let file = [section(order), interface(order, ETHERNET, 4, &[]), enhanced(order, 0, 7, b"x"), simple].concat();
        let (packets, _) = read(&file[..])?;
        assert_eq!(packets.get(1), Some(&(7_000, 1, 9, b"abcd".to_vec())));
    }
    Ok(())
}

#[test]
fn obsolete_packet_blocks() -> Outcome {
    for order in BOTH {
        let body = [order.u16(0), order.u16(3), order.u32s(&[0, 7, 2, 60]), b"ab".to_vec()].concat();
        let file = [section(order), interface(order, ETHERNET, 0, &[]), block(order, 2, &body)].concat();
        assert_eq!(read(&file[..])?.0, [(7_000, 1, 60, b"ab".to_vec())]);
    }
    Ok(())
}

#[test]
fn unknown_blocks_are_passed_over_however_large() -> Outcome {
    let order = Order::Little;
    let file = [
        section(order),
        block(order, 0x0BAD, &vec![7; 3 << 20]),
        interface(order, ETHERNET, 0, &[]),
        block(order, 5, b"statistics"),
        enhanced(order, 0, 1, b"packet"),
    ]
    .concat();
    assert_eq!(read(&file[..])?.0.len(), 1);
    Ok(())
}

#[test]
fn a_file_cut_anywhere_yields_what_is_whole_and_says_where() -> Outcome {
    let order = Order::Big;
    let pcap = pcap(order, 0xA1B2_C3D4, &[(1, 0, 3, b"abc"), (2, 0, 5, b"defgh")]);
    let pcapng = [
        section(order),
        interface(order, ETHERNET, 0, &[]),
        block(order, 0x0BAD, b"unknown"),
        enhanced(order, 0, 1, b"abc"),
        enhanced(order, 0, 2, b"defgh"),
    ]
    .concat();
    for (file, starts) in [(&pcap, vec![24, 43, 64]), (&pcapng, vec![28, 48, 68, 104, 144])] {
        let (all, _) = read(&file[..])?;
        for size in 28..file.len() {
            let (packets, cut) = read(file.get(..size).unwrap_or_default())?;
            let last = starts.iter().copied().filter(|start| *start <= size).max();
            assert_eq!(Some(&packets[..]), all.get(..packets.len()));
            assert_eq!(cut, last.filter(|start| *start != size).map(|start| start as u64), "cut at {size}");
        }
    }
    Ok(())
}

/// Hands out one byte at a time and is interrupted before each.
struct Slow<'a>(&'a [u8], bool);

impl Read for Slow<'_> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        self.1 = !self.1;
        if self.1 {
            return Err(io::ErrorKind::Interrupted.into());
        }
        let size = into.len().min(1);
        self.0.read(into.get_mut(..size).unwrap_or_default())
    }
}

#[test]
fn the_pace_of_the_source_does_not_matter() -> Outcome {
    let order = Order::Little;
    let file = [section(order), interface(order, ETHERNET, 0, &[]), enhanced(order, 0, 1, &[5; 999])].concat();
    assert_eq!(read(Slow(&file, false))?, read(&file[..])?);
    Ok(())
}

#[test]
fn packets_around_the_size_of_the_buffer_are_whole() -> Outcome {
    let large = vec![9; MAX_PACKET_SIZE];
    let odd = vec![8; MAX_PACKET_SIZE - 1];
    let packets = [(1, 0, 3, &b"abc"[..]), (2, 0, 0, &large), (3, 0, 0, &odd), (4, 0, 0, b"end")];
    let (read, cut) = read(&pcap(Order::Little, 0xA1B2_C3D4, &packets)[..])?;
    let sizes: Vec<_> = read.iter().map(|packet| packet.3.len()).collect();
    assert_eq!((sizes, cut), (vec![3, MAX_PACKET_SIZE, MAX_PACKET_SIZE - 1, 3], None));
    Ok(())
}

fn rule(file: &[u8]) -> String {
    read(file).map_or_else(|error| error.to_string(), |_| "no error".to_owned())
}

#[test]
fn what_is_no_capture_is_refused_with_its_first_bytes() {
    assert_eq!(
        rule(b"\x1f\x8b\x08\x00 and more than twenty-four bytes"),
        "neither pcap nor pcapng: begins with 1f 8b 08 00"
    );
    assert_eq!(rule(b"abc"), "neither pcap nor pcapng: shorter than 4 bytes");
    assert_eq!(rule(b""), "neither pcap nor pcapng: shorter than 4 bytes");
}

#[test]
fn broken_records_are_named_with_offset_and_value() {
    let order = Order::Little;
    let start = [section(order), interface(order, ETHERNET, 0, &[])].concat();
    let after = |rest: Vec<u8>| rule(&[start.clone(), rest].concat());
    let absurd =
        pcap(order, 0xA1B2_C3D4, &[]).into_iter().chain(order.u32s(&[0, 0, 0x7FFF_FFFF, 1])).collect::<Vec<u8>>();
    assert_eq!(rule(&absurd), "at byte 24: a packet has at most 262,144 captured bytes, but it is 2147483647");
    assert_eq!(
        after(enhanced(order, 1, 0, b"x")),
        "at byte 48: a packet's interface is described before it, but it is 1"
    );
    assert_eq!(
        after(order.u32s(&[6, 8, 0])),
        "at byte 48: a block's length is at least 12 and a multiple of 4, but it is 8"
    );
    assert_eq!(
        after(order.u32s(&[6, 0x7FFF_FFFC, 0])),
        "at byte 48: a block of this type has at most 1,048,576 bytes, but it is 2147483644"
    );
    assert_eq!(after(order.u32s(&[6, 12, 16])), "at byte 48: a block repeats its length at its end, but it is 16");
    assert_eq!(after(block(order, 6, &[0; 8])), "at byte 48: a block holds the fields of its type, but it is 16");
    let longer = block(order, 6, &order.u32s(&[0, 0, 0, 9, 9, 0]));
    assert_eq!(after(longer), "at byte 48: a packet lies within its block and has at most 262,144 bytes, but it is 9");
    let version = block(order, 0x0A0D_0D0A, &[order.u32(0x1A2B_3C4D), order.u16(2), vec![0; 10]].concat());
    assert_eq!(after(version), "at byte 48: the major version is 1, but it is 2");
    let magic = block(order, 0x0A0D_0D0A, &[0; 16]);
    assert_eq!(after(magic), "at byte 48: a section's byte-order magic is 0x1A2B3C4D, but it is 0");
}

#[test]
fn nothing_more_comes_after_an_error() -> Outcome {
    let order = Order::Little;
    let file = [section(order), order.u32s(&[6, 8, 0])].concat();
    let mut capture = CaptureReader::new(&file[..])?;
    assert!(capture.next().is_err());
    assert!(capture.next()?.is_none());
    assert_eq!(capture.truncated_at(), None);
    Ok(())
}

#[test]
fn no_change_of_a_byte_makes_the_reader_fail_otherwise_than_by_an_error() {
    let order = Order::Little;
    let pcapng = [
        section(order),
        interface(order, ETHERNET, 96, &[(9, vec![9]), (14, order.u64(1))]),
        enhanced(order, 0, 1, b"abc"),
        block(order, 3, &[order.u32(9), b"abcd".to_vec()].concat()),
    ]
    .concat();
    for file in [pcapng, pcap(order, 0xA1B2_C3D4, &[(1, 0, 3, b"abc"), (2, 0, 5, b"defgh")])] {
        for at in 0..file.len() {
            for value in [0, 1, 0x7F, 0x80, 0xFF] {
                let mut changed = file.clone();
                if let Some(byte) = changed.get_mut(at) {
                    *byte = value;
                }
                let (Ok(_) | Err(_)) = read(&changed[..]);
            }
        }
    }
}
