//! The .changes itself.

use debfmt::changes::Changes;
use debfmt::names::FileName;

use crate::upload::reason::{CHANGES_NAME_MISMATCH, Reason};

/// The name of a .changes is `SOURCE_VERSION_ARCH.changes`, the version without its epoch: people and programs find
/// it by that name.
pub fn check(name: &FileName, changes: &Changes) -> Vec<Reason> {
    let start = format!("{}_{}_", changes.source, changes.version.without_epoch());
    let rest = name.as_str().strip_prefix(&start).and_then(|rest| rest.strip_suffix(".changes"));
    // Tools write an architecture, `source`, `multi`, or a word of their own.
    let is_word = |c: char| c.is_ascii_alphanumeric() || "+-_".contains(c);
    if rest.is_some_and(|architecture| !architecture.is_empty() && architecture.chars().all(is_word)) {
        return Vec::new();
    }
    let message = format!(
        "it is about {} {} and should be called {start}ARCH.changes",
        changes.source, changes.version
    );
    vec![Reason::of_file(CHANGES_NAME_MISMATCH, name, message)]
}
