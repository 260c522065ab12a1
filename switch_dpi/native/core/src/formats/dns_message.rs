//! A DNS message (RFC 1035 §4) as it lies; names are written out only for those who ask.

use std::net::IpAddr;

use crate::bytes::Reader;

/// The header's size.
pub const HEADER_SIZE: usize = 12;
const QUESTION: u8 = 12; // where the first question's name stands, to which nearly all records point
const MAX_NAME_SIZE: usize = 255; // RFC 1035 §2.3.4
const MAX_LABEL_BYTE: u8 = 63;
const MAX_POINTERS: usize = 16; // compression in real messages goes one or two deep; a loop goes on forever
const MAX_RECORDS: u16 = 512; // an mDNS responder announces dozens; a transfer over TCP is cut off here
const MAX_ANSWERS: usize = 16; // addresses that are reported
const TYPE_A: u16 = 1;
/// Text (RFC 1035 §3.3.14).
pub const TYPE_TXT: u16 = 16;
const TYPE_AAAA: u16 = 28;
const TYPE_OPT: u16 = 41; // RFC 6891 §6.1
const TYPE_NB: u16 = 32; // RFC 1002 §4.2.1.2
const TYPE_NBSTAT: u16 = 33;
const NETBIOS_NAME_SIZE: usize = 32; // RFC 1001 §14.1: sixteen bytes as thirty-two letters from A to P
const ENOUGH_NETBIOS_LETTERS: usize = 28; // of those, where the type is damaged
const UNICAST_OR_FLUSH: u16 = 0x8000; // top bit of a class (RFC 6762 §18.12, §18.13)

/// Why there is no message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Error {
    /// It ends before its first question does.
    Incomplete,
    /// It breaks a rule.
    Malformed,
}

/// Room for a name, labels joined by dots; `.` is the root's.
#[derive(Clone, Debug)]
pub struct Name {
    /// Each label behind a dot.
    bytes: [u8; 1 + MAX_NAME_SIZE],
    size: usize,
}

impl Name {
    /// Nothing stands in it.
    #[must_use]
    pub const fn empty() -> Self {
        Self { bytes: [0; 1 + MAX_NAME_SIZE], size: 0 }
    }

    /// Writes the name at `start`, upper and lower case mixed as it stands on the wire.
    fn write(&mut self, message: &[u8], start: usize) -> &[u8] {
        self.size = 0;
        let (mut run, mut at) = (start, start);
        loop {
            match message.get(at).copied().unwrap_or_default() {
                0 => break,
                size @ 1..=MAX_LABEL_BYTE => at += 1 + usize::from(size),
                high => {
                    self.push_labels(message.get(run..at));
                    let low = message.get(at + 1).copied().unwrap_or_default();
                    at = usize::from(high & 0x3f) << 8 | usize::from(low);
                    run = at;
                }
            }
        }
        self.push_labels(message.get(run..at));
        self.bytes.get(1..self.size).unwrap_or(b".")
    }

    /// Adds labels that lie side by side: each one's size becomes a dot.
    fn push_labels(&mut self, labels: Option<&[u8]>) {
        let labels = labels.unwrap_or_default();
        let Some(room) = self.bytes.get_mut(self.size..self.size + labels.len()) else { return };
        room.copy_from_slice(labels);
        let mut at = 0;
        while let Some(size) = room.get_mut(at) {
            at += 1 + usize::from(std::mem::replace(size, b'.'));
        }
        self.size += labels.len();
    }
}

/// A message, down to what a verdict and a record need.
#[derive(Debug)]
pub struct Message<'a> {
    /// Chosen by who asks.
    pub id: u16,
    /// RFC 1035 §4.1.1.
    pub flags: u16,
    /// The type that the first question asks for.
    pub question: Option<u16>,
    /// Whether all questions and records are there.
    pub complete: bool,
    /// Bytes behind the last record, where it is complete.
    pub trailing: usize,
    /// Bytes in all.
    pub size: usize,
    /// First label of the first question's name.
    label: Option<&'a [u8]>,
    data: &'a [u8],
    /// Where the answers are.
    answers: Reader<'a>,
    answer_count: u16,
}

/// An address that was answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Answer {
    /// Of type A or AAAA.
    pub address: IpAddr,
    /// How long that holds.
    pub ttl_s: u32,
}

struct Record<'a> {
    kind: u16,
    ttl_s: u32,
    content: &'a [u8],
}

