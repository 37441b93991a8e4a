//! Files leave the pool, and nothing else does.

use debpress::model::key::TreeKey;

use super::{ROOT, SIZE, object, on_both, pool, pool_file};

#[test]
fn a_pool_file_is_removed_once_and_its_object_stays() {
    on_both(|p| {
        let (sha256, _) = p.store(b"one");
        let first = pool_file("main", "hello", "hello_1_all.deb");
        for name in ["hello_1_all.deb", "hello_2_all.deb"] {
            p.tree.place(ROOT, &pool(name), &object(sha256, SIZE)).unwrap();
        }
        assert_eq!(p.tree.pool_size(ROOT, &first).unwrap(), Some(SIZE));
        assert_eq!(p.tree.remove(ROOT, &first).unwrap(), Some(SIZE));
        assert_eq!(
            (p.tree.remove(ROOT, &first).unwrap(), p.tree.pool_size(ROOT, &first).unwrap()),
            (None, None)
        );
        let left = p.tree.list(ROOT, "pool").unwrap();
        assert_eq!(left, [("pool/main/h/hello/hello_2_all.deb".to_owned(), SIZE)]);
        assert_eq!(p.objects.size(&sha256).unwrap(), Some(SIZE));
        p.tree.sync(ROOT).unwrap();
        assert!(
            p.tree.place(ROOT, &pool("hello_1_all.deb"), &object(sha256, SIZE)).unwrap(),
            "and back again"
        );
        let nobody = pool_file("contrib", "libx", "libx_1_all.deb");
        assert_eq!(p.tree.remove("archives/nowhere", &nobody).unwrap(), None);
    });
}

/// The directories below the archive's root, sorted.
fn directories(root: &std::path::Path) -> String {
    let mut found = Vec::new();
    let mut waiting = vec![root.to_owned()];
    while let Some(next) = waiting.pop() {
        for entry in std::fs::read_dir(&next).unwrap().map(Result::unwrap) {
            if entry.file_type().unwrap().is_dir() {
                found.push(entry.path().strip_prefix(root).unwrap().display().to_string());
                waiting.push(entry.path());
            }
        }
    }
    found.sort();
    found.join(" ")
}

#[test]
fn directories_of_the_pool_go_when_they_are_empty_and_no_others() {
    on_both(|p| {
        let Some(directory) = &p.directory else { return };
        let root = directory.path().join(ROOT);
        let (sha256, _) = p.store(b"one");
        let (one, two) = (pool_file("main", "hello", "one"), pool_file("main", "hurra", "two"));
        for file in [&one, &two] {
            p.tree.place(ROOT, &TreeKey::Pool(file.clone()), &object(sha256, SIZE)).unwrap();
        }
        std::fs::create_dir_all(root.join("pool/main/e/empty")).unwrap();
        std::fs::create_dir_all(root.join("dists/empty")).unwrap();
        p.tree.remove(ROOT, &one).unwrap();
        assert_eq!(
            directories(&root),
            "dists dists/empty pool pool/main pool/main/e pool/main/e/empty pool/main/h pool/main/h/hurra"
        );
        std::fs::remove_dir_all(root.join("pool/main/e")).unwrap();
        // A run that died between the two left the directory.
        std::fs::remove_file(root.join("pool/main/h/hurra/two")).unwrap();
        assert_eq!(p.tree.remove(ROOT, &two).unwrap(), None);
        assert_eq!(directories(&root), "dists dists/empty pool");
        // Or only those above it.
        std::fs::create_dir_all(root.join("pool/main/h")).unwrap();
        assert_eq!(p.tree.remove(ROOT, &two).unwrap(), None);
        assert_eq!(directories(&root), "dists dists/empty pool");
    });
}

#[test]
fn nothing_is_removed_behind_a_symbolic_link() {
    use std::os::unix::fs::symlink;
    on_both(|p| {
        let Some(directory) = &p.directory else { return };
        let (root, elsewhere) = (directory.path().join(ROOT), directory.path().join("elsewhere"));
        let file = pool_file("main", "hello", "one");
        let below = "main/h/hello";
        for link in ["pool", "pool/main", "pool/main/h", "pool/main/h/hello"] {
            let target = elsewhere.join(format!("pool/{below}")).join("one");
            std::fs::create_dir_all(target.parent().unwrap()).unwrap();
            std::fs::write(&target, "mine").unwrap();
            std::fs::create_dir_all(root.join(link).parent().unwrap()).unwrap();
            symlink(elsewhere.join(link), root.join(link)).unwrap();
            let refused = p.tree.remove(ROOT, &file).unwrap_err();
            let cause = std::error::Error::source(&refused).unwrap().to_string();
            assert!(cause.contains(&format!("{link} is a symbolic link")), "{refused}: {cause}");
            assert_eq!(std::fs::read_to_string(&target).unwrap(), "mine");
            std::fs::remove_file(root.join(link)).unwrap();
        }
        // The file itself: the name goes, not what it leads to.
        let path = root.join("pool").join(below).join("one");
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        let target = elsewhere.join("pool").join(below).join("one");
        symlink(&target, &path).unwrap();
        let length = target.as_os_str().len() as u64;
        assert_eq!(p.tree.remove(ROOT, &file).unwrap(), Some(length));
        assert_eq!(std::fs::read_to_string(&target).unwrap(), "mine");
        // Nor is a directory ever taken for a file.
        std::fs::create_dir_all(&path).unwrap();
        p.tree.remove(ROOT, &file).unwrap_err();
        assert!(path.is_dir());
    });
}
