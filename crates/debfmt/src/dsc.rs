//! Source packages: `.dsc` files.
//!
//! Sources: dsc(5); Debian Policy 5.4.

/// The formats of source packages that archives take.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum SourceFormat {
    /// `1.0`: one tar archive, or the upstream archive and a diff; gzip only.
    V1,
    /// `3.0 (native)`: one tar archive.
    V3Native,
    /// `3.0 (quilt)`: upstream archives and an archive of `debian/`.
    V3Quilt,
}

impl SourceFormat {
    /// The value of the `Format` field.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::V1 => "1.0",
            Self::V3Native => "3.0 (native)",
            Self::V3Quilt => "3.0 (quilt)",
        }
    }
}