impl<'a> Message<'a> {
    /// Reads header, questions and records; a message that is cut behind its first question is given back as incomplete.
    ///
    /// # Errors
    /// [`Error`] says why there is none.
    pub fn parse(data: &'a [u8]) -> Result<Self, Error> {
        let mut reader = Reader::new(data);
        let header = reader.array::<HEADER_SIZE>().ok_or(Error::Incomplete)?;
        let mut fields = [0; HEADER_SIZE / 2];
        for (field, bytes) in fields.iter_mut().zip(header.as_chunks().0) {
            *field = u16::from_be_bytes(*bytes);
        }
        let [id, flags, counts @ ..] = fields;
        check_header(flags, counts)?;
        let mut message = Self {
            id,
            flags,
            question: None,
            complete: false,
            trailing: 0,
            size: data.len(),
            label: None,
            data,
            answers: reader,
            answer_count: 0,
        };
        match message.read_body(&mut reader, counts) {
            Ok(()) => message.complete = true,
            Err(Error::Incomplete) if message.question.is_some() => {}
            Err(error) => return Err(error),
        }
        message.trailing = reader.rest().len();
        Ok(message)
    }

    fn read_body(&mut self, reader: &mut Reader<'a>, counts: [u16; 4]) -> Result<(), Error> {
        let [questions, answers, authorities, additional] = counts;
        for _ in 0..questions {
            let label = read_name(self.data, self.label, reader)?;
            let kind = reader.u16().ok_or(Error::Incomplete)?;
            let class = reader.u16().ok_or(Error::Incomplete)?;
            if kind == 0 || !is_class(class) || is_netbios(label, kind) {
                return Err(Error::Malformed);
            }
            self.question.get_or_insert(kind);
            self.label.get_or_insert(label);
        }
        self.answers = *reader;
        for at in 0..answers.saturating_add(authorities).saturating_add(additional) {
            read_record(self.data, self.label, reader)?;
            self.answer_count += u16::from(at < answers);
        }
        Ok(())
    }

    /// The name of the first question, else of the first record: it stands behind the header.
    #[must_use]
    pub fn name<'n>(&self, room: &'n mut Name) -> &'n [u8] {
        room.write(self.data, HEADER_SIZE)
    }

    /// Whether it answers.
    #[must_use]
    pub fn is_response(&self) -> bool {
        self.flags & 0x8000 != 0
    }

    /// Whether the server is to ask others.
    #[must_use]
    pub fn wants_recursion(&self) -> bool {
        self.flags & 0x0100 != 0
    }

    /// The addresses that were answered, the first ones of many.
    pub fn answers(&self) -> impl Iterator<Item = Answer> + use<'a> {
        let mut reader = self.answers;
        let records = (0..self.answer_count).map_while(move |_| {
            skip_name(&mut reader)?;
            read_behind_name(&mut reader, b"").ok()
        });
        let answer = |Record { kind, ttl_s, content }: Record<'_>| {
            let address = match kind {
                TYPE_A => IpAddr::from(*content.first_chunk::<4>()?),
                TYPE_AAAA => IpAddr::from(*content.first_chunk::<16>()?),
                _ => return None,
            };
            Some(Answer { address, ttl_s })
        };
        records.filter_map(answer).take(MAX_ANSWERS)
    }
}

fn read_record<'a>(data: &'a [u8], question: Option<&'a [u8]>, reader: &mut Reader<'a>) -> Result<Record<'a>, Error> {
    let label = match (reader.rest(), question) {
        ([0xc0, QUESTION, behind @ ..], Some(label)) => {
            *reader = Reader::new(behind);
            label
        }
        _ => read_name(data, question, reader)?,
    };
    read_behind_name(reader, label)
}

/// A record from its type on; `label` is its name's first.
fn read_behind_name<'a>(reader: &mut Reader<'a>, label: &[u8]) -> Result<Record<'a>, Error> {
    let fixed = reader.array::<8>().ok_or(Error::Incomplete)?;
    let [kind_high, kind_low, class_high, class_low, ttl @ ..] = fixed;
    let (kind, class) = (u16::from_be_bytes([kind_high, kind_low]), u16::from_be_bytes([class_high, class_low]));
    if kind != TYPE_OPT && !is_class(class) || is_netbios(label, kind) {
        return Err(Error::Malformed);
    }
    let content = reader.vector16().ok_or(Error::Incomplete)?;
    Ok(Record { kind, ttl_s: u32::from_be_bytes(ttl), content })
}

