//! What hooks leave running, and what ends it.
//!
//! Every hook has a descriptor of `hooks.lock` in the site with a shared lock on it, and all that it starts inherits both.
//! The kernel frees the lock when the last of them has ended, or has closed what it has inherited, as daemons such as
//! gpg-agent do. So whoever cannot lock the file alone knows that something of a hook is still running, also when the
//! publisher that has started it is long dead, and what it is: the process whose descriptor has that lock.

use std::fs::{self, File, OpenOptions, Permissions, TryLockError};
use std::io;
use std::os::fd::OwnedFd;
use std::os::unix::fs::{MetadataExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::thread;
use std::time::{Duration, Instant};

use rustix::fs::OFlags;
use rustix::io::{Errno, FdFlags};
use rustix::process::{Pid, PidfdFlags, Signal, pidfd_open, pidfd_send_signal};

/// The file, in the site's directory.
const FILE: &str = "hooks.lock";

/// Shells use the low numbers for themselves, and scripts say `exec 9>file`.
const LOWEST: i32 = 100;

/// How often one looks whether something has ended.
const TICK: Duration = Duration::from_millis(5);

/// How long the kernel may take to end what was killed.
const DYING: Duration = Duration::from_secs(5);

/// How long something may keep the lock that cannot be seen: it may have ended at this moment.
const VANISHING: Duration = Duration::from_millis(20);

/// No list of arguments is shown further than that.
const SHOWN: usize = 80;

/// The lock that hooks of a site hold.
#[derive(Clone, Debug)]
pub(super) struct Leash {
    path: PathBuf,
}

/// What became of what hooks have left.
#[derive(Debug, Default)]
pub struct LeftByHooks {
    /// What was ended, in words.
    pub ended: Vec<String>,
    /// What could not be ended; `None`: nothing is left.
    pub stays: Option<String>,
}

/// A process that something of a hook runs in.
struct Left {
    pid: Pid,
    shown: String,
}

impl Leash {
    pub(super) fn new(site: &Path) -> Self {
        Self { path: site.join(FILE) }
    }

    /// What a program has to inherit that is started now: close it here as soon as that is started.
    pub(super) fn inherited(&self) -> io::Result<OwnedFd> {
        let file = self.open_or_make()?;
        // Whoever locks it alone has the publisher lock, as this process has.
        if let Err(error) = file.try_lock_shared() {
            tracing::debug!(%error, "what this hook leaves running will not be known");
        }
        let inherited = rustix::io::fcntl_dupfd_cloexec(&file, LOWEST)?;
        // Publishers start one program after the other, so no other one gets it as well.
        rustix::io::fcntl_setfd(&inherited, FdFlags::empty())?;
        Ok(inherited)
    }

    /// Waits until nothing is left, at most so long; answers what is.
    pub(super) fn settle(&self, limit: Duration) -> io::Result<Vec<String>> {
        let started = Instant::now();
        while !self.is_free()? {
            if started.elapsed() >= limit {
                return Ok(self.left()?.into_iter().map(|left| left.shown).collect());
            }
            thread::sleep(TICK);
        }
        Ok(Vec::new())
    }

    /// Ends what is left. What cannot be ended is waited for while `patient` says so.
    pub(super) fn end(&self, patient: &dyn Fn() -> bool) -> io::Result<LeftByHooks> {
        let started = Instant::now();
        let mut ended = Vec::new();
        while !self.is_free()? {
            let left = self.left()?;
            let mut limit = if left.is_empty() { VANISHING } else { Duration::ZERO };
            for process in &left {
                if self.kill(process)? {
                    limit = DYING;
                    if !ended.contains(&process.shown) {
                        ended.push(process.shown.clone());
                    }
                }
            }
            if started.elapsed() >= limit && !patient() {
                return Ok(LeftByHooks { ended, stays: Some(self.in_words(&left)) });
            }
            thread::sleep(TICK);
        }
        Ok(LeftByHooks { ended, stays: None })
    }

    fn in_words(&self, left: &[Left]) -> String {
        if left.is_empty() {
            let path = self.path.display();
            return format!(
                "a program running that this user cannot see (`fuser -v {path}` as root shows it)"
            );
        }
        let shown: Vec<&str> = left.iter().map(|left| left.shown.as_str()).collect();
        format!("{} running, which this user cannot end", shown.join(" and "))
    }

    fn is_free(&self) -> io::Result<bool> {
        let file = match self.open() {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(true),
            opened => opened?,
        };
        match file.try_lock() {
            Ok(()) => Ok(true),
            Err(TryLockError::WouldBlock) => Ok(false),
            Err(TryLockError::Error(error)) => {
                tracing::debug!(%error, "what hooks leave running is not known: their file cannot be locked");
                Ok(true)
            }
        }
    }

    /// Opens the file that is there. What this user may not write it reads; some file systems of networks lock only what is
    /// open for writing.
    fn open(&self) -> io::Result<File> {
        match options().write(true).open(&self.path) {
            Err(error) if error.kind() == io::ErrorKind::PermissionDenied => options().open(&self.path),
            other => other,
        }
    }

    fn open_or_make(&self) -> io::Result<File> {
        match self.open() {
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            other => return other,
        }
        let file = options().write(true).create_new(true).open(&self.path)?;
        // Whatever the umask says: whoever may publish must be able to look at it.
        file.set_permissions(Permissions::from_mode(0o664))?;
        Ok(file)
    }

    /// The processes that have the lock, as far as they can be seen.
    fn left(&self) -> io::Result<Vec<Left>> {
        let mut left = Vec::new();
        for entry in fs::read_dir("/proc")? {
            let name = entry?.file_name();
            let pid = name.to_str().and_then(|name| name.parse().ok()).and_then(Pid::from_raw);
            if let Some(pid) = pid.filter(|pid| self.is_held_by(*pid)) {
                left.push(Left { pid, shown: shown(pid) });
            }
        }
        Ok(left)
    }

    /// Whether a process has a descriptor that the lock hangs on. One that ends meanwhile has none.
    fn is_held_by(&self, pid: Pid) -> bool {
        let Ok(own) = fs::metadata(&self.path) else { return false };
        let directory = process(pid);
        let descriptors = fs::read_dir(directory.join("fd")).into_iter().flatten().flatten();
        descriptors.map(|entry| entry.file_name()).any(|number| {
            let is_it = |there: fs::Metadata| (there.dev(), there.ino()) == (own.dev(), own.ino());
            // Who only reads the file, as a backup does, has no lock on it.
            let locks =
                |text: String| text.lines().any(|line| line.starts_with("lock:") && line.contains("FLOCK"));
            fs::metadata(directory.join("fd").join(&number)).is_ok_and(is_it)
                && fs::read_to_string(directory.join("fdinfo").join(&number)).is_ok_and(locks)
        })
    }

    /// Kills a process, and no other one that has its number by now. Whether that was possible.
    fn kill(&self, left: &Left) -> io::Result<bool> {
        let process = match pidfd_open(left.pid, PidfdFlags::empty()) {
            Err(Errno::SRCH) => return Ok(true),
            opened => opened?,
        };
        if !self.is_held_by(left.pid) {
            return Ok(true);
        }
        match pidfd_send_signal(&process, Signal::KILL) {
            Ok(()) | Err(Errno::SRCH) => Ok(true),
            Err(Errno::PERM) => Ok(false),
            Err(error) => Err(error.into()),
        }
    }
}

/// No link is followed, and no pipe waited for.
fn options() -> OpenOptions {
    let mut options = OpenOptions::new();
    options.read(true).custom_flags((OFlags::NOFOLLOW | OFlags::NONBLOCK).bits().cast_signed());
    options
}

fn process(pid: Pid) -> PathBuf {
    Path::new("/proc").join(pid.as_raw_nonzero().to_string())
}

/// `sleep 600 (process 4711)`
fn shown(pid: Pid) -> String {
    let arguments = fs::read(process(pid).join("cmdline")).unwrap_or_default();
    let arguments = String::from_utf8_lossy(&arguments);
    let plain = arguments.trim_end_matches('\0').chars().map(|c| if c.is_control() { ' ' } else { c });
    format!("{} (process {})", plain.take(SHOWN).collect::<String>(), pid.as_raw_nonzero())
}
