//! The packet ring against a real kernel: each test makes a network namespace with a veth pair of its own, sends UDP into one
//! end and reads the ring on the other. Needs root: `cargo test -p appsteer-capture -- --ignored`.
#![cfg(target_os = "linux")]

use std::net::UdpSocket;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use appsteer_capture::ring::{HandOver, Ring, RingError, RingOptions};
use nix::sched::{CloneFlags, unshare};

mod veth;

use veth::{Outcome, PATIENCE, ip, namespace_with_veth, send_raw, wait_until_up};

const BOTH: [RingOptions; 2] = [BLOCKS, PACKETS];
const BLOCKS: RingOptions = RingOptions {
    hand_over: HandOver::Blocks,
    block_size: 64 * 1024,
    block_count: 16,
    frame_size: 2048,
    block_timeout_ms: 1,
    snap_size: 65_535,
    ignore_outgoing: true,
    promiscuous: true,
};
const PACKETS: RingOptions = RingOptions { hand_over: HandOver::Packets, ..BLOCKS };

/// Runs a test for both ways of handing packets over, each in a namespace of its own.
fn in_both_ways(test: fn(&RingOptions) -> Outcome) -> Outcome {
    for options in BOTH {
        let run = move || namespace_with_veth().and_then(|()| test(&options)).map_err(|error| error.to_string());
        std::thread::spawn(run).join().map_err(|_| format!("{:?}: panicked", options.hand_over))??;
    }
    Ok(())
}

/// Sends each payload as one datagram to port 7 of the other end.
fn send(to: &str, payloads: &[&[u8]]) -> Outcome {
    let socket = UdpSocket::bind("0.0.0.0:0")?;
    for payload in payloads {
        socket.send_to(payload, (to, 7))?;
    }
    Ok(())
}

/// (data, size on the wire, time) of the next packets.
fn receive(ring: &mut Ring, count: usize) -> Result<Vec<(Vec<u8>, u32, u64)>, RingError> {
    let mut packets = Vec::new();
    while packets.len() < count {
        let Some(mut block) = ring.poll(PATIENCE)? else { break };
        packets.extend(block.packets().map(|packet| (packet.data.to_vec(), packet.original_size, packet.at_ns)));
    }
    Ok(packets)
}

#[test]
#[ignore = "needs root"]
fn frames_come_out_as_sent_and_with_their_time() -> Outcome {
    in_both_ways(|options| {
        let mut ring = Ring::open("r3b", options)?;
        let before = u64::try_from(SystemTime::now().duration_since(UNIX_EPOCH)?.as_nanos())?;
        send("10.9.0.2", &[b"first", b"second"])?;
        let packets = receive(&mut ring, 2)?;
        assert_eq!(packets.len(), 2);
        for ((data, size, at_ns), payload) in packets.iter().zip([&b"first"[..], b"second"]) {
            assert!(data.starts_with(&[2, 0, 0, 0, 0, 0x0b]), "destination address");
            assert!(data.ends_with(payload));
            assert_eq!(*size as usize, 14 + 20 + 8 + payload.len());
            assert!(*at_ns >= before && *at_ns < before + 2_000_000_000);
        }
        Ok(())
    })
}

#[test]
#[ignore = "needs root"]
fn vlan_tags_are_put_back() -> Outcome {
    in_both_ways(|options| {
        let addresses = "02000000000b02000000000a";
        let mut ring = Ring::open("r3b", options)?;
        for tags in ["81000123", "88a80456", "88a8045681006123"] {
            let sent = format!("{addresses}{tags}0800{}", "45".repeat(60));
            send_raw(std::slice::from_ref(&sent))?;
            let packets = receive(&mut ring, 1)?;
            let (data, size, _) = packets.first().ok_or("no frame")?;
            let received: String = data.iter().map(|byte| format!("{byte:02x}")).collect();
            assert_eq!(received, sent);
            assert_eq!(*size as usize, data.len());
        }
        Ok(())
    })
}

#[test]
#[ignore = "needs root"]
fn outgoing_frames_are_left_out_on_request() -> Outcome {
    in_both_ways(|options| {
        let mut quiet = Ring::open("r3a", options)?;
        let mut all = Ring::open("r3a", &RingOptions { ignore_outgoing: false, ..*options })?;
        send("10.9.0.2", &[b"outgoing"])?;
        assert_eq!(receive(&mut all, 1)?.len(), 1);
        assert!(quiet.poll(Duration::from_millis(20))?.is_none());
        Ok(())
    })
}

#[test]
#[ignore = "needs root"]
fn the_snap_size_limits_what_is_kept_but_not_the_size_that_is_told() -> Outcome {
    in_both_ways(|options| {
        let mut ring = Ring::open("r3b", &RingOptions { snap_size: 96, ..*options })?;
        send("10.9.0.2", &[&[7; 1000]])?;
        let packets = receive(&mut ring, 1)?;
        let sizes: Vec<_> = packets.iter().map(|(data, size, _)| (data.len(), *size)).collect();
        assert_eq!(sizes, [(96, 14 + 20 + 8 + 1000)]);
        Ok(())
    })
}

