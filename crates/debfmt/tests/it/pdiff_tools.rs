//! Our patches in the hands of those who apply them, and theirs in ours.

use std::path::Path;

use debfmt::pdiff::{apply, diff};

use crate::support::{program, read, stdout};

/// The program of apt's that applies patches.
const RRED: &str = "/usr/lib/apt/methods/rred";

/// Texts as indexes have them, made by a number: stanzas that come, go, change and move.
fn text(seed: u32) -> String {
    let mut state = seed;
    let mut next = |below: u32| {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (state >> 16) % below
    };
    let mut stanzas = Vec::new();
    for number in 0..40 {
        if next(8) > 0 {
            let (version, more) = (next(3), "Depends: x\n".repeat(next(3) as usize));
            stanzas.push(format!(
                "Package: p{number:02}\nVersion: {version}\n{more}Description: d\n .\n more\n\n"
            ));
        }
    }
    if next(4) == 0 {
        let at = next(20) as usize;
        let moved = stanzas.remove(at);
        stanzas.push(moved);
    }
    stanzas.truncate(next(60) as usize);
    stanzas.concat()
}

#[test]
fn apt_ed_and_patch_apply_our_scripts_and_we_apply_those_of_diff() {
    let directory = tempfile::tempdir().unwrap();
    let path = |name: &str| directory.path().join(name);
    let write = |name: &str, bytes: &[u8]| std::fs::write(path(name), bytes).unwrap();
    let run = |line: &str| stdout(program("sh").args(["-ec", line]).current_dir(directory.path()));
    for seed in 0..60 {
        let (old, new) = (text(seed), text(seed * 7 + 1));
        let script = diff(old.as_bytes(), new.as_bytes()).unwrap();
        write("old", old.as_bytes());
        write("new", new.as_bytes());
        write("script", &script);
        assert!(Path::new(RRED).exists());
        run(&format!("{RRED} -t old by-apt script && cmp new by-apt"));
        run(&format!("{RRED} -f script < old > by-apt && cmp new by-apt"));
        run("cp old by-ed && { cat script; printf 'w\\nq\\n'; } | ed -s by-ed > printed && cmp new by-ed");
        if !script.is_empty() {
            run("cp old by-patch && patch --quiet --ed by-patch script && cmp new by-patch");
        }
        run("diff --ed old new > theirs || true");
        assert_eq!(apply(old.as_bytes(), &read(path("theirs"))).unwrap(), new.as_bytes(), "{seed}");
        assert!(
            script.len() <= 2 * read(path("theirs")).len() + 100,
            "no patch is much larger than that of diff"
        );
    }
}
