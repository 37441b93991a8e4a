//! What hooks and gpg have in common: programs that never outlive debpress or their time.

use std::io;
use std::process::{Child, ExitStatus};
use std::thread;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, WaitId, WaitIdOptions, kill_process_group, waitid};

use crate::ports::stop::Stop;

/// Lets a program die with the one that started it; every Debian has it (util-linux).
pub(super) const WATCHER: [&str; 4] = ["setpriv", "--pdeathsig", "KILL", "--"];

/// How often a program is asked whether it has ended.
const TICK: Duration = Duration::from_millis(5);

/// How a program ended.
pub(super) enum Ended {
    /// By itself.
    With(ExitStatus),
    /// It was killed because it took too long.
    TooSlow,
    /// It was killed because somebody has asked to stop.
    Stopped(&'static str),
}

/// Waits for a program that leads a process group of its own, which is killed when it takes too long or when `stop` says
/// so. What the program leaves in its group when it ends by itself is killed after `leaving` was called.
pub(super) fn wait(
    child: &mut Child,
    timeout: Duration,
    stop: &dyn Stop,
    leaving: &mut dyn FnMut(),
) -> io::Result<Ended> {
    let began = Instant::now();
    let group = i32::try_from(child.id()).ok().and_then(Pid::from_raw).ok_or(io::ErrorKind::InvalidData)?;
    loop {
        // It stays a name that nobody else can get, so that its group can be killed and no other one.
        let ended = WaitIdOptions::EXITED | WaitIdOptions::NOHANG | WaitIdOptions::NOWAIT;
        if waitid(WaitId::Pid(group), ended)?.is_some() {
            leaving();
            // What has changed its user may be beyond reach.
            if let Err(error) = kill_process_group(group, Signal::KILL) {
                tracing::debug!(%error, "cannot end what is left of a process group");
            }
            return child.wait().map(Ended::With);
        }
        let early = match stop.asked() {
            Some(signal) => Some(Ended::Stopped(signal)),
            None => (began.elapsed() >= timeout).then_some(Ended::TooSlow),
        };
        if let Some(ended) = early {
            kill_process_group(group, Signal::KILL)?;
            child.wait()?;
            return Ok(ended);
        }
        thread::sleep(TICK);
    }
}
