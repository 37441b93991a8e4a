//! A site of its own for each story, driven through the real program.

use std::cell::Cell;
use std::path::{Path, PathBuf};

use debfmt::builder::{BuiltFile, BuiltSource, DEFAULT_TIME};
use tempfile::TempDir;

use super::tool::{Ran, Said, tool};

/// A day after everything that the builders make.
const START: i64 = DEFAULT_TIME + 86_400;

/// A site in a temporary directory, with a clock that moves when it is told to.
pub(crate) struct TestSite {
    home: TempDir,
    now: Cell<i64>,
}

impl TestSite {
    /// A site for the distribution `debian` with the series `stable`, the component `main` and `architectures`,
    /// which signs with a key of its own.
    pub(crate) fn new(architectures: &[&str]) -> Self {
        Self::with_options(architectures, &[])
    }

    /// The same without a signing key.
    pub(crate) fn unsigned(architectures: &[&str]) -> Self {
        Self::with_options(architectures, &["--no-signing-key"])
    }

    /// The same for amd64 with these components, separated by commas.
    pub(crate) fn with_components(components: &str) -> Self {
        Self::with_options(&["amd64"], &["--component", components, "--no-signing-key"])
    }

    /// The same with a signing key.
    pub(crate) fn signed_with_components(components: &str) -> Self {
        Self::with_options(&["amd64"], &["--component", components])
    }

    /// The same as [`TestSite::new`], in a new directory below `parent`.
    pub(crate) fn below(parent: impl AsRef<Path>, architectures: &[&str]) -> Self {
        Self::made_in(TempDir::with_prefix_in("site", parent).unwrap(), architectures, &[])
    }

    fn with_options(architectures: &[&str], options: &[&str]) -> Self {
        Self::made_in(TempDir::with_prefix("site").unwrap(), architectures, options)
    }

    fn made_in(home: TempDir, architectures: &[&str], options: &[&str]) -> Self {
        let site = Self { home, now: Cell::new(START) };
        let root = site.root();
        let fixed = ["init", root.to_str().unwrap(), "--distribution", "debian", "--series", "stable"];
        let mut arguments = [&fixed[..], options].concat();
        for architecture in architectures {
            arguments.extend(["--arch", architecture]);
        }
        Ran::of(site.program().args(arguments)).ok();
        site
    }

    /// The site's directory.
    pub(crate) fn root(&self) -> PathBuf {
        self.home.path().join("site")
    }

    /// What clients see: the root of the primary archive.
    pub(crate) fn archive(&self) -> PathBuf {
        self.root().join("archives/debian")
    }

    /// The public key that clients are given.
    pub(crate) fn public_key(&self) -> PathBuf {
        self.root().join("keys/archive-key.asc")
    }

    /// The public key of an archive, as its users are given it.
    #[track_caller]
    pub(crate) fn archive_key(&self, archive: &str) -> PathBuf {
        let path = self.home.path().join(format!("{}.asc", archive.replace('/', "-")));
        self.run(&["key", "export", "--archive", archive, path.to_str().unwrap()]).ok();
        path
    }

    /// The site's time, in seconds since 1970 UTC.
    pub(crate) fn now(&self) -> i64 {
        self.now.get()
    }

    /// Lets time pass.
    pub(crate) fn advance(&self, seconds: i64) {
        self.now.set(self.now.get() + seconds);
    }

    /// Runs a command of debpress on the site.
    pub(crate) fn run(&self, arguments: &[&str]) -> Ran {
        Ran::of(self.program().arg("--site").arg(self.root()).args(arguments))
    }

    /// Writes files beside the site and returns their paths.
    pub(crate) fn write<'a>(&self, files: impl IntoIterator<Item = &'a BuiltFile>) -> Vec<PathBuf> {
        let directory = self.home.path().join("made");
        std::fs::create_dir_all(&directory).unwrap();
        let write = |file: &BuiltFile| {
            let path = directory.join(&file.name);
            std::fs::write(&path, &file.bytes).unwrap();
            path
        };
        files.into_iter().map(write).collect()
    }

    /// Adds binary packages to `suite`.
    #[track_caller]
    pub(crate) fn add(&self, suite: &str, files: &[BuiltFile]) {
        self.add_paths(suite, &self.write(files));
    }

    /// Adds a source package to `suite`.
    #[track_caller]
    pub(crate) fn add_source(&self, suite: &str, source: &BuiltSource) {
        let paths = self.write(std::iter::once(&source.dsc).chain(&source.files));
        self.add_paths(suite, &paths[..1]);
    }

    /// Adds files or directories to `suite`.
    #[track_caller]
    pub(crate) fn add_paths(&self, suite: &str, paths: &[PathBuf]) {
        let paths = paths.iter().map(|path| path.to_str().unwrap());
        self.run(&[&["add", "--suite", suite][..], &paths.collect::<Vec<_>>()].concat()).ok();
    }

    /// Publishes what has changed.
    #[track_caller]
    pub(crate) fn publish(&self) -> Said {
        self.run(&["publish-distro", "-d", "debian"]).ok()
    }

    /// A file of the archive.
    #[track_caller]
    pub(crate) fn read(&self, path: &str) -> Vec<u8> {
        let path = self.archive().join(path);
        std::fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
    }

    /// A directory for whatever the story needs.
    pub(crate) fn scratch(&self) -> &Path {
        self.home.path()
    }

    /// A program like debpress on the site, run by time(1), which writes memory (KiB), user and system seconds into a file.
    pub(crate) fn timed(&self, figures: &Path, program: &str) -> std::process::Command {
        let mut command = tool("time", self.home.path());
        command.env("DEBPRESS_NOW", self.now.get().to_string());
        command.args(["-f", "%M %U %S", "-o", figures.to_str().unwrap(), program, "--site"]).arg(self.root());
        command
    }

    /// The program, ready to run in the story's environment, without a site.
    pub(crate) fn program(&self) -> std::process::Command {
        let mut command = tool(env!("CARGO_BIN_EXE_debpress"), self.home.path());
        command.env("DEBPRESS_NOW", self.now.get().to_string());
        command
    }

    /// The same, ended by Ctrl-C even where the tests themselves ignore it, as what a shell puts into the background does.
    pub(crate) fn program_for_signals(&self) -> std::process::Command {
        let mut command = tool("env", self.home.path());
        command.env("DEBPRESS_NOW", self.now.get().to_string());
        command.arg("--default-signal=INT,TERM").arg(env!("CARGO_BIN_EXE_debpress"));
        command
    }
}
