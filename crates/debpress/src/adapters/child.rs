//! What hooks and gpg have in common: programs that never outlive debpress or their time.

use std::io;
use std::process::{Child, ExitStatus};
use std::thread;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process_group};

/// Lets a program die with the one that started it; every Debian has it (util-linux).
pub(super) const WATCHER: [&str; 4] = ["setpriv", "--pdeathsig", "KILL", "--"];

/// How often a program is asked whether it has ended.
const TICK: Duration = Duration::from_millis(5);

/// How a program ended that leads a process group of its own; `None`: the group was killed because it took too long.
pub(super) fn wait(child: &mut Child, timeout: Duration) -> io::Result<Option<ExitStatus>> {
    let began = Instant::now();
    loop {
        if let Some(status) = child.try_wait()? {
            return Ok(Some(status));
        }
        if began.elapsed() >= timeout {
            if let Some(group) = i32::try_from(child.id()).ok().and_then(Pid::from_raw) {
                kill_process_group(group, Signal::KILL)?;
            }
            child.wait()?;
            return Ok(None);
        }
        thread::sleep(TICK);
    }
}
