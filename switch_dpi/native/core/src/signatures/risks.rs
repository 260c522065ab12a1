//! How much harm an application or a protocol can do: its own number, else that of its category. `plugins/README.md` has the scale.

use toml::Spanned;

use super::Signatures;
use super::files::{Place, SignatureError};
use crate::protocol::{Descriptor, MAX_RISK};
use crate::protocols;

/// The risk that an entry gives itself.
pub(super) fn given(place: Place<'_>, key: &str, raw: Option<&Spanned<u8>>) -> Result<Option<u8>, SignatureError> {
    let Some(raw) = raw else { return Ok(None) };
    let risk = *raw.get_ref();
    if risk > MAX_RISK {
        return Err(place.error(raw.span().start, format!("risk {risk} of {key} is not between 0 and {MAX_RISK}")));
    }
    Ok(Some(risk))
}

/// The risks of all protocols, native and declared, in the order of their places; so are their categories.
pub(super) fn of_protocols(signatures: &Signatures, categories: &[u8]) -> Vec<u8> {
    let native = protocols::ALL.iter().map(|protocol: &&Descriptor| protocol.risk);
    let declared = signatures.ports.all_declared().iter().map(|protocol| protocol.risk);
    let usual = |id: &u8| signatures.category(*id).map_or(0, |category| category.risk);
    native.chain(declared).zip(categories).map(|(own, category)| own.unwrap_or_else(|| usual(category))).collect()
}

#[cfg(test)]
mod tests {
    use super::super::tests::{error, load};
    use super::*;

    const CATEGORIES: &str = "[[category]]\nid=9\nkey=\"file-transfer\"\nname=\"Files\"\nrisk=40\n\
                              [[category]]\nid=3\nkey=\"video\"\nname=\"Video\"\n";
    const APP: &str = "[[app]]\nid=10001\nkey=\"box\"\nname=\"Box\"\ncategory=\"file-transfer\"\ndomains=[]\n";

    fn of_protocol(signatures: &Signatures, key: &str) -> u8 {
        signatures.protocol_risk(protocols::ALL.iter().position(|protocol| protocol.key == key).unwrap())
    }

    #[test]
    fn what_says_no_risk_has_that_of_its_category() {
        let own = APP.replace("10001", "10002").replace("\"box\"", "\"bin\"") + "risk=100\n";
        let other = APP.replace("10001", "10003").replace("\"box\"", "\"clip\"").replace("file-transfer", "video");
        let set = load(&[CATEGORIES, APP, &own, &other]).unwrap();
        assert_eq!(set.apps().iter().map(|app| app.risk).collect::<Vec<_>>(), [40, 100, 0]);
        assert_eq!((of_protocol(&set, "webdav"), of_protocol(&set, "ftp")), (40, 60));
        assert_eq!(set.protocol_risk(usize::MAX), 0);
    }

    #[test]
    fn a_risk_out_of_its_range_is_named() {
        let app = format!("{APP}risk=101\n");
        assert_eq!(error(&[CATEGORIES, &app]), "f.toml:7: risk 101 of box is not between 0 and 100");
        let category = CATEGORIES.replace("40", "200");
        assert_eq!(error(&[&category]), "f.toml:5: risk 200 of file-transfer is not between 0 and 100");
        assert!(error(&[CATEGORIES, &format!("{APP}risk=-1\n")]).starts_with("f.toml:7: invalid value: integer `-1`"));
        assert!(error(&[CATEGORIES, &format!("{APP}risk=\"high\"\n")]).starts_with("f.toml:7: invalid type"));
    }
}
