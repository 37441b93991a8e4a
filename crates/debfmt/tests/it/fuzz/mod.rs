//! Readers of foreign bytes against inputs that nobody has thought of.
//!
//! Each target states what must hold for *every* input: it never panics, what it accepts it writes so that it reads the
//! same again, and it takes no more memory than it says. Inputs are mutations of the seeds in `tests/seeds/TARGET/`, made by a
//! generator that gives the same inputs every time; those with a new outcome become seeds of the run.
//!
//! `DEBFMT_FUZZ=N` runs N inputs a target instead of a few thousand, and `DEBFMT_FUZZ_SEED=S` others. An input that fails
//! is written to `target/fuzz/`; once the fault is mended it becomes `tests/seeds/TARGET/regression-NAME`.

mod driver;
mod pack;
mod targets;

use std::path::{Path, PathBuf};

use driver::Run;
use targets::TARGETS;

/// Inputs a target in a run of all tests.
const SHORT: u64 = 20_000;

fn setting(name: &str, default: u64) -> u64 {
    match std::env::var(name) {
        Ok(text) => text.parse().unwrap_or_else(|_| panic!("{name} is {text:?}, not a number")),
        Err(_) => default,
    }
}

fn seeds(target: &str) -> Vec<Vec<u8>> {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/seeds").join(target);
    let entries =
        std::fs::read_dir(&directory).unwrap_or_else(|error| panic!("{}: {error}", directory.display()));
    let mut paths: Vec<PathBuf> = entries.map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    paths.iter().map(|path| std::fs::read(path).unwrap()).collect()
}

#[test]
fn every_target_holds_for_its_seeds_and_their_mutations() {
    // In a process of its own: a stack overflow or an abort ends that one, and nobody else counts in its memory.
    let me = std::env::current_exe().unwrap();
    for target in TARGETS {
        let mut child = std::process::Command::new(&me);
        child.args(["--exact", "fuzz::one_target", "--ignored", "--nocapture", "--test-threads=1"]);
        let ended = child.env("DEBFMT_FUZZ_TARGET", target.name).output().unwrap();
        let (out, err) = (String::from_utf8_lossy(&ended.stdout), String::from_utf8_lossy(&ended.stderr));
        assert!(ended.status.success(), "{}: {}\n{out}\n{err}", target.name, ended.status);
    }
}

#[test]
#[ignore = "a part of the test above, which runs it in a process of its own"]
fn one_target() {
    let wanted = std::env::var("DEBFMT_FUZZ_TARGET").expect("DEBFMT_FUZZ_TARGET names the target");
    let target = TARGETS.iter().find(|target| target.name == wanted).expect("there is such a target");
    let (inputs, seed) = (setting("DEBFMT_FUZZ", SHORT), setting("DEBFMT_FUZZ_SEED", 1));
    let run = Run { target, seeds: seeds(target.name), inputs, seed };
    println!("{}", run.run());
}

/// The fuzzer can fail: it finds a fault that sits three bytes deep.
#[test]
fn the_fuzzer_finds_a_planted_fault() {
    fn planted(input: &[u8]) -> String {
        let deep = input.iter().position(|byte| *byte == b'!').filter(|at| input.get(at + 1) == Some(&b'!'));
        match deep {
            Some(at) if input.get(at + 2) == Some(&0xff) => panic!("found"),
            Some(_) => "two".into(),
            None if input.contains(&b'!') => "one".into(),
            None => "none".into(),
        }
    }
    let target = targets::Target { name: "planted", check: planted, words: &["!"], memory: usize::MAX };
    let run = Run { target: &target, seeds: vec![b"hello".to_vec()], inputs: 200_000, seed: 1 };
    let found = std::panic::catch_unwind(|| run.run());
    let message = *found.unwrap_err().downcast::<String>().unwrap();
    assert!(message.contains("planted") && message.contains("target/fuzz"), "{message}");
}
