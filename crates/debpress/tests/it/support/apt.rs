//! An apt of its own: own lists, own caches, no installed packages, no right or need to touch the machine's.

use std::path::{Path, PathBuf};
use std::process::Command;

use tempfile::TempDir;

use super::newest::confined;
use super::tool::{Ran, Said, tool};

/// An apt that believes to be on a machine of the architecture it was made for.
pub(crate) struct Apt {
    root: TempDir,
    /// The directory that it takes for the whole machine, if that is not the machine.
    chroot: Option<PathBuf>,
}

impl Apt {
    /// An apt without sources.
    pub(crate) fn new(architecture: &str) -> Self {
        Self::with_configuration(architecture, "")
    }

    /// An apt that reaches the network as the machine's own does: through its proxies, with its certificates.
    pub(crate) fn like_the_machine(architecture: &str) -> Self {
        let dump = Ran::of(tool("apt-config", Path::new("/")).arg("dump")).ok().stdout;
        let network = ["Acquire::http", "Acquire::ftp", "Acquire::Retries", "Acquire::Check"];
        let mut lines: Vec<&str> = dump.lines().collect();
        lines.retain(|line| network.iter().any(|name| line.starts_with(name)));
        Self::with_configuration(architecture, &lines.join("\n"))
    }

    /// The apt that lies in a directory which it takes for the whole machine.
    pub(super) fn in_chroot(chroot: &Path, architecture: &str, more: &str) -> Self {
        let below = chroot.join("tmp");
        std::fs::create_dir_all(&below).unwrap();
        let root = TempDir::with_prefix_in("apt", below).unwrap();
        Self { root, chroot: Some(chroot.to_owned()) }.configured(architecture, more)
    }

    /// An apt with further lines of configuration.
    pub(crate) fn with_configuration(architecture: &str, more: &str) -> Self {
        let root = TempDir::with_prefix("apt").unwrap();
        Self { root, chroot: None }.configured(architecture, more)
    }

    /// Its directory by the name that it has for it itself.
    fn seen(&self) -> PathBuf {
        let root = self.root.path();
        let below = self.chroot.as_ref().and_then(|chroot| root.strip_prefix(chroot).ok());
        below.map_or_else(|| root.to_owned(), |below| Path::new("/").join(below))
    }

    fn configured(self, architecture: &str, more: &str) -> Self {
        let apt = self;
        let root = apt.root.path();
        for directory in ["sources", "empty", "state/lists/partial", "cache/archives/partial", "work"] {
            std::fs::create_dir_all(root.join(directory)).unwrap();
        }
        std::fs::write(root.join("status"), "").unwrap();
        let configuration = format!(
            r#"
            Dir::Etc "{root}"; Dir::Etc::main "/dev/null"; Dir::Etc::parts "/dev/null";
            Dir::Etc::sourcelist "/dev/null"; Dir::Etc::sourceparts "sources";
            Dir::Etc::trusted "/dev/null"; Dir::Etc::trustedparts "empty";
            Dir::Etc::preferences "/dev/null"; Dir::Etc::preferencesparts "empty";
            Dir::State "{root}/state"; Dir::State::status "{root}/status"; Dir::Cache "{root}/cache";
            APT::Architecture "{architecture}"; APT::Architectures {{ "{architecture}"; }};
            APT::Sandbox::User ""; APT::Get::Assume-Yes "true"; APT::Update::Error-Mode "any";
            Acquire::Languages {{ "none"; }}; Acquire::GzipIndexes "false";
            {more}
            "#,
            root = apt.seen().display(),
        );
        std::fs::write(root.join("apt.conf"), configuration).unwrap();
        apt
    }

    /// Reads `suite` of the archive at `uri`, component main, packages and sources; `options` are further lines
    /// of the entry, such as `Signed-By: FILE`.
    pub(crate) fn source(&self, uri: &str, suite: &str, options: &str) {
        self.sources(&format!(
            "Types: deb deb-src\nURIs: {uri}\nSuites: {suite}\nComponents: main\n{options}\n"
        ));
    }

    /// Reads what the text of a `.sources` file names.
    pub(crate) fn sources(&self, text: &str) {
        std::fs::write(self.root.path().join("sources/it.sources"), text).unwrap();
    }

