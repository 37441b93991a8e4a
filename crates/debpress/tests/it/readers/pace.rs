//! How readers and the publisher go on beside each other: the publisher overtakes nobody further than is promised, and
//! nobody comes to the end without having read.

use std::sync::{Condvar, Mutex, MutexGuard};

/// What all of them know.
#[derive(Default)]
pub(super) struct Pace {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Default)]
struct State {
    /// Publications that have ended.
    published: u32,
    /// No more will come.
    ended: bool,
    /// A reader has failed: nobody needs to wait for it.
    failed: bool,
    readers: Vec<Progress>,
}

/// Of one reader.
struct Progress {
    /// How often it is to read, at least, until all publications are made.
    wanted: u32,
    reads: u32,
    /// The last publication that may begin before it has read to the end.
    until: Option<u32>,
}

/// One who reads again and again.
#[derive(Clone, Copy)]
pub(super) struct Reader(usize);

impl Pace {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap()
    }

    /// One more reader, who is to read so often before all publications are made.
    pub(super) fn reader(&self, wanted: u32) -> Reader {
        let mut state = self.state();
        state.readers.push(Progress { wanted, reads: 0, until: None });
        Reader(state.readers.len() - 1)
    }

    /// Reads until all publications are made; returns how often. `span`: what was current when a read begins is there
    /// while so many publications end and the next one has not begun.
    pub(super) fn read(&self, reader: Reader, span: u32, mut once: impl FnMut()) -> u32 {
        let mut reads = 0;
        while self.begin(reader, span) {
            let end = End(self, reader);
            once();
            reads += 1;
            drop(end);
        }
        reads
    }

    fn begin(&self, reader: Reader, span: u32) -> bool {
        let mut state = self.state();
        let until = state.published.saturating_add(span);
        state.readers[reader.0].until = Some(until);
        if state.ended {
            state.readers[reader.0].until = None;
        }
        !state.ended
    }

    /// Makes `publications` of them, numbered from 1; ends early if a reader fails.
    pub(super) fn publish(&self, publications: u32, mut publish: impl FnMut(u32)) {
        // Readers end also when this panics.
        let _ended = Ended(self);
        for number in 1..=publications {
            let mut state = self.state();
            while !state.may_begin(number, publications) {
                state = self.changed.wait(state).unwrap();
            }
            if state.failed {
                return;
            }
            drop(state);
            publish(number);
            self.state().published = number;
        }
        // Each has read at least as often as it should.
        let mut state = self.state();
        while !state.failed && !state.readers.iter().all(|it| it.reads >= it.wanted) {
            state = self.changed.wait(state).unwrap();
        }
    }
}

impl State {
    fn may_begin(&self, number: u32, of: u32) -> bool {
        let ready = |it: &Progress| {
            it.until.is_none_or(|until| number <= until) && it.reads * of >= it.wanted * (number - 1)
        };
        self.failed || self.readers.iter().all(ready)
    }
}

/// The end of one read.
struct End<'a>(&'a Pace, Reader);

impl Drop for End<'_> {
    fn drop(&mut self) {
        let mut state = self.0.state();
        state.failed |= std::thread::panicking();
        let progress = &mut state.readers[self.1.0];
        progress.reads += 1;
        progress.until = None;
        self.0.changed.notify_all();
    }
}

/// The end of all publications.
struct Ended<'a>(&'a Pace);

impl Drop for Ended<'_> {
    fn drop(&mut self) {
        self.0.state().ended = true;
    }
}
