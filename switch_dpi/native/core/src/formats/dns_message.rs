//! A DNS message (RFC 1035 §4) as it lies: what is copied is the name of the first question.

use std::net::IpAddr;

use crate::bytes::Reader;

/// The header's size.
pub const HEADER_SIZE: usize = 12;
const MAX_NAME_SIZE: usize = 255; // RFC 1035 §2.3.4
const MAX_LABEL_SIZE: usize = 63;
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

/// A name, labels joined by dots; `.` is the root's.
#[derive(Clone, Debug)]
pub struct Name {
    bytes: [u8; MAX_NAME_SIZE + 1 + MAX_LABEL_SIZE],
    size: usize,
}

impl Name {
    /// Room for a name.
    #[must_use]
    pub const fn empty() -> Self {
        Self { bytes: [0; MAX_NAME_SIZE + 1 + MAX_LABEL_SIZE], size: 0 }
    }

    /// As it stood on the wire, upper and lower case mixed.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        self.bytes.get(..self.size).unwrap_or_default()
    }

    fn push(&mut self, bytes: &[u8]) {
        if let Some(room) = self.bytes.get_mut(self.size..self.size + bytes.len()) {
            room.copy_from_slice(bytes);
            self.size += bytes.len();
        }
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
    /// Bytes behind the last record.
    pub trailing: usize,
    /// Bytes in all.
    pub size: usize,
    /// The name of the first question, else of the first record.
    name: &'a mut Name,
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
    /// Reads header, questions and records; a message that is cut behind its first question is given back as incomplete. `name`
    /// is written over.
    ///
    /// # Errors
    /// [`Error`] says why there is none.
    pub fn parse(data: &'a [u8], name: &'a mut Name) -> Result<Self, Error> {
        name.size = 0;
        let mut reader = Reader::new(data);
        let header = reader.array::<HEADER_SIZE>().ok_or(Error::Incomplete)?;
        let field = |at: usize| header.get(at..).and_then(|rest| Reader::new(rest).u16()).unwrap_or_default();
        let (flags, counts) = (field(2), [field(4), field(6), field(8), field(10)]);
        check_header(flags, counts)?;
        let mut message = Self {
            id: field(0),
            flags,
            question: None,
            complete: false,
            trailing: 0,
            size: data.len(),
            name,
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
            let copy = self.question.is_none().then_some(&mut *self.name);
            let label = read_name(self.data, self.label, reader, copy)?;
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
            let copy = (self.name.size == 0).then_some(&mut *self.name);
            read_record(self.data, self.label, reader, copy)?;
            self.answer_count += u16::from(at < answers);
        }
        Ok(())
    }

    /// The name of the first question, else of the first record.
    #[must_use]
    pub fn name(&self) -> &[u8] {
        self.name.as_bytes()
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
        let (data, label, mut reader) = (self.data, self.label, self.answers);
        let records = (0..self.answer_count).map_while(move |_| read_record(data, label, &mut reader, None).ok());
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

fn read_record<'a>(
    data: &'a [u8],
    question: Option<&'a [u8]>,
    reader: &mut Reader<'a>,
    copy: Option<&mut Name>,
) -> Result<Record<'a>, Error> {
    let label = read_name(data, question, reader, copy)?;
    let kind = reader.u16().ok_or(Error::Incomplete)?;
    let class = reader.u16().ok_or(Error::Incomplete)?;
    let ttl_s = reader.u32().ok_or(Error::Incomplete)?;
    if kind != TYPE_OPT && !is_class(class) || is_netbios(label, kind) {
        return Err(Error::Malformed);
    }
    let content = reader.vector16().ok_or(Error::Incomplete)?;
    Ok(Record { kind, ttl_s, content })
}

fn check_header(flags: u16, records: [u16; 4]) -> Result<(), Error> {
    let opcode = flags >> 11 & 0xf;
    let is_response = flags & 0x8000 != 0;
    let has_opcode = matches!(opcode, 0 | 1 | 2 | 4 | 5 | 6); // RFC 8490 §6.3 has the last one
    let has_zero = flags & 0x0040 == 0; // RFC 1035 §4.1.1, Z, less the bits that RFC 4035 took
    let query_has_no_code = is_response || flags & 0x000f == 0;
    let [questions, ..] = records;
    let asks = is_response || questions > 0;
    let not_empty = records.iter().any(|count| *count > 0);
    if has_opcode && has_zero && query_has_no_code && asks && not_empty && records.iter().all(|n| *n <= MAX_RECORDS) {
        Ok(())
    } else {
        Err(Error::Malformed)
    }
}

/// Internet, Chaos, Hesiod, none, any; the top bit means something to mDNS.
fn is_class(class: u16) -> bool {
    matches!(class & !UNICAST_OR_FLUSH, 1 | 3 | 4 | 254 | 255)
}

/// NetBIOS name service uses the same format with names of its own (RFC 1002 §4.2): `label` is a name's first.
fn is_netbios(label: &[u8], kind: u16) -> bool {
    if label.len() != NETBIOS_NAME_SIZE {
        return false;
    }
    // TYPE_NBSTAT is the number of SRV, whose names begin with an underscore (RFC 2782).
    let has_kind = matches!(kind, TYPE_NB | TYPE_NBSTAT) && !label.starts_with(b"_");
    has_kind || label.iter().filter(|byte| matches!(byte, b'A'..=b'P')).count() >= ENOUGH_NETBIOS_LETTERS
}