#[test]
#[ignore = "needs root"]
fn what_does_not_fit_is_counted() -> Outcome {
    in_both_ways(|options| {
        let small = RingOptions { block_size: 16 * 1024, block_count: 2, ..*options };
        let mut ring = Ring::open("r3b", &small)?;
        send("10.9.0.2", &[&[0; 1000][..]; 200])?;
        let statistics = ring.statistics()?;
        let received = receive(&mut ring, usize::MAX)?.len() as u64;
        assert!(statistics.drops > 0, "{statistics:?}");
        assert_eq!(statistics.packets + statistics.drops, 200);
        assert_eq!(received, statistics.packets);
        Ok(())
    })
}

#[test]
#[ignore = "needs root"]
fn the_ring_goes_round_many_times_without_loss() -> Outcome {
    in_both_ways(|options| {
        let small = RingOptions { block_size: 16 * 1024, block_count: 4, ..*options };
        let mut ring = Ring::open("r3b", &small)?;
        for round in 0..100_u32 {
            let payloads: Vec<Vec<u8>> = (0..20).map(|number| vec![number; 600]).collect();
            let borrowed: Vec<&[u8]> = payloads.iter().map(Vec::as_slice).collect();
            send("10.9.0.2", &borrowed)?;
            let packets = receive(&mut ring, 20)?;
            let last: Vec<_> = packets.iter().filter_map(|(data, ..)| data.last().copied()).collect();
            assert_eq!(last, (0..20).collect::<Vec<u8>>(), "round {round}");
        }
        Ok(())
    })
}

#[test]
#[ignore = "needs root"]
fn an_interface_that_goes_down_is_told_once_and_comes_back() -> Outcome {
    in_both_ways(|options| {
        let mut ring = Ring::open("r3b", options)?;
        ip("link set r3b down")?;
        assert!(matches!(ring.poll(PATIENCE), Err(RingError::InterfaceDown { interface }) if interface == "r3b"));
        assert!(matches!(ring.poll(Duration::from_millis(5)), Ok(None)));
        ip("link set r3b up")?;
        wait_until_up()?;
        send("10.9.0.2", &[b"again"])?;
        assert_eq!(receive(&mut ring, 1)?.len(), 1);
        Ok(())
    })
}

#[test]
#[ignore = "needs root"]
fn a_deleted_interface_is_told_apart() -> Outcome {
    in_both_ways(|options| {
        let mut ring = Ring::open("r3b", options)?;
        ip("link delete r3a")?;
        let error = ring.poll(PATIENCE).err().ok_or("no error")?;
        assert!(matches!(error, RingError::InterfaceGone { .. }), "{error}");
        Ok(())
    })
}

#[test]
#[ignore = "needs root"]
fn an_unknown_interface_is_named() -> Outcome {
    unshare(CloneFlags::CLONE_NEWNET)?;
    let error = Ring::open("r3none", &RingOptions::default()).err().ok_or("no error")?;
    assert!(matches!(&error, RingError::NoSuchInterface { interface } if interface == "r3none"));
    Ok(())
}

#[test]
fn options_that_no_ring_can_have_are_named() {
    let odd = RingOptions { block_size: 5000, ..RingOptions::default() };
    let idle = RingOptions { block_timeout_ms: 0, ..RingOptions::default() };
    let huge = RingOptions { block_size: 1 << 20, block_count: 1 << 20, ..RingOptions::default() };
    for (options, expected) in [(odd, "block_size"), (idle, "block_timeout_ms"), (huge, "block_count")] {
        match Ring::open("lo", &options) {
            Err(RingError::BadOption { option, .. }) => assert_eq!(option, expected),
            Err(other) => assert_eq!(other.to_string(), expected),
            Ok(_) => assert_eq!("opened", expected),
        }
    }
}

#[test]
#[ignore = "needs root"]
fn an_interface_that_is_down_can_be_opened_and_is_told() -> Outcome {
    in_both_ways(|options| {
        ip("link set r3b down")?;
        let mut ring = Ring::open("r3b", options)?;
        assert!(matches!(ring.poll(PATIENCE), Err(RingError::InterfaceDown { .. })));
        Ok(())
    })
}

#[test]
#[ignore = "needs root"]
fn packets_that_were_not_looked_at_go_back_too() -> Outcome {
    in_both_ways(|options| {
        let mut ring = Ring::open("r3b", options)?;
        for round in 0..100_u8 {
            send("10.9.0.2", &[&[round; 900][..]; 20])?;
            drop(ring.poll(PATIENCE)?);
            while ring.poll(Duration::from_millis(3))?.is_some() {}
        }
        assert_eq!(ring.statistics()?.drops, 0);
        Ok(())
    })
}
