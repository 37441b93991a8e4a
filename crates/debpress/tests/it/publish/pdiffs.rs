//! Patches between the texts of indexes.

use debfmt::digest::Sha256;
use debfmt::limits::Limits;
use debfmt::pdiff::{DiffIndex, apply};

use super::world::{ROOT, World, decompressed, on_both};
use crate::support::custom::gzip;

const LIST: &str = "main/binary-amd64/Packages.diff/Index";
const PACKAGES: &str = "main/binary-amd64/Packages.gz";

/// Enough packages that a patch is smaller than the index.
fn filled(w: &World, pdiffs: &str) {
    w.set(&[pdiffs]);
    for number in 0..40 {
        w.add("stable", &format!("package-{number}"), "1", "amd64");
    }
}

fn list(w: &World, path: &str) -> Option<DiffIndex> {
    let bytes = w.bytes(&format!("dists/stable/{path}"))?;
    Some(DiffIndex::parse(&bytes, &Limits::index()).unwrap())
}

/// The earlier texts from which patches lead to the current one, as numbers into `texts`. Each is tried, and what Release
/// and the list say of them must be so.
fn tried(w: &World, texts: &[String]) -> Vec<usize> {
    w.assert_consistent("stable");
    let Some(list) = list(w, LIST) else { return Vec::new() };
    let release = w.release("stable");
    let listed = release.file(LIST).unwrap();
    let bytes = w.bytes(&format!("dists/stable/{LIST}")).unwrap();
    assert_eq!(listed.checksums.sha256, Sha256::of(&bytes));
    let current = release.file("main/binary-amd64/Packages").unwrap();
    assert_eq!((list.current.sha256, list.current.size), (current.checksums.sha256, current.checksums.size));
    let directory = "dists/stable/main/binary-amd64/Packages.diff";
    let by_hash = format!("{directory}/by-hash/SHA256/{}", listed.checksums.sha256);
    assert_eq!(w.bytes(&by_hash).unwrap(), bytes);
    let one = |patch: &debfmt::pdiff::Patch| {
        let packed = w.bytes(&format!("{directory}/{}.gz", patch.name)).unwrap();
        assert_eq!((Sha256::of(&packed), packed.len() as u64), (patch.download.sha256, patch.download.size));
        let script = decompressed("x.gz", &packed);
        assert_eq!(
            (Sha256::of(script.as_bytes()), script.len() as u64),
            (patch.script.sha256, patch.script.size)
        );
        let of = |text: &String| (Sha256::of(text.as_bytes()), text.len() as u64);
        let from = texts.iter().position(|text| of(text) == (patch.from.sha256, patch.from.size)).unwrap();
        let made = apply(texts[from].as_bytes(), script.as_bytes()).unwrap();
        assert_eq!(String::from_utf8(made).unwrap(), w.text("stable", PACKAGES), "from {from}");
        from
    };
    list.patches.iter().map(one).collect()
}

#[test]
fn patches_lead_from_each_earlier_text_to_the_current_one() {
    on_both(|mut w| {
        filled(&w, "pdiffs=3");
        w.publish();
        let mut texts = vec![w.text("stable", PACKAGES)];
        assert_eq!(tried(&w, &texts), [0_usize; 0], "nothing was before");
        for number in 2..6 {
            w.add("stable", "package-7", &number.to_string(), "amd64");
            w.add("stable", &format!("new-{number}"), "1", "all");
            w.now = w.now.plus(100 * 86_400);
            w.publish();
            texts.push(w.text("stable", PACKAGES));
        }
        assert_eq!(tried(&w, &texts), [1, 2, 3], "the oldest first, and no more than are wanted");
        assert!(list(&w, "main/source/Sources.diff/Index").is_none(), "it was always empty");
        // Those of the two Releases before are there for who has read their lists: of two patches, and of three.
        let files = w.files();
        assert_eq!(files.matches("binary-amd64/Packages.diff/T-").count(), 3 + 3 + 2, "{files}");
    });
}

