use super::*;

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
    assert!(matches!(refused, LockError::Io { operation: "open", .. }), "{refused}");
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
        assert!(matches!(busy, LockError::Busy { .. }), "{busy}");
        assert!(matches!(status(&path, dir.path()).unwrap(), LockStatus::Held(_)));
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
    // What may only be read is a lock all the same, without a name in it.
    let reader = File::open(&path).unwrap();
    let read_only = PublisherLock { file: reader, site: None };
    read_only.file.try_lock().unwrap();
    read_only.sign(&path, &me("b")).unwrap();
    let busy = PublisherLock::acquire(&path, &me("c"), Wait::No).unwrap_err();
    assert_eq!(busy.to_string(), "another publisher is at work: its name is not in the lock file");
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
