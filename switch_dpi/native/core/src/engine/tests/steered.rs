//! What is asked of an engine while it runs.

use std::collections::HashSet;

use super::{ACK, Bench, CLIENT, SERVER, TCP, UDP, client_hello};
use crate::engine::Ends;
use crate::flow::State;
use crate::frame::Address;
use crate::options::Options;
use crate::report::event::EventKind;

fn end((host, port): (u8, u16)) -> (Address, u16) {
    (Address::from_v4([10, 0, 0, host]), port)
}

fn between(protocol: u8, one: (u8, u16), other: (u8, u16)) -> HashSet<Ends> {
    HashSet::from([Ends::new(protocol, end(one), end(other))])
}

fn classified() -> Bench {
    let mut bench = Bench::new(Options::default());
    bench.handshake();
    bench.tcp(CLIENT, SERVER, 1000, ACK, &client_hello("www.tube.example", 0));
    assert_eq!(bench.last().state, State::Final);
    bench.log.0.clear();
    bench
}

#[test]
fn a_flow_that_is_forgotten_is_inspected_anew_from_its_next_packet() {
    for (one, other) in [(CLIENT, SERVER), (SERVER, CLIENT)] {
        let mut bench = classified();
        assert_eq!(bench.engine.forget(&between(TCP, one, other)), 1);
        assert!(bench.log.0.is_empty(), "it goes without a word");
        assert_eq!((bench.engine.flow_count(), bench.engine.held().inspected, bench.engine.held().found), (0, 0, 0));
        bench.tcp(CLIENT, SERVER, 5000, ACK, b"GET / HTTP/1.1\r\nHost: www.tube.example\r\n\r\n");
        assert_eq!(bench.kinds()[..2], [EventKind::New, EventKind::Verdict]);
        assert_eq!(bench.last().protocol, "HTTP");
    }
}

#[test]
fn other_flows_are_left_alone() {
    let mut bench = classified();
    for flows in
        [between(UDP, CLIENT, SERVER), between(TCP, CLIENT, (SERVER.0, 80)), between(TCP, (9, CLIENT.1), SERVER)]
    {
        assert_eq!(bench.engine.forget(&flows), 0);
    }
    assert_eq!(bench.engine.flow_count(), 1);
}

#[test]
fn a_new_depth_holds_for_flows_under_inspection_too() {
    let mut bench = Bench::new(Options::default());
    let too_short = b"\x01\x02"; // for anybody to tell what it is
    bench.udp(CLIENT, SERVER, too_short);
    assert_eq!(bench.last().state, State::Inspecting);
    bench.engine.set_depth(&Options { max_inspected_packets: 2, ..Options::default() });
    bench.udp(CLIENT, SERVER, too_short);
    assert_eq!((bench.last().state, bench.last().verdict_packet), (State::GaveUp, 2));
}