#[test]
fn a_text_that_comes_back_is_no_patch_of_itself() {
    on_both(|mut w| {
        filled(&w, "pdiffs=5");
        w.publish();
        let mut texts = vec![w.text("stable", PACKAGES)];
        for option in ["long_descriptions=no", "long_descriptions=yes"] {
            w.set(&[option]);
            w.publish_later();
            texts.push(w.text("stable", PACKAGES));
        }
        assert_eq!(texts[0], texts[2]);
        assert_eq!(tried(&w, &texts), [1]);
        w.add("stable", "package-3", "2", "amd64");
        w.publish_later();
        texts.push(w.text("stable", PACKAGES));
        let mut from = tried(&w, &texts);
        from.sort_unstable();
        assert_eq!(from, [0, 1]);
    });
}

#[test]
fn an_index_that_does_not_change_keeps_its_patches() {
    on_both(|mut w| {
        filled(&w, "pdiffs=2");
        w.publish();
        let mut texts = vec![w.text("stable", PACKAGES)];
        for number in 2..4 {
            w.add("stable", "package-7", &number.to_string(), "amd64");
            w.publish_later();
            texts.push(w.text("stable", PACKAGES));
        }
        let before = list(&w, LIST).unwrap();
        // Only other indexes change, until the texts that the patches lead from are gone.
        for number in 0..5 {
            w.add("stable", "other", &number.to_string(), "arm64");
            w.now = w.now.plus(100 * 86_400);
            w.publish();
        }
        assert_eq!(tried(&w, &texts), [0, 1]);
        assert_eq!(list(&w, LIST).unwrap(), before);
        // With a smaller number they are made anew, from what there is.
        w.set(&["pdiffs=1"]);
        w.publish_later();
        assert_eq!(tried(&w, &texts), [0_usize; 0]);
    });
}

#[test]
fn without_the_option_there_are_none_and_the_old_ones_go() {
    on_both(|mut w| {
        filled(&w, "pdiffs=no");
        for number in 2..4 {
            w.add("stable", "package-7", &number.to_string(), "amd64");
            w.publish_later();
        }
        assert!(!w.files().contains(".diff"));
        w.set(&["pdiffs=4"]);
        w.publish_later();
        assert_eq!(list(&w, LIST).unwrap().patches.len(), 1, "the texts of before are there already");
        let left = |w: &World| {
            let files = w.tree.inner.list(ROOT, "dists/stable").unwrap();
            let of = |part: &str| files.iter().filter(|(path, _)| path.contains(part)).count();
            (
                of("binary-amd64/Packages.diff/by-hash/"),
                of("binary-amd64/Packages.diff/T-"),
                of("Packages.diff/Index"),
            )
        };
        w.set(&["pdiffs="]);
        w.publish_later();
        assert_eq!(left(&w), (1, 1, 0), "who has read the list finds it and its patch");
        for _ in 0..3 {
            w.set(&["field.X-A=1"]);
            w.now = w.now.plus(100 * 86_400);
            w.publish();
            w.set(&["field.X-A="]);
            w.now = w.now.plus(100 * 86_400);
            w.publish();
        }
        assert_eq!(left(&w), (0, 0, 0));
    });
}

#[test]
fn an_earlier_file_that_is_gone_or_damaged_only_costs_its_patch() {
    let mut w = World::on_disk();
    filled(&w, "pdiffs=5");
    w.publish();
    let mut texts = vec![w.text("stable", PACKAGES)];
    let mut files = Vec::new();
    for number in 2..5 {
        let packages = w.bytes(&format!("dists/stable/{PACKAGES}")).unwrap();
        files.push(
            w.path()
                .join(ROOT)
                .join("dists/stable/main/binary-amd64/by-hash/SHA256")
                .join(Sha256::of(&packages).to_string()),
        );
        w.add("stable", "package-7", &number.to_string(), "amd64");
        w.publish_later();
        texts.push(w.text("stable", PACKAGES));
    }
    assert_eq!(tried(&w, &texts), [0, 1, 2]);
    std::fs::remove_file(&files[0]).unwrap();
    std::fs::write(&files[1], gzip(format!("{}Package: stranger\n\n", texts[1]).as_bytes())).unwrap();
    w.add("stable", "package-7", "9", "amd64");
    w.publish_later();
    texts.push(w.text("stable", PACKAGES));
    assert_eq!(tried(&w, &texts), [2, 3]);
}

