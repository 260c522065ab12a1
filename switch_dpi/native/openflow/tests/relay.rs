//! A relay between two socket pairs, whose far ends play switch and controller.
#![expect(clippy::unwrap_used, reason = "helpers of tests may fail as tests do")]

use std::io::{Read, Write};
use std::os::unix::net::UnixStream;
use std::time::Duration;

use appsteer_openflow::interest::Interest;
use appsteer_openflow::relay::{Answer, End, MAX_WAITING_SIZE, Relay, Turn};

const SEEN: u8 = 4;
const SEEN_LATER: u8 = 20;
const WHOLE: Answer = Answer { is_whole: true, is_held: false, is_extended: false };
const PATIENCE: Option<Duration> = Some(Duration::from_secs(10));

struct Setting {
    relay: Relay,
    switch: UnixStream,
    controller: UnixStream,
}

fn setting() -> Setting {
    let end = |near: UnixStream| {
        let mut interest = Interest::none();
        interest.add(SEEN, &[]);
        interest.add(SEEN_LATER, &[]);
        interest.defer(SEEN_LATER);
        End { socket: near.into(), interest, rest: Vec::new() }
    };
    let (switch, near_switch) = UnixStream::pair().unwrap();
    let (controller, near_controller) = UnixStream::pair().unwrap();
    for far in [&switch, &controller] {
        far.set_read_timeout(PATIENCE).unwrap();
    }
    let relay = Relay::start(end(near_switch), end(near_controller)).unwrap();
    relay.answer(&[], &[], WHOLE);
    Setting { relay, switch, controller }
}

fn message(kind: u8, xid: u8, body_size: u16) -> Vec<u8> {
    let size = (8 + body_size).to_be_bytes();
    [&[5, kind, size[0], size[1], 0, 0, 0, xid][..], &vec![xid; body_size.into()]].concat()
}

fn read(stream: &mut UnixStream, size: usize) -> Vec<u8> {
    let mut got = vec![0; size];
    stream.read_exact(&mut got).unwrap();
    got
}

/// The next turn in which something is to be done.
fn turn(relay: &Relay) -> Turn {
    loop {
        let turn = relay.wait(PATIENCE);
        if !turn.from_switch.is_empty() || !turn.from_controller.is_empty() || turn.ended.is_some() {
            return turn;
        }
        assert!(turn.was_woken, "nothing happened");
    }
}

#[test]
fn what_nobody_wants_passes_both_ways() {
    let mut setting = setting();
    setting.controller.write_all(&message(18, 1, 0)).unwrap();
    assert_eq!(read(&mut setting.switch, 8), message(18, 1, 0));
    setting.switch.write_all(&message(21, 1, 0)).unwrap();
    assert_eq!(read(&mut setting.controller, 8), message(21, 1, 0));
}

#[test]
fn an_answer_goes_where_the_message_was() {
    let mut setting = setting();
    let stream = [message(18, 1, 0), message(SEEN, 2, 4), message(18, 3, 0)].concat();
    setting.controller.write_all(&stream).unwrap();
    let turn = turn(&setting.relay);
    assert_eq!((turn.from_switch, turn.from_controller), (vec![], message(SEEN, 2, 4)));
    setting.switch.write_all(&message(10, 9, 0)).unwrap(); // the other direction goes on meanwhile
    assert_eq!(read(&mut setting.controller, 8), message(10, 9, 0));
    setting.relay.answer(&message(14, 2, 0), &message(1, 2, 0), WHOLE);
    let expected = [message(18, 1, 0), message(14, 2, 0), message(18, 3, 0)].concat();
    assert_eq!(read(&mut setting.switch, 24), expected);
    assert_eq!(read(&mut setting.controller, 8), message(1, 2, 0));
}

#[test]
fn news_are_published_while_there_is_room() {
    let mut setting = setting();
    let news = message(SEEN, 7, 60_000);
    let mut published = 0;
    let mut turn = setting.relay.wait(PATIENCE);
    while turn.has_room {
        setting.relay.publish(news.clone());
        published += 1;
        assert!(published < 1000, "there is no end to the room");
        turn = setting.relay.wait(Some(Duration::from_millis(50)));
    }
    for _ in 0..published {
        assert_eq!(read(&mut setting.controller, news.len()), news);
    }
    while !turn.has_room {
        turn = setting.relay.wait(PATIENCE);
        assert!(turn.was_woken, "room came back without a word");
    }
}

