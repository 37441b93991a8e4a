//! Real packages of the Debian mirror that this machine is configured for.
//!
//! They are fetched once with an apt of our own and kept below `target/`; the mirror's own stanzas about them
//! are kept beside them.

use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use debfmt::deb822::Paragraph;
use tempfile::TempDir;

use super::apt::Apt;
use super::stanzas::{field, parse, read_index};
use super::tool::{Ran, tool};

mod choose;

use choose::Stanza;

/// Changes when the choice of packages does, so that the old ones are not taken for the new ones.
const CHOICE: &str = "debian-2";

/// The packages, on disk.
pub(crate) struct Mirror {
    root: PathBuf,
}

impl Mirror {
    /// The packages, fetched unless an earlier run did that.
    pub(crate) fn get() -> &'static Self {
        static MIRROR: OnceLock<Mirror> = OnceLock::new();
        MIRROR.get_or_init(|| {
            let cache = Path::new(env!("CARGO_TARGET_TMPDIR")).join("../test-cache");
            let root = cache.join(CHOICE);
            if !root.is_dir() {
                fetch(&cache, &root);
            }
            Mirror { root }
        })
    }

    /// The directory that holds the binary packages and nothing else.
    pub(crate) fn packages(&self) -> PathBuf {
        self.root.join("packages")
    }

    /// The `.dsc` files of the source packages.
    pub(crate) fn dscs(&self) -> Vec<PathBuf> {
        let entries = std::fs::read_dir(self.root.join("sources")).unwrap();
        let paths = entries.map(|entry| entry.unwrap().path());
        let mut paths: Vec<PathBuf> = paths.filter(|path| path.extension() == Some("dsc".as_ref())).collect();
        paths.sort();
        paths
    }

    /// What the mirror says about those source packages of which it had every file, with their `.dsc` files.
    ///
    /// Not every mirror keeps the archives of all source packages whose `.dsc` it keeps.
    pub(crate) fn whole_sources(&self) -> (Vec<Paragraph>, Vec<PathBuf>) {
        let sources = self.root.join("sources");
        let mut whole = self.sources_index();
        whole.retain(|stanza| file_names(stanza).all(|name| sources.join(name).exists()));
        let dsc = |stanza: &Paragraph| {
            let name = file_names(stanza).find(|name| name.ends_with(".dsc"));
            sources.join(name.expect("a source package has a .dsc"))
        };
        let dscs = whole.iter().map(dsc).collect();
        (whole, dscs)
    }

    /// What the mirror says about the binary packages.
    pub(crate) fn packages_index(&self) -> Vec<Paragraph> {
        read_index(&self.root.join("Packages"))
    }

    /// What the mirror says about the source packages.
    pub(crate) fn sources_index(&self) -> Vec<Paragraph> {
        read_index(&self.root.join("Sources"))
    }
}

/// The machine's architecture, for which its mirror has packages.
pub(crate) fn native_architecture() -> String {
    let ran = Ran::of(tool("dpkg", Path::new("/")).arg("--print-architecture")).ok();
    ran.stdout.trim().to_owned()
}

/// The mirror as other programs than apt need to know it.
pub(crate) struct MachineArchive {
    /// The address of the archive.
    pub(crate) uri: String,
    /// The stable suite.
    pub(crate) suite: String,
    /// A file with the keys that it is signed with.
    pub(crate) keyring: String,
    /// The proxy that apt uses.
    pub(crate) proxy: Option<String>,
}

/// The mirror that [`machine_apt`] reads.
pub(crate) fn machine_archive() -> MachineArchive {
    let Entry { uri, suite, options } = machine_entry();
    let named = options.strip_prefix("Signed-By: ").filter(|path| Path::new(path).is_file());
    let keyring = named.unwrap_or("/usr/share/keyrings/debian-archive-keyring.gpg").to_owned();
    let dump = Ran::of(tool("apt-config", Path::new("/")).arg("dump")).ok().stdout;
    let proxy =
        dump.lines().find_map(|line| line.strip_prefix("Acquire::http::Proxy \"")?.strip_suffix("\";"));
    MachineArchive { uri, suite, keyring, proxy: proxy.filter(|it| !it.is_empty()).map(str::to_owned) }
}

/// The files of a source package.
fn file_names(stanza: &Paragraph) -> impl Iterator<Item = &str> {
    let lines = field(stanza, "Files").lines().filter(|line| !line.is_empty());
    lines.map(|line| line.rsplit_once(' ').unwrap().1)
}