/// Goes behind a name that was read before.
fn skip_name(reader: &mut Reader<'_>) -> Option<()> {
    loop {
        match reader.u8()? {
            0 => return Some(()),
            size @ 1..=MAX_LABEL_BYTE => reader.take(size.into())?,
            _ => return reader.take(1).map(|_| ()), // a pointer is a name's end
        };
    }
}

fn check_header(flags: u16, records: [u16; 4]) -> Result<(), Error> {
    const NO_CODE_IN_QUERIES: u16 = 0x000f;
    const ZERO: u16 = 0x0040; // RFC 1035 §4.1.1, Z, less the bits that RFC 4035 took
    const OPCODES: u16 = 0b111_0111; // RFC 8490 §6.3 has the last one
    let is_response = flags & 0x8000 != 0;
    let must_be_clear = if is_response { ZERO } else { ZERO | NO_CODE_IN_QUERIES };
    let has_opcode = OPCODES >> (flags >> 11 & 0xf) & 1 == 1;
    let [questions, ..] = records;
    let asks = is_response || questions > 0;
    let most = records.into_iter().max().unwrap_or_default();
    if has_opcode && flags & must_be_clear == 0 && asks && (1..=MAX_RECORDS).contains(&most) {
        Ok(())
    } else {
        Err(Error::Malformed)
    }
}

/// Internet, Chaos, Hesiod, none, any; the top bit means something to mDNS.
fn is_class(class: u16) -> bool {
    matches!(class & !UNICAST_OR_FLUSH, 1 | 3 | 4 | 254 | 255)
}

/// NetBIOS name service uses the same format with names of its own (RFC 1002 §4.2): `label` is a name's first; what stands behind
/// a dot in it does not count.
#[inline]
fn is_netbios(label: &[u8], kind: u16) -> bool {
    label.len() >= NETBIOS_NAME_SIZE && is_netbios_name(label, kind)
}

#[cold]
fn is_netbios_name(label: &[u8], kind: u16) -> bool {
    let label = label.split(|byte| *byte == b'.').next().unwrap_or(label);
    if label.len() != NETBIOS_NAME_SIZE {
        return false;
    }
    // TYPE_NBSTAT is the number of SRV, whose names begin with an underscore (RFC 2782).
    let has_kind = matches!(kind, TYPE_NB | TYPE_NBSTAT) && !label.starts_with(b"_");
    has_kind || label.iter().filter(|byte| matches!(byte, b'A'..=b'P')).count() >= ENOUGH_NETBIOS_LETTERS
}

/// Reads a name with its compression pointers (RFC 1035 §4.1.4), which must point backwards; gives its first label.
///
/// `question` is the first label of the name that stands behind the header, once that was read: most records point there.
fn read_name<'a>(message: &'a [u8], question: Option<&'a [u8]>, reader: &mut Reader<'a>) -> Result<&'a [u8], Error> {
    let (mut first, mut size_with_dots, mut jumps) = (None, 0, 0);
    let mut current = *reader;
    loop {
        match current.u8().ok_or(Error::Incomplete)? {
            0 => break,
            size @ 1..=MAX_LABEL_BYTE => {
                let from_label_on = current.rest();
                let label = current.take(usize::from(size)).ok_or(Error::Incomplete)?;
                if has_control(from_label_on, label.len()) {
                    return Err(Error::Malformed);
                }
                first.get_or_insert(label);
                size_with_dots += 1 + label.len();
            }
            begin @ 0xc0.. => {
                jumps += 1;
                let (target, there) = pointed_at(message, begin, &mut current, jumps)?;
                if jumps == 1 {
                    *reader = current; // what follows the first pointer follows the name
                }
                if let (HEADER_SIZE, 0, Some(label)) = (target, size_with_dots, question) {
                    return Ok(label);
                }
                current = there;
            }
            _ => return Err(Error::Malformed),
        }
        if size_with_dots > 1 + MAX_NAME_SIZE {
            return Err(Error::Malformed);
        }
    }
    if jumps == 0 {
        *reader = current;
    }
    Ok(first.unwrap_or_default())
}

/// Whether there is a control character among the first `size` bytes. Eight are looked at side by side.
#[inline]
fn has_control(bytes: &[u8], size: usize) -> bool {
    let (words, rest) = bytes.as_chunks::<8>();
    let whole = size / 8;
    if words.iter().take(whole).any(|word| has_control_in(u64::from_le_bytes(*word))) {
        return true;
    }
    let last = words.get(whole).map_or_else(|| word_of(rest), |word| u64::from_le_bytes(*word));
    has_control_in(last | u64::MAX << (8 * (size % 8))) // what stands behind is made no control character
}