#[test]
fn a_side_that_does_not_read_stops_the_other_and_nothing_is_lost() {
    let mut setting = setting();
    let stream: Vec<u8> = (0..200).flat_map(|number| message(10, number, 60_000)).collect();
    assert!(stream.len() > 4 * MAX_WAITING_SIZE);
    let mut switch = setting.switch.try_clone().unwrap();
    let all = stream.clone();
    let sender = std::thread::spawn(move || switch.write_all(&all));
    std::thread::sleep(Duration::from_millis(200));
    assert!(!sender.is_finished());
    assert_eq!(read(&mut setting.controller, stream.len()), stream);
    sender.join().unwrap().unwrap();
}

#[test]
fn the_end_of_one_side_is_the_end_of_both() {
    let Setting { relay, mut switch, controller } = setting();
    drop(controller);
    assert_eq!(turn(&relay).ended.as_deref(), Some("the controller closed the connection"));
    assert_eq!(switch.read(&mut [0]).unwrap(), 0);
}

#[test]
fn what_is_no_openflow_is_handed_out_and_nothing_behind_it() {
    let mut setting = setting();
    let broken = [5, 0, 0, 7, 1, 2, 3, 4];
    setting.switch.write_all(&[&message(10, 1, 0)[..], &broken, &message(10, 2, 0)].concat()).unwrap();
    assert_eq!(turn(&setting.relay).from_switch, broken);
    setting.relay.stop();
    let mut all = Vec::new();
    setting.controller.read_to_end(&mut all).unwrap();
    assert_eq!(all, message(10, 1, 0));
}

#[test]
fn answers_are_sent_before_the_end() {
    let mut setting = setting();
    setting.relay.answer(&message(18, 1, 0), &message(21, 1, 0), WHOLE);
    setting.relay.stop();
    setting.relay.stop();
    assert_eq!(read(&mut setting.switch, 8), message(18, 1, 0));
    assert_eq!(read(&mut setting.controller, 8), message(21, 1, 0));
    assert!(setting.relay.wait(PATIENCE).ended.is_some());
}

#[test]
fn a_long_answer_is_given_in_parts_and_what_is_behind_the_request_waits() {
    let mut setting = setting();
    setting.controller.write_all(&[message(SEEN, 1, 0), message(18, 2, 0)].concat()).unwrap();
    assert_eq!(turn(&setting.relay).from_controller, message(SEEN, 1, 0));
    for part in 0..3 {
        setting.relay.answer(&[], &message(SEEN, part, 60_000), Answer { is_whole: part == 2, ..WHOLE });
        assert_eq!(read(&mut setting.controller, 60_008), message(SEEN, part, 60_000));
        setting.switch.set_nonblocking(true).unwrap();
        assert!(part == 2 || setting.switch.read(&mut [0]).is_err(), "it went on before the answer was whole");
    }
    setting.switch.set_nonblocking(false).unwrap();
    assert_eq!(read(&mut setting.switch, 8), message(18, 2, 0));
}

#[test]
fn echoes_pass_what_waits_for_something_else() {
    let mut setting = setting();
    setting.controller.write_all(&message(SEEN, 1, 0)).unwrap();
    turn(&setting.relay);
    setting.relay.answer(&[], &[], Answer { is_whole: false, is_held: true, is_extended: false });
    setting.controller.write_all(&[message(14, 2, 0), message(2, 3, 0)].concat()).unwrap();
    assert_eq!(read(&mut setting.switch, 8), message(2, 3, 0));
    setting.relay.answer(&message(SEEN, 1, 0), &[], WHOLE);
    assert_eq!(read(&mut setting.switch, 16), [message(SEEN, 1, 0), message(14, 2, 0)].concat());
}

#[test]
fn some_messages_are_looked_at_in_extended_sessions_only() {
    let mut setting = setting();
    let later = message(SEEN_LATER, 1, 0);
    setting.controller.write_all(&later).unwrap();
    assert_eq!(read(&mut setting.switch, 8), later);
    setting.controller.write_all(&[message(SEEN, 2, 0), later.clone()].concat()).unwrap();
    assert_eq!(turn(&setting.relay).from_controller, message(SEEN, 2, 0));
    setting.relay.answer(&[], &[], Answer { is_extended: true, ..WHOLE });
    assert_eq!(turn(&setting.relay).from_controller, later);
}
