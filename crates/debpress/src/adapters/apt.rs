//! The real apt, in a root of its own: it reads and changes nothing of the machine's own apt, and needs no root rights.
#![expect(clippy::disallowed_methods, reason = "the adapter that starts apt")]

use std::io;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use super::fs::durable;

/// An apt with its own configuration, lists and cache below one directory.
#[derive(Debug)]
pub struct PrivateApt {
    root: PathBuf,
}

/// What a run of apt gave.
#[derive(Debug)]
pub struct AptRun {
    /// The command line, for people to repeat.
    pub command: String,
    /// Whether it exited with 0.
    pub success: bool,
    /// What it said, on both streams.
    pub text: String,
}

impl PrivateApt {
    /// Makes the root. `architectures`: the first is the machine's own as apt sees it.
    ///
    /// # Errors
    /// A file cannot be written.
    pub fn create(root: &Path, architectures: &[&str]) -> io::Result<Self> {
        for directory in ["etc/sources.list.d", "state/lists/partial", "cache/archives/partial", "download"] {
            durable::create_dir_all(&root.join(directory))?;
        }
        let native = architectures.first().copied().unwrap_or("amd64");
        let list: String =
            architectures.iter().map(|name| format!("APT::Architectures:: \"{name}\";\n")).collect();
        let path = |below: &str| root.join(below).display().to_string();
        // An empty user keeps apt from changing to `_apt`, who may not enter a private directory.
        let configuration = format!(
            "APT::Architecture \"{native}\";\n#clear APT::Architectures;\n{list}\
             Dir::Etc::SourceList \"/dev/null\";\nDir::Etc::SourceParts \"{}\";\nDir::Etc::Parts \"/dev/null\";\n\
             Dir::Etc::PreferencesParts \"/dev/null\";\nDir::State \"{}\";\nDir::State::status \"{}\";\n\
             Dir::Cache \"{}\";\nDir::Log \"{}\";\nAPT::Sandbox::User \"\";\nDebug::NoLocking \"1\";\n\
             Acquire::Languages \"none\";\nAPT::Get::AllowUnauthenticated \"false\";\n",
            path("etc/sources.list.d"),
            path("state"),
            path("state/status"),
            path("cache"),
            path("cache"),
        );
        durable::write_file(&root.join("apt.conf"), configuration.as_bytes(), durable::PUBLIC)?;
        durable::write_file(&root.join("state/status"), b"", durable::PUBLIC)?;
        Ok(Self { root: root.to_owned() })
    }

    /// Whether there is an apt on this machine.
    pub fn is_installed() -> bool {
        Command::new("apt-get").arg("--version").output().is_ok_and(|output| output.status.success())
    }

    /// Whether `apt-get source` can unpack what it downloads.
    pub fn can_unpack_sources() -> bool {
        Command::new("dpkg-source").arg("--version").output().is_ok_and(|output| output.status.success())
    }

    /// Writes a `.sources` file (deb822, sources.list(5)).
    ///
    /// # Errors
    /// The file cannot be written.
    pub fn add_source(&self, name: &str, text: &str) -> io::Result<()> {
        let path = self.root.join("etc/sources.list.d").join(format!("{name}.sources"));
        durable::write_file(&path, text.as_bytes(), durable::PUBLIC)
    }

    /// Where `apt-get source` and `apt-get download` put files.
    pub fn downloads(&self) -> PathBuf {
        self.root.join("download")
    }

    /// Runs `apt-get` with these arguments.
    ///
    /// # Errors
    /// It cannot be started. That it failed is in the answer.
    pub fn get(&self, arguments: &[&str]) -> io::Result<AptRun> {
        let configuration = self.root.join("apt.conf");
        let output = Command::new("apt-get")
            .args(arguments)
            .env("APT_CONFIG", &configuration)
            .env("LC_ALL", "C.UTF-8")
            .current_dir(self.downloads())
            .output()?;
        let command = format!("APT_CONFIG={} apt-get {}", configuration.display(), arguments.join(" "));
        Ok(AptRun { command, success: output.status.success(), text: text_of(&output) })
    }
}

fn text_of(output: &Output) -> String {
    let both = [output.stdout.as_slice(), output.stderr.as_slice()].concat();
    String::from_utf8_lossy(&both).into_owned()
}
