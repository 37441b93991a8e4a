//! The contract of the content store and of the published tree: directories and their twins keep it alike.

mod demolition;
mod previous;
mod removal;

use std::io::{Read, Write};

use debfmt::compress::Compression;
use debfmt::digest::Sha256;
use debfmt::names::{Component, FileName, SourceName, SuiteName};
use debpress::adapters::fs::objects::FsObjects;
use debpress::adapters::fs::tree::FsTree;
use debpress::adapters::memory::tree::{MemoryObjects, MemoryTree};
use debpress::model::custom::LinkTarget;
use debpress::model::key::{IndexName, PoolFile, SuiteFile, TreeKey};
use debpress::ports::objects::{ObjectError, Objects};
use debpress::ports::tree::{PoolObject, Tree, TreeError};

const ROOT: &str = "archives/debian";

struct Place {
    objects: Box<dyn Objects>,
    tree: Box<dyn Tree>,
    directory: Option<tempfile::TempDir>,
}

fn on_both(story: impl Fn(&Place)) {
    let objects = MemoryObjects::default();
    let tree = MemoryTree::new(objects.clone());
    story(&Place { objects: Box::new(objects), tree: Box::new(tree), directory: None });
    let directory = tempfile::tempdir().unwrap();
    std::fs::create_dir(directory.path().join("objects")).unwrap();
    let objects = FsObjects::new(directory.path().join("objects"));
    let tree = FsTree::new(directory.path().to_owned(), objects.clone());
    story(&Place { objects: Box::new(objects), tree: Box::new(tree), directory: Some(directory) });
}

impl Place {
    fn store(&self, bytes: &[u8]) -> (Sha256, bool) {
        let mut writer = self.objects.begin().unwrap();
        writer.write_all(bytes).unwrap();
        let sha256 = Sha256::of(bytes);
        (sha256, writer.commit(&sha256).unwrap())
    }

    fn stage(&self, file: SuiteFile, bytes: &[u8]) {
        let mut staged = self.tree.create(ROOT, &TreeKey::Staged(suite(), file)).unwrap();
        staged.write_all(bytes).unwrap();
        staged.finish().unwrap();
    }

    fn live(&self, file: SuiteFile) -> Option<String> {
        let bytes = self.tree.read(ROOT, &TreeKey::Live(suite(), file)).unwrap();
        bytes.map(|bytes| String::from_utf8(bytes).unwrap())
    }
}

#[test]
fn a_long_list_names_what_is_not_hidden() {
    on_both(|place| {
        place.stage(SuiteFile::Release, b"x");
        place.tree.replace(ROOT, &TreeKey::FileList, b"list").unwrap();
        let listed = String::from_utf8(place.tree.long_list(ROOT).unwrap()).unwrap();
        assert!(listed.contains(" ls-lR.gz\n") && !listed.contains("Release"), "{listed}");
    });
}

/// Of every object that is placed here.
const SIZE: u64 = 3;

fn object(sha256: Sha256, size: u64) -> PoolObject {
    PoolObject { sha256, size }
}

fn suite() -> SuiteName {
    SuiteName::parse("stable").unwrap()
}

fn pool(file: &str) -> TreeKey {
    TreeKey::Pool(pool_file("main", "hello", file))
}

fn pool_file(component: &str, source: &str, file: &str) -> PoolFile {
    PoolFile {
        component: Component::parse(component).unwrap(),
        source: SourceName::parse(source).unwrap(),
        file: FileName::parse(file).unwrap(),
    }
}

#[test]
fn an_object_is_stored_once_and_read_back() {
    on_both(|p| {
        let (sha256, new) = p.store(b"bytes");
        assert!(new);
        assert_eq!(p.store(b"bytes"), (sha256, false));
        let mut text = String::new();
        p.objects.open(&sha256).unwrap().read_to_string(&mut text).unwrap();
        assert_eq!(text, "bytes");
        assert_eq!(p.objects.size(&sha256).unwrap(), Some(5));
        let mut all = Vec::new();
        p.objects.for_each(&mut |sha256, size| all.push((sha256, size))).unwrap();
        assert_eq!(all, [(sha256, 5)]);
        p.objects.sync().unwrap();
    });
}

