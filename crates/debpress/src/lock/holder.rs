//! Who holds the lock: what the file says, and what the kernel knows.

use std::fs::File;
use std::io::{self, Read};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use super::{Holder, LockError, file};
use crate::model::time::Timestamp;

/// How long whoever has just taken the lock may take to write its name; after that the kernel is asked.
const NAMING: Duration = Duration::from_millis(20);

/// How often one looks for a name.
const GLIMPSE: Duration = Duration::from_millis(5);

/// No name is longer, nor a line of arguments that is shown.
const LONGEST: u64 = 64 * 1024;
const SHOWN: usize = 120;

/// The kernel counts the start of a process in hundredths of a second, whatever its own clock does.
const TICKS: i64 = 100;

impl Holder {
    /// This process, running `command` since `now`.
    pub fn this_process(command: &str, now: Timestamp) -> Self {
        let (user, _) = this_user();
        Self { command: command.to_owned(), pid: std::process::id(), user, host: this_host(), since: now }
    }
}

fn this_host() -> String {
    rustix::system::uname().nodename().to_string_lossy().into_owned()
}

/// The user that this process acts as: name and number.
pub fn this_user() -> (String, u32) {
    let uid = rustix::process::geteuid().as_raw();
    (user_name(uid), uid)
}

/// The name of a user by /etc/passwd, or the number: a missing name must not stop a publisher.
pub(super) fn user_name(uid: u32) -> String {
    let passwd = std::fs::read_to_string("/etc/passwd").unwrap_or_default();
    let named = passwd.lines().find_map(|line| {
        let mut fields = line.split(':');
        let name = fields.next()?;
        (fields.nth(1)? == uid.to_string()).then(|| name.to_owned())
    });
    named.unwrap_or_else(|| format!("uid {uid}"))
}

/// Who holds the lock file. Somebody who has just taken it gets a moment to write its name.
pub(super) fn of_file(path: &Path) -> Result<Option<Holder>, LockError> {
    let started = Instant::now();
    let file = match file::open_to_read(path) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(source) => return Err(LockError::Io { operation: "read", path: path.to_owned(), source }),
    };
    while written(&file).is_none() && started.elapsed() < NAMING {
        std::thread::sleep(GLIMPSE);
    }
    Ok(named(&file))
}

/// Who holds a lock file by what is written in it, or by the kernel.
pub(super) fn named(file: &File) -> Option<Holder> {
    match written(file) {
        Some(holder) if is_alive(&holder) => Some(holder),
        // Whoever has it now may only read the file, and could not take the old name away.
        dead => by_kernel(file).or(dead),
    }
}

/// Whether the process is there, as far as that can be known.
fn is_alive(holder: &Holder) -> bool {
    holder.host != this_host() || process(holder.pid).exists()
}

fn written(file: &File) -> Option<Holder> {
    let mut text = Vec::new();
    io::Seek::rewind(&mut &*file).and_then(|()| file.take(LONGEST).read_to_end(&mut text)).ok()?;
    let holder: Holder = serde_json::from_slice(&text).ok()?;
    // Others may write into it too, and a terminal is no place for what they like.
    let is_plain = |text: &String| !text.contains(char::is_control);
    let is_plain = [&holder.command, &holder.user, &holder.host].into_iter().all(is_plain);
    is_plain.then_some(holder)
}

/// Who holds `flock` on this file, by /proc/locks; `None` where the kernel does not say, or where it is none of the
/// processes that can be seen from here.
pub(super) fn by_kernel(file: &File) -> Option<Holder> {
    let metadata = file.metadata().ok()?;
    let (major, minor) = (rustix::fs::major(metadata.dev()), rustix::fs::minor(metadata.dev()));
    let inode = format!("{major:02x}:{minor:02x}:{}", metadata.ino());
    let locks = std::fs::read_to_string("/proc/locks").ok()?;
    let pid = locks.lines().find_map(|line| {
        // 1: FLOCK  ADVISORY  WRITE 4711 fe:00:10010718 0 EOF
        let mut words = line.split_whitespace().skip(1);
        let is_lock = (words.next()?, words.nth(1)?) == ("FLOCK", "WRITE");
        let pid = words.next()?;
        (is_lock && words.next()? == inode).then(|| pid.parse::<u32>().ok()).flatten()
    })?;
    running(pid)
}

fn process(pid: u32) -> PathBuf {
    Path::new("/proc").join(pid.to_string())
}

/// A process that runs, by the kernel.
fn running(pid: u32) -> Option<Holder> {
    let directory = process(pid);
    let user = user_name(std::fs::metadata(&directory).ok()?.uid());
    let arguments = std::fs::read(directory.join("cmdline")).ok()?;
    let command: String = String::from_utf8_lossy(&arguments)
        .trim_end_matches('\0')
        .chars()
        .map(|c| if c.is_control() { ' ' } else { c })
        .take(SHOWN)
        .collect();
    let since = started(&std::fs::read_to_string(directory.join("stat")).ok()?)?;
    Some(Holder { command, pid, user, host: this_host(), since })
}

/// When a process has started: field 22 of its line, counted from the start of the machine (proc_pid_stat(5)).
fn started(stat: &str) -> Option<Timestamp> {
    // The second field is a name in brackets, which may hold anything.
    let ticks: i64 = stat.rsplit_once(") ")?.1.split(' ').nth(19)?.parse().ok()?;
    let machine = std::fs::read_to_string("/proc/stat").ok()?;
    let boot: i64 = machine.lines().find_map(|line| line.strip_prefix("btime "))?.trim().parse().ok()?;
    Some(Timestamp(boot + ticks / TICKS))
}
