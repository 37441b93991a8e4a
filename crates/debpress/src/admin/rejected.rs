//! What was refused: nobody's upload is silently gone, whether or not its sender can be told.

use std::io;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::adapters::fs::local;
use crate::ports::incoming::{End, REASONS};
use crate::upload::UploadContext;

/// No report is larger, in bytes.
const REPORT: u64 = 64 * 1024 * 1024;

/// One refused upload.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Rejected {
    /// When it was judged, RFC 3339.
    pub at: String,
    /// As it was called in incoming.
    pub upload: String,
    /// Where it lies, relative to the site.
    pub path: String,
    /// Whether nobody known has signed it, so that there is nobody to tell.
    pub anonymous: bool,
    /// Why it was refused.
    pub reasons: Vec<Told>,
}

/// One reason, as it was told.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Told {
    /// The code.
    pub code: String,
    /// The file it is about.
    pub file: Option<String>,
    /// The sentence.
    pub message: String,
}

/// The part of a report that is needed.
#[derive(Deserialize)]
struct Report {
    upload: String,
    at: String,
    reasons: Vec<Told>,
}

/// Why the refused uploads cannot be listed.
#[derive(Debug, thiserror::Error)]
pub enum RejectedError {
    /// A directory or a report cannot be read.
    #[error("cannot read {}", path.display())]
    Read {
        /// Which.
        path: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// A report is none of ours.
    #[error("{} is no report of a refused upload", path.display())]
    Report {
        /// Which.
        path: PathBuf,
        /// Why.
        #[source]
        source: serde_json::Error,
    },
}

/// Every upload that lies refused in the site, of every context, the oldest first.
///
/// # Errors
/// [`RejectedError`]. A directory that is not there holds nothing.
pub fn rejected(site: &Path) -> Result<Vec<Rejected>, RejectedError> {
    let mut found = Vec::new();
    for context in [UploadContext::Insecure, UploadContext::Buildd, UploadContext::Sync] {
        let below = Path::new(context.directory()).join(End::Rejected.directory());
        let directory = site.join(&below);
        let names = match local::names(&directory) {
            Ok(names) => names,
            Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
            Err(source) => return Err(RejectedError::Read { path: directory, source }),
        };
        for name in names {
            let path = directory.join(&name).join(REASONS);
            let bytes = match local::read_small(&path, REPORT) {
                Ok(bytes) => bytes,
                // Being moved here at this moment, or put here by somebody else.
                Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
                Err(source) => return Err(RejectedError::Read { path, source }),
            };
            let report: Report = serde_json::from_slice(&bytes)
                .map_err(|source| RejectedError::Report { path: path.clone(), source })?;
            let shown = below.join(&name).display().to_string();
            found.push(described(report, shown));
        }
    }
    found.sort();
    Ok(found)
}

fn described(report: Report, path: String) -> Rejected {
    let Report { upload, at, reasons } = report;
    // Whose key is known has an identity, even if the key is too old or the text was changed.
    let nobody =
        ["signature.missing", "signature.unknown-key", "signature.malformed", "signature.text-outside"];
    let anonymous = reasons.iter().any(|reason| {
        let of_changes = reason.file.as_ref().is_some_and(|file| file.ends_with(".changes"));
        of_changes && nobody.contains(&reason.code.as_str())
    });
    Rejected { at, upload, path, anonymous, reasons }
}
