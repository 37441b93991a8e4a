//! What extension headers say about the entry after them.

use super::TarError;
use super::header::text;

/// What has been said so far about the next entry.
#[derive(Default)]
pub(super) struct Extensions {
    pub(super) path: Option<Vec<u8>>,
    pub(super) link: Option<Vec<u8>>,
    pub(super) size: Option<u64>,
    pub(super) mtime: Option<i64>,
    /// Whether there was a pax header, even one without effect.
    pax: bool,
}

impl Extensions {
    pub(super) fn is_empty(&self) -> bool {
        self.path.is_none() && self.link.is_none() && !self.pax
    }

    /// The content of a GNU `L` header: the path and a NUL.
    pub(super) fn set_gnu_path(&mut self, body: &[u8], offset: u64) -> Result<(), TarError> {
        set(&mut self.path, text(body).to_vec(), offset)
    }

    /// The content of a GNU `K` header: the link target and a NUL.
    pub(super) fn set_gnu_link(&mut self, body: &[u8], offset: u64) -> Result<(), TarError> {
        set(&mut self.link, text(body).to_vec(), offset)
    }

    /// The content of a pax `x` header.
    pub(super) fn set_pax(&mut self, body: &[u8], offset: u64) -> Result<(), TarError> {
        if std::mem::replace(&mut self.pax, true) {
            return Err(TarError::RepeatedExtension { offset });
        }
        let bad = |what| TarError::BadPax { offset, what };
        for_each_record(body, offset, |key, value| match key {
            b"path" => set(&mut self.path, path(value).ok_or_else(|| bad("bad path"))?, offset),
            b"linkpath" => set(&mut self.link, path(value).ok_or_else(|| bad("bad linkpath"))?, offset),
            b"size" => set(&mut self.size, decimal(value).ok_or_else(|| bad("bad size"))?, offset),
            b"mtime" => set(&mut self.mtime, seconds(value).ok_or_else(|| bad("bad mtime"))?, offset),
            // These change which bytes are content, in ways of their own.
            _ if key.starts_with(b"GNU.sparse.") => Err(bad("sparse files are not supported")),
            _ => Ok(()),
        })
    }
}

/// Checks a pax `g` header. Comments, as git writes them, are ignored; what would change every following
/// entry is refused.
pub(super) fn check_global(body: &[u8], offset: u64) -> Result<(), TarError> {
    for_each_record(body, offset, |key, _| match key {
        b"path" | b"linkpath" | b"size" => {
            Err(TarError::BadPax { offset, what: "a global header may not set paths or sizes" })
        }
        _ if key.starts_with(b"GNU.sparse.") => {
            Err(TarError::BadPax { offset, what: "sparse files are not supported" })
        }
        _ => Ok(()),
    })
}

/// Nothing may be said twice, not even by a long name and pax: which one counts differs between readers.
fn set<T>(field: &mut Option<T>, value: T, offset: u64) -> Result<(), TarError> {
    match field.replace(value) {
        None => Ok(()),
        Some(_) => Err(TarError::RepeatedExtension { offset }),
    }
}

/// Calls `visit` with the key and value of each record: `LENGTH KEY=VALUE\n`, where the length counts the
/// whole record.
fn for_each_record(
    mut body: &[u8],
    offset: u64,
    mut visit: impl FnMut(&[u8], &[u8]) -> Result<(), TarError>,
) -> Result<(), TarError> {
    while !body.is_empty() {
        let (key, value, rest) = record(body).ok_or(TarError::BadPax { offset, what: "malformed record" })?;
        visit(key, value)?;
        body = rest;
    }
    Ok(())
}

fn record(body: &[u8]) -> Option<(&[u8], &[u8], &[u8])> {
    let blank = memchr::memchr(b' ', body)?;
    let length = usize::try_from(decimal(body.get(..blank)?)?).ok()?;
    let (whole, rest) = body.split_at_checked(length)?;
    let text = whole.get(blank + 1..)?.strip_suffix(b"\n")?;
    let equals = memchr::memchr(b'=', text)?;
    let (key, value) = text.split_at_checked(equals)?;
    (!key.is_empty()).then_some((key, value.get(1..)?, rest))
}

fn path(value: &[u8]) -> Option<Vec<u8>> {
    (!value.is_empty() && !value.contains(&0)).then(|| value.to_vec())
}

/// Digits only: no sign, no blank.
fn decimal(value: &[u8]) -> Option<u64> {
    let text = std::str::from_utf8(value).ok()?;
    if !text.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    text.parse().ok()
}

/// A time in seconds, perhaps negative, perhaps with a fraction, which is dropped towards the past.
fn seconds(value: &[u8]) -> Option<i64> {
    let (negative, value) = match value.strip_prefix(b"-") {
        Some(rest) => (true, rest),
        None => (false, value),
    };
    let dot = memchr::memchr(b'.', value).unwrap_or(value.len());
    let (whole, fraction) = value.split_at_checked(dot)?;
    let fraction = fraction.get(1..).unwrap_or_default();
    if !fraction.iter().all(u8::is_ascii_digit) {
        return None;
    }
    let whole = i64::try_from(decimal(whole)?).ok()?;
    let past = negative && fraction.iter().any(|byte| *byte != b'0');
    Some(if negative { -whole - i64::from(past) } else { whole })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn records_are_read_by_their_length() {
        let mut seen = Vec::new();
        for_each_record(b"9 a=b\nc\n\n6 k=v\n", 0, |key, value| {
            seen.push((key.to_vec(), value.to_vec()));
            Ok(())
        })
        .unwrap();
        assert_eq!(seen, [(b"a".to_vec(), b"b\nc\n".to_vec()), (b"k".to_vec(), b"v".to_vec())]);
    }

    #[test]
    fn records_that_lie_about_their_length_are_refused() {
        for bad in [
            &b"6 k=v"[..],
            b"7 k=v\n",
            b"5 k=v\n",
            b"0 k=v\n",
            b"+6 k=v\n",
            b" 6 k=v\n",
            b"6 kv \n",
            b"5 =v\n",
        ] {
            assert!(for_each_record(bad, 0, |_, _| Ok(())).is_err(), "{bad:?}");
        }
    }

    #[test]
    fn times_round_towards_the_past() {
        assert_eq!(seconds(b"12"), Some(12));
        assert_eq!(seconds(b"12.9"), Some(12));
        assert_eq!(seconds(b"-12"), Some(-12));
        assert_eq!(seconds(b"-12.5"), Some(-13));
        assert_eq!(seconds(b"-12.0"), Some(-12));
        for bad in [&b""[..], b".5", b"1.x", b"--1", b"1e3"] {
            assert_eq!(seconds(bad), None, "{bad:?}");
        }
    }
}
