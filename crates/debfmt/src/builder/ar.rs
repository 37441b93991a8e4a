//! Writes `ar` archives, wrong ones too.

use crate::ar::{HEADER_END, MAGIC};

/// Makes an `ar` archive in memory. Every method adds to its end.
#[derive(Clone, Debug)]
pub struct ArWriter {
    out: Vec<u8>,
    mtime: i64,
}

impl Default for ArWriter {
    fn default() -> Self {
        Self::new()
    }
}

impl ArWriter {
    /// An archive without members, whose members will have the time 0.
    #[must_use]
    pub fn new() -> Self {
        Self { out: MAGIC.to_vec(), mtime: 0 }
    }

    /// Sets the time of the members to come, in seconds since 1970 UTC.
    #[must_use]
    pub fn mtime(mut self, mtime: i64) -> Self {
        self.mtime = mtime;
        self
    }

    /// A member with a correct header, its content and the filler byte.
    #[must_use]
    pub fn member(self, name: &str, content: &[u8]) -> Self {
        let size = content.len().to_string();
        let filler: &[u8] = if content.len() % 2 == 1 { b"\n" } else { b"" };
        self.header(name, &size).raw(content).raw(filler)
    }

    /// A header only. The name is cut at 16 bytes and the size, any text, at 10.
    #[must_use]
    pub fn header(self, name: &str, size: &str) -> Self {
        let mtime = self.mtime;
        let header = format!("{name:<16.16}{mtime:<12}{:<6}{:<6}{:<8}{size:<10.10}", 0, 0, "100644");
        self.raw(header.as_bytes()).raw(HEADER_END)
    }

    /// Any bytes.
    #[must_use]
    pub fn raw(mut self, bytes: &[u8]) -> Self {
        self.out.extend_from_slice(bytes);
        self
    }

    /// The archive.
    #[must_use]
    pub fn finish(self) -> Vec<u8> {
        self.out
    }
}
