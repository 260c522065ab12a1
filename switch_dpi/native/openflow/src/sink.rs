//! Where the marks of one bridge go: its management socket, shared by the engine's threads and Python.
//!
//! Whole messages are collected and written as far as the socket takes them; nothing waits for the switch.

use std::collections::HashSet;
use std::net::IpAddr;
use std::os::fd::OwnedFd;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use rustix::io::Errno;
use rustix::net::{SendFlags, send};

use crate::delays::Delays;
use crate::labels::LabelRules;
use crate::marks::{Connection, ICMP, ICMPV6, MarkForm};

/// The marks of one bridge.
pub struct MarkSink {
    form: MarkForm,
    max_pending_size: usize,
    inner: Mutex<Inner>,
}

#[derive(Default)]
struct Inner {
    socket: Option<OwnedFd>,
    pending: Vec<u8>,
    written: usize,
    xid: u32,
    counters: SinkCounters,
    rules: Option<Arc<LabelRules>>,
    reserved: HashSet<Key>,
    delays: Delays,
}

/// A mark that an engine has made.
#[derive(Clone, Debug)]
pub struct EngineMark {
    /// Among all marks of the sink, from 1: of two marks of a connection, the one with the higher number stands.
    pub number: u64,
    /// What was written.
    pub label: u128,
    /// What it was made by.
    pub rules: Arc<LabelRules>,
}

/// A connection whatever its direction.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Key {
    ends: [(IpAddr, u16); 2],
    protocol_number: u8,
}

impl Key {
    /// Of a connection. The numbers of ICMP belong to no side, so they stay in place.
    #[must_use]
    pub fn of(connection: &Connection) -> Self {
        let Connection { source, source_port, destination, destination_port, protocol_number, .. } = *connection;
        let mut ends = [(source, source_port), (destination, destination_port)];
        if matches!(protocol_number, ICMP | ICMPV6) {
            ends = [(source.min(destination), source_port), (source.max(destination), destination_port)];
        } else {
            ends.sort_unstable();
        }
        Self { ends, protocol_number }
    }
}

/// What a sink has done.
#[derive(Clone, Copy, Debug, Default)]
pub struct SinkCounters {
    /// Marks that were collected.
    pub marks: u64,
    /// Marks that found no room or no connection.
    pub dropped: u64,
    /// Connections that no mark can be made of.
    pub unmarkable: u64,
}

impl MarkSink {
    /// Without a connection; more than `max_pending_size` bytes do not wait.
    #[must_use]
    pub fn new(form: MarkForm, max_pending_size: usize) -> Self {
        Self { form, max_pending_size, inner: Mutex::default() }
    }

    /// Marks go to this socket from now on; `greeting` before all of them.
    pub fn attach(&self, socket: OwnedFd, greeting: &[u8]) {
        let mut inner = self.lock();
        inner.forget();
        inner.pending.extend_from_slice(greeting);
        inner.socket = Some(socket);
    }

    /// The connection is lost, and what waited for it.
    pub fn detach(&self) {
        self.lock().forget();
    }

    /// Adds whole messages that are not marks.
    pub fn add(&self, messages: &[u8]) {
        let mut inner = self.lock();
        if inner.socket.is_some() {
            inner.pending.extend_from_slice(messages);
        }
    }

    /// Collects a mark; its number among all of them, from 1, if it will be sent.
    pub fn mark(&self, connection: &Connection, app_id: u32, label: u128) -> Option<u64> {
        self.lock().mark(self, connection, app_id, label)
    }

    /// Counts a mark that cannot be made.
    pub fn refuse(&self) {
        self.lock().counters.unmarkable += 1;
    }

    /// Writes what the socket takes now.
    ///
    /// # Errors
    ///
    /// What the socket says; it is given up then.
    pub fn flush(&self) -> std::io::Result<()> {
        self.lock().flush().map_err(Into::into)
    }

    /// The same, for marks of events of these times; `now_ns` is of the same clock.
    pub fn flush_timed(&self, at_ns: &[u64], now_ns: u64) {
        let mut inner = self.lock();
        let _reader_notices = inner.flush(); // Python reads the same connection
        for at_ns in at_ns {
            inner.delays.add(now_ns.saturating_sub(*at_ns));
        }
    }

    /// How engines make labels from now on. Before the first call they mark nothing.
    pub fn set_rules(&self, rules: Arc<LabelRules>) {
        self.lock().rules = Some(rules);
    }

    /// Engines leave this connection alone from now on: Python knows more of it.
    pub fn reserve(&self, connection: Key) {
        self.lock().reserved.insert(connection);
    }

    /// The opposite of [`MarkSink::reserve`].
    pub fn release(&self, connection: &Key) {
        self.lock().reserved.remove(connection);
    }

    /// Collects an engine's mark: `label` says what the rules make of the flow. None if it will not be sent.
    ///
    /// All in one step, so that no mark with an old rule comes after [`MarkSink::set_rules`].
    pub fn mark_by_rules(
        &self,
        connection: &Connection,
        app_id: u32,
        label: impl FnOnce(&LabelRules) -> Option<u128>,
    ) -> Option<EngineMark> {
        let mut inner = self.lock();
        if !inner.reserved.is_empty() && inner.reserved.contains(&Key::of(connection)) {
            return None;
        }
        let rules = Arc::clone(inner.rules.as_ref()?);
        let label = label(&rules)?;
        let number = inner.mark(self, connection, app_id, label)?;
        Some(EngineMark { number, label, rules })
    }