#[test]
fn an_object_that_is_not_there_is_named() {
    on_both(|p| {
        let nobody = Sha256::of(b"nobody");
        assert!(matches!(p.objects.open(&nobody), Err(ObjectError::Missing { sha256 }) if sha256 == nobody));
        assert_eq!(p.objects.size(&nobody).unwrap(), None);
    });
}

#[test]
fn an_object_that_is_not_committed_was_never_there() {
    on_both(|p| {
        let mut writer = p.objects.begin().unwrap();
        writer.write_all(b"half").unwrap();
        drop(writer);
        let mut all = 0;
        p.objects.for_each(&mut |_, _| all += 1).unwrap();
        assert_eq!(all, 0);
        if let Some(directory) = &p.directory {
            let left = std::fs::read_dir(directory.path().join("objects/unnamed")).unwrap().count();
            assert_eq!(left, 0, "nothing stays behind");
        }
    });
}

#[test]
fn a_pool_file_is_placed_once_and_never_overwritten() {
    on_both(|p| {
        let (one, _) = p.store(b"one");
        let (two, _) = p.store(b"two");
        assert!(p.tree.place(ROOT, &pool("hello_1_all.deb"), &object(one, SIZE)).unwrap());
        assert!(!p.tree.place(ROOT, &pool("hello_1_all.deb"), &object(one, SIZE)).unwrap());
        let refused = p.tree.place(ROOT, &pool("hello_1_all.deb"), &object(two, SIZE));
        let Err(TreeError::Conflict { found, expected, .. }) = refused else { panic!("{refused:?}") };
        assert_eq!((found, expected), (one, two), "both hashes are shown");
        assert_eq!(p.tree.digest(ROOT, &pool("hello_1_all.deb")).unwrap(), Some((3, one)));
        let missing = p.tree.place(ROOT, &pool("hello_2_all.deb"), &object(Sha256::of(b"nobody"), SIZE));
        assert!(matches!(missing, Err(TreeError::NoObject { .. })), "{missing:?}");
    });
}

#[test]
fn a_staged_suite_is_seen_only_after_the_exchange() {
    on_both(|p| {
        let packages = IndexName::Packages(Component::parse("main").unwrap(), "amd64".parse().unwrap());
        let index = SuiteFile::Index(packages, Compression::Gzip);
        p.tree.stage(ROOT, &suite()).unwrap();
        p.stage(SuiteFile::Release, b"first");
        p.stage(index.clone(), b"index");
        assert_eq!(p.live(SuiteFile::Release), None);
        p.tree.sync(ROOT).unwrap();
        p.tree.exchange(ROOT, &suite()).unwrap();
        assert_eq!(p.live(SuiteFile::Release).as_deref(), Some("first"));
        assert_eq!(p.live(index.clone()).as_deref(), Some("index"));

        p.tree.stage(ROOT, &suite()).unwrap();
        p.stage(SuiteFile::Release, b"second");
        assert_eq!(p.live(SuiteFile::Release).as_deref(), Some("first"));
        p.tree.exchange(ROOT, &suite()).unwrap();
        assert_eq!(p.live(SuiteFile::Release).as_deref(), Some("second"));
        assert_eq!(p.live(index.clone()), None, "the new suite is what was staged, nothing else");
        let aside = p.tree.read(ROOT, &TreeKey::Staged(suite(), SuiteFile::Release)).unwrap();
        assert_eq!(aside.as_deref(), Some(b"first".as_slice()), "the old one is where the new one was");
        p.tree.discard(ROOT, &suite()).unwrap();
        p.tree.discard(ROOT, &suite()).unwrap();
        let files = p.tree.list(ROOT, ".staged").unwrap();
        assert!(files.is_empty(), "{files:?}");
        assert_eq!(p.tree.list(ROOT, "dists").unwrap(), [("dists/stable/Release".to_owned(), 6)]);
    });
}

