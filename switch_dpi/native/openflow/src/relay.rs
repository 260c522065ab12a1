//! A thread that moves OpenFlow messages between a switch and its controller.
//!
//! Messages that nobody wants to see pass at once. The others are handed out by [`Relay::wait`], in their order; nothing
//! behind them in their direction passes before [`Relay::answer`]. News to the controller wait for everything else.

use std::os::fd::OwnedFd;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use rustix::event::{PollFd, PollFlags, poll};
use rustix::io::Errno;
use rustix::net::{RecvFlags, SendFlags, recv, send};

use crate::interest::Interest;
use crate::lane::{Lane, READ_SIZE};
use crate::mailbox::{Mailbox, Orders};
use crate::outgoing::Outgoing;

/// Bytes that one side does not take; then the other side is not read.
pub const MAX_WAITING_SIZE: usize = 1 << 20;
/// Bytes of news that wait behind the ones that are being written; then there is no room for more.
const MAX_NEWS_SIZE: usize = 1 << 16;

const SWITCH: usize = 0;
const CONTROLLER: usize = 1;
const NAMES: [&str; 2] = ["the bridge", "the controller"];

/// One end of a relay.
pub struct End {
    /// Connected; closed when the relay ends.
    pub socket: OwnedFd,
    /// Which of its messages are handed out.
    pub interest: Interest,
    /// What was read of it before: the beginning of a message whose end has not come.
    pub rest: Vec<u8>,
}

/// What there is to do beside relaying.
#[derive(Debug, Default)]
pub struct Turn {
    /// Messages from the switch to look at, and all between them. [`Relay::answer`] lets the others go on.
    pub from_switch: Vec<u8>,
    /// The same from the controller.
    pub from_controller: Vec<u8>,
    /// [`Relay::wake`] was called, or there is room again.
    pub was_woken: bool,
    /// The controller has taken everything but some news: [`Relay::publish`], and long answers, may go on.
    pub has_room: bool,
    /// Why the relay has ended.
    pub ended: Option<String>,
}

/// What is to be known of an answer.
#[derive(Clone, Copy, Debug, Default)]
pub struct Answer {
    /// Nothing more will be said to what was handed out; until then what the controller sent behind it waits.
    pub is_whole: bool,
    /// The rest has to wait for something else, which may take long: echoes of the controller pass meanwhile.
    pub is_held: bool,
    /// From here on the session is an extended one.
    pub is_extended: bool,
}

/// A relay that runs.
pub struct Relay {
    mailbox: Arc<Mailbox>,
    thread: Mutex<Option<JoinHandle<()>>>,
}

impl Relay {
    /// Starts relaying; nothing passes before the first [`Relay::answer`]. The sockets are closed when it ends.
    ///
    /// # Errors
    ///
    /// When the system has no descriptor or no thread left.
    pub fn start(switch: End, controller: End) -> std::io::Result<Self> {
        let mailbox = Arc::new(Mailbox::new()?);
        let sides = [Side::new(switch), Side::new(controller)];
        let worker = Worker { sides, mailbox: Arc::clone(&mailbox), buffer: vec![0; READ_SIZE] };
        let thread = thread::Builder::new().name("relay".to_owned()).spawn(move || worker.run())?;
        Ok(Self { mailbox, thread: Mutex::new(Some(thread)) })
    }

    /// Waits until there is something to do; without end when there is no `timeout`.
    #[must_use]
    pub fn wait(&self, timeout: Option<Duration>) -> Turn {
        self.mailbox.wait(timeout)
    }

    /// Sends whole messages, in the place of those that [`Relay::wait`] has handed out.
    pub fn answer(&self, to_switch: &[u8], to_controller: &[u8], answer: Answer) {
        self.mailbox.answer(to_switch, to_controller, answer);
    }

    /// Sends whole messages to the controller when nothing else is to be sent to it.
    pub fn publish(&self, messages: Vec<u8>) {
        self.mailbox.publish(messages);
    }

    /// Lets [`Relay::wait`] return. From any thread.
    pub fn wake(&self) {
        self.mailbox.wake();
    }

    /// Sends what the sockets take now and closes them; returns when that is done. May be called twice.
    pub fn stop(&self) {
        self.mailbox.order(|orders| orders.stop = true);
        let thread = self.thread.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(thread) = thread {
            let _panicked = thread.join(); // it has said so on standard error
        }
    }
}

impl Drop for Relay {
    fn drop(&mut self) {
        self.stop();
    }
}

struct Side {
    socket: OwnedFd,
    lane: Lane,
    /// Messages to be looked at.
    parked: Vec<u8>,
    outgoing: Outgoing,
}

impl Side {
    fn new(end: End) -> Self {
        let lane = Lane::new(end.interest, end.rest);
        Self { socket: end.socket, lane, parked: Vec::new(), outgoing: Outgoing::default() }
    }

    fn is_full(&self) -> bool {
        self.outgoing.waiting_size() > MAX_WAITING_SIZE
    }