    /// Bytes that wait.
    #[must_use]
    pub fn pending_size(&self) -> usize {
        self.lock().pending_size()
    }

    /// Counters since the sink was made.
    #[must_use]
    pub fn counters(&self) -> SinkCounters {
        self.lock().counters
    }

    /// From a packet's time stamp up to its flow's mark in the socket, in nanoseconds: of so many marks the median and
    /// the 99th percentile.
    #[must_use]
    pub fn delays(&self) -> (u64, u64, u64) {
        let inner = self.lock();
        (inner.delays.count(), inner.delays.percentile(50), inner.delays.percentile(99))
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Inner {
    fn mark(&mut self, of: &MarkSink, connection: &Connection, app_id: u32, label: u128) -> Option<u64> {
        if self.socket.is_none() || self.pending_size() > of.max_pending_size {
            self.counters.dropped += 1;
            return None;
        }
        self.xid = self.xid.wrapping_add(1);
        if of.form.write(&mut self.pending, self.xid, connection, app_id, label).is_err() {
            self.counters.unmarkable += 1;
            return None;
        }
        self.counters.marks += 1;
        Some(self.counters.marks)
    }

    fn pending_size(&self) -> usize {
        self.pending.len() - self.written
    }

    fn forget(&mut self) {
        self.socket = None;
        self.pending.clear();
        self.written = 0;
    }

    fn flush(&mut self) -> Result<(), Errno> {
        while let Some(socket) = &self.socket
            && let Some(rest @ [_, ..]) = self.pending.get(self.written..)
        {
            match send(socket, rest, SendFlags::DONTWAIT | SendFlags::NOSIGNAL) {
                Ok(size) => self.written += size,
                Err(Errno::AGAIN) => break,
                Err(Errno::INTR) => {}
                Err(error) => {
                    self.forget();
                    return Err(error);
                }
            }
        }
        if 2 * self.written >= self.pending.len() {
            self.pending.drain(..self.written);
            self.written = 0;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::io::Read;
    use std::os::unix::net::UnixStream;

    use super::*;

    fn connection() -> Connection {
        Connection {
            source: [10, 0, 0, 1].into(),
            source_port: 1,
            destination: [10, 0, 0, 2].into(),
            destination_port: 2,
            protocol_number: 6,
            vlan: 0,
        }
    }

    fn sink() -> MarkSink {
        MarkSink::new(MarkForm { version: 5, zone: 1, label_mask: 7 }, 10_000)
    }

    #[test]
    fn marks_follow_the_greeting() {
        let (near, mut far) = UnixStream::pair().unwrap();
        let sink = sink();
        assert_eq!(sink.mark(&connection(), 1, 1), None);
        sink.attach(near.into(), b"hello");
        assert_eq!(sink.mark(&connection(), 1, 1), Some(1));
        sink.flush().unwrap();
        let mut got = [0; 8];
        far.read_exact(&mut got).unwrap();
        assert_eq!((&got[..5], got[5]), (&b"hello"[..], 5));
        assert_eq!((sink.counters().marks, sink.counters().dropped, sink.pending_size()), (1, 1, 0));
    }

    #[test]
    fn a_switch_that_does_not_read_costs_a_bounded_memory() {
        let (near, _far) = UnixStream::pair().unwrap();
        let sink = sink();
        sink.attach(near.into(), b"");
        for _ in 0..100_000 {
            sink.mark(&connection(), 1, 1);
            sink.flush().unwrap();
        }
        assert!(sink.counters().dropped > 0);
        assert!(sink.inner.lock().unwrap().pending.len() < 30_000);
    }

    #[test]
    fn engines_leave_reserved_connections_alone_in_both_directions() {
        let (near, _far) = UnixStream::pair().unwrap();
        let sink = sink();
        sink.attach(near.into(), b"");
        let marked = || sink.mark_by_rules(&connection(), 1, |_| Some(3)).map(|mark| (mark.number, mark.label));
        assert_eq!(marked(), None);
        sink.set_rules(Arc::default());
        assert_eq!(marked(), Some((1, 3)));
        let Connection { source, source_port, destination, destination_port, .. } = connection();
        let turned = Connection {
            source: destination,
            source_port: destination_port,
            destination: source,
            destination_port: source_port,
            ..connection()
        };
        sink.reserve(Key::of(&turned));
        assert_eq!(marked(), None);
        assert_eq!(sink.mark(&connection(), 1, 3), Some(2));
        sink.release(&Key::of(&connection()));
        assert_eq!(marked(), Some((3, 3)));
    }

    #[test]
    fn a_lost_switch_is_told_once() {
        let (near, far) = UnixStream::pair().unwrap();
        let sink = sink();
        sink.attach(near.into(), b"");
        drop(far);
        sink.mark(&connection(), 1, 1);
        assert!(sink.flush().is_err());
        assert!(sink.flush().is_ok());
        assert_eq!(sink.mark(&connection(), 1, 1), None);
    }
}
