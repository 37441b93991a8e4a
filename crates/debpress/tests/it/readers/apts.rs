//! apt beside a publisher: it updates and fetches packages, again and again.

use std::path::Path;

use debfmt::digest::Sha256;

use super::pace::{Pace, Reader};
use super::reader::release;
use super::{SPAN, SUITES};
use crate::support::apt::Apt;

/// What became of the updates of an apt that may fail.
#[derive(Default)]
pub(super) struct Updates {
    pub(super) times: u32,
    /// Times at which it said that an index did not fit, and ended with a failure.
    pub(super) refused: u32,
    /// Times at which it said each of [`REASONS`].
    pub(super) said: [u32; 2],
}

/// What apt says of an index that does not fit.
const REASONS: [&str; 2] = ["Hash Sum mismatch", "File has unexpected size"];

/// An apt that knows all suites.
pub(super) fn client(uri: &str, key: &Path, more: &str) -> Apt {
    let apt = Apt::with_configuration("amd64", more);
    let signed = apt.signed_by(key);
    apt.source(uri, &SUITES.join(" "), &signed);
    apt
}

/// An apt that asks by hash: not one update may fail, and what it says is there can be had.
pub(super) fn by_hash(apt: &Apt, (pace, reader): (&Pace, Reader)) -> u32 {
    pace.read(reader, SPAN, || {
        apt.update();
        fits(apt);
        for entry in std::fs::read_dir(apt.work()).unwrap() {
            std::fs::remove_file(entry.unwrap().path()).unwrap();
        }
        apt.get(&["download", "hello", "base"]);
    })
}

/// An apt that asks by plain names: an update may fail, and then it says why and keeps what it had. When nobody publishes any
/// more it is right.
pub(super) fn plain(apt: &Apt, (pace, reader): (&Pace, Reader)) -> Updates {
    let mut updates = Updates::default();
    updates.times = pace.read(reader, SPAN, || {
        let ran = apt.run("apt-get", &["update"]);
        if !ran.succeeds() {
            let text = ran.ends(100).stderr;
            let said = REASONS.map(|reason| u32::from(text.contains(reason)));
            assert_ne!(said, [0, 0], "{text}");
            updates.refused += 1;
            updates.said = [updates.said[0] + said[0], updates.said[1] + said[1]];
        }
        fits(apt);
    });
    apt.update();
    fits(apt);
    updates
}

/// Whatever apt has of a suite is of one Release.
fn fits(apt: &Apt) {
    for suite in SUITES {
        let Some(inrelease) = apt.find(&format!("dists_{suite}_InRelease")) else { continue };
        let release = release(&std::fs::read(inrelease).unwrap());
        let index = std::fs::read(apt.list(&format!("dists_{suite}_main_binary-amd64_Packages"))).unwrap();
        let listed = release.file("main/binary-amd64/Packages").unwrap();
        assert_eq!(Sha256::of(&index), listed.checksums.sha256, "{suite} of {}", release.date);
    }
}
