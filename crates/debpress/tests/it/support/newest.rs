//! The apt of Debian's newest release, in a directory of its own that it takes for the whole machine.
//!
//! The machine's own mirror has it. Its packages are unpacked, not installed: apt needs libraries and nothing else. They
//! are kept below `target/` like the other packages of the mirror.

use std::path::{Path, PathBuf};
use std::process::Command;

use tempfile::TempDir;

use super::apt::Apt;
use super::mirror;
use super::tool::{Ran, tool};

/// The codename of Debian's newest release.
const NEWEST: &str = "trixie";
/// What apt needs to fetch, verify and show; the rest are dependencies.
const PACKAGES: [&str; 6] = ["apt", "base-files", "coreutils", "dpkg", "libc-bin", "sqv"];

/// The newest release's apt, which believes to be on a machine of that architecture; `None`, which is said, where the
/// mirror has no such release.
pub(crate) fn newest_apt(architecture: &str) -> Option<Apt> {
    Some(Apt::in_chroot(&cached()?, architecture, ""))
}

/// The same story with the machine's own apt and, where the mirror has it, with that of the newest release. The story gets
/// what makes an apt for amd64 with further lines of configuration.
pub(crate) fn with_either_apt(story: impl Fn(&dyn Fn(&str) -> Apt)) {
    story(&|more| Apt::with_configuration("amd64", more));
    if let Some(root) = cached() {
        story(&|more| Apt::in_chroot(&root, "amd64", more));
    }
}

#[expect(clippy::print_stderr, reason = "a test that is left out says so")]
fn cached() -> Option<PathBuf> {
    let cache = Path::new(env!("CARGO_TARGET_TMPDIR")).join("../test-cache");
    std::fs::create_dir_all(&cache).unwrap();
    let root = cache.join(format!("apt-of-{NEWEST}-2"));
    if root.is_dir() {
        return Some(root);
    }
    let staging = TempDir::new_in(&cache).unwrap();
    let Some(apt) = mirror::machine_apt_for(NEWEST) else {
        eprintln!("left out: the mirror has no {NEWEST}, whose apt would read the archive");
        return None;
    };
    apt.get(&[&["install", "--download-only", "--no-install-recommends"][..], &PACKAGES].concat());
    // Every directory of programs and libraries is in /usr, and has its old name too.
    for name in ["bin", "sbin", "lib", "lib64"] {
        std::fs::create_dir_all(staging.path().join("usr").join(name)).unwrap();
        std::os::unix::fs::symlink(format!("usr/{name}"), staging.path().join(name)).unwrap();
    }
    for file in apt.downloaded_files() {
        Ran::of(tool("dpkg-deb", Path::new("/")).arg("--extract").arg(file).arg(staging.path())).ok();
    }
    std::fs::create_dir_all(staging.path().join("dev")).unwrap();
    // Empty in any case, which is all that is asked of it here.
    std::fs::write(staging.path().join("dev/null"), "").unwrap();
    // Another run may have been faster; its apt is as good.
    if let Err(error) = std::fs::rename(staging.path(), &root) {
        assert!(root.is_dir(), "cannot keep the apt of {NEWEST}: {error}");
    }
    Some(root)
}

/// A program that takes `root` for the whole machine.
pub(super) fn confined(root: &Path, program: &str, home: &str) -> Command {
    let is_root = Ran::of(tool("id", Path::new("/")).arg("-u")).ok().stdout.trim() == "0";
    let mut command = match is_root {
        true => tool("chroot", Path::new("/")),
        false => {
            let mut command = tool("unshare", Path::new("/"));
            command.args(["--map-root-user", "chroot"]);
            command
        }
    };
    command.arg(root).args(["/usr/bin/env", "-C", home]).arg(program);
    command
}
