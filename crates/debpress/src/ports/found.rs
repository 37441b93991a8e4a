//! What lies on a disk, as far as it can be told without reading it.

use debfmt::digest::Sha256;

use crate::model::time::Timestamp;

/// Which file a name means: two names with one identity are one file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Identity {
    /// The file system.
    pub device: u64,
    /// The file in it.
    pub inode: u64,
}

/// What a name is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FoundKind {
    /// A regular file.
    File,
    /// A directory.
    Directory,
    /// A symbolic link, itself.
    Link,
    /// A device, a socket, a pipe.
    Other,
}

/// A name in a directory.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    /// Its path below whatever was looked through.
    pub path: String,
    /// What it is.
    pub kind: FoundKind,
    /// Its size in bytes; of a symbolic link the length of its target.
    pub size: u64,
    /// Its permissions, such as `0o644`.
    pub mode: u32,
    /// How many names the file has.
    pub links: u64,
    /// When anything about it changed last: its content, its name, its mode.
    pub changed: Timestamp,
    /// Which file it is; `None` where files have no identity, as in memory.
    pub identity: Option<Identity>,
}

impl Found {
    /// Whether everybody may read it, or enter it if it is a directory.
    pub fn is_readable(&self) -> bool {
        let needed = if self.kind == FoundKind::Directory { 0o555 } else { 0o444 };
        self.kind == FoundKind::Link || self.mode & needed == needed
    }
}

/// Between the name of a damaged file and what it holds.
const DAMAGED: &str = ".damaged-";
/// What stands for the content of a file that cannot be read.
const UNREADABLE: &str = "unreadable";
/// How much of a hash is enough to tell two contents apart.
const SHORT: usize = 16;

/// Under which name a damaged file is kept beside its old one. `holds`: the hash of what it holds; `None`: nobody can
/// read it.
pub fn damaged_name(name: &str, holds: Option<&Sha256>) -> String {
    let holds = holds.map_or_else(
        || UNREADABLE.to_owned(),
        |hash| hash.to_string().get(..SHORT).unwrap_or_default().to_owned(),
    );
    format!("{name}{DAMAGED}{holds}")
}

/// Whether a damaged file was put aside under this path.
pub fn is_damaged_name(path: &str) -> bool {
    let name = path.rsplit('/').next().unwrap_or(path);
    let is_short = |end: &str| end.len() == SHORT && end.bytes().all(|byte| byte.is_ascii_hexdigit());
    name.rsplit_once(DAMAGED).is_some_and(|(of, holds)| {
        let holds = holds.split('.').next().unwrap_or(holds);
        !of.is_empty() && (holds == UNREADABLE || is_short(holds))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_put_aside_is_known_again() {
        for holds in [None, Some(&Sha256::of(b"x"))] {
            let name = damaged_name("hello_1.0_all.deb", holds);
            assert!(is_damaged_name(&format!("pool/main/h/hello/{name}")), "{name}");
            assert!(is_damaged_name(&format!("{name}.2")), "a second one");
        }
        for name in ["hello_1.0_all.deb", ".damaged-unreadable", "a.damaged-", "a.damaged-zz"] {
            assert!(!is_damaged_name(name), "{name}");
        }
    }
}