fn fetch(cache: &Path, root: &Path) {
    std::fs::create_dir_all(cache).unwrap();
    let staging = TempDir::new_in(cache).unwrap();
    let apt = machine_apt();
    let index = std::fs::read_to_string(apt.list("_Packages")).unwrap();
    let packages = choose::packages(&index);
    fetch_with(&apt, &["download"], &packages, &staging.path().join("packages")).ok();
    let index = std::fs::read_to_string(apt.list("_Sources")).unwrap();
    let sources = choose::sources(&index);
    let command = ["source", "--only-source", "--download-only"];
    // It fails when one archive of one package is missing, and fetches everything else.
    fetch_with(&apt, &command, &sources, &staging.path().join("sources")).said();
    let text = |chosen: &[Stanza<'_>]| chosen.iter().map(|stanza| stanza.0).collect::<Vec<_>>().join("\n\n");
    std::fs::write(staging.path().join("Packages"), text(&packages)).unwrap();
    std::fs::write(staging.path().join("Sources"), text(&sources)).unwrap();
    // Another run may have been faster; its packages are as good.
    if let Err(error) = std::fs::rename(staging.path(), root) {
        assert!(root.is_dir(), "cannot keep the packages: {error}");
    }
}

/// An apt that has the lists of the mirror.
pub(crate) fn machine_apt() -> Apt {
    let Entry { uri, suite, options } = machine_entry();
    let apt = Apt::like_the_machine(&native_architecture());
    apt.source(&uri, &suite, &options);
    apt.update();
    apt
}

/// An apt that has the lists of another suite of the mirror; `None`: the mirror does not have it.
pub(crate) fn machine_apt_for(suite: &str) -> Option<Apt> {
    let Entry { uri, options, .. } = machine_entry();
    let apt = Apt::like_the_machine(&native_architecture());
    apt.source(&uri, suite, &options);
    apt.run("apt-get", &["update"]).succeeds().then_some(apt)
}

/// Lets `apt-get COMMAND` fetch the files of the chosen packages into a new directory.
fn fetch_with(apt: &Apt, command: &[&str], chosen: &[Stanza<'_>], directory: &Path) -> Ran {
    std::fs::create_dir(directory).unwrap();
    let names =
        chosen.iter().map(|stanza| format!("{}={}", stanza.field("Package"), stanza.field("Version")));
    Ran::of(apt.command("apt-get", directory).args(command).args(names))
}

/// An entry of the machine's sources.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Entry {
    uri: String,
    suite: String,
    /// Lines such as `Signed-By`.
    options: String,
}

/// The machine's entry for Debian's main archive: that of a stable suite, not of its updates.
fn machine_entry() -> Entry {
    let parts = std::fs::read_dir("/etc/apt/sources.list.d").into_iter().flatten();
    let parts = parts.map(|entry| entry.unwrap().path());
    let mut files: Vec<PathBuf> = parts.chain(["/etc/apt/sources.list".into()]).collect();
    files.sort();
    let texts = files.iter().filter_map(|path| Some((path, std::fs::read_to_string(path).ok()?)));
    let entries = texts.flat_map(|(path, text)| match path.extension().and_then(|end| end.to_str()) {
        Some("sources") => deb822_entries(&text),
        Some("list") => text.lines().filter_map(line_entry).collect(),
        _ => Vec::new(),
    });
    let is_debian = |entry: &Entry| entry.uri.trim_end_matches('/').ends_with("/debian");
    let found = entries.into_iter().find(|entry| is_debian(entry) && !entry.suite.contains(['-', '/']));
    found.expect("the machine's apt sources name Debian's main archive")
}

/// The entries of a file in the format of sources.list(5), DEB822-STYLE.
fn deb822_entries(text: &str) -> Vec<Entry> {
    let entry = |stanza: &Paragraph| {
        let words = |field: &str| {
            stanza.get(field).unwrap_or_default().split_whitespace().map(str::to_owned).collect::<Vec<_>>()
        };
        let enabled = stanza.get("Enabled") != Some("no");
        let wanted =
            enabled && words("Types").contains(&"deb".into()) && words("Components").contains(&"main".into());
        let signed_by = stanza.get("Signed-By").map(|value| format!("Signed-By: {value}"));
        wanted.then(|| Entry {
            uri: words("URIs").swap_remove(0),
            suite: words("Suites").swap_remove(0),
            options: signed_by.unwrap_or_default(),
        })
    };
    let text: Vec<&str> = text.lines().filter(|line| !line.starts_with('#')).collect();
    parse(text.join("\n").as_bytes()).iter().filter_map(entry).collect()
}

/// The entry of a line in the format of sources.list(5), ONE-LINE-STYLE.
fn line_entry(line: &str) -> Option<Entry> {
    let rest = line.trim().strip_prefix("deb ")?.trim_start();
    let (options, rest) = match rest.strip_prefix('[') {
        Some(rest) => rest.split_once(']')?,
        None => ("", rest),
    };
    let signed_by = options.split_whitespace().find_map(|option| option.strip_prefix("signed-by="));
    let words: Vec<&str> = rest.split_whitespace().collect();
    let [uri, suite, components @ ..] = words.as_slice() else { return None };
    components.contains(&"main").then(|| Entry {
        uri: (*uri).to_owned(),
        suite: (*suite).to_owned(),
        options: signed_by.map_or(String::new(), |path| format!("Signed-By: {path}")),
    })
}

#[test]
fn the_sources_of_the_machine_are_read_in_both_formats() {
    let deb822 = "# Debian\nTypes: deb\nURIs: http://mirror.example/debian\nSuites: bookworm bookworm-updates\n# all\nComponents: main\nSigned-By: /key.gpg\n\nEnabled: no\nTypes: deb\nURIs: x\nSuites: y\nComponents: main\n";
    let expected = Entry {
        uri: "http://mirror.example/debian".to_owned(),
        suite: "bookworm".to_owned(),
        options: "Signed-By: /key.gpg".to_owned(),
    };
    assert_eq!(deb822_entries(deb822).first(), Some(&expected));
    let line = "deb [arch=amd64 signed-by=/key.gpg] http://mirror.example/debian bookworm main contrib";
    assert_eq!(line_entry(line), Some(expected));
    assert_eq!(line_entry("deb http://mirror.example/debian bookworm contrib"), None);
    assert_eq!(line_entry("# deb http://mirror.example/debian bookworm main"), None);
}
