use std::os::unix::fs::MetadataExt;

use super::look::doubt;
use super::*;
use crate::adapters::memory::lock::MemoryDatabase;
use crate::model::time::Timestamp;

fn status(path: &Path, site: &Path) -> Result<LockStatus, LockError> {
    super::status(&Places { file: path, site: Some(site), database: None })
}

fn is_me(holder: Option<&Holder>) -> bool {
    holder.is_some_and(|holder| holder.pid == std::process::id())
}

fn me(command: &str) -> Holder {
    Holder { command: command.into(), pid: 7, user: "ann".into(), host: "vault".into(), since: Timestamp(0) }
}

#[test]
fn the_second_is_told_who_the_first_is() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("lock");
    let first = PublisherLock::acquire(&path, &me("publish-distro"), Wait::No).unwrap();
    let busy = PublisherLock::acquire(&path, &me("process-accepted"), Wait::No).unwrap_err();
    assert_eq!(
        busy.to_string(),
        "another publisher is at work: publish-distro (process 7 of ann on vault, since 1970-01-01T00:00:00Z)"
    );
    assert_eq!(status(&path, dir.path()).unwrap(), LockStatus::Held(Some(me("publish-distro"))));
    drop(first);
    assert_eq!(status(&path, dir.path()).unwrap(), LockStatus::Free);
    drop(PublisherLock::acquire(&path, &me("process-accepted"), Wait::No).unwrap());
    assert!(path.exists(), "the file stays: unlinking it would let two publishers lock two files");
}

#[test]
fn who_waits_gets_it_when_it_is_free() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("lock");
    let first = PublisherLock::acquire(&path, &me("a"), Wait::No).unwrap();
    let waiting = std::thread::scope(|scope| {
        let waiting = scope.spawn(|| PublisherLock::acquire(&path, &me("b"), Wait::Forever));
        drop(first);
        waiting.join().unwrap()
    });
    assert!(waiting.is_ok());
}

#[test]
fn a_symbolic_link_is_no_lock_file() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("lock");
    std::os::unix::fs::symlink(dir.path().join("elsewhere"), &path).unwrap();
    let refused = PublisherLock::acquire(&path, &me("a"), Wait::No).unwrap_err();
    assert!(refused.to_string().contains("is a symbolic link, and no lock file"), "{refused}");
    assert!(!dir.path().join("elsewhere").exists());
}

#[test]
fn a_file_that_holds_something_else_is_as_good_a_lock() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("lock");
    std::fs::write(&path, "not json").unwrap();
    let held = PublisherLock::acquire(&path, &me("a"), Wait::No).unwrap();
    assert_eq!(status(&path, dir.path()).unwrap(), LockStatus::Held(Some(me("a"))));
    drop(held);
}

#[test]
fn whatever_becomes_of_the_file_the_second_is_kept_out() {
    let nothing: fn(&Path) = |_| {};
    let removed: fn(&Path) = |path| std::fs::remove_file(path).unwrap();
    let replaced: fn(&Path) = |path| {
        std::fs::write(path.with_extension("new"), "").unwrap();
        std::fs::rename(path.with_extension("new"), path).unwrap();
    };
    let emptied: fn(&Path) = |path| std::fs::write(path, "").unwrap();
    for meddle in [nothing, removed, replaced, emptied] {
        let (dir, elsewhere) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let path = elsewhere.path().join("lock");
        let held = PublisherLock::acquire_for(&path, dir.path(), &me("a"), Wait::No).unwrap();
        meddle(&path);
        let busy = PublisherLock::acquire_for(&path, dir.path(), &me("b"), Wait::No).unwrap_err();
        let held_by = |holder: Option<&Holder>| is_me(holder) || holder == Some(&me("a"));
        assert!(matches!(&busy, LockError::Busy { holder, .. } if held_by(holder.as_ref())), "{busy}");
        let status_now = status(&path, dir.path()).unwrap();
        assert!(
            matches!(&status_now, LockStatus::Held(holder) if held_by(holder.as_ref())),
            "{status_now:?}"
        );
        drop(held);
        assert_eq!(status(&path, dir.path()).unwrap(), LockStatus::Free);
        drop(PublisherLock::acquire_for(&path, dir.path(), &me("b"), Wait::No).unwrap());
    }
}

