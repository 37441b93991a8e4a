//! `Translation-LANGUAGE` indexes: DebianRepository/Format, "Translation indices".
//!
//! They hold the descriptions of packages apart from `Packages`, one stanza for each package and description.

use std::io::Write as _;

use crate::digest::Md5;

/// Appends a stanza, without the empty line between stanzas.
///
/// `description` is a value with its line end, as [`description_of`](crate::packages::description_of) cuts it; `md5` is
/// that of the English one.
pub fn write_stanza(out: &mut Vec<u8>, package: &str, md5: Md5, language: &str, description: &str) {
    // Writing to a Vec cannot fail.
    let _infallible =
        write!(out, "Package: {package}\nDescription-md5: {md5}\nDescription-{language}: {description}");
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::limits::Limits;
    use crate::packages::{description_md5, description_of, parse_stanzas};

    #[test]
    fn a_stanza_has_the_whole_description() {
        let body = "Package: hello\nDescription: greets\n Twice.\n .\n And again.\nHomepage: x\n";
        let cut = description_of(body).unwrap();
        let md5 = Md5::of(cut.value.as_bytes());
        let mut out = Vec::new();
        write_stanza(&mut out, "hello", md5, "en", cut.value);
        let stanza = parse_stanzas(&out, &Limits::default()).unwrap().remove(0);
        assert_eq!(stanza.get("Description-en"), Some("greets\n Twice.\n .\n And again."));
        assert_eq!(description_md5(stanza.get("Description-en").unwrap()), md5);
    }
}
