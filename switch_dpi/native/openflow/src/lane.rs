//! One direction of a relay: bytes in, what passes at once and what has to be looked at first. No I/O.
//!
//! Order is kept: while messages are being looked at, nothing behind them passes. Where they wait for something else (a
//! barrier does), echoes pass all the same, or the other side would be taken for dead.

use crate::interest::{ECHO_REQUEST, HEADER_SIZE, Interest, NotOpenFlow, message_size};

/// Bytes asked of a socket at a time. A message fits, so a lane that has read so much more can always go on.
pub(crate) const READ_SIZE: usize = 1 << 16;

/// Bytes kept behind messages that wait; then nothing more is read, echoes neither.
pub(crate) const MAX_BEHIND_SIZE: usize = 1 << 16;

/// What stands before `input`.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Hold {
    /// Nothing.
    Free,
    /// Messages that someone is looking at.
    Looked,
    /// Messages that someone has looked at and cannot answer yet.
    Waiting,
}

/// The messages of one direction that wait to be sorted.
pub(crate) struct Lane {
    interest: Interest,
    /// Whole messages before `input`, behind those that wait.
    behind: Vec<u8>,
    input: Vec<u8>,
    hold: Hold,
    /// The controller speaks the extension.
    is_extended: bool,
}

impl Lane {
    /// `rest` came before: the beginning of a message whose end has not. Held: there may be answers to give before.
    pub(crate) fn new(interest: Interest, rest: Vec<u8>) -> Self {
        Self { interest, behind: Vec::new(), input: rest, hold: Hold::Looked, is_extended: false }
    }

    /// Whether more bytes are of use now.
    pub(crate) fn wants_input(&self) -> bool {
        match self.hold {
            Hold::Free => true,
            Hold::Looked => false,
            Hold::Waiting => self.behind.len() + self.input.len() < MAX_BEHIND_SIZE,
        }
    }

    /// The next bytes of the stream.
    pub(crate) fn feed(&mut self, bytes: &[u8]) {
        self.input.extend_from_slice(bytes);
    }

    /// From now on the session is an extended one.
    pub(crate) fn extend(&mut self) {
        self.is_extended = true;
    }

    /// What was handed out is answered; [`Lane::sort`] goes on behind it.
    pub(crate) fn release(&mut self) {
        self.hold = Hold::Free;
        self.behind.append(&mut self.input);
        std::mem::swap(&mut self.behind, &mut self.input);
    }

    /// What was handed out cannot be answered yet.
    pub(crate) fn keep_waiting(&mut self) {
        self.hold = Hold::Waiting;
    }

    /// Appends to `passed` what nobody wants to see, up to the first message that someone does; from that one up to the
    /// last such message goes to `looked_at`, if there is one, and holds the lane.
    pub(crate) fn sort(&mut self, passed: &mut Vec<u8>, looked_at: &mut Vec<u8>) -> Result<(), NotOpenFlow> {
        match self.hold {
            Hold::Free => {}
            Hold::Looked => return Ok(()),
            Hold::Waiting => {
                self.pass_echoes(passed);
                return Ok(());
            }
        }
        let (mut at, mut first, mut last) = (0, None, 0);
        let verdict = loop {
            let rest = self.input.get(at..).unwrap_or_default();
            let size = match message_size(rest) {
                Ok(Some(size)) => size,
                Ok(None) => break Ok(()),
                Err(NotOpenFlow) => break Err(NotOpenFlow),
            };
            if rest.get(..size).is_some_and(|message| self.interest.wants(message, self.is_extended)) {
                first = first.or(Some(at));
                last = at + size;
            }
            at += size;
        };
        let begin = first.unwrap_or(at);
        let end = if first.is_some() { last } else { at };
        passed.extend_from_slice(self.input.get(..begin).unwrap_or_default());
        looked_at.extend_from_slice(self.input.get(begin..end).unwrap_or_default());
        self.input.drain(..end);
        if first.is_none() {
            return verdict;
        }
        self.hold = Hold::Looked;
        Ok(())
    }

    /// Of what has come behind messages that wait. A fault is found when they wait no longer.
    fn pass_echoes(&mut self, passed: &mut Vec<u8>) {
        let mut at = 0;
        while let Some(rest) = self.input.get(at..) {
            let Ok(Some(size)) = message_size(rest) else { break };
            let message = rest.get(..size).unwrap_or_default();
            let place = if message.get(1) == Some(&ECHO_REQUEST) { &mut *passed } else { &mut self.behind };
            place.extend_from_slice(message);
            at += size;
        }
        self.input.drain(..at);
    }

