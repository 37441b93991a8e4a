//! Reads a document line by line.

use super::{ClearsignError, Clearsigned, Document};

const MESSAGE: &[u8] = b"-----BEGIN PGP SIGNED MESSAGE-----";
const SIGNATURE: &[u8] = b"-----BEGIN PGP SIGNATURE-----";
const END: &[u8] = b"-----END PGP SIGNATURE-----";
/// How every armour line begins; nothing in a control file does.
const ARMOUR: &[u8] = b"-----";

pub(super) fn document(bytes: &[u8], limit: usize) -> Result<Document, ClearsignError> {
    let mut lines = Lines { rest: bytes, number: 0, limit };
    loop {
        match lines.next()? {
            None => return Ok(Document::Unsigned(bytes.to_vec())),
            Some(line) if trimmed(line).is_empty() => {}
            Some(line) if trimmed(line) == MESSAGE => return lines.signed().map(Document::Signed),
            Some(line) => {
                lines.unsigned(line)?;
                return Ok(Document::Unsigned(bytes.to_vec()));
            }
        }
    }
}

struct Lines<'a> {
    rest: &'a [u8],
    number: usize,
    limit: usize,
}

impl<'a> Lines<'a> {
    /// The next line without its LF.
    fn next(&mut self) -> Result<Option<&'a [u8]>, ClearsignError> {
        if self.rest.is_empty() {
            return Ok(None);
        }
        let end = memchr::memchr(b'\n', self.rest).unwrap_or(self.rest.len());
        let (line, rest) = self.rest.split_at_checked(end).unwrap_or((self.rest, &[]));
        self.rest = rest.strip_prefix(b"\n").unwrap_or(rest);
        self.number += 1;
        if line.len() > self.limit {
            return Err(ClearsignError::LineTooLong { line: self.number, limit: self.limit });
        }
        Ok(Some(line))
    }

    /// The next line, where the document must not end yet.
    fn inside(&mut self) -> Result<&'a [u8], ClearsignError> {
        self.next()?.ok_or(ClearsignError::Unterminated { line: self.number })
    }

    fn malformed(&self, what: &'static str) -> ClearsignError {
        ClearsignError::Malformed { line: self.number, what }
    }

    /// The text began with `first` and not with armour: then no armour may follow.
    fn unsigned(&mut self, first: &[u8]) -> Result<(), ClearsignError> {
        let begins = self.number;
        let mut line = Some(first);
        while let Some(bytes) = line {
            if trimmed(bytes) == MESSAGE {
                return Err(ClearsignError::TextBefore { line: begins });
            }
            if bytes.starts_with(ARMOUR) {
                return Err(self.malformed("an armour line in a text that is not signed"));
            }
            line = self.next()?;
        }
        Ok(())
    }

    fn signed(mut self) -> Result<Clearsigned, ClearsignError> {
        let hashes = self.hash_headers()?;
        let payload = self.payload()?;
        let signature = self.signature()?;
        self.nothing_more()?;
        Ok(Clearsigned { payload, signature, hashes })
    }

    /// Reads `Hash:` lines up to the empty line.
    ///
    /// Only `Hash` is allowed (RFC 9580 section 7.1): other headers change how the text is read. A line of
    /// blanks is neither a header nor the empty line, because readers disagree on which of the two it is.
    fn hash_headers(&mut self) -> Result<Vec<String>, ClearsignError> {
        let mut hashes = Vec::new();
        loop {
            let line = self.inside()?;
            let line = line.strip_suffix(b"\r").unwrap_or(line);
            if line.is_empty() {
                return Ok(hashes);
            }
            let names = line
                .strip_prefix(b"Hash:")
                .ok_or_else(|| self.malformed("only Hash lines may stand before the text"))?;
            for name in names.split(|byte| *byte == b',') {
                hashes.push(hash_name(name).ok_or_else(|| self.malformed("a bad hash name"))?);
            }
        }
    }

    /// Reads the text up to the BEGIN line of the signature, and takes that line too.
    fn payload(&mut self) -> Result<Vec<u8>, ClearsignError> {
        let mut payload = Vec::new();
        loop {
            let line = self.inside()?;
            if trimmed(line) == SIGNATURE {
                return Ok(payload);
            }
            if trimmed(line) == MESSAGE {
                return Err(ClearsignError::SecondBlock { line: self.number });
            }
            let text = match line {
                [b'-', b' ', text @ ..] => trimmed(text),
                [b'-', ..] => return Err(self.malformed("a dash at the beginning is not escaped")),
                text => trimmed(text),
            };
            payload.extend_from_slice(text);
            payload.push(b'\n');
        }
    }

    /// Reads the rest of the signature: headers, an empty line, base64 and the END line.
    fn signature(&mut self) -> Result<Vec<u8>, ClearsignError> {
        let mut signature = [SIGNATURE, b"\n"].concat();
        let mut in_headers = true;
        loop {
            let line = trimmed(self.inside()?);
            signature.extend_from_slice(line);
            signature.push(b'\n');
            if line == END {
                return Ok(signature);
            }
            if line == MESSAGE || line == SIGNATURE {
                return Err(ClearsignError::SecondBlock { line: self.number });
            }
            if line.is_empty() {
                in_headers = false;
            } else if !(if in_headers { is_header(line) } else { is_base64(line) }) {
                return Err(self.malformed("not a line of a signature"));
            }
        }
    }

    fn nothing_more(&mut self) -> Result<(), ClearsignError> {
        while let Some(line) = self.next()? {
            match trimmed(line) {
                [] => {}
                MESSAGE | SIGNATURE => return Err(ClearsignError::SecondBlock { line: self.number }),
                _ => return Err(ClearsignError::TextAfter { line: self.number }),
            }
        }
        Ok(())
    }
}

/// Without the blanks at the end, which no signature covers.
fn trimmed(mut line: &[u8]) -> &[u8] {
    while let [rest @ .., b' ' | b'\t' | b'\r'] = line {
        line = rest;
    }
    line
}

fn hash_name(bytes: &[u8]) -> Option<String> {
    let name = std::str::from_utf8(bytes).ok()?.trim_matches([' ', '\t']);
    let good = !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
    good.then(|| name.to_owned())
}

fn is_header(line: &[u8]) -> bool {
    line.first().is_some_and(u8::is_ascii_alphabetic) && line.contains(&b':')
}

fn is_base64(line: &[u8]) -> bool {
    line.iter().all(|byte| byte.is_ascii_alphanumeric() || b"+/=".contains(byte))
}