#[test]
fn sites_beside_each_other_have_nothing_to_do_with_each_other() {
    let dir = tempfile::tempdir().unwrap();
    let (one, two) = (dir.path().join("one"), dir.path().join("two"));
    std::fs::create_dir(&one).unwrap();
    std::fs::create_dir(&two).unwrap();
    let lock = |site: &Path| {
        let path = dir.path().join(site.file_name().unwrap()).with_extension("lock");
        PublisherLock::acquire_for(&path, site, &me("a"), Wait::No)
    };
    let (first, second) = (lock(&one).unwrap(), lock(&two).unwrap());
    assert!(lock(&one).is_err() && lock(&two).is_err());
    drop((first, second));
}

#[test]
fn who_only_looks_sends_nobody_away() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("lock");
    drop(PublisherLock::acquire(&path, &me("a"), Wait::No).unwrap());
    let ended = std::sync::atomic::AtomicBool::new(false);
    std::thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                while !ended.load(std::sync::atomic::Ordering::Relaxed) {
                    status(&path, dir.path()).unwrap();
                }
            });
        }
        let all = (0..300).all(|_| PublisherLock::acquire_for(&path, dir.path(), &me("a"), Wait::No).is_ok());
        ended.store(true, std::sync::atomic::Ordering::Relaxed);
        assert!(all);
    });
}

#[test]
fn the_lock_file_is_for_everybody_who_may_write_into_the_site() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("lock");
    drop(PublisherLock::acquire(&path, &me("a"), Wait::No).unwrap());
    assert_eq!(std::fs::metadata(&path).unwrap().mode() & 0o777, 0o664, "whatever the umask");
    // What may only be read is a lock all the same; the kernel knows whose.
    let reader = File::open(&path).unwrap();
    let read_only = PublisherLock { file: reader, site: None, database: None };
    read_only.file.try_lock().unwrap();
    read_only.sign(&path, &me("b")).unwrap();
    let names_this_process = || {
        let busy = PublisherLock::acquire(&path, &me("c"), Wait::No).unwrap_err();
        busy.to_string().contains(&format!(" (process {} of ", std::process::id()))
    };
    assert!(names_this_process());
    // The name of somebody who has died, and which nobody could take away.
    let here = Holder::this_process("x", Timestamp(0)).host;
    let dead = Holder { host: here, pid: u32::MAX, ..me("publish-distro") };
    std::fs::write(&path, serde_json::to_string(&dead).unwrap()).unwrap();
    assert!(names_this_process());
    // Nor does anybody get to write what a terminal would obey.
    let hostile = Holder { user: "\u{1b}[2Jann".into(), ..me("a") };
    std::fs::write(&path, serde_json::to_string(&hostile).unwrap()).unwrap();
    assert!(names_this_process());
    drop(read_only);
}

#[test]
fn what_somebody_may_have_planted_is_no_lock_file() {
    let dir = tempfile::tempdir().unwrap();
    let (path, mine) = (dir.path().join("lock"), dir.path().join("mine"));
    let refused = || PublisherLock::acquire(&path, &me("a"), Wait::No).unwrap_err().to_string();
    std::fs::write(&mine, "precious").unwrap();
    std::fs::hard_link(&mine, &path).unwrap();
    assert!(refused().contains("a file that has other names too"), "{}", refused());
    assert_eq!(std::fs::read_to_string(&mine).unwrap(), "precious");
    std::fs::remove_file(&path).unwrap();
    rustix::fs::mknodat(
        rustix::fs::CWD,
        &path,
        rustix::fs::FileType::Fifo,
        rustix::fs::Mode::from_raw_mode(0o600),
        0,
    )
    .unwrap();
    assert!(refused().contains("no regular file"), "{}", refused());
    std::fs::remove_file(&path).unwrap();
    std::fs::create_dir(&path).unwrap();
    assert!(refused().contains("cannot open the lock file"), "{}", refused());
}