#[test]
fn staging_again_begins_with_nothing() {
    on_both(|p| {
        p.tree.stage(ROOT, &suite()).unwrap();
        p.stage(SuiteFile::InRelease, b"stale");
        p.tree.stage(ROOT, &suite()).unwrap();
        assert!(p.tree.list(ROOT, ".staged").unwrap().is_empty());
    });
}

#[test]
fn there_is_nothing_to_exchange_without_staging() {
    on_both(|p| {
        assert!(matches!(p.tree.exchange(ROOT, &suite()), Err(TreeError::Io { operation: "exchange", .. })));
    });
}

#[test]
fn a_link_is_a_second_name_for_the_same_bytes() {
    on_both(|p| {
        p.tree.stage(ROOT, &suite()).unwrap();
        p.stage(SuiteFile::Release, b"text");
        let from = TreeKey::Staged(suite(), SuiteFile::Release);
        let to = TreeKey::Staged(suite(), SuiteFile::InRelease);
        let nowhere = TreeKey::Live(suite(), SuiteFile::Release);
        assert!(!p.tree.link(ROOT, &nowhere, &to).unwrap());
        assert!(p.tree.link(ROOT, &from, &to).unwrap());
        assert!(p.tree.link(ROOT, &from, &to).unwrap(), "again does nothing");
        assert_eq!(p.tree.read(ROOT, &to).unwrap().as_deref(), Some(b"text".as_slice()));
    });
}

#[test]
fn a_pool_file_is_a_hard_link_to_its_object() {
    use std::os::unix::fs::MetadataExt;
    on_both(|p| {
        let Some(directory) = &p.directory else { return };
        let (sha256, _) = p.store(b"deb");
        p.tree.place(ROOT, &pool("hello_1_all.deb"), &object(sha256, SIZE)).unwrap();
        let path = directory.path().join(ROOT).join("pool/main/h/hello/hello_1_all.deb");
        assert_eq!(std::fs::metadata(path).unwrap().nlink(), 2);
    });
}

#[test]
fn an_object_that_is_not_whole_never_reaches_the_pool() {
    on_both(|p| {
        let (sha256, _) = p.store(b"one");
        let refused = p.tree.place(ROOT, &pool("hello_1_all.deb"), &object(sha256, 4));
        assert!(matches!(refused, Err(TreeError::Damaged { found: 3, expected: 4, .. })), "{refused:?}");
        assert!(p.tree.list(ROOT, "pool").unwrap().is_empty());
    });
}

#[test]
fn what_a_power_failure_left_of_an_object_is_replaced_by_the_next_writer() {
    on_both(|p| {
        let Some(directory) = &p.directory else { return };
        let (sha256, _) = p.store(b"one");
        let hex = sha256.to_string();
        let path = directory.path().join("objects").join(&hex[..2]).join(&hex[2..]);
        // Named, but its bytes never reached the disk.
        std::fs::write(&path, "").unwrap();
        assert_eq!(p.store(b"one"), (sha256, false));
        assert_eq!(std::fs::read(&path).unwrap(), b"one");
        assert!(p.tree.place(ROOT, &pool("hello_1_all.deb"), &object(sha256, SIZE)).unwrap());
        // Once a pool has it, it is proved, and is left alone.
        let inode =
            |path: &std::path::Path| std::os::unix::fs::MetadataExt::ino(&std::fs::metadata(path).unwrap());
        let before = inode(&path);
        p.store(b"one");
        assert_eq!(inode(&path), before);
    });
}

#[test]
fn what_writers_that_died_left_is_swept_away_after_a_day() {
    on_both(|p| {
        p.objects.sweep().unwrap();
        let Some(directory) = &p.directory else { return };
        let writer = p.objects.begin().unwrap();
        let unnamed = directory.path().join("objects/unnamed");
        let left = unnamed.join("left-behind");
        let file = std::fs::File::create(&left).unwrap();
        let old = std::time::UNIX_EPOCH + std::time::Duration::from_secs(1);
        file.set_modified(old).unwrap();
        p.objects.sweep().unwrap();
        assert!(!left.exists());
        assert_eq!(std::fs::read_dir(&unnamed).unwrap().count(), 1, "a writer at work is not disturbed");
        drop(writer);
    });
}

