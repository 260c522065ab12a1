//! Rings that share an interface, against a real kernel. Needs root: `cargo test -p appsteer-capture -- --ignored`.
#![cfg(target_os = "linux")]

use std::collections::{HashMap, HashSet};
use std::time::Duration;

use appsteer_capture::fanout::{MAX_RINGS, open_rings};
use appsteer_capture::ring::{HandOver, Ring, RingError, RingOptions};

mod veth;

use veth::{Outcome, PATIENCE, ip, namespace_with_veth, send_raw, wait_until_up};

const HOSTS: u8 = 40;
/// What stands between the link addresses and the IP header: nothing, a VLAN, a stack of two, one of three.
const TAGS: [&str; 4] = ["", "81000064", "88a8000581000064", "88a800058100000681000064"];

/// Runs a test for both ways of handing packets over, each in a namespace of its own.
fn in_both_ways(test: fn(&RingOptions) -> Outcome) -> Outcome {
    for hand_over in [HandOver::Blocks, HandOver::Packets] {
        let options = RingOptions { hand_over, block_size: 64 * 1024, block_count: 64, ..RingOptions::default() };
        let run = move || namespace_with_veth().and_then(|()| test(&options)).map_err(|error| error.to_string());
        std::thread::spawn(run).join().map_err(|_| format!("{hand_over:?}: panicked"))??;
    }
    Ok(())
}

/// A frame in hexadecimal digits: link addresses that tell nothing, tags, type, and what the type says.
fn ethernet(tags: &str, ethertype: &str, rest: &str) -> String {
    format!("02000000000b02000000000a{tags}{ethertype}{rest}")
}

/// UDP over IPv4; `fragment` is flags and offset.
fn ipv4(tags: &str, ends: [&str; 2], ports: [u16; 2], fragment: &str) -> String {
    let udp = format!("{:04x}{:04x}00180000{}", ports[0], ports[1], "ee".repeat(16));
    ethernet(tags, "0800", &format!("4500002c0007{fragment}40110000{}{}{udp}", ends[0], ends[1]))
}

/// The same over IPv6; `next` and `extension` may put a header between.
fn ipv6(tags: &str, ends: [&str; 2], ports: [u16; 2], (next, extension): (&str, &str)) -> String {
    let udp = format!("{:04x}{:04x}00180000{}", ports[0], ports[1], "ee".repeat(16));
    let size = (extension.len() + udp.len()) / 2;
    ethernet(tags, "86dd", &format!("60000000{size:04x}{next}40{}{}{extension}{udp}", ends[0], ends[1]))
}

/// Everything that two hosts may say to each other.
fn conversation(host: u8, tags: &str) -> Vec<String> {
    let (here, there) = (format!("0a0000{host:02x}"), "c0000209");
    let mut frames = Vec::new();
    for (ends, ports) in [([here.as_str(), there], [4000, 53]), ([there, here.as_str()], [53, 4000])] {
        frames.extend(["0000", "2000", "0003"].map(|fragment| ipv4(tags, ends, ports, fragment)));
        frames.push(ipv4(tags, ends, [7, 9], "4000"));
    }
    frames
}

fn conversation6(host: u8, tags: &str) -> Vec<String> {
    let (here, there) = (format!("20010db8{}{host:02x}", "0".repeat(22)), format!("20010db8{}09", "f".repeat(22)));
    let fragment = |flags: &str| ("2c", format!("1100{flags}00000007"));
    let mut frames = Vec::new();
    for (ends, ports) in [([here.as_str(), &there], [4000, 443]), ([there.as_str(), &here], [443, 4000])] {
        frames.push(ipv6(tags, ends, ports, ("11", "")));
        for (next, header) in [fragment("0001"), fragment("0018")] {
            frames.push(ipv6(tags, ends, ports, (next, &header)));
        }
    }
    frames
}

/// The frames that each ring has got.
fn received(rings: &mut [Ring]) -> Result<Vec<Vec<String>>, RingError> {
    let mut all = Vec::new();
    for ring in rings {
        let mut frames = Vec::new();
        while let Some(mut block) = ring.poll(Duration::from_millis(50))? {
            frames.extend(block.packets().map(|packet| packet.data.iter().map(|b| format!("{b:02x}")).collect()));
        }
        all.push(frames);
    }
    Ok(all)
}

/// Sends conversations, and finds each whole in one ring; the rings that were used.
fn rings_used(rings: &mut [Ring], conversations: &[Vec<String>]) -> Result<HashSet<usize>, Box<dyn std::error::Error>> {
    let mut used = HashSet::new();
    let mut by_frame = HashMap::new();
    send_raw(&conversations.concat())?;
    let got = received(rings)?;
    assert_eq!(got.iter().map(Vec::len).sum::<usize>(), conversations.iter().map(Vec::len).sum::<usize>());
    for (index, frames) in got.iter().enumerate() {
        by_frame.extend(frames.iter().map(|frame| (frame.as_str(), index)));
    }
    for conversation in conversations {
        let places: HashSet<_> = conversation.iter().map(|frame| by_frame.get(frame.as_str())).collect();
        assert_eq!(places.len(), 1, "{conversation:?} in rings {places:?}");
        used.extend(places.into_iter().flatten());
    }
    Ok(used)
}

