//! A maintainer at work: builds with dpkg-buildpackage, signs with debsign, sends with dput or dput-ng.

use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

use debpress::model::time::Timestamp;
use tempfile::TempDir;

use crate::support::gnupg::Gnupg;
use crate::support::mirror::machine_apt;
use crate::support::tool::{Ran, tool};

/// When the key was made, and everything signed: before the site's clock.
pub(super) const THEN: Timestamp = Timestamp(debfmt::builder::DEFAULT_TIME);

const RULES: &str = "#!/usr/bin/make -f
clean build build-arch build-indep binary-indep:
binary binary-arch:
\tmkdir -p debian/tmp/DEBIAN
\tdpkg-gencontrol -p$(NAME) -Pdebian/tmp
\tdpkg-deb --root-owner-group -Znone --build debian/tmp ..
";

/// Which program sends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Sender {
    Dput,
    DputNg,
}

/// A maintainer with a key, a home and a directory in which packages are built.
pub(super) struct Maintainer {
    gnupg: Gnupg,
    key: String,
    work: TempDir,
}

impl Maintainer {
    pub(super) fn new() -> Self {
        let gnupg = Gnupg::new();
        // debsign and dput have no option for it.
        let clock = THEN.to_string().replace(['-', ':', 'Z'], "");
        gnupg.write("gpg.conf", format!("faked-system-time {clock}!\n").as_bytes());
        let key = gnupg.make_key(THEN, "Ann <ann@example.org>", "ed25519", "never");
        Self { gnupg, key, work: TempDir::with_prefix("work").unwrap() }
    }

    /// A file with the public key.
    pub(super) fn public_key(&self) -> PathBuf {
        self.gnupg.write("ann.asc", &self.gnupg.export(THEN, &self.key))
    }

    /// Builds and signs `name`; `options` are for dpkg-buildpackage. Returns the name of the .changes.
    pub(super) fn build(&self, name: &str, version: &str, options: &[&str]) -> String {
        let upstream = version.split('-').next().unwrap();
        let tree = self.work.path().join(format!("{name}-{upstream}"));
        std::fs::create_dir_all(tree.join("debian/source")).unwrap();
        let write = |path: &str, text: &str| std::fs::write(tree.join(path), text).unwrap();
        write("README", "hello\n");
        let orig = self.work.path().join(format!("{name}_{upstream}.orig.tar.gz"));
        if !orig.exists() {
            let mut tar = self.tool("tar");
            tar.args(["--exclude=debian", "-czf"]).arg(&orig).arg(tree.file_name().unwrap());
            Ran::of(&mut tar).ok();
        }
        write("debian/source/format", "3.0 (quilt)\n");
        write("debian/control", &control(name));
        write("debian/copyright", "Who likes may use it.\n");
        write("debian/rules", &RULES.replace("$(NAME)", name));
        std::fs::set_permissions(tree.join("debian/rules"), PermissionsExt::from_mode(0o755)).unwrap();
        write(
            "debian/changelog",
            &format!(
                "{name} ({version}) stable; urgency=low\n\n  * New.\n\n -- Ann <ann@example.org>  Mon, 01 Jun 2026 00:00:00 +0000\n"
            ),
        );
        let mut build = self.tool("dpkg-buildpackage");
        Ran::of(build.current_dir(&tree).args(["-us", "-uc", "-d"]).args(options)).ok();
        let changes = self.changes_of(name, version);
        Ran::of(self.tool("debsign").arg(format!("-k{}", self.key)).arg(&changes)).ok();
        std::fs::remove_dir_all(&tree).unwrap();
        changes
    }

    fn changes_of(&self, name: &str, version: &str) -> String {
        let start = format!("{name}_{version}_");
        let entries = std::fs::read_dir(self.work.path()).unwrap();
        let mut names = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap());
        names.find(|name| name.starts_with(&start) && name.ends_with(".changes")).unwrap()
    }

    /// Sends an upload into a directory of this machine.
    pub(super) fn send(&self, sender: Sender, incoming: &Path, changes: &str) -> Ran {
        let configuration = format!("[tux]\nmethod = local\nincoming = {}\n", incoming.display());
        let file = format!("{changes}.cf");
        std::fs::write(self.work.path().join(&file), configuration).unwrap();
        let mut command = match sender {
            Sender::Dput => self.tool("dput"),
            Sender::DputNg => {
                let root = dput_ng();
                // Where it looks for what is not installed.
                for (name, place) in [("skel", "usr/share/dput-ng"), (".dput.d", "etc/dput.d")] {
                    let link = self.work.path().join(name);
                    if !link.exists() {
                        std::os::unix::fs::symlink(root.join(place), &link).unwrap();
                    }
                }
                let mut command = self.tool("python3");
                command.env("PYTHONPATH", root.join("usr/lib/python3/dist-packages"));
                command.arg(root.join("usr/bin/dput"));
                command
            }
        };
        Ran::of(command.args(["-c", &file, "tux", changes]))
    }

    fn tool(&self, program: &str) -> Command {
        let mut command = tool(program, self.work.path());
        command.env("GNUPGHOME", self.gnupg.home());
        command
    }
}

fn control(name: &str) -> String {
    format!(
        "Source: {name}\nSection: misc\nPriority: optional\nMaintainer: Ann <ann@example.org>\nRules-Requires-Root: no\nStandards-Version: 4.6.2\n\nPackage: {name}\nArchitecture: any\nDescription: a package for a test\n Built for real.\n"
    )
}

/// dput-ng, unpacked and not installed: as a package it excludes dput.
fn dput_ng() -> &'static Path {
    static ROOT: OnceLock<PathBuf> = OnceLock::new();
    ROOT.get_or_init(|| {
        let cache = Path::new(env!("CARGO_TARGET_TMPDIR")).join("../test-cache");
        let root = cache.join("dput-ng-1");
        if !root.is_dir() {
            std::fs::create_dir_all(&cache).unwrap();
            let staging = TempDir::new_in(&cache).unwrap();
            let apt = machine_apt();
            Ran::of(apt.command("apt-get", &apt.work()).args(["download", "dput-ng", "python3-dput"])).ok();
            for entry in std::fs::read_dir(apt.work()).unwrap() {
                let mut unpack = tool("dpkg-deb", staging.path());
                Ran::of(unpack.arg("-x").arg(entry.unwrap().path()).arg("unpacked")).ok();
            }
            // Another run may have been faster; what it has is as good.
            if let Err(error) = std::fs::rename(staging.path().join("unpacked"), &root) {
                assert!(root.is_dir(), "cannot keep dput-ng: {error}");
            }
        }
        root
    })
}
