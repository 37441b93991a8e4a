//! What hooks and gpg have in common: programs that never outlive debpress or their time.

use std::io;
use std::process::{Child, ExitStatus};
use std::thread;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process_group};

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
/// so.
pub(super) fn wait(child: &mut Child, timeout: Duration, stop: &dyn Stop) -> io::Result<Ended> {
    let began = Instant::now();
    loop {
        if let Some(status) = child.try_wait()? {
            return Ok(Ended::With(status));
        }
        let early = match stop.asked() {
            Some(signal) => Some(Ended::Stopped(signal)),
            None => (began.elapsed() >= timeout).then_some(Ended::TooSlow),
        };
        if let Some(ended) = early {
            if let Some(group) = i32::try_from(child.id()).ok().and_then(Pid::from_raw) {
                kill_process_group(group, Signal::KILL)?;
            }
            child.wait()?;
            return Ok(ended);
        }
        thread::sleep(TICK);
    }
}