#[inline]
const fn has_control_in(word: u64) -> bool {
    const ONES: u64 = u64::MAX / 0xff;
    const TOPS: u64 = ONES << 7;
    let below_space = word.wrapping_sub(ONES * 0x20) & !word;
    let without_delete = word ^ (ONES * 0x7f);
    let is_delete = without_delete.wrapping_sub(ONES) & !without_delete;
    (below_space | is_delete) & TOPS != 0
}

/// A few bytes at the end of a message, the first one lowest.
#[cold]
#[inline(never)]
fn word_of(bytes: &[u8]) -> u64 {
    bytes.iter().rev().fold(0, |word, byte| word << 8 | u64::from(*byte))
}

/// Where the pointer that `begin` has begun points to, which must be before it.
fn pointed_at<'a>(
    message: &'a [u8],
    begin: u8,
    reader: &mut Reader<'a>,
    jumps: usize,
) -> Result<(usize, Reader<'a>), Error> {
    let at = message.len().saturating_sub(1 + reader.rest().len());
    let low = reader.u8().ok_or(Error::Incomplete)?;
    let target = usize::from(begin & 0x3f) << 8 | usize::from(low);
    let is_backwards = target >= HEADER_SIZE && target < at && jumps <= MAX_POINTERS;
    let there = message.get(target..).filter(|_| is_backwards).ok_or(Error::Malformed)?;
    Ok((target, Reader::new(there)))
}

#[cfg(test)]
mod tests {
    use super::*;

    const QUERY: &[u8] = b"\x12\x34\x01\x00\x00\x01\x00\x00\x00\x00\x00\x00\x07example\x03org\x00\x00\x01\x00\x01";

    #[test]
    fn pointers_are_followed_backwards_only() {
        let mut answer = QUERY.to_vec();
        answer[2] = 0x81;
        answer[7] = 1;
        answer.extend(b"\xc0\x0c\x00\x01\x00\x01\x00\x00\x00\x3c\x00\x04\xc0\x00\x02\x01");
        let message = Message::parse(&answer).unwrap();
        assert!(message.complete && message.trailing == 0);
        assert_eq!(message.name(&mut Name::empty()), b"example.org");
        let expected = Answer { address: IpAddr::from([192, 0, 2, 1]), ttl_s: 60 };
        assert_eq!(message.answers().collect::<Vec<_>>(), [expected]);
        let at = QUERY.len();
        answer[at + 1] = u8::try_from(at).unwrap(); // to itself
        assert!(matches!(Message::parse(&answer), Err(Error::Malformed)));
    }

    #[test]
    fn a_cut_message_is_incomplete_until_its_question_has_come() {
        for end in 0..QUERY.len() {
            assert!(matches!(Message::parse(&QUERY[..end]), Err(Error::Incomplete)), "{end}");
        }
        assert!(Message::parse(QUERY).unwrap().complete);
    }

    #[test]
    fn without_a_question_the_first_record_names() {
        let announcement = b"\x00\x00\x84\x00\x00\x00\x00\x01\x00\x00\x00\x00\x05local\x00\x00\x01\x00\x01\x00\x00\x00\x3c\x00\x04\xc0\x00\x02\x01";
        assert_eq!(Message::parse(announcement).unwrap().name(&mut Name::empty()), b"local");
    }

    #[test]
    fn what_looks_alike_is_refused() {
        let mut netbios = QUERY[..12].to_vec();
        netbios.extend(b"\x20CKAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\x00\x00\x21\x00\x01");
        assert!(matches!(Message::parse(&netbios), Err(Error::Malformed)));
        assert!(matches!(Message::parse(&[0; 40]), Err(Error::Malformed)));
        assert!(matches!(Message::parse(&[0xff; 40]), Err(Error::Malformed)));
        let mut class = QUERY.to_vec();
        class[QUERY.len() - 1] = 9;
        assert!(matches!(Message::parse(&class), Err(Error::Malformed)));
    }

    #[test]
    fn names_do_not_grow_without_end() {
        let mut long = QUERY[..12].to_vec();
        for _ in 0..6 {
            long.push(63);
            long.extend([b'a'; 63]);
        }
        assert!(matches!(Message::parse(&long), Err(Error::Malformed)));
    }
}
