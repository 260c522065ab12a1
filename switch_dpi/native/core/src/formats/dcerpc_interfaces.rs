//! The interfaces of DCE/RPC that are met in networks, by UUID ([MS-WINPROTLP], IEC 61158-6-10 for PROFINET).

/// What an interface is called.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Interface {
    /// Its usual name, or the UUID in text.
    pub name: String,
    /// Key of the protocol that it is.
    pub service: Option<&'static str>,
}

/// UUID and name.
const NAMES: &[(&str, &str)] = &[
    ("e1af8308-5d1f-11c9-91a4-08002b14a0fa", "epm"),
    ("4b324fc8-1670-01d3-1278-5a47bf6ee188", "srvsvc"),
    ("6bffd098-a112-3610-9833-46c3f87e345a", "wkssvc"),
    ("12345778-1234-abcd-ef00-0123456789ac", "samr"),
    ("12345778-1234-abcd-ef00-0123456789ab", "lsarpc"),
    ("12345678-1234-abcd-ef00-01234567cffb", "netlogon"),
    ("12345678-1234-abcd-ef00-0123456789ab", "spoolss"),
    ("e3514235-4b06-11d1-ab04-00c04fc2dcd2", "drsuapi"),
    ("338cd001-2244-31f1-aaaa-900038001003", "winreg"),
    ("367abb81-9844-35f1-ad32-98f038001003", "svcctl"),
    ("1ff70682-0a51-30e8-076d-740be8cee98b", "atsvc"),
    ("378e52b0-c0a9-11cf-822d-00aa0051e40f", "sasec"),
    ("86d35949-83c9-4044-b424-db363231fd0c", "ITaskSchedulerService"),
    ("82273fdc-e32a-18c3-3f78-827929dc23ea", "eventlog"),
    ("f6beaff7-1e19-4fbb-9f8f-b89e2018337c", "eventlog6"),
    ("4fc742e0-4a10-11cf-8273-00aa004ae673", "netdfs"),
    ("c681d488-d850-11d0-8c52-00c04fd90f7e", "efsrpc"),
    ("5a7b91f8-ff00-11d0-a9b2-00c04fb6e6fc", "msgsvc"),
    ("50abc2a4-574d-40b3-9d66-ee4fd5fba076", "dnsserver"),
    ("91ae6020-9e3c-11cf-8d7c-00aa00c091be", "ICertPassage"),
    ("000001a0-0000-0000-c000-000000000046", "ISystemActivator"),
    ("99fcfec4-5260-101b-bbcb-00aa0021347a", "IOXIDResolver"),
    ("00000131-0000-0000-c000-000000000046", "IRemUnknown"),
    ("00000143-0000-0000-c000-000000000046", "IRemUnknown2"),
    ("f309ad18-d86a-11d0-a075-00c04fb68820", "IWbemLevel1Login"),
    ("9556dc99-828c-11cf-a37e-00aa003240c7", "IWbemServices"),
    ("a4f1db00-ca47-1067-b31f-00dd010662da", "Exchange MAPI"),
    ("f5cc5a18-4264-101a-8c59-08002b2f8426", "Exchange NSPI"),
    ("1544f5e0-613c-11d1-93df-00c04fd7bd09", "Exchange RFR"),
    ("afa8bd80-7d8a-11c9-bef4-08002b102989", "mgmt"),
];
/// PROFINET's interfaces differ in their first word alone.
const PROFINET: &[(&str, &str)] = &[
    ("dea00001", "PROFINET IO device"),
    ("dea00002", "PROFINET IO controller"),
    ("dea00003", "PROFINET IO supervisor"),
    ("dea00004", "PROFINET IO parameter server"),
];

/// The interface with these sixteen bytes; the first three fields are in the sender's byte order.
#[must_use]
pub fn interface(uuid: &[u8], is_little: bool) -> Interface {
    let text = text(uuid, is_little);
    if text.ends_with("-6c97-11d1-8271-00a02442df7d")
        && let Some((_, name)) = PROFINET.iter().find(|(start, _)| text.starts_with(start))
    {
        return Interface { name: (*name).to_owned(), service: Some("profinet-io") };
    }
    let name = NAMES.iter().find(|(known, _)| *known == text).map(|(_, name)| (*name).to_owned());
    Interface { name: name.unwrap_or(text), service: None }
}

/// The UUID in its usual form.
fn text(uuid: &[u8], is_little: bool) -> String {
    let mut bytes: Vec<u8> = uuid.to_vec();
    if is_little {
        for range in [0..4, 4..6, 6..8] {
            if let Some(field) = bytes.get_mut(range) {
                field.reverse();
            }
        }
    }
    let mut text = String::with_capacity(36);
    for (index, byte) in bytes.iter().enumerate() {
        if matches!(index, 4 | 6 | 8 | 10) {
            text.push('-');
        }
        for digit in [byte >> 4, byte & 0x0f] {
            text.push(char::from_digit(digit.into(), 16).unwrap_or('0'));
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::interface;

    #[test]
    fn both_byte_orders_give_the_same_name() {
        let big = b"\xe1\xaf\x83\x08\x5d\x1f\x11\xc9\x91\xa4\x08\0\x2b\x14\xa0\xfa";
        let little = b"\x08\x83\xaf\xe1\x1f\x5d\xc9\x11\x91\xa4\x08\0\x2b\x14\xa0\xfa";
        assert_eq!((interface(big, false).name, interface(little, true).name), ("epm".into(), "epm".into()));
        assert_eq!(interface(&[0x11; 16], true).name, "11111111-1111-1111-1111-111111111111");
    }
}