/// Reads a name with its compression pointers (RFC 1035 §4.1.4), which must point backwards, into `copy`; gives its first label,
/// up to a dot in it.
///
/// `question` is the first label of the name that stands behind the header, once that was read: most records point there.
fn read_name<'a>(
    message: &'a [u8],
    question: Option<&'a [u8]>,
    reader: &mut Reader<'a>,
    mut copy: Option<&mut Name>,
) -> Result<&'a [u8], Error> {
    let (mut first, mut name_size, mut jumps) = (None, 0, 0);
    let mut current = *reader;
    loop {
        let at = message.len().saturating_sub(current.rest().len());
        let size = current.u8().ok_or(Error::Incomplete)?;
        match size >> 6 {
            0 if size == 0 => break,
            0 => {
                let label = current.take(usize::from(size)).ok_or(Error::Incomplete)?;
                if label.iter().fold(false, |bad, byte| bad | (*byte < b' ') | (*byte == 0x7f)) {
                    return Err(Error::Malformed);
                }
                if let Some(copy) = copy.as_deref_mut() {
                    copy.push(if name_size == 0 { b"" } else { b"." });
                    copy.push(label);
                }
                first.get_or_insert(label);
                name_size += usize::from(name_size > 0) + label.len();
            }
            3 => {
                jumps += 1;
                let (target, there) = pointed_at(message, at, size, &mut current, jumps)?;
                if jumps == 1 {
                    *reader = current; // what follows the first pointer follows the name
                }
                if let (HEADER_SIZE, 0, Some(label), None) = (target, name_size, question, &copy) {
                    return Ok(label);
                }
                current = there;
            }
            _ => return Err(Error::Malformed),
        }
        if name_size > MAX_NAME_SIZE {
            return Err(Error::Malformed);
        }
    }
    if jumps == 0 {
        *reader = current;
    }
    if let Some(copy) = copy.filter(|copy| copy.size == 0) {
        copy.push(b".");
    }
    let first = first.unwrap_or_default();
    Ok(first.split(|byte| *byte == b'.').next().unwrap_or(first))
}

/// Where the pointer at `at` points to, which must be before it; the byte that begins it has been read.
fn pointed_at<'a>(
    message: &'a [u8],
    at: usize,
    begin: u8,
    reader: &mut Reader<'a>,
    jumps: usize,
) -> Result<(usize, Reader<'a>), Error> {
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
        let mut name = Name::empty();
        let message = Message::parse(&answer, &mut name).unwrap();
        assert!(message.complete && message.trailing == 0);
        assert_eq!(message.name(), b"example.org");
        let expected = Answer { address: IpAddr::from([192, 0, 2, 1]), ttl_s: 60 };
        assert_eq!(message.answers().collect::<Vec<_>>(), [expected]);
        let at = QUERY.len();
        answer[at + 1] = u8::try_from(at).unwrap(); // to itself
        assert!(matches!(Message::parse(&answer, &mut Name::empty()), Err(Error::Malformed)));
    }

    #[test]
    fn a_cut_message_is_incomplete_until_its_question_has_come() {
        for end in 0..QUERY.len() {
            assert!(matches!(Message::parse(&QUERY[..end], &mut Name::empty()), Err(Error::Incomplete)), "{end}");
        }
        assert!(Message::parse(QUERY, &mut Name::empty()).unwrap().complete);
    }

    #[test]
    fn without_a_question_the_first_record_names() {
        let announcement = b"\x00\x00\x84\x00\x00\x00\x00\x01\x00\x00\x00\x00\x05local\x00\x00\x01\x00\x01\x00\x00\x00\x3c\x00\x04\xc0\x00\x02\x01";
        assert_eq!(Message::parse(announcement, &mut Name::empty()).unwrap().name(), b"local");
    }

    #[test]
    fn what_looks_alike_is_refused() {
        let mut netbios = QUERY[..12].to_vec();
        netbios.extend(b"\x20CKAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\x00\x00\x21\x00\x01");
        assert!(matches!(Message::parse(&netbios, &mut Name::empty()), Err(Error::Malformed)));
        assert!(matches!(Message::parse(&[0; 40], &mut Name::empty()), Err(Error::Malformed)));
        assert!(matches!(Message::parse(&[0xff; 40], &mut Name::empty()), Err(Error::Malformed)));
        let mut class = QUERY.to_vec();
        class[QUERY.len() - 1] = 9;
        assert!(matches!(Message::parse(&class, &mut Name::empty()), Err(Error::Malformed)));
    }

    #[test]
    fn names_do_not_grow_without_end() {
        let mut long = QUERY[..12].to_vec();
        for _ in 0..6 {
            long.push(63);
            long.extend([b'a'; 63]);
        }
        assert!(matches!(Message::parse(&long, &mut Name::empty()), Err(Error::Malformed)));
    }
}
