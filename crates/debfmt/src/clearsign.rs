//! The frame of cleartext signatures: RFC 9580 section 7, without cryptography.
//!
//! [`split`] separates a signed text from its signature and refuses any text that the signature does not cover.
//! The attack it stops: words before, after or between the armour lines, where a careless reader takes them for
//! part of what was signed. Whether the signature is *good* must be asked of somebody who knows keys.

use crate::limits::Limits;

mod scan;

/// Bytes that are not a well-formed document, signed or not. Lines count from 1.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ClearsignError {
    /// Text stands before the signed message.
    #[error("line {line} is text before the signed message")]
    TextBefore {
        /// The first line with text.
        line: usize,
    },
    /// Text stands after the signature.
    #[error("line {line} is text after the signature")]
    TextAfter {
        /// The first line with text.
        line: usize,
    },
    /// A second signed message or signature begins.
    #[error("line {line} begins a second armoured block")]
    SecondBlock {
        /// Where it begins.
        line: usize,
    },
    /// The bytes end before the signature does.
    #[error("the signature is not complete: the text ends on line {line}")]
    Unterminated {
        /// The last line.
        line: usize,
    },
    /// The frame is broken in another way.
    #[error("line {line} is malformed: {what}")]
    Malformed {
        /// Where.
        line: usize,
        /// What is wrong.
        what: &'static str,
    },
    /// A line is longer than [`Limits::line_bytes`].
    #[error("line {line} is longer than the limit of {limit} bytes")]
    LineTooLong {
        /// Where.
        line: usize,
        /// The limit in bytes.
        limit: usize,
    },
    /// The whole is longer than [`Limits::text_bytes`].
    #[error("the text has {bytes} bytes, more than the limit of {limit}")]
    TextTooLong {
        /// Its length in bytes.
        bytes: u64,
        /// The limit in bytes.
        limit: u64,
    },
}

impl ClearsignError {
    /// The line that is wrong; `None` if the error is about the whole.
    pub fn line(&self) -> Option<usize> {
        match self {
            Self::TextBefore { line }
            | Self::TextAfter { line }
            | Self::SecondBlock { line }
            | Self::Unterminated { line }
            | Self::Malformed { line, .. }
            | Self::LineTooLong { line, .. } => Some(*line),
            Self::TextTooLong { .. } => None,
        }
    }

    /// A stable name of the kind of error.
    pub fn code(&self) -> &'static str {
        match self {
            Self::TextBefore { .. } => "text-before-signature",
            Self::TextAfter { .. } => "text-after-signature",
            Self::SecondBlock { .. } => "second-signature",
            Self::Unterminated { .. } => "unterminated-signature",
            Self::Malformed { .. } => "malformed-signature",
            Self::LineTooLong { .. } => "line-too-long",
            Self::TextTooLong { .. } => "text-too-long",
        }
    }
}

/// A signed text and its signature, which is not checked yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Clearsigned {
    /// The text without dash escapes. Each line ends with one LF.
    ///
    /// Blanks and CR at line ends are gone: the signature does not cover them (RFC 9580 section 7.2), so a
    /// reader must not see them.
    pub payload: Vec<u8>,
    /// The armoured signature, from its BEGIN line to its END line, with LF line ends.
    pub signature: Vec<u8>,
    /// The hash algorithms that the `Hash` lines announce; they are hints and prove nothing.
    pub hashes: Vec<String>,
}

impl Clearsigned {
    /// The bytes that a text-mode signature is computed over: CRLF between lines and no last line end.
    pub fn signed_bytes(&self) -> Vec<u8> {
        let text = self.payload.strip_suffix(b"\n").unwrap_or(&self.payload);
        text.split(|byte| *byte == b'\n').collect::<Vec<_>>().join(&b"\r\n"[..])
    }
}

/// A file that may be signed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Document {
    /// There is no signature; these are the bytes as they came.
    Unsigned(Vec<u8>),
    /// There is one.
    Signed(Clearsigned),
}

impl Document {
    /// The text to parse, whether anybody signed it or not.
    pub fn payload(&self) -> &[u8] {
        match self {
            Self::Unsigned(bytes) => bytes,
            Self::Signed(signed) => &signed.payload,
        }
    }
}

/// Separates text and signature. Blank lines before and after are allowed, LF and CRLF both.
///
/// Fails with the first thing that is wrong; an unsigned text with a line that looks like armour is wrong too.
pub fn split(bytes: &[u8], limits: &Limits) -> Result<Document, ClearsignError> {
    let size = bytes.len() as u64;
    if size > limits.text_bytes {
        return Err(ClearsignError::TextTooLong { bytes: size, limit: limits.text_bytes });
    }
    scan::document(bytes, limits.line_bytes)
}

#[cfg(test)]
mod tests;
