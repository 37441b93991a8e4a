//! One patch. Pure.

use std::io::Write;

use debfmt::compress::{Compression, Encoder, default_level};
use debfmt::pdiff::{Sum, apply, diff};

/// A patch that makes one text of another: it was tried.
pub(super) struct Made {
    /// The script.
    pub(super) script: Sum,
    /// The script as clients download it.
    pub(super) download: Vec<u8>,
}

/// Makes the patch from one text to another; or says why there is none.
pub(super) fn make(from: &[u8], to: &[u8]) -> Result<Made, String> {
    let script = diff(from, to).ok_or("a line of the text cannot be written in a patch")?;
    let made = apply(from, &script).map_err(|error| format!("it does not apply: {error}"))?;
    if made != to {
        return Err("it makes another text".to_owned());
    }
    let packed = || {
        let mut encoder = Encoder::new(Compression::Gzip, default_level(Compression::Gzip), Vec::new())?;
        encoder.write_all(&script)?;
        encoder.finish()
    };
    let download = packed().map_err(|error: std::io::Error| error.to_string())?;
    Ok(Made { script: Sum::of(&script), download })
}
