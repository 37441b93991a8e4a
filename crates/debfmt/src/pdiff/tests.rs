use proptest::prelude::*;

use super::*;
use crate::digest::Sha256;

fn script(old: &str, new: &str) -> String {
    String::from_utf8(diff(old.as_bytes(), new.as_bytes()).unwrap()).unwrap()
}

#[test]
fn a_script_goes_from_the_last_line_to_the_first() {
    let old = "Package: a\nVersion: 1\n\nPackage: b\nVersion: 1\nSize: 3\n\nPackage: c\n\nPackage: d\n\n";
    let new =
        "Package: a\nVersion: 2\n\nPackage: b\nVersion: 1\n\nPackage: c\n\nPackage: cc\n\nPackage: d\n\n";
    assert_eq!(script(old, new), "9a\nPackage: cc\n\n.\n6d\n2c\nVersion: 2\n.\n");
    assert_eq!(apply(old.as_bytes(), script(old, new).as_bytes()).unwrap(), new.as_bytes());
    assert_eq!(script(old, old), "");
    assert_eq!(script("", "a\n"), "0a\na\n.\n");
    assert_eq!(script("a\nb\n", ""), "1,2d\n");
}

#[test]
fn what_a_script_cannot_say_has_none() {
    for (old, new) in [("a", "b\n"), ("a\n", "b"), ("a\n", "a\n.\nb\n")] {
        assert_eq!(diff(old.as_bytes(), new.as_bytes()), None, "{old:?} {new:?}");
    }
    let long = format!("{}\n", "x".repeat(300_000));
    assert_eq!(diff(b"a\n", long.as_bytes()), None);
    assert_eq!(diff(long.as_bytes(), b"a\n").unwrap(), b"1c\na\n.\n", "only what is written counts");
    assert_eq!(diff(b".\na\n", b".\nb\n").unwrap(), b"2c\nb\n.\n");
}

#[test]
fn a_wrong_script_is_refused() {
    let bad = |script: &str| apply(b"a\nb\nc\n", script.as_bytes()).unwrap_err();
    for command in ["2x\n", "s/a/b/\n", "-1d\n", "0d\n", "3,2d\n", "2d", "d\n", "\n", "+2d\n", "1,2a\nx\n.\n"]
    {
        assert!(matches!(bad(command), ScriptError::BadCommand { line: 1, .. }), "{command:?}");
    }
    assert_eq!(bad("1d\n3d\n"), ScriptError::OutOfOrder { line: 1 });
    assert_eq!(bad("4d\n"), ScriptError::OutOfOrder { line: 1 });
    assert_eq!(bad("9a\nx\n.\n"), ScriptError::OutOfOrder { line: 1 });
    assert_eq!(bad("1c\nx\n"), ScriptError::Truncated);
}

fn sum(fill: u8, size: u64) -> Sum {
    Sum { sha256: Sha256::from_bytes([fill; 32]), size }
}

fn index() -> DiffIndex {
    let patch = |name: &str, fill: u8| Patch {
        name: name.to_owned(),
        from: sum(fill, 10),
        script: sum(fill + 1, 20),
        download: sum(fill + 2, 30),
    };
    DiffIndex { current: sum(1, 99), patches: vec![patch("b-1", 2), patch("a-1", 5)] }
}

#[test]
fn a_list_of_patches_is_read_as_it_was_written() {
    let text = index().render();
    assert!(
        text.starts_with("SHA256-Current: 0101") && text.ends_with("\nX-Patch-Precedence: merged\n"),
        "{text}"
    );
    assert!(text.contains("\nSHA256-Download:\n 0404") && text.contains(" 30 b-1.gz\n"), "{text}");
    assert_eq!(DiffIndex::parse(text.as_bytes(), &Limits::index()).unwrap(), index());
}