#[test]
fn file_systems_of_networks_are_told_apart() {
    let dir = tempfile::tempdir().unwrap();
    doubtful(&dir.path().join("lock")).unwrap();
    assert_eq!((doubt(0x6969), doubt(0xFF53_4D42), doubt(0xEF53)), (Some("NFS"), Some("SMB"), None));
}

fn places<'a>(file: &'a Path, database: &'a dyn DatabaseLock) -> Places<'a> {
    Places { file, site: None, database: Some(database) }
}

#[test]
fn two_hosts_with_one_database_exclude_each_other() {
    let dir = tempfile::tempdir().unwrap();
    let (vault, tower) = (dir.path().join("vault"), dir.path().join("tower"));
    let database = MemoryDatabase::new();
    let (over_there, here) = (database.connect(), database.connect());
    let held =
        PublisherLock::acquire_all(&places(&vault, &over_there), &me("publish-distro"), Wait::No).unwrap();
    held.check().unwrap();
    let busy = PublisherLock::acquire_all(&places(&tower, &here), &me("check"), Wait::No).unwrap_err();
    assert!(busy.passes());
    assert_eq!(
        busy.to_string(),
        "another publisher is at work: publish-distro (process 7 of ann on vault, since 1970-01-01T00:00:00Z)"
    );
    let status_here = super::status(&places(&tower, &here)).unwrap();
    assert_eq!(status_here, LockStatus::Held(Some(me("publish-distro"))));
    // Whoever was refused keeps nobody out on its own host.
    drop(PublisherLock::acquire(&tower, &me("a"), Wait::No).unwrap());
    drop(held);
    assert_eq!(super::status(&places(&tower, &here)).unwrap(), LockStatus::Free);
    drop(PublisherLock::acquire_all(&places(&tower, &here), &me("check"), Wait::No).unwrap());
}

#[test]
fn who_waits_for_another_host_gets_the_lock_when_that_host_dies() {
    let dir = tempfile::tempdir().unwrap();
    let (vault, tower) = (dir.path().join("vault"), dir.path().join("tower"));
    let database = MemoryDatabase::new();
    let (over_there, here) = (database.connect(), database.connect());
    let held = PublisherLock::acquire_all(&places(&vault, &over_there), &me("a"), Wait::No).unwrap();
    std::thread::scope(|scope| {
        let waiting = scope
            .spawn(|| PublisherLock::acquire_all(&places(&tower, &here), &me("b"), Wait::Forever).unwrap());
        over_there.end();
        let taken = waiting.join().unwrap();
        // The one that lost it is told before it does what cannot be taken back.
        let lost = held.check().unwrap_err();
        assert!(matches!(lost, LockError::Lost(_)) && !lost.passes(), "{lost}");
        taken.check().unwrap();
        drop(held);
        taken.check().unwrap();
    });
    let failed = PublisherLock::acquire_all(&places(&vault, &over_there), &me("a"), Wait::No).unwrap_err();
    assert!(matches!(failed, LockError::Database(_)), "{failed}");
    drop(PublisherLock::acquire(&vault, &me("a"), Wait::No).unwrap());
}

/// A database that looks whether the lock file is held when its own lock is taken and freed.
struct Watching(PathBuf);
/// Its lock.
#[derive(Debug)]
struct WatchingHold(PathBuf);

fn is_held(path: &Path) -> bool {
    File::open(path).unwrap().try_lock_shared().is_err()
}

impl DatabaseLock for Watching {
    fn try_take(&self, _: &Holder) -> Result<Taking, RecordsError> {
        assert!(is_held(&self.0), "the file comes first");
        Ok(Taking::Taken(Box::new(WatchingHold(self.0.clone()))))
    }

    fn status(&self) -> Result<LockStatus, RecordsError> {
        Ok(LockStatus::Free)
    }
}

impl DatabaseHold for WatchingHold {
    fn check(&self) -> Result<(), RecordsError> {
        Ok(())
    }
}

impl Drop for WatchingHold {
    fn drop(&mut self) {
        assert!(is_held(&self.0), "the file goes last");
    }
}

#[test]
fn the_file_is_locked_first_and_freed_last() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("lock");
    let database = Watching(path.clone());
    drop(PublisherLock::acquire_all(&places(&path, &database), &me("a"), Wait::No).unwrap());
    assert!(!is_held(&path));
}