    /// After an error: the header where the stream stopped being OpenFlow. Nothing of it is read any more.
    pub(crate) fn give_up(&mut self) -> Vec<u8> {
        self.hold = Hold::Looked;
        self.input.iter().copied().take(HEADER_SIZE).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SEEN: u8 = 4;

    fn message(kind: u8, xid: u8) -> Vec<u8> {
        vec![5, kind, 0, 8, 0, 0, 0, xid]
    }

    fn lane() -> Lane {
        let mut interest = Interest::none();
        interest.add(SEEN, &[]);
        released(Lane::new(interest, Vec::new()))
    }

    fn released(mut lane: Lane) -> Lane {
        lane.release();
        lane
    }

    fn sorted(lane: &mut Lane) -> (Vec<u8>, Vec<u8>) {
        let (mut passed, mut looked_at) = (Vec::new(), Vec::new());
        lane.sort(&mut passed, &mut looked_at).unwrap();
        (passed, looked_at)
    }

    #[test]
    fn what_nobody_wants_passes_whole() {
        let stream = [message(10, 1), message(20, 2), message(10, 3)].concat();
        let mut at_once = lane();
        at_once.feed(&stream);
        assert_eq!(sorted(&mut at_once), (stream.clone(), vec![]));
        let (mut by_byte, mut got) = (lane(), Vec::new());
        for byte in &stream {
            by_byte.feed(&[*byte]);
            got.extend(sorted(&mut by_byte).0);
        }
        assert_eq!(got, stream);
    }

    #[test]
    fn nothing_overtakes_what_is_looked_at() {
        let mut lane = lane();
        lane.feed(&[message(10, 1), message(SEEN, 2), message(10, 3), message(SEEN, 4), message(10, 5)].concat());
        let seen = [message(SEEN, 2), message(10, 3), message(SEEN, 4)].concat();
        assert_eq!(sorted(&mut lane), (message(10, 1), seen));
        assert!(!lane.wants_input());
        assert_eq!(sorted(&mut lane), (vec![], vec![]));
        lane.release();
        assert_eq!(sorted(&mut lane), (message(10, 5), vec![]));
    }

    #[test]
    fn echoes_overtake_what_waits() {
        let mut lane = lane();
        lane.feed(&[message(SEEN, 1), message(ECHO_REQUEST, 2)].concat());
        assert_eq!(sorted(&mut lane), (vec![], message(SEEN, 1)));
        assert_eq!(sorted(&mut lane), (vec![], vec![]), "it is being looked at, which is short");
        lane.keep_waiting();
        assert!(lane.wants_input());
        lane.feed(&[message(10, 3), message(SEEN, 4), message(ECHO_REQUEST, 5), message(10, 6)[..3].to_vec()].concat());
        assert_eq!(sorted(&mut lane).0, [message(ECHO_REQUEST, 2), message(ECHO_REQUEST, 5)].concat());
        lane.feed(&message(10, 6)[3..]);
        assert_eq!(sorted(&mut lane), (vec![], vec![]));
        lane.release();
        assert_eq!(sorted(&mut lane), (message(10, 3), message(SEEN, 4)));
        lane.release();
        assert_eq!(sorted(&mut lane), (message(10, 6), vec![]));
    }

    #[test]
    fn what_waits_is_bounded() {
        let mut lane = lane();
        lane.feed(&message(SEEN, 1));
        sorted(&mut lane);
        lane.keep_waiting();
        let many = message(10, 2).repeat(MAX_BEHIND_SIZE / HEADER_SIZE);
        lane.feed(&many);
        sorted(&mut lane);
        assert!(!lane.wants_input());
        lane.release();
        assert_eq!(sorted(&mut lane).0, many);
    }

    #[test]
    fn a_broken_stream_ends_behind_its_last_good_message() {
        let mut lane = lane();
        lane.feed(&[message(10, 1), message(SEEN, 2), vec![5, 0, 0, 7, 9, 9, 9, 9]].concat());
        assert_eq!(sorted(&mut lane), (message(10, 1), message(SEEN, 2)));
        lane.release();
        assert_eq!(lane.sort(&mut Vec::new(), &mut Vec::new()), Err(NotOpenFlow));
        assert_eq!(lane.give_up(), [5, 0, 0, 7, 9, 9, 9, 9]);
    }

    #[test]
    fn the_rest_of_an_earlier_reader_is_the_beginning() {
        let mut lane = released(Lane::new(Interest::none(), message(10, 1)[..5].to_vec()));
        lane.feed(&message(10, 1)[5..]);
        assert_eq!(sorted(&mut lane).0, message(10, 1));
    }
}
