//! Every call that changes files fails once, or from then on: the program says so, harms nothing, and the next run does it.

use std::sync::atomic::{AtomicUsize, Ordering};

use super::stories::{self, Seen, Story, enough, is_over};
use crate::support::site_copy::{SiteCopy, each, spread};
use crate::support::strace::{Call, can_inject};
use crate::support::tool::Ran;

/// Errors of disks and of processes, and how they are told.
const ERRORS: [(&str, &str); 5] = [
    ("EIO", "Input/output error"),
    ("ENOSPC", "No space left on device"),
    ("EDQUOT", "Disk quota exceeded"),
    ("EROFS", "Read-only file system"),
    ("EMFILE", "Too many open files"),
];

/// One call that fails; each call has its turn with one of the errors, and with another one for all that follow.
#[derive(Clone)]
struct Failure {
    call: Call,
    error: usize,
    from_then_on: bool,
}

impl std::fmt::Display for Failure {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let more = if self.from_then_on { " and all that follow" } else { "" };
        write!(f, "{} at {}{more}, which has {}", ERRORS[self.error].0, self.call, self.call.given)
    }
}

fn failures(calls: &[Call]) -> Vec<Failure> {
    let both = |(turn, call): (usize, &Call)| {
        [false, true].map(|from_then_on| {
            let error = (turn + usize::from(from_then_on)) % ERRORS.len();
            Failure { call: call.clone(), error, from_then_on }
        })
    };
    calls.iter().enumerate().flat_map(both).collect()
}

impl Failure {
    /// Whoever reads it knows what has failed, why, and what to do.
    fn is_told_by(&self, ran: &Ran, copy: &SiteCopy) {
        let said = ran.to_string();
        assert!(!said.contains("panicked") && !said.contains("backtrace"), "{self}: {ran}");
        match ran.status() {
            Some(0) => return,
            status => assert_eq!(status, Some(1), "{self}: {ran}"),
        }
        // Where nothing can be written any more, nothing can be said.
        if self.from_then_on && self.call.name == "write" {
            return;
        }
        let is_told = said.contains(ERRORS[self.error].1) || said.contains("SQLite says: ");
        assert!(is_told, "{self}: the cause is not told: {ran}");
        let (_, talk) = said.split_once("stdout:").unwrap();
        assert!(talk.contains(copy.site().to_str().unwrap()), "{self}: no file is named: {ran}");
        assert!(said.contains("run the command again"), "{self}: nobody knows what to do: {ran}");
    }
}

/// What could not be read is tried again, when an administrator has looked at it.
fn send_again(copy: &SiteCopy) {
    let Ok(failed) = std::fs::read_dir(copy.site().join("failed")) else { return };
    for upload in failed {
        let upload = upload.unwrap();
        std::fs::remove_file(upload.path().join("reasons.json")).unwrap();
        std::fs::rename(upload.path(), copy.site().join("incoming").join(upload.file_name())).unwrap();
    }
}

/// The same without patches, and without the files of Release, which lists them: where a patch cannot be made, which is told,
/// clients fetch the whole index.
fn without_patches((files, releases): &Seen) -> (Vec<String>, Vec<String>) {
    let listing = ["/Release ", "dists/stable/by-hash/", ".diff/"];
    let shown = |text: &str, other: &[&str]| {
        let lines = text.lines().filter(|line| !other.iter().any(|it| line.contains(it)));
        lines.map(str::to_owned).collect::<Vec<_>>()
    };
    let releases = releases.iter().flat_map(|release| shown(&String::from_utf8_lossy(release), &[".diff/"]));
    (shown(files, &listing), releases.collect())
}

/// Lets calls of the command fail, each time on a copy; returns how many times.
fn failing(story: &Story, some: usize) -> usize {
    let (start, command, end) = (story.start(), story.command(), story.end);
    let calls = start.calls(&command);
    let whole = start.copy();
    let old = whole.seen();
    whole.run(&command).ok();
    let (new, points): (Seen, _) = (whole.seen(), AtomicUsize::new(0));
    each(&spread(&failures(&calls), some), |failure| {
        let copy = start.copy();
        let disturbance = failure.call.fails(ERRORS[failure.error].0, failure.from_then_on);
        let ran = copy.run_disturbed(&command, disturbance);
        failure.is_told_by(&ran, &copy);
        let seen = copy.seen();
        let patched = !ran.to_string().contains("no patch can be made");
        let is_new = |seen: &Seen| *seen == new || !patched && without_patches(seen) == without_patches(&new);
        assert!(seen == old || is_new(&seen), "{failure}: neither old nor new: {ran}");
        send_again(&copy);
        let again = copy.run(&command);
        assert!(again.succeeds() || is_over(&again.to_string()), "{failure}: {ran}: the next run: {again}");
        assert!(is_new(&copy.seen()), "{failure}: not finished: {again}");
        end(&copy);
        copy.run(&["check", "--full"]).ok();
        points.fetch_add(1, Ordering::SeqCst);
    });
    points.into_inner()
}

#[test]
fn a_publication_of_which_a_call_fails_is_told_and_finished_by_the_next_one() {
    if can_inject() {
        enough("publication, errors", failing(&stories::publication(), 12), 10);
    }
}

#[test]
fn an_upload_of_which_a_call_fails_is_told_and_filed_once() {
    if can_inject() {
        enough("upload, errors", failing(&stories::upload(), 10), 8);
    }
}

#[test]
fn a_decision_of_which_a_call_fails_is_told_and_can_be_taken_again() {
    if can_inject() {
        enough("decision, errors", failing(&stories::decision(), 5), 4);
    }
}

#[test]
fn the_accepted_queue_and_its_publication_of_which_a_call_fails_are_told_and_finished() {
    if can_inject() {
        enough("publish-ftpmaster, errors", failing(&stories::ftpmaster(), 8), 6);
    }
}

#[test]
fn death_row_of_which_a_call_fails_is_told_and_finished_by_the_next_one() {
    if can_inject() {
        enough("death row, errors", failing(&stories::death_row(), 6), 4);
    }
}

#[test]
fn an_import_of_which_a_call_fails_is_told_and_done_by_the_same_command() {
    if can_inject() {
        enough("import, errors", failing(&stories::import(), 6), 4);
    }
}

#[test]
fn the_end_of_an_archive_of_which_a_call_fails_is_told_and_comes_with_the_next_run() {
    if can_inject() {
        enough("archive delete, errors", failing(&stories::deletion(), 6), 4);
    }
}
