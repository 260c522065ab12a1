//! Between a relay's thread and the one that looks at messages: what each has for the other.

use std::mem;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use rustix::event::{EventfdFlags, eventfd};
use rustix::io;

use crate::relay::{Answer, Turn};

/// Both sides' letters.
pub(crate) struct Mailbox {
    state: Mutex<State>,
    changed: Condvar,
    bell: OwnedFd,
}

#[derive(Default)]
struct State {
    looked_at: [Vec<u8>; 2],
    is_handed_out: [bool; 2],
    is_woken: bool,
    has_room: bool,
    ended: Option<String>,
    orders: Orders,
}

/// What the relay's thread is to do.
#[derive(Default)]
pub(crate) struct Orders {
    /// Messages for the switch, and for the controller.
    pub(crate) answers: [Vec<u8>; 2],
    /// Lanes whose messages are answered.
    pub(crate) is_released: [bool; 2],
    /// The controller's messages wait for something else.
    pub(crate) is_held: bool,
    /// The controller speaks the extension.
    pub(crate) is_extended: bool,
    /// For the controller, when it has nothing else to take.
    pub(crate) news: Vec<Vec<u8>>,
    /// End.
    pub(crate) stop: bool,
}

impl Mailbox {
    pub(crate) fn new() -> io::Result<Self> {
        let bell = eventfd(0, EventfdFlags::CLOEXEC | EventfdFlags::NONBLOCK)?;
        let state = State { is_handed_out: [true; 2], ..State::default() };
        Ok(Self { state: Mutex::new(state), changed: Condvar::new(), bell })
    }

    /// Readable when there are orders.
    pub(crate) fn bell(&self) -> BorrowedFd<'_> {
        self.bell.as_fd()
    }

    /// Relay's side: what has been ordered since the last call.
    pub(crate) fn take_orders(&self) -> Orders {
        let mut count = [0; 8];
        let _empty = io::read(&self.bell, &mut count); // it only wakes
        mem::take(&mut self.lock().orders)
    }

    /// Relay's side: messages of a lane to look at.
    pub(crate) fn hand_over(&self, lane: usize, messages: Vec<u8>) {
        if let Some(place) = self.lock().looked_at.get_mut(lane) {
            *place = messages;
        }
        self.changed.notify_one();
    }

    /// Relay's side: whether the controller takes more than it has been given.
    pub(crate) fn set_room(&self, has_room: bool) {
        let mut state = self.lock();
        let [_, to_controller] = &state.orders.answers;
        let has_room = has_room && to_controller.is_empty() && state.orders.news.is_empty();
        let is_new = has_room && !state.has_room;
        state.has_room = has_room;
        drop(state);
        if is_new {
            self.wake();
        }
    }

    /// Relay's side: nothing will come any more.
    pub(crate) fn end(&self, reason: String) {
        self.lock().ended.get_or_insert(reason);
        self.changed.notify_all();
    }

    /// Ends the waiting of [`Mailbox::wait`], now or the next time.
    pub(crate) fn wake(&self) {
        self.lock().is_woken = true;
        self.changed.notify_one();
    }

    /// What there is to do; waits for it.
    pub(crate) fn wait(&self, timeout: Option<Duration>) -> Turn {
        let deadline = timeout.and_then(|timeout| Instant::now().checked_add(timeout));
        let mut state = self.lock();
        while !state.has_something() {
            state = match deadline {
                None => self.changed.wait(state).unwrap_or_else(PoisonError::into_inner),
                Some(deadline) => {
                    let left = deadline.saturating_duration_since(Instant::now());
                    if left.is_zero() {
                        break;
                    }
                    self.changed.wait_timeout(state, left).unwrap_or_else(PoisonError::into_inner).0
                }
            };
        }
        state.turn()
    }

    /// Changes the orders and rings.
    pub(crate) fn order(&self, change: impl FnOnce(&mut Orders)) {
        change(&mut self.lock().orders);
        self.ring();
    }

    /// For the controller, behind everything else.
    pub(crate) fn publish(&self, messages: Vec<u8>) {
        let mut state = self.lock();
        state.has_room = false;
        state.orders.news.push(messages);
        drop(state);
        self.ring();
    }

    /// Answers what was handed out; what came from the controller only if the answer is whole.
    pub(crate) fn answer(&self, to_switch: &[u8], to_controller: &[u8], answer: Answer) {
        let mut state = self.lock();
        let [is_switch_answered, is_controller_answered] = state.is_handed_out;
        let handed_out = [is_switch_answered, is_controller_answered && answer.is_whole];
        state.is_handed_out = [false, is_controller_answered && !answer.is_whole];
        let is_held = is_controller_answered && answer.is_held;
        if to_switch.is_empty() && to_controller.is_empty() && handed_out == [false; 2] && !is_held {
            return;
        }
        state.has_room &= to_controller.is_empty();
        let orders = &mut state.orders;
        orders.is_extended |= answer.is_extended;
        orders.is_held |= is_held;
        for (answers, more) in orders.answers.iter_mut().zip([to_switch, to_controller]) {
            answers.extend_from_slice(more);
        }
        for (released, handed_out) in orders.is_released.iter_mut().zip(handed_out) {
            *released |= handed_out;
        }
        drop(state);
        self.ring();
    }

    fn ring(&self) {
        let _full = io::write(&self.bell, &1_u64.to_ne_bytes()); // it has rung then
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn has_something(&self) -> bool {
        self.is_woken || self.ended.is_some() || self.looked_at.iter().any(|messages| !messages.is_empty())
    }

    fn turn(&mut self) -> Turn {
        let [from_switch, from_controller] = mem::take(&mut self.looked_at);
        let [switch, controller] = self.is_handed_out; // one that is still out has nothing new
        self.is_handed_out = [switch || !from_switch.is_empty(), controller || !from_controller.is_empty()];
        let was_woken = mem::take(&mut self.is_woken);
        Turn { from_switch, from_controller, was_woken, has_room: self.has_room, ended: self.ended.clone() }
    }
}