    /// Has a package installed, as the text of dpkg's status says.
    pub(crate) fn install(&self, status: &str) {
        std::fs::write(self.root.path().join("status"), status).unwrap();
    }

    /// The line of an entry that trusts a key, which it gets a copy of.
    pub(crate) fn signed_by(&self, key: &Path) -> String {
        self.signed_by_any(&[key])
    }

    /// The line of an entry that trusts each of these keys, which lie in files of their own.
    pub(crate) fn signed_by_any(&self, keys: &[&Path]) -> String {
        let copy = |(number, key): (usize, &&Path)| {
            let name = format!("archive-key-{number}.asc");
            std::fs::copy(key, self.root.path().join(&name)).unwrap();
            self.seen().join(name).display().to_string()
        };
        let files: Vec<String> = keys.iter().enumerate().map(copy).collect();
        format!("Signed-By: {}", files.join(" "))
    }

    /// A program of apt's that runs in `directory`; one that takes a directory for the machine runs in its own.
    pub(crate) fn command(&self, program: &str, directory: &Path) -> Command {
        let configuration = self.seen().join("apt.conf");
        let mut command = match &self.chroot {
            Some(chroot) => confined(chroot, program, &self.seen().join("work").to_string_lossy()),
            None => {
                let mut command = tool(program, self.root.path());
                command.current_dir(directory);
                command
            }
        };
        command.env("APT_CONFIG", configuration);
        command
    }

    /// Runs a program of apt's in the working directory.
    pub(crate) fn run(&self, program: &str, arguments: &[&str]) -> Ran {
        Ran::of(self.command(program, &self.work()).args(arguments))
    }

    /// Fetches the indexes; the least warning about them fails the test.
    #[track_caller]
    pub(crate) fn update(&self) {
        let Said { stdout, stderr } = self.run("apt-get", &["update"]).ok();
        assert!(!stderr.contains("W:"), "apt-get update warns:\n{stdout}\n{stderr}");
    }

    /// Runs apt-get, which must succeed, and returns what it printed.
    #[track_caller]
    pub(crate) fn get(&self, arguments: &[&str]) -> String {
        self.run("apt-get", arguments).ok().stdout
    }

    /// The directory in which commands run.
    pub(crate) fn work(&self) -> PathBuf {
        self.root.path().join("work")
    }

    /// The packages that `install --download-only` has fetched, by file name.
    pub(crate) fn downloaded(&self) -> Vec<String> {
        names(&self.root.path().join("cache/archives"))
    }

    /// The same with their paths.
    pub(crate) fn downloaded_files(&self) -> Vec<PathBuf> {
        let directory = self.root.path().join("cache/archives");
        names(&directory).into_iter().map(|name| directory.join(name)).collect()
    }

    /// The index whose name in apt's lists ends with `end`.
    #[track_caller]
    pub(crate) fn list(&self, end: &str) -> PathBuf {
        self.find(end).unwrap_or_else(|| panic!("apt has no list {end}, only {:?}", names(&self.lists())))
    }

    /// The same, if apt has it.
    pub(crate) fn find(&self, end: &str) -> Option<PathBuf> {
        let lists = self.lists();
        names(&lists).iter().find(|name| name.ends_with(end)).map(|name| lists.join(name))
    }

    fn lists(&self) -> PathBuf {
        self.root.path().join("state/lists")
    }
}

/// The configuration of a user who reads `language`.
pub(crate) fn reads(language: &str) -> String {
    format!("#clear Acquire::Languages;\nAcquire::Languages {{ \"{language}\"; }};")
}

/// The configuration that fetches Contents too, as the package apt-file makes the machine's own apt do.
pub(crate) fn fetches_contents() -> String {
    std::fs::read_to_string("/etc/apt/apt.conf.d/50apt-file.conf").unwrap()
}

/// The files of a directory, sorted.
fn names(directory: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(directory).unwrap().map(|entry| entry.unwrap());
    let files = entries.filter(|entry| entry.file_type().unwrap().is_file());
    let mut names: Vec<String> = files.map(|entry| entry.file_name().into_string().unwrap()).collect();
    names.retain(|name| name != "lock");
    names.sort();
    names
}