#[test]
fn a_wrong_list_of_patches_is_refused() {
    let text = index().render();
    let refused = |from: &str, to: &str| {
        let wrong = text.replacen(from, to, 1);
        assert_ne!(wrong, text);
        DiffIndex::parse(wrong.as_bytes(), &Limits::index()).unwrap_err()
    };
    assert_eq!(refused("merged", "no"), DiffIndexError::NotMerged);
    assert_eq!(refused("SHA256-Current", "X"), DiffIndexError::MissingField { field: "SHA256-Current" });
    assert!(matches!(refused(" 10 b-1", " ten b-1"), DiffIndexError::BadLine { .. }));
    assert!(matches!(refused("b-1.gz", "b-1.xz"), DiffIndexError::BadLine { .. }));
    assert!(matches!(refused(" 0202", " 02"), DiffIndexError::BadDigest { .. }));
    assert_eq!(refused("b-1\n", "../b\n"), DiffIndexError::BadName { name: "../b".into() });
    let uneven = |field| DiffIndexError::Uneven { field, name: "a-1".into() };
    assert_eq!(refused(" 30 a-1.gz", " 30 c-1.gz"), uneven("SHA256-Download"));
    let dropped = format!(" {} 10 a-1\n", sum(5, 10).sha256);
    assert_eq!(refused(&dropped, ""), uneven("SHA256-History"));
}

/// Stanzas as an index has them, and as it has not: out of order, twice, empty.
pub(super) fn texts() -> impl Strategy<Value = (String, String)> {
    let stanza = ("[a-e]{1,2}", 0..3_u8, "[ -~]{0,6}")
        .prop_map(|(name, version, rest)| format!("Package: {name}\nVersion: {version}\nX:{rest}\n\n"));
    let stanza = prop_oneof![8 => stanza, 1 => "\n?[a-c]{0,2}\n"];
    let text = || proptest::collection::vec(stanza.clone(), 0..12);
    let edit = (any::<prop::sample::Index>(), 0..4_u8, stanza.clone());
    let edited = (text(), proptest::collection::vec(edit, 0..5)).prop_map(|(old, edits)| {
        let mut new = old.clone();
        for (at, what, stanza) in edits {
            let at = at.index(new.len() + 1);
            match what {
                0 => new.insert(at, stanza),
                1 if at < new.len() => drop(new.remove(at)),
                2 if at < new.len() => new[at] = stanza,
                _ => new.truncate(at),
            }
        }
        (old.concat(), new.concat())
    });
    let sorted = (text(), text()).prop_map(|(mut old, mut new)| {
        old.sort();
        new.sort();
        (old.concat(), new.concat())
    });
    prop_oneof![edited, sorted]
}

proptest! {
    #[test]
    fn a_script_makes_the_new_text_of_the_old_one((old, new) in texts()) {
        let script = diff(old.as_bytes(), new.as_bytes()).unwrap();
        prop_assert_eq!(String::from_utf8(apply(old.as_bytes(), &script).unwrap()).unwrap(), new);
    }

    #[test]
    fn arbitrary_scripts_never_panic(script in "([0-9,]{0,3}[acd.x]\n|[ -~]{0,4}\n){0,6}") {
        let _unused = apply(b"a\nb\nc\n", script.as_bytes());
    }
}

#[test]
fn a_large_index_costs_little_more_than_reading_it() {
    let text = |changed: usize| -> String {
        (0..60_000)
            .map(|n| format!("Package: p{n:06}\nVersion: {}\nSize: 3\n\n", u8::from(n % changed == 7)))
            .collect()
    };
    // Everything changed, at once in both directions: what would be quadratic never ends.
    for (one, other) in [(60_001, 600), (60_001, 2), (1, 60_001)] {
        let (old, new) = (text(one), text(other));
        let script = diff(old.as_bytes(), new.as_bytes()).unwrap();
        assert_eq!(apply(old.as_bytes(), &script).unwrap(), new.as_bytes());
    }
    let mut stanzas: Vec<String> = text(600).split_inclusive("\n\n").map(str::to_owned).collect();
    stanzas.reverse();
    let reversed = stanzas.concat();
    let script = diff(text(600).as_bytes(), reversed.as_bytes()).unwrap();
    assert_eq!(apply(text(600).as_bytes(), &script).unwrap(), reversed.as_bytes());
    let same: String = "Package: p\n\n".repeat(60_000);
    let script = diff(same.as_bytes(), text(600).as_bytes()).unwrap();
    assert_eq!(apply(same.as_bytes(), &script).unwrap(), text(600).as_bytes());
}
