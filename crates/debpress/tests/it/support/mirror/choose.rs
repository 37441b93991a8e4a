//! Which of the mirror's packages the tests use: small ones, of every kind.

use std::collections::BTreeSet;

/// Packages larger than this, in bytes, are not fetched for their own sake.
const LARGE: u64 = 400_000;
/// How many binary packages there are.
const PACKAGES: usize = 200;
/// How many source packages there are.
const SOURCES: usize = 24;

/// Source packages of the base system, which even a mirror with gaps has whole.
const FAMILIAR: [&str; 26] = [
    "acl",
    "attr",
    "base-files",
    "bc",
    "bzip2",
    "cpio",
    "cron",
    "dash",
    "debconf",
    "ed",
    "gzip",
    "hello",
    "hostname",
    "keyutils",
    "less",
    "libbsd",
    "libffi",
    "libmd",
    "lz4",
    "lzo2",
    "mawk",
    "patch",
    "popt",
    "sed",
    "ucf",
    "xxhash",
];

/// The text of one stanza.
#[derive(Clone, Copy)]
pub(super) struct Stanza<'a>(pub(super) &'a str);

impl<'a> Stanza<'a> {
    fn get(self, name: &str) -> Option<&'a str> {
        let line = format!("\n{name}:");
        let rest = match self.0.find(&line) {
            Some(at) => &self.0[at + line.len()..],
            None => self.0.strip_prefix(&line[1..])?,
        };
        Some(rest.split_once('\n').map_or(rest, |(value, _)| value).trim())
    }

    /// The first line of a field, empty if it is not there.
    pub(super) fn field(self, name: &str) -> &'a str {
        self.get(name).unwrap_or_default()
    }

    fn field_names(self) -> impl Iterator<Item = &'a str> {
        self.0.lines().filter(|line| !line.starts_with(' ')).filter_map(|line| Some(line.split_once(':')?.0))
    }

    /// Of the file of a binary package, or all files of a source package.
    fn size(self) -> u64 {
        if let Some(size) = self.get("Size") {
            return size.parse().unwrap();
        }
        let (_, list) = self.0.split_once("\nChecksums-Sha256:").unwrap();
        let files = list.split('\n').skip(1).take_while(|line| line.starts_with(' '));
        files.map(|line| line.split_whitespace().nth(1).unwrap().parse::<u64>().unwrap()).sum()
    }
}

/// A kind of package, and how many of it are wanted.
type Wanted = (usize, fn(Stanza<'_>) -> bool);

const WANTED_PACKAGES: [Wanted; 13] = [
    (20, |package| package.field("Version").contains(':')),
    (10, |package| package.field("Version").contains('~')),
    (20, |package| package.field("Source").contains('(')),
    (20, |package| package.field("Multi-Arch") == "same"),
    (10, |package| package.field("Multi-Arch") == "foreign"),
    (10, |package| package.field("Multi-Arch") == "allowed"),
    (10, |package| package.get("Built-Using").is_some()),
    (5, |package| package.get("Pre-Depends").is_some()),
    (5, |package| package.get("Enhances").is_some()),
    (5, |package| package.field("Priority") == "required"),
    (5, |package| package.field("Section").contains("oldlibs")),
    (10, |package| !package.field("Maintainer").is_ascii()),
    (30, |package| package.field("Architecture") != "all"),
];

const WANTED_SOURCES: [Wanted; 5] = [
    (3, |source| source.field("Format") == "1.0"),
    (3, |source| source.field("Format") == "3.0 (native)"),
    (3, |source| source.field("Format") == "3.0 (quilt)"),
    (2, |source| source.field("Version").contains(':')),
    (1, |source| !source.field("Maintainer").is_ascii()),
];

/// Fields that so many packages have that one need not look for them.
const COMMON: &[&str] = &[
    "Architecture",
    "Binary",
    "Breaks",
    "Build-Depends",
    "Build-Depends-Indep",
    "Built-Using",
    "Checksums-Sha256",
    "Conflicts",
    "Depends",
    "Description",
    "Description-md5",
    "Directory",
    "Enhances",
    "Filename",
    "Files",
    "Format",
    "Homepage",
    "Installed-Size",
    "MD5sum",
    "Maintainer",
    "Multi-Arch",
    "Package",
    "Package-List",
    "Pre-Depends",
    "Priority",
    "Provides",
    "Recommends",
    "Replaces",
    "SHA256",
    "Section",
    "Size",
    "Source",
    "Standards-Version",
    "Suggests",
    "Tag",
    "Testsuite",
    "Testsuite-Triggers",
    "Uploaders",
    "Vcs-Browser",
    "Vcs-Git",
    "Version",
];

/// Binary packages from the text of a `Packages` file.
pub(super) fn packages(index: &str) -> Vec<Stanza<'_>> {
    choose(index, &WANTED_PACKAGES, PACKAGES)
}

/// Source packages from the text of a `Sources` file: those that every mirror has whole, then the small ones.
pub(super) fn sources(index: &str) -> Vec<Stanza<'_>> {
    let mut chosen =
        stanzas(index).filter(|stanza| FAMILIAR.contains(&stanza.field("Package"))).collect::<Vec<_>>();
    let is_new = |stanza: &Stanza<'_>| !FAMILIAR.contains(&stanza.field("Package"));
    chosen.extend(choose(index, &WANTED_SOURCES, SOURCES).into_iter().filter(is_new));
    chosen
}

fn stanzas(index: &str) -> impl Iterator<Item = Stanza<'_>> {
    index.split("\n\n").filter(|text| !text.trim().is_empty()).map(Stanza)
}

/// The smallest package with each rare field, then the smallest of each wanted kind, then the smallest of all.
fn choose<'a>(index: &'a str, wanted: &[Wanted], total: usize) -> Vec<Stanza<'a>> {
    let mut sized: Vec<(u64, Stanza<'_>)> = stanzas(index).map(|stanza| (stanza.size(), stanza)).collect();
    sized.retain(|(size, _)| *size <= LARGE);
    sized.sort_by_key(|(size, stanza)| (*size, stanza.0));
    let mut seen: BTreeSet<&str> = COMMON.iter().copied().collect();
    let mut chosen = Chosen::default();
    for (_, stanza) in &sized {
        let mut new = false;
        for name in stanza.field_names() {
            new |= seen.insert(name);
        }
        chosen.take_if(new, *stanza);
    }
    for (number, is_wanted) in wanted {
        let of_kind = sized.iter().filter(|(_, stanza)| is_wanted(*stanza)).take(*number);
        of_kind.for_each(|(_, stanza)| chosen.take_if(true, *stanza));
    }
    for (_, stanza) in &sized {
        chosen.take_if(chosen.stanzas.len() < total, *stanza);
    }
    chosen.stanzas
}

#[derive(Default)]
struct Chosen<'a> {
    stanzas: Vec<Stanza<'a>>,
    names: BTreeSet<&'a str>,
}

impl<'a> Chosen<'a> {
    /// Takes one version of each package.
    fn take_if(&mut self, wanted: bool, stanza: Stanza<'a>) {
        if wanted && self.names.insert(stanza.field("Package")) {
            self.stanzas.push(stanza);
        }
    }
}