#[test]
#[ignore = "needs root"]
fn what_two_hosts_say_comes_into_one_ring() -> Outcome {
    in_both_ways(|options| {
        for tags in TAGS {
            for talk in [conversation, conversation6] {
                let mut rings = open_rings("r3b", options, 3)?;
                let conversations: Vec<_> = (0..HOSTS).map(|host| talk(host, tags)).collect();
                assert_eq!(rings_used(&mut rings, &conversations)?.len(), 3, "rings used, tags {tags:?}");
            }
        }
        Ok(())
    })
}

#[test]
#[ignore = "needs root"]
fn outgoing_packets_go_where_the_answers_go() -> Outcome {
    in_both_ways(|options| {
        let conversations: Vec<_> = (0..HOSTS).map(|host| conversation(host, TAGS[1])).collect();
        let all = RingOptions { ignore_outgoing: false, ..*options };
        assert_eq!(rings_used(&mut open_rings("r3a", &all, 2)?, &conversations)?.len(), 2);
        let mut quiet = open_rings("r3a", options, 2)?;
        send_raw(&conversation(1, ""))?;
        assert_eq!(received(&mut quiet)?, [const { Vec::<String>::new() }; 2]);
        Ok(())
    })
}

#[test]
#[ignore = "needs root"]
fn frames_without_ip_are_shared_out_by_link_address() -> Outcome {
    in_both_ways(|options| {
        let pairs = (0..HOSTS).map(|host| {
            let (here, there) = (format!("0200000000{host:02x}"), "0200000001ff");
            vec![format!("{here}{there}88f7{}", "11".repeat(50)), format!("{there}{here}88f7{}", "22".repeat(50))]
        });
        let pairs: Vec<_> = pairs.collect();
        assert_eq!(rings_used(&mut open_rings("r3b", options, 2)?, &pairs)?.len(), 2);
        Ok(())
    })
}

#[test]
#[ignore = "needs root"]
fn each_ring_counts_what_it_lost() -> Outcome {
    in_both_ways(|options| {
        let small = RingOptions { block_size: 16 * 1024, block_count: 2, ..*options };
        let mut rings = open_rings("r3b", &small, 2)?;
        let frames: Vec<String> = (0..HOSTS).cycle().take(4000).map(|host| conversation(host, "").remove(0)).collect();
        send_raw(&frames)?;
        let (mut seen, mut told) = (0, 0);
        for ring in &mut rings {
            let counted = ring.statistics()?;
            assert!(counted.drops > 0, "{counted:?}");
            told += counted.packets + counted.drops;
            seen += counted.packets as usize;
        }
        assert_eq!(told, 4000);
        assert_eq!(received(&mut rings)?.iter().map(Vec::len).sum::<usize>(), seen);
        Ok(())
    })
}

#[test]
#[ignore = "needs root"]
fn rings_come_back_with_their_interface_and_say_when_it_is_gone() -> Outcome {
    in_both_ways(|options| {
        let mut rings = open_rings("r3b", options, 2)?;
        ip("link set r3b down")?;
        for ring in &mut rings {
            assert!(matches!(ring.poll(PATIENCE), Err(RingError::InterfaceDown { .. })));
        }
        ip("link set r3b up")?;
        wait_until_up()?;
        let conversations: Vec<_> = (0..HOSTS).map(|host| conversation(host, "")).collect();
        assert_eq!(rings_used(&mut rings, &conversations)?.len(), 2);
        ip("link delete r3a")?;
        for ring in &mut rings {
            assert!(matches!(ring.poll(PATIENCE), Err(RingError::InterfaceGone { .. })));
        }
        Ok(())
    })
}

#[test]
#[ignore = "needs root"]
fn two_groups_on_one_interface_both_see_everything() -> Outcome {
    in_both_ways(|options| {
        let (mut first, mut second) = (open_rings("r3b", options, 2)?, open_rings("r3b", options, 3)?);
        let conversations: Vec<_> = (0..HOSTS).map(|host| conversation(host, "")).collect();
        rings_used(&mut first, &conversations)?;
        let frames = received(&mut second)?.iter().map(Vec::len).sum::<usize>();
        assert_eq!(frames, conversations.iter().map(Vec::len).sum::<usize>());
        Ok(())
    })
}

#[test]
fn counts_that_no_interface_can_have_are_named() {
    for count in [0, MAX_RINGS + 1] {
        let error = open_rings("lo", &RingOptions::default(), count).err().map(|error| error.to_string());
        assert_eq!(error, Some(format!("threads is {count}, but should be 1 to 64")));
    }
}
