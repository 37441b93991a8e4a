//! The frame of a cleartext signature (RFC 9580 section 7), without cryptography.

use crate::ports::signer::SignError;
use crate::ports::verifier::VerifyError;

const BEGIN_MESSAGE: &[u8] = b"-----BEGIN PGP SIGNED MESSAGE-----";
const BEGIN_SIGNATURE: &[u8] = b"-----BEGIN PGP SIGNATURE-----";
const END_SIGNATURE: &[u8] = b"-----END PGP SIGNATURE-----";

/// Refuses a text whose lines a verifier would read back differently.
pub(super) fn check_signable(text: &[u8]) -> Result<(), SignError> {
    match text.split(|&byte| byte == b'\n').position(|line| line.contains(&b'\r')) {
        Some(index) => Err(SignError::UnsignableText { line: index + 1 }),
        None => Ok(()),
    }
}

/// The bytes that a cleartext signature of `text` covers: trailing blanks of each line and the last line end
/// are not signed (RFC 9580 section 7.2). Line ends are still `\n`; the signer turns them into CR LF.
pub(super) fn signed_form(text: &[u8]) -> Vec<u8> {
    let text = text.strip_suffix(b"\n").unwrap_or(text);
    let lines: Vec<&[u8]> = text.split(|&byte| byte == b'\n').map(trim_end).collect();
    lines.join(&b'\n')
}

/// Puts `text` and the armoured `signature` of its [`signed_form`] into one document.
pub(super) fn compose(text: &[u8], hash: &str, signature: &[u8]) -> Vec<u8> {
    let mut document = Vec::with_capacity(text.len() + signature.len() + 128);
    document.extend_from_slice(BEGIN_MESSAGE);
    document.extend_from_slice(format!("\nHash: {hash}\n\n").as_bytes());
    let text = text.strip_suffix(b"\n").unwrap_or(text);
    for line in text.split(|&byte| byte == b'\n') {
        // A line that begins with a dash could end the message; readers take the escape away again.
        if line.starts_with(b"-") {
            document.extend_from_slice(b"- ");
        }
        document.extend_from_slice(line);
        document.push(b'\n');
    }
    document.extend_from_slice(signature);
    document
}

/// The armoured signature of a document; nothing when there is none.
pub(super) fn signature_of(document: &[u8]) -> &[u8] {
    let lines = document.split_inclusive(|&byte| byte == b'\n');
    let before: usize = lines.take_while(|line| !line.starts_with(BEGIN_SIGNATURE)).map(<[u8]>::len).sum();
    document.get(before..).unwrap_or_default()
}

/// Gives each line of a text that was read one and the same end, the last line as well. A signature does not cover how
/// lines end: of two forms, a stranger could make one that nobody has seen before.
pub(super) fn end_lines(payload: &mut Vec<u8>) {
    payload.retain(|&byte| byte != b'\r');
    payload.push(b'\n');
}

/// Checks that `document` is one cleartext-signed message and nothing else.
///
/// The attack: a reader that skips what it does not know believes a stanza above or below the signed part, or
/// in its unsigned headers. Blank lines around the message are harmless and allowed.
///
/// A carriage return within a line is refused as well. To the signature it is a line end like others (the library reads it
/// so), to a reader of fields it is part of a line: with it a stranger could hide a signed field in the one before.
pub(super) fn check_nothing_outside(document: &[u8]) -> Result<(), VerifyError> {
    let lines = || document.split(|&byte| byte == b'\n').map(trim_end);
    if !lines().any(|line| line == BEGIN_MESSAGE) {
        return Err(VerifyError::Unsigned);
    }
    if let Some(index) = document.split(|&byte| byte == b'\n').position(breaks_within) {
        let reason = format!("line {} has a carriage return within", index + 1);
        return Err(VerifyError::Malformed { reason });
    }
    let mut place = Place::Before;
    for (index, line) in lines().enumerate() {
        place = place.after(line, index + 1)?;
    }
    match place {
        Place::After => Ok(()),
        Place::Before | Place::Headers | Place::Text | Place::Signature => {
            Err(VerifyError::Malformed { reason: "the document ends before its signature does".to_owned() })
        }
    }
}

/// Where in the document a line stands.
#[derive(Clone, Copy)]
enum Place {
    Before,
    Headers,
    Text,
    Signature,
    After,
}

impl Place {
    fn after(self, line: &[u8], number: usize) -> Result<Self, VerifyError> {
        match self {
            Self::Before if line == BEGIN_MESSAGE => Ok(Self::Headers),
            Self::Before | Self::After if line.is_empty() => Ok(self),
            Self::Before | Self::After => Err(VerifyError::TextOutside { line: number }),
            Self::Headers if line.is_empty() => Ok(Self::Text),
            // `Hash` is the only header RFC 9580 allows here: the others would be text that nobody signed.
            Self::Headers if line.starts_with(b"Hash:") => Ok(self),
            Self::Headers => Err(VerifyError::TextOutside { line: number }),
            Self::Text if line == BEGIN_SIGNATURE => Ok(Self::Signature),
            Self::Text if line.starts_with(b"-") && !line.starts_with(b"- ") && line != b"-" => {
                Err(VerifyError::Malformed { reason: format!("line {number} begins with an unescaped dash") })
            }
            Self::Signature if line == END_SIGNATURE => Ok(Self::After),
            Self::Text | Self::Signature => Ok(self),
        }
    }
}

fn breaks_within(line: &[u8]) -> bool {
    line.strip_suffix(b"\r").unwrap_or(line).contains(&b'\r')
}

/// Takes the blanks and the carriage return from the end of a line.
fn trim_end(line: &[u8]) -> &[u8] {
    let end = line.iter().rposition(|byte| !matches!(byte, b' ' | b'\t' | b'\r')).map_or(0, |last| last + 1);
    line.get(..end).unwrap_or_default()
}
