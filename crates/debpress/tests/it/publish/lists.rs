//! Lists of what an archive has, beside its pool and its suites.

use debfmt::builder::DebBuilder;
use debpress::model::archive::{Archive, ArchiveLists};
use debpress::model::key::{OverrideKind, TreeKey};
use debpress::ports::hooks::HookEvent;

use super::world::{ROOT, World, decompressed, on_both};

const BOTH: ArchiveLists = ArchiveLists { ls_lr: true, indices: true };

fn want(w: &World, lists: ArchiveLists) {
    let archive = w.records.archives().unwrap().remove(0);
    w.records.update_archive(&Archive { lists, ..archive }).unwrap();
}

fn read(w: &World, key: &TreeKey) -> Option<String> {
    let bytes = w.tree.inner.read(ROOT, key).unwrap();
    bytes.map(|bytes| decompressed("x.gz", &bytes))
}

fn overrides(w: &World, component: &str, kind: OverrideKind) -> Option<String> {
    read(w, &TreeKey::Overrides("stable".parse().unwrap(), component.parse().unwrap(), kind))
}

#[test]
fn an_archive_has_lists_where_it_wants_them_only() {
    on_both(|w| {
        w.add("stable", "hello", "1.0", "amd64");
        w.publish();
        assert_eq!((read(&w, &TreeKey::FileList), read(&w, &TreeKey::Md5Sums)), (None, None));
        w.add("stable", "hello", "2.0", "amd64");
        want(&w, BOTH);
        w.publish();
        let files = read(&w, &TreeKey::FileList).unwrap();
        for name in ["hello_1.0_amd64.deb", "hello_2.0_amd64.deb", "md5sums.gz", "Packages.gz"] {
            assert!(files.contains(name), "{name}: {files}");
        }
        assert!(!files.contains(".staged"));
        let sums = read(&w, &TreeKey::Md5Sums).unwrap();
        let lines: Vec<&str> = sums.lines().filter_map(|line| Some(line.split_once("  ")?.1)).collect();
        for path in ["dists/stable/Release", "pool/main/h/hello/hello_1.0_amd64.deb"] {
            assert!(lines.contains(&path), "{path}: {sums}");
        }
        assert!(!sums.contains("by-hash"));
    });
}

#[test]
fn overrides_say_where_packages_belong() {
    on_both(|w| {
        want(&w, BOTH);
        let tool = DebBuilder::new("tool", "1.0", "arm64").field("Section", "admin");
        w.add_built(("stable", "contrib"), &tool);
        w.add("stable", "hello", "1.0", "amd64");
        w.add("stable", "data", "1.0", "all");
        w.publish();
        let main = overrides(&w, "main", OverrideKind::Binary).unwrap();
        let names: Vec<&str> = main.lines().filter_map(|line| line.split('\t').next()).collect();
        assert_eq!(names, ["data", "hello"], "each once, by name");
        assert_eq!(
            overrides(&w, "contrib", OverrideKind::Binary).unwrap(),
            "tool\toptional\tcontrib/admin\n"
        );
        assert_eq!(overrides(&w, "main", OverrideKind::Source).unwrap(), "");
        assert_eq!(overrides(&w, "main", OverrideKind::Installer), None, "the suite has no such packages");
    });
}

#[test]
fn a_list_that_cannot_be_written_is_reported_and_the_publication_stands() {
    let total = {
        let w = World::in_memory();
        w.add("stable", "hello", "1.0", "amd64");
        w.tree.fail_after(1_000_000);
        w.publish();
        1_000_000 - w.tree.left()
    };
    on_both(|w| {
        want(&w, BOTH);
        w.add("stable", "hello", "1.0", "amd64");
        w.tree.fail_after(total);
        let report = w.publish_all(&w.select()).unwrap();
        w.tree.mend();
        assert_eq!(report.suites.len(), 1);
        let failed: Vec<String> = report.failed.iter().map(|it| it.error.to_string()).collect();
        assert_eq!(failed.len(), 3, "{failed:?}");
        assert!(failed[0].contains("debian is published, and its indices is old"), "{failed:?}");
        assert!(w.assert_consistent("stable"));
        w.add("stable", "hello", "2.0", "amd64");
        w.publish();
        assert!(read(&w, &TreeKey::FileList).unwrap().contains("hello_2.0_amd64.deb"));
    });
}

/// What follows a publication follows one that was interrupted as well, whichever run finishes it.
#[test]
fn a_publication_that_was_interrupted_gets_its_lists_and_its_hooks() {
    on_both(|w| {
        want(&w, BOTH);
        w.add("stable", "hello", "1.0", "amd64");
        w.tree.fail_after(1_000_000);
        w.publish();
        let total = 1_000_000 - w.tree.left();
        drop(w.hooks.take());
        let mut interrupted = 0;
        for (number, left) in (0..total).enumerate() {
            w.add("stable", "hello", &format!("2.{number}"), "amd64");
            w.tree.fail_after(left);
            drop(w.publish_all(&w.select()));
            let is_open = w.records.open_switch().unwrap().is_some();
            w.tree.mend();
            if !is_open {
                continue;
            }
            interrupted += 1;
            drop(w.hooks.take());
            assert_eq!(w.publish().recovered, ["archives/debian/stable"]);
            let files = read(&w, &TreeKey::FileList).unwrap();
            assert!(files.contains(&format!("hello_2.{number}_amd64.deb")), "{left} of {total}: {files}");
            let told = w.hooks.take();
            let finalized = told.iter().filter(|it| matches!(it, HookEvent::Finalize { .. })).count();
            assert_eq!(finalized, 1, "{told:?}");
        }
        assert!(interrupted > 0);
    });
}