#[test]
fn a_staged_suite_holds_objects_and_symbolic_links() {
    on_both(|p| {
        let key = |path: &str| {
            let directory = "main/installer-amd64".parse().unwrap();
            TreeKey::Staged(suite(), SuiteFile::Custom(directory, path.parse().unwrap()))
        };
        let (sha256, _) = p.store(b"one");
        p.tree.stage(ROOT, &suite()).unwrap();
        assert!(p.tree.place(ROOT, &key("1/images/boot"), &object(sha256, SIZE)).unwrap());
        let current = LinkTarget::of_version(&"1".parse().unwrap());
        p.tree.symlink(ROOT, &key("current"), &current).unwrap();
        let taken = p.tree.symlink(ROOT, &key("current"), &current);
        assert!(matches!(taken, Err(TreeError::Io { operation: "make the link", .. })), "{taken:?}");
        let over = p.tree.create(ROOT, &key("1/images/boot")).map(drop);
        assert!(
            matches!(over, Err(TreeError::Io { operation: "create", .. })),
            "an object is never written to"
        );
        assert_eq!(p.tree.digest(ROOT, &key("1/images/boot")).unwrap(), Some((3, sha256)));
        assert_eq!(p.tree.link_target(ROOT, &key("current")).unwrap().as_deref(), Some("1"));
        assert_eq!(p.tree.link_target(ROOT, &key("1/images/boot")).unwrap(), None);
        assert_eq!(p.tree.link_target(ROOT, &key("nothing")).unwrap(), None);

        p.tree.exchange(ROOT, &suite()).unwrap();
        let list = |directory: &str| p.tree.list(ROOT, directory).unwrap();
        let below = "dists/stable/main/installer-amd64";
        // The link is one name; what it leads to is not listed twice.
        assert_eq!(list("dists"), [(format!("{below}/1/images/boot"), 3), (format!("{below}/current"), 1)]);

        p.tree.stage(ROOT, &suite()).unwrap();
        p.stage(SuiteFile::Release, b"second");
        p.tree.exchange(ROOT, &suite()).unwrap();
        p.tree.discard(ROOT, &suite()).unwrap();
        assert_eq!(p.objects.size(&sha256).unwrap(), Some(3), "the store keeps what the suite lost");
        assert!(list(".staged").is_empty() && list("dists").len() == 1);
    });
}

#[test]
fn a_file_beside_the_suites_is_replaced_whole() {
    on_both(|p| {
        let key = TreeKey::PublicKey("~ann/debian/tools".parse().unwrap());
        assert_eq!(p.tree.read("ppa/ann/tools/debian", &key).unwrap(), None);
        for bytes in [&b"old and long"[..], b"new", b"new"] {
            p.tree.replace("ppa/ann/tools/debian", &key, bytes).unwrap();
            assert_eq!(p.tree.read("ppa/ann/tools/debian", &key).unwrap().as_deref(), Some(bytes));
        }
        if let Some(directory) = &p.directory {
            use std::os::unix::fs::PermissionsExt;
            let path = directory.path().join("ppa/ann/tools/debian/ann-tools.asc");
            assert_eq!(std::fs::metadata(path).unwrap().permissions().mode() & 0o777, 0o644);
        }
    });
}

#[test]
fn a_tree_whose_pool_is_nowhere_to_be_found_cannot_be_made_durable() {
    let directory = tempfile::tempdir().unwrap();
    let tree = FsTree::new(directory.path().to_owned(), FsObjects::new(directory.path().join("objects")));
    let root = directory.path().join(ROOT);
    std::fs::create_dir_all(&root).unwrap();
    tree.sync(ROOT).unwrap();
    std::os::unix::fs::symlink("pool", root.join("pool")).unwrap();
    let error = tree.sync(ROOT).unwrap_err();
    assert!(matches!(error, TreeError::Io { operation: "examine", .. }), "{error}");
}
