//! Which messages of one direction someone wants to see: told by the type byte, and by bytes that such a message holds.

use memchr::memmem::Finder;

/// Size of the header of every OpenFlow message (1.3 §7.1).
pub const HEADER_SIZE: usize = 8;

/// OFPT_ECHO_REQUEST (1.3 §7.5.3).
pub(crate) const ECHO_REQUEST: u8 = 2;

/// What is wanted of each message type.
pub struct Interest {
    kinds: [Wanted; 256],
    /// Types that are of interest in an extended session only.
    extended: [bool; 256],
}

#[derive(Clone)]
enum Wanted {
    Nothing,
    All,
    Holding(Vec<Finder<'static>>),
}

impl Interest {
    /// In nothing.
    #[must_use]
    pub fn none() -> Self {
        Self { kinds: [const { Wanted::Nothing }; 256], extended: [false; 256] }
    }

    /// Adds the messages of a type: those that hold one of `needles`, all when there are none.
    pub fn add(&mut self, kind: u8, needles: &[&[u8]]) {
        let Some(wanted) = self.kinds.get_mut(usize::from(kind)) else { return };
        let finders = needles.iter().map(|needle| Finder::new(needle).into_owned());
        match wanted {
            Wanted::All => {}
            Wanted::Holding(known) if !needles.is_empty() => known.extend(finders),
            _ if needles.is_empty() => *wanted = Wanted::All,
            _ => *wanted = Wanted::Holding(finders.collect()),
        }
    }

    /// Messages of this type are of no interest while the session is an ordinary one.
    pub fn defer(&mut self, kind: u8) {
        if let Some(is_extended) = self.extended.get_mut(usize::from(kind)) {
            *is_extended = true;
        }
    }

    /// Whether a whole message is to be seen, in an extended session or an ordinary one.
    #[must_use]
    pub fn wants(&self, message: &[u8], is_extended: bool) -> bool {
        let kind = message.get(1).copied().unwrap_or_default();
        if !is_extended && self.extended.get(usize::from(kind)).is_some_and(|deferred| *deferred) {
            return false;
        }
        match self.kinds.get(usize::from(kind)) {
            None | Some(Wanted::Nothing) => false,
            Some(Wanted::All) => true,
            Some(Wanted::Holding(needles)) => needles.iter().any(|needle| needle.find(message).is_some()),
        }
    }
}

/// A length below that of a header: nobody knows where the next message begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NotOpenFlow;

/// The size of the message that `bytes` begin with, None while not all of it is there.
///
/// # Errors
///
/// [`NotOpenFlow`].
pub fn message_size(bytes: &[u8]) -> Result<Option<usize>, NotOpenFlow> {
    let Some(&[_, _, high, low, _, _, _, _]) = bytes.first_chunk::<HEADER_SIZE>() else { return Ok(None) };
    let size = usize::from(u16::from_be_bytes([high, low]));
    if size < HEADER_SIZE {
        return Err(NotOpenFlow);
    }
    Ok((size <= bytes.len()).then_some(size))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message(kind: u8, body: &[u8]) -> Vec<u8> {
        let size = u16::try_from(HEADER_SIZE + body.len()).unwrap().to_be_bytes();
        [&[5, kind, size[0], size[1], 0, 0, 0, 1], body].concat()
    }

    #[test]
    fn a_type_is_wanted_as_a_whole_or_by_what_it_holds() {
        let mut interest = Interest::none();
        interest.add(4, &[]);
        interest.add(14, &[b"seven"]);
        interest.add(14, &[b"eight"]);
        let wants = |kind, body: &[u8]| interest.wants(&message(kind, body), true);
        assert!(wants(4, b"") && wants(14, b"xseven") && wants(14, b"eight"));
        assert!(!wants(14, b"seve") && !wants(20, b"seven"));
    }

    #[test]
    fn everything_of_a_type_stays_everything() {
        let mut interest = Interest::none();
        interest.add(4, &[]);
        interest.add(4, &[b"more"]);
        assert!(interest.wants(&message(4, b""), false));
        interest.defer(4);
        assert!(interest.wants(&message(4, b""), true) && !interest.wants(&message(4, b""), false));
    }

    #[test]
    fn a_message_is_as_long_as_its_header_says() {
        let whole = message(20, b"abc");
        assert_eq!(message_size(&whole), Ok(Some(11)));
        assert_eq!(message_size(&[&whole[..], b"next"].concat()), Ok(Some(11)));
        assert_eq!(message_size(&whole[..10]), Ok(None));
        assert_eq!(message_size(&whole[..7]), Ok(None));
        assert_eq!(message_size(&[5, 0, 0, 7, 0, 0, 0, 0]), Err(NotOpenFlow));
    }
}