#[test]
fn a_patch_that_was_damaged_is_not_kept() {
    let story = |damage: fn(&std::path::Path, &DiffIndex)| {
        let mut w = World::on_disk();
        filled(&w, "pdiffs=5");
        w.publish();
        let mut texts = vec![w.text("stable", PACKAGES)];
        for number in 2..4 {
            w.add("stable", "package-7", &number.to_string(), "amd64");
            w.publish_later();
            texts.push(w.text("stable", PACKAGES));
        }
        let directory = w.path().join(ROOT).join("dists/stable/main/binary-amd64/Packages.diff");
        damage(&directory, &list(&w, LIST).unwrap());
        w.add("stable", "other", "1", "arm64");
        w.publish_later();
        tried(&w, &texts)
    };
    // One that is left is as good as before.
    let first = |directory: &std::path::Path, list: &DiffIndex| {
        std::fs::write(directory.join(format!("{}.gz", list.patches[0].name)), "").unwrap();
    };
    assert_eq!(story(first), [1]);
    // Without any, or without their list, all are made anew.
    let all = |directory: &std::path::Path, list: &DiffIndex| {
        for patch in &list.patches {
            std::fs::remove_file(directory.join(format!("{}.gz", patch.name))).unwrap();
        }
    };
    assert_eq!(story(all), [0, 1]);
    let wrong = |directory: &std::path::Path, list: &DiffIndex| {
        let one = DiffIndex { patches: list.patches[..1].to_vec(), ..list.clone() };
        std::fs::write(directory.join("Index"), one.render()).unwrap();
    };
    assert_eq!(story(wrong), [0, 1]);
    let unreadable = |directory: &std::path::Path, _: &DiffIndex| {
        std::fs::remove_file(directory.join("Index")).unwrap();
        std::fs::create_dir(directory.join("Index")).unwrap();
    };
    assert_eq!(story(unreadable), [0, 1]);
}

#[test]
fn a_patch_that_is_larger_than_the_index_is_not_made() {
    on_both(|mut w| {
        w.set(&["pdiffs=5"]);
        // As small as it gets, with what a file of blocks has around them.
        w.set(&["compressors=zst"]);
        w.add("stable", "hello", "1", "arm64");
        w.publish();
        // All of the text is new: the patch has it too, and its command.
        w.add("stable", "hello", "1", "amd64");
        w.publish_later();
        assert_eq!(tried(&w, &[String::new()]), [0_usize; 0]);
    });
}

#[test]
fn translations_that_are_made_have_patches_and_sources_too() {
    on_both(|mut w| {
        filled(&w, "pdiffs=5");
        w.set(&["long_descriptions=no", "by_hash=no", "hashes=md5"]);
        w.publish();
        w.add("stable", "package-7", "2", "amd64");
        w.add("stable", "another", "2", "amd64");
        w.publish_later();
        // Without names by hash the live file is all that there is to start from.
        for path in ["main/i18n/Translation-en.diff/Index", LIST] {
            assert_eq!(list(&w, path).unwrap().patches.len(), 1, "{path}");
            assert!(w.release("stable").file(path).unwrap().checksums.md5.is_some());
        }
        assert!(list(&w, "main/binary-arm64/Packages.diff/Index").is_none());
    });
}

#[test]
fn the_same_records_give_the_same_patches() {
    let made = || {
        let mut w = World::on_disk();
        filled(&w, "pdiffs=5");
        w.publish();
        w.add("stable", "package-7", "2", "amd64");
        w.publish_later();
        (w.bytes(&format!("dists/stable/{LIST}")).unwrap(), w.text("stable", "Release"))
    };
    assert_eq!(made(), made());
}
