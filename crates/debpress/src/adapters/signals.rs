//! SIGTERM and SIGINT (Ctrl-C): the first one asks, the second one ends the program at once.

use std::io;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, LazyLock};

use signal_hook::consts::{SIGINT, SIGTERM};
use signal_hook::flag;

use crate::ports::stop::Stop;

/// What an ended program's status adds to the number of the signal.
const STATUS: i32 = 128;

static ASKED: LazyLock<Arc<AtomicUsize>> = LazyLock::new(Arc::default);

/// The signals of this process.
#[derive(Clone, Copy, Debug, Default)]
pub struct Signals;

impl Signals {
    /// From now on signals ask, and do not end the program.
    ///
    /// # Errors
    /// The kernel refuses.
    pub fn catch() -> io::Result<()> {
        for signal in [SIGINT, SIGTERM] {
            let again = Arc::new(AtomicBool::new(false));
            // In the order in which they are registered: whether it came before decides.
            flag::register_conditional_shutdown(signal, STATUS + signal, Arc::clone(&again))?;
            flag::register(signal, again)?;
            flag::register_usize(signal, Arc::clone(&ASKED), usize::try_from(signal).unwrap_or_default())?;
        }
        Ok(())
    }

    /// The exit status of a program that has stopped because a signal asked for it.
    pub fn exit_status() -> Option<u8> {
        let signal = ASKED.load(Ordering::Relaxed);
        let status = i32::try_from(signal).ok().filter(|signal| *signal != 0)? + STATUS;
        u8::try_from(status).ok()
    }
}

impl Stop for Signals {
    fn asked(&self) -> Option<&'static str> {
        match i32::try_from(ASKED.load(Ordering::Relaxed)) {
            Ok(SIGINT) => Some("SIGINT"),
            Ok(SIGTERM) => Some("SIGTERM"),
            Ok(_) | Err(_) => None,
        }
    }
}
