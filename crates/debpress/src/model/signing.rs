//! Names of the keys that sign archives.

use std::fmt;
use std::str::FromStr;

/// Where keys are kept, relative to the site.
pub const KEYS: &str = "keys/";
/// Where the public parts of the keys of single archives are kept, relative to the site.
const PUBLIC_KEYS: &str = "keys/public/";

/// A file with a secret key below the site's `keys/`, by its path from the site: `keys/archives/debian-debug.asc`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct KeyPath(String);

impl KeyPath {
    /// The file that belongs to what is kept at `root`, relative to the site.
    pub(super) fn of(root: &str) -> Self {
        Self(format!("{KEYS}{root}.asc"))
    }

    /// The file that `init` makes for the site.
    pub fn site() -> Self {
        Self::of("signing")
    }

    /// The same name for the first key, and `NAME-2.asc` and so on for those that follow it.
    #[must_use]
    pub fn numbered(&self, number: u32) -> Self {
        match self.0.strip_suffix(".asc") {
            Some(name) if number > 1 => Self(format!("{name}-{number}.asc")),
            Some(_) | None => self.clone(),
        }
    }

    /// The path, relative to the site.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Where the revocation is kept, relative to the site.
    pub fn revocation(&self) -> String {
        format!("{}.revocation", self.0.strip_suffix(".asc").unwrap_or(&self.0))
    }

    /// Where the public part is kept for users, relative to the site.
    pub fn public(&self) -> String {
        self.0.replacen(KEYS, PUBLIC_KEYS, 1)
    }
}

/// A key that signs an archive.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum KeyName {
    /// The key or keys of a file.
    File(KeyPath),
    /// A key that gpg holds.
    Gpg(Fingerprint),
}

/// The fingerprint of a key: 40 or 64 upper-case hexadecimal digits.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Fingerprint(String);

impl Fingerprint {
    /// Reads one as gpg prints it: spaces do not count, nor does case. `None`: a short key ID, or no fingerprint at all.
    pub fn parse(text: &str) -> Option<Self> {
        let digits: String = text.chars().filter(|c| *c != ' ').collect();
        let legal = matches!(digits.len(), 40 | 64) && digits.chars().all(|c| c.is_ascii_hexdigit());
        legal.then(|| Self(digits.to_ascii_uppercase()))
    }

    /// The digits.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// A text that names no key.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{text}` names no key: write the path of a file below keys/, such as keys/archives/debian.asc, or the whole \
     fingerprint of a key that gpg holds"
)]
pub struct KeyNameError {
    /// The text as given.
    pub text: String,
}

impl FromStr for KeyName {
    type Err = KeyNameError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let legal = |c: char| c.is_ascii_alphanumeric() || "+-._~".contains(c);
        // Neither `..` nor a hidden file, and no text that would not stand in a list.
        let segment = |word: &str| !word.is_empty() && !word.starts_with('.') && word.chars().all(legal);
        match text.strip_prefix(KEYS) {
            Some(rest) if rest.split('/').all(segment) && !text.starts_with(PUBLIC_KEYS) => {
                Ok(Self::File(KeyPath(text.to_owned())))
            }
            Some(_) => Err(KeyNameError { text: text.to_owned() }),
            None => {
                Fingerprint::parse(text).map(Self::Gpg).ok_or_else(|| KeyNameError { text: text.to_owned() })
            }
        }
    }
}

impl fmt::Display for KeyName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File(path) => f.write_str(path.as_str()),
            Self::Gpg(fingerprint) => f.write_str(fingerprint.as_str()),
        }
    }
}

/// The keys that sign an archive, all of them each document; none: those of the site. As text, joined by commas.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct KeyNames(pub Vec<KeyName>);

impl KeyNames {
    /// Whether the archive has no key of its own.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl FromStr for KeyNames {
    type Err = KeyNameError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let mut names = Vec::new();
        for word in text.split(',') {
            let name = word.parse()?;
            if !names.contains(&name) {
                names.push(name);
            }
        }
        Ok(Self(names))
    }
}

impl fmt::Display for KeyNames {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<String> = self.0.iter().map(KeyName::to_string).collect();
        f.write_str(&names.join(","))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_keys_are_read_back_as_written() {
        for text in [
            "keys/signing.asc",
            "keys/a.asc,0123456789ABCDEF0123456789ABCDEF01234567",
            "keys/ppa-owner/ann.asc,keys/ppa/ann/tools/debian.asc",
        ] {
            assert_eq!(text.parse::<KeyNames>().unwrap().to_string(), text);
        }
        assert_eq!("keys/a.asc,keys/a.asc".parse::<KeyNames>().unwrap().0.len(), 1);
    }

    #[test]
    fn keys_are_below_their_directory_only() {
        for text in [
            "",
            "signing.asc",
            "keys/",
            "keys/../debpress.toml",
            "keys//a.asc",
            "/keys/a.asc",
            "keys/.hidden",
            "keys/a b",
            "keys/public/debian.asc",
            "0123456789ABCDEF",
        ] {
            assert!(text.parse::<KeyNames>().is_err(), "{text:?}");
        }
    }

    #[test]
    fn public_parts_lie_apart_from_what_is_secret() {
        assert_eq!(KeyPath::of("archives/debian-debug").public(), "keys/public/archives/debian-debug.asc");
    }
}
