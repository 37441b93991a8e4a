//! What `ls -lR` says of an archive: mirrors and people have read its form for longer than any other.
#![expect(clippy::disallowed_methods, reason = "a place that starts ls")]

use std::io;
use std::path::Path;
use std::process::Command;

/// What `ls -lR` says of a directory, in no language and in UTC.
pub(super) fn long_list(directory: &Path) -> io::Result<Vec<u8>> {
    let mut command = Command::new("ls");
    let output = command.arg("-lR").env("LC_ALL", "C").env("TZ", "UTC").current_dir(directory).output()?;
    if output.status.success() {
        return Ok(output.stdout);
    }
    let said = String::from_utf8_lossy(&output.stderr);
    Err(io::Error::other(format!("ls ended with {}: {}", output.status, said.trim_end())))
}
