//! SQL Server Resolution Protocol ([MC-SQLR]): which instances a host has, and at which port.

use crate::probing::cursor::{Cursor, Form, Recognised, any_form, require};
use crate::probing::examples::reply;
use crate::protocol::{Descriptor, Example, FirstBytes, Probe, Sample, Transport};

const PORT: u16 = 1434;
/// An instance's name (§2.2.3).
const MAX_NAME_SIZE: usize = 32;

/// SQL Server Browser.
pub const DESCRIPTOR: Descriptor = Descriptor {
    key: "sql-browser",
    name: "SQL Server Browser",
    selector: 504,
    category: "database",
    transports: &[Transport::Udp],
    ports: &[PORT],
    first_bytes: FirstBytes::Of(&[0x02, 0x03, 0x04, 0x05, 0x0f]),
    probe,
    examples: EXAMPLES,
    ..Descriptor::BASE
};

const FORMS: &[Form] = &[response, request];

fn probe(sample: &Sample<'_>) -> Probe {
    any_form(sample, FORMS)
}

/// SVR_RESP (§2.2.5, §2.2.6): size, then the instances as text; or the port of the administrator's connection.
fn response(cursor: &mut Cursor<'_>) -> Recognised {
    cursor.literal(b"\x05")?;
    let size = usize::from(cursor.u16_le()?);
    if size == 6 && cursor.rest().len() == 3 {
        cursor.literal(b"\x01")?;
        return Ok((if cursor.sample.is_at_port(&[PORT]) { 60 } else { 55 }, "SQL Server port answer"));
    }
    require(size >= cursor.rest().len())?;
    cursor.literal(b"ServerName;")?;
    Ok((100, "SQL Server instances"))
}

/// CLNT_BCAST_EX, CLNT_UCAST_EX, CLNT_UCAST_INST, CLNT_UCAST_DAC (§2.2.1 to §2.2.4): too short to be sure.
fn request(cursor: &mut Cursor<'_>) -> Recognised {
    require(cursor.sample.is_at_port(&[PORT]))?;
    match cursor.one_of(&[0x02, 0x03, 0x04, 0x0f])? {
        0x02 | 0x03 => {}
        kind => {
            if kind == 0x0f {
                cursor.literal(b"\x01")?;
            }
            require(!cursor.text_until(0, MAX_NAME_SIZE)?.is_empty())?;
        }
    }
    require(cursor.rest().is_empty())?;
    Ok((55, "SQL Server instance request"))
}

const EXAMPLES: &[Example] = &[
    reply(
        "instances",
        b"\x05\x55\0ServerName;DB1;InstanceName;MSSQLSERVER;IsClustered;No;Version;15.0.2000.5;tcp;1433;;",
    ),
    reply("default instance", b"\x05\x4a\0ServerName;A;InstanceName;X;IsClustered;No;Version;9.00.1399.06;tcp;1433;;"),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn requests_are_guessed_at_their_port_alone() {
        let at =
            |responder_port, data| probe(&Sample { transport: Transport::Udp, data, responder_port, ..Sample::EMPTY });
        for data in [&b"\x02"[..], b"\x03", b"\x04SQLEXPRESS\0", b"\x0f\x01SQLEXPRESS\0"] {
            assert!(matches!(at(PORT, data), Probe::Match(evidence) if evidence.confidence < 60));
            assert_eq!(at(1435, data), Probe::No);
        }
        assert_eq!(at(PORT, b"\x04\0"), Probe::No);
    }
}
