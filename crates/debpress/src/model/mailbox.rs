//! Mail addresses of people, as packages and administrators write them.

use std::fmt;

use serde::{Deserialize, Serialize};

/// `NAME <ADDRESS>`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Mailbox {
    /// The name, without quotes; empty where there is none.
    pub name: String,
    /// The address: see [`is_address`].
    pub address: String,
}

impl Mailbox {
    /// Reads `Ann Lee <ann@example.org>`, `"Lee, Ann" <ann@example.org>` or `ann@example.org`; `None`: it is none, or
    /// holds something that could become another header of a mail.
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        let (name, address) = match text.strip_suffix('>').and_then(|text| text.rsplit_once('<')) {
            Some(parts) => parts,
            None => ("", text),
        };
        let name = name.trim();
        let unquoted = name.strip_prefix('"').and_then(|name| name.strip_suffix('"'));
        let name = unquoted.map_or_else(|| name.to_owned(), |name| name.replace("\\\"", "\""));
        let fits = is_address(address) && !name.contains(char::is_control);
        fits.then(|| Self { name, address: address.to_owned() })
    }

    /// Whether both mean the same mailbox: how an address is written does not count.
    pub fn is_same(&self, address: &str) -> bool {
        self.address.eq_ignore_ascii_case(address)
    }
}

impl fmt::Display for Mailbox {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.name.as_str() {
            "" => f.write_str(&self.address),
            name => write!(f, "{name} <{}>", self.address),
        }
    }
}

/// The most characters before the `@`, after it, and between two dots after it (RFC 5321 4.5.3.1, RFC 1035 2.3.4).
const USER: usize = 64;
const HOST: usize = 253;
const LABEL: usize = 63;

/// Whether a text is `USER@HOST` as every mail server takes it: nothing that could become a second address or header, no
/// quotes, and ASCII only, because servers that take more are few.
pub fn is_address(text: &str) -> bool {
    let Some((user, host)) = text.rsplit_once('@') else { return false };
    let is_atom = |atom: &str| {
        let fits = |c: char| c.is_ascii_alphanumeric() || "!#$%&'*+-/=?^_`{|}~".contains(c);
        !atom.is_empty() && atom.chars().all(fits)
    };
    let is_label = |label: &str| {
        let fits = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
        let ends = |c: char| c.is_ascii_alphanumeric();
        label.len() <= LABEL && label.chars().all(fits) && label.starts_with(ends) && label.ends_with(ends)
    };
    user.len() <= USER && host.len() <= HOST && user.split('.').all(is_atom) && host.split('.').all(is_label)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn people_write_their_address_in_several_ways() {
        for (text, name, address) in [
            ("Ann Lee <ann@example.org>", "Ann Lee", "ann@example.org"),
            ("\"Lee, Ann\" <ann@example.org>", "Lee, Ann", "ann@example.org"),
            (" ann@example.org ", "", "ann@example.org"),
            ("<ann@example.org>", "", "ann@example.org"),
            ("Änn <ann+x@example.org>", "Änn", "ann+x@example.org"),
        ] {
            let mailbox = Mailbox::parse(text).unwrap();
            assert_eq!((&*mailbox.name, &*mailbox.address), (name, address), "{text}");
            assert!(mailbox.is_same("ANN@example.org") || address.contains('+'));
        }
    }

    #[test]
    fn nothing_becomes_a_second_address_or_header() {
        for text in [
            "",
            "Ann Lee",
            "Ann <ann>",
            "Ann <@example.org>",
            "Ann <ann@>",
            "Ann <ann@example.org>, Bob <bob@example.org,>",
            "ann@example.org,bob@example.org",
            "Ann\r\nBcc: x <ann@example.org>",
            "ann@example.org\nBcc: bob@example.org",
            "Ann <ann@example.org> x",
            "ann..lee@example.org",
            "ann@example..org",
            "ann@-example.org",
            "ann@example.org.",
            "änn@example.org",
            "ann@bob@example.org",
            "ann@[127.0.0.1]",
        ] {
            assert_eq!(Mailbox::parse(text), None, "{text:?}");
        }
    }
}