    /// Moves messages on, to the other side or to be looked at.
    fn sort(&mut self, other: &mut Outgoing) {
        if self.lane.sort(other.relayed(), &mut self.parked).is_err() {
            self.parked = self.lane.give_up(); // who looks at messages will say what is wrong with it
        }
    }

    /// Writes what the socket takes.
    fn write(&mut self) -> Result<(), Errno> {
        loop {
            let part = self.outgoing.next();
            if part.is_empty() {
                return Ok(());
            }
            match send(&self.socket, part, SendFlags::DONTWAIT | SendFlags::NOSIGNAL) {
                Ok(written) => self.outgoing.advance(written),
                Err(Errno::AGAIN) => return Ok(()),
                Err(Errno::INTR) => {}
                Err(error) => return Err(error),
            }
        }
    }
}

struct Worker {
    sides: [Side; 2],
    mailbox: Arc<Mailbox>,
    buffer: Vec<u8>,
}

/// Why a relay ends.
type Ended = String;

impl Worker {
    fn run(mut self) {
        let reason = loop {
            if let Err(reason) = self.step() {
                break reason;
            }
        };
        let mailbox = self.mailbox;
        drop(self.sides); // closed before anyone hears of it
        mailbox.end(reason);
    }

    fn step(&mut self) -> Result<(), Ended> {
        self.sort();
        self.write()?;
        self.hand_over();
        let [news, from_switch, from_controller] = self.wait()?;
        if !news.is_empty() {
            let orders = self.mailbox.take_orders();
            self.obey(orders)?;
        }
        self.read(SWITCH, from_switch)?;
        self.read(CONTROLLER, from_controller)
    }

    /// Moves messages from the lanes on.
    fn sort(&mut self) {
        let [switch, controller] = &mut self.sides;
        switch.sort(&mut controller.outgoing);
        controller.sort(&mut switch.outgoing);
    }

    fn write(&mut self) -> Result<(), Ended> {
        for (side, name) in self.sides.iter_mut().zip(NAMES) {
            side.write().map_err(|error| format!("{name}: {error}"))?;
        }
        let [_, controller] = &self.sides;
        self.mailbox
            .set_room(controller.outgoing.waiting_size() == 0 && controller.outgoing.news_size() < MAX_NEWS_SIZE);
        Ok(())
    }

    /// Gives away what is to be looked at.
    fn hand_over(&mut self) {
        for (index, side) in self.sides.iter_mut().enumerate() {
            if !side.parked.is_empty() {
                self.mailbox.hand_over(index, std::mem::take(&mut side.parked));
            }
        }
    }

    fn wait(&mut self) -> Result<[PollFlags; 3], Ended> {
        let [switch, controller] = &self.sides;
        let wanted = |side: &Side, other: &Side| {
            let mut flags = PollFlags::empty();
            flags.set(PollFlags::IN, side.lane.wants_input() && !other.is_full());
            flags.set(PollFlags::OUT, !side.outgoing.is_empty());
            flags
        };
        let mut asked = [
            PollFd::from_borrowed_fd(self.mailbox.bell(), PollFlags::IN),
            PollFd::new(&switch.socket, wanted(switch, controller)),
            PollFd::new(&controller.socket, wanted(controller, switch)),
        ];
        match poll(&mut asked, None) {
            Ok(_) => Ok(asked.map(|answer| answer.revents())),
            Err(Errno::INTR) => Ok([PollFlags::empty(); 3]),
            Err(error) => Err(error.to_string()),
        }
    }

    fn obey(&mut self, orders: Orders) -> Result<(), Ended> {
        if orders.is_held {
            let [_, controller] = &mut self.sides;
            controller.lane.keep_waiting(); // it may have been released since
        }
        for ((side, answers), is_released) in self.sides.iter_mut().zip(orders.answers).zip(orders.is_released) {
            side.outgoing.relayed().extend_from_slice(&answers);
            if orders.is_extended {
                side.lane.extend();
            }
            if is_released {
                side.lane.release();
            }
        }
        let [_, controller] = &mut self.sides;
        for message in orders.news {
            controller.outgoing.add_news(message);
        }
        if orders.stop {
            self.write()?;
            return Err("stopped".to_owned());
        }
        Ok(())
    }

    fn read(&mut self, index: usize, ready: PollFlags) -> Result<(), Ended> {
        let (Some(side), Some(name)) = (self.sides.get_mut(index), NAMES.get(index)) else { return Ok(()) };
        if ready.contains(PollFlags::IN) {
            match recv(&side.socket, &mut self.buffer[..], RecvFlags::DONTWAIT) {
                Ok((0, _)) => return Err(format!("{name} closed the connection")),
                Ok((size, _)) => side.lane.feed(self.buffer.get(..size).unwrap_or_default()),
                Err(Errno::AGAIN | Errno::INTR) => {}
                Err(error) => return Err(format!("{name}: {error}")),
            }
        } else if ready.intersects(PollFlags::HUP | PollFlags::ERR) {
            return Err(format!("{name} closed the connection")); // what it said last will not be answered any more
        }
        Ok(())
    }
}
