//! The tour, as a newcomer takes it.

use crate::support::tool::{Ran, tool};

#[test]
fn the_tour_ends_with_apt_reading_the_archive() {
    let home = tempfile::tempdir().unwrap();
    let directory = home.path().join("tour");
    let program = env!("CARGO_BIN_EXE_debpress");
    let said = Ran::of(tool(program, home.path()).arg("demo").arg(&directory)).ok();
    for part in [
        "01-good: greeting by ann is in the queue as new",
        "02-forged: signature.unknown-key",
        "03-damaged: file.hash-mismatch",
        "apt has verified the signature and every hash down to greeting 1.0-1",
        "apt has verified the signature and every hash down to greeting 1.0-2",
        "pool/main/g/greeting/greeting_1.0-2_arm64.deb",
        "The whole tour took",
    ] {
        assert!(said.stdout.contains(part), "{part} is missing in:\n{}", said.stdout);
    }
    let rejected = std::fs::read_to_string(directory.join("site/rejected/02-forged/reasons.json")).unwrap();
    assert!(rejected.contains("\"signature.unknown-key\""), "{rejected}");
    assert!(
        directory.join("apt/download/greeting-1.0/greeting.sh").exists(),
        "apt-get source has unpacked it"
    );
    let site = directory.join("site");
    Ran::of(tool(program, home.path()).arg("--site").arg(&site).args(["check", "--full"])).ok();
    let again = Ran::of(tool(program, home.path()).arg("demo").arg(&directory)).fails();
    assert!(again.stderr.contains("is not empty: name another directory"), "{}", again.stderr);
}

#[test]
fn without_apt_everything_else_still_runs() {
    let home = tempfile::tempdir().unwrap();
    let directory = home.path().join("tour");
    let mut command = tool(env!("CARGO_BIN_EXE_debpress"), home.path());
    let said = Ran::of(command.env("PATH", home.path()).arg("demo").arg(&directory)).ok();
    assert!(said.stdout.contains("There is no apt-get on this machine"), "{}", said.stdout);
    assert!(directory.join("site/archives/demo/dists/stable/InRelease").exists());
}
