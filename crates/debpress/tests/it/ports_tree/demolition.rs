//! A whole archive goes, and nothing beside it.

use debpress::model::key::{RootPart, SuiteFile, TreeKey};

use super::{ROOT, SIZE, object, on_both, pool, suite};

const OTHER: &str = "archives/debian2";

fn key() -> TreeKey {
    TreeKey::PublicKey("debian".parse().unwrap())
}

#[test]
fn what_clients_see_goes_first_and_then_the_rest() {
    on_both(|p| {
        let (sha256, _) = p.store(b"one");
        for root in [ROOT, OTHER] {
            p.tree.place(root, &pool("hello_1_all.deb"), &object(sha256, SIZE)).unwrap();
        }
        p.tree.stage(ROOT, &suite()).unwrap();
        p.stage(SuiteFile::Release, b"released");
        p.tree.exchange(ROOT, &suite()).unwrap();
        p.tree.replace(ROOT, &key(), b"key").unwrap();
        p.tree.withdraw(ROOT).unwrap();
        assert_eq!(p.live(SuiteFile::Release), None);
        assert_eq!(p.tree.list(ROOT, "dists").unwrap(), []);
        assert_eq!(p.tree.list(ROOT, "pool").unwrap().len(), 1);
        p.tree.withdraw(ROOT).unwrap();
        assert!(!p.tree.remove_root(ROOT, &TreeKey::PublicKey("~x/debian/y".parse().unwrap())).unwrap());
        for part in RootPart::ALL {
            p.tree.remove_part(ROOT, part).unwrap();
            p.tree.remove_part(ROOT, part).unwrap();
            assert_eq!(p.tree.list(ROOT, part.path()).unwrap(), []);
        }
        assert!(p.tree.read(ROOT, &key()).unwrap().is_some());
        assert!(p.tree.remove_root(ROOT, &key()).unwrap());
        assert!(p.tree.remove_root(ROOT, &key()).unwrap(), "it is gone");
        assert_eq!(p.tree.read(ROOT, &key()).unwrap(), None);
        assert_eq!(p.tree.list(OTHER, "pool").unwrap().len(), 1, "the neighbour stays");
        assert_eq!(p.objects.size(&sha256).unwrap(), Some(SIZE));
    });
}

#[test]
fn links_are_not_followed_and_what_others_put_there_stays() {
    on_both(|p| {
        let Some(directory) = &p.directory else { return };
        let (site, outside) = (directory.path(), directory.path().join("elsewhere"));
        let root = site.join("ppa/ann/tools/debian");
        std::fs::create_dir_all(root.join("pool/main")).unwrap();
        std::fs::create_dir_all(site.join("ppa/ann/tools/other")).unwrap();
        std::fs::create_dir(&outside).unwrap();
        std::fs::write(outside.join("precious"), "x").unwrap();
        std::os::unix::fs::symlink(&outside, root.join("pool/main/h")).unwrap();
        std::os::unix::fs::symlink(&outside, root.join("dists")).unwrap();
        std::fs::write(root.join("README"), "mine").unwrap();
        let name = "ppa/ann/tools/debian";
        p.tree.withdraw(name).unwrap();
        for part in RootPart::ALL {
            p.tree.remove_part(name, part).unwrap();
        }
        assert!(!p.tree.remove_root(name, &key()).unwrap());
        assert!(outside.join("precious").is_file() && root.join("README").is_file());
        assert!(!root.join("pool").exists() && !root.join(".withdrawn").is_symlink());
        std::fs::remove_file(root.join("README")).unwrap();
        assert!(p.tree.remove_root(name, &key()).unwrap());
        assert!(site.join("ppa/ann/tools/other").is_dir(), "of another distribution");
        std::fs::remove_dir(site.join("ppa/ann/tools/other")).unwrap();
        assert!(p.tree.remove_root(name, &key()).unwrap());
        assert!(site.join("ppa").is_dir());
    });
}
