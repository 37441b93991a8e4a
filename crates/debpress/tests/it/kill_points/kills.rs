//! Killed at every call, and killed again while the next run mends it.

use super::stories::{self, Seen, Story, enough, is_over};
use crate::support::long;
use crate::support::site_copy::{SiteCopy, each, spread};
use crate::support::strace::{Call, can_inject};

/// The command killed at its calls, each time on a copy.
struct Killing<'a> {
    command: &'a [&'a str],
    hooks: bool,
    old: Seen,
    new: Seen,
}

impl Killing<'_> {
    /// Runs until the call kills it; `false`: it has come to its end.
    fn kill(&self, copy: &SiteCopy, call: &Call) -> bool {
        let ran = copy.run_disturbed(self.command, call.kills());
        let seen = copy.seen();
        assert!(seen == self.old || seen == self.new, "{:?} at {call}: neither old nor new", self.command);
        match ran.status() {
            // strace ends as its program has: by a signal.
            None => true,
            Some(0) => false,
            // The call of a hook.
            status => {
                assert!(status == Some(1) && self.hooks, "{:?} at {call}: {ran}", self.command);
                true
            }
        }
    }

    fn finish(&self, copy: &SiteCopy, story: &str) {
        // What has happened already may be refused by name; then nothing is left to do.
        let again = copy.run(self.command);
        let done = again.succeeds() || copy.seen() == self.new && is_over(&again.to_string());
        assert!(done, "{story}: the next run: {again}");
        assert!(copy.seen() == self.new, "{:?} after {story}: not finished", self.command);
    }
}

/// Kills the command at its calls; returns at how many.
fn killed(story: &Story, some: usize) -> usize {
    let (start, command) = (story.start(), story.command());
    let calls = start.calls(&command);
    let whole = start.copy();
    let old = whole.seen();
    whole.run(&command).ok();
    let killing = Killing { command: &command, hooks: story.hooks, old, new: whole.seen() };
    let (points, end) = (std::sync::atomic::AtomicUsize::new(0), story.end);
    each(&spread(&calls, some), |call| {
        let copy = start.copy();
        if killing.kill(&copy, call) {
            points.fetch_add(1, std::sync::atomic::Ordering::SeqCst);
        }
        killing.finish(&copy, &format!("a kill at {call}"));
        end(&copy);
        copy.run(&["check", "--full"]).ok();
    });
    points.into_inner()
}

/// Kills the command, then several runs after it that mend what it left, then lets one run finish; returns how many were
/// killed.
fn killed_again(story: &Story, some: usize) -> usize {
    let (start, command) = (story.start(), story.command());
    let calls = start.calls(&command);
    let whole = start.copy();
    let old = whole.seen();
    whole.run(&command).ok();
    let killing = Killing { command: &command, hooks: story.hooks, old, new: whole.seen() };
    let (kills, end) = (std::sync::atomic::AtomicUsize::new(0), story.end);
    let first: Vec<_> =
        calls.iter().step_by(if long() { 7 } else { calls.len() / some }).enumerate().collect();
    each(&first, |(turn, call)| {
        let copy = start.copy();
        // Each of the next runs comes to another place, sooner or later than the one before.
        let next = (1..6).map(|round| &calls[(turn * 13 + round * 37 + round * round * 11) % calls.len()]);
        for call in std::iter::once(*call).chain(next) {
            if killing.kill(&copy, call) {
                kills.fetch_add(1, std::sync::atomic::Ordering::SeqCst);
            }
        }
        killing.finish(&copy, &format!("kills of several runs, the first at {call}"));
        end(&copy);
        copy.run(&["check", "--full"]).ok();
    });
    kills.into_inner()
}

#[test]
fn a_publication_that_is_killed_at_any_call_is_finished_by_the_next_one() {
    if can_inject() {
        enough("publication", killed(&stories::publication(), 12), 8);
    }
}

#[test]
fn death_row_that_is_killed_at_any_call_is_finished_by_the_next_one() {
    if can_inject() {
        enough("death row", killed(&stories::death_row(), 7), 4);
    }
}

#[test]
fn an_import_that_is_killed_at_any_call_is_done_by_the_same_command() {
    if can_inject() {
        enough("import", killed(&stories::import(), 7), 4);
    }
}

#[test]
fn an_upload_that_is_taken_by_runs_that_are_killed_is_filed_once_and_published() {
    if can_inject() {
        enough("upload", killed(&stories::upload(), 8), 5);
    }
}

#[test]
fn a_decision_that_is_killed_at_any_call_is_taken_or_not_and_can_be_taken_again() {
    if can_inject() {
        enough("decision", killed(&stories::decision(), 5), 3);
    }
}

#[test]
fn the_accepted_queue_and_its_publication_with_hooks_are_finished_by_the_next_run() {
    if can_inject() {
        enough("publish-ftpmaster", killed(&stories::ftpmaster(), 10), 6);
    }
}

#[test]
fn the_end_of_an_archive_that_is_killed_at_any_call_comes_with_the_next_run() {
    if can_inject() {
        enough("archive delete", killed(&stories::deletion(), 7), 4);
    }
}

#[test]
fn runs_that_are_killed_while_they_mend_what_others_left_are_mended_by_one_that_is_not() {
    if can_inject() {
        let mut all = vec![("publication", stories::publication()), ("upload", stories::upload())];
        if long() {
            all.extend([("publish-ftpmaster", stories::ftpmaster()), ("death row", stories::death_row())]);
        }
        for (what, story) in all {
            enough(&format!("{what}, again and again"), killed_again(&story, 2), 5);
        }
    }
}

#[test]
fn what_takes_no_step_at_which_it_could_stop_ends_at_once() {
    if can_inject() {
        let copy = stories::publication().start().copy();
        // It has the lock by then, and reads the archive.
        let ended = copy.run_disturbed(&["check"], ("getdents64", "signal=TERM:when=6".into()));
        assert_eq!(ended.status(), None, "{ended}");
        assert_eq!(copy.run(&["lock", "status"]).ok().stdout, "free\n");
        copy.run(&["check", "--full"]).ok();
    }
}
