//! Lists of what an archive has, beside `pool/` and `dists/`, for mirrors and for people: `ls-lR.gz`, and `indices/` with MD5
//! sums and overrides (behaviour map 2.7, 3.7, 3.12).
//!
//! They are written after the switch, from what is there then, each in one step. No client needs them: one that cannot be
//! written is reported, and the publication stands.

use std::collections::BTreeMap;
use std::error::Error;
use std::io::Write;

use debfmt::compress::{Compression, Encoder, decoder, default_level};
use debfmt::digest::{Algorithms, Checksums, Md5};
use debfmt::limits::Limits;
use debfmt::names::{Architecture, Component};
use debfmt::packages::parse_stanzas;

use super::target::{Group, Target};
use super::{FailedArchive, PublishError, PublishReport, PublishSite};
use crate::lock::PublisherLock;
use crate::model::key::{DISTS, IndexName, OverrideKind, POOL, SubComponent, SuiteFile, TreeKey};

/// Anything that can go wrong with a list: all of it is reported in one way.
type Trouble = Box<dyn Error + Send + Sync>;

/// Writes the lists that the archive of a group wants, after suites of it were published.
pub(super) fn write(
    site: &PublishSite<'_>,
    _lock: &PublisherLock,
    group: &Group,
    report: &mut PublishReport,
) {
    let Some(first) = group.targets.first() else { return };
    let wanted = first.archive.lists;
    let lists = Lists { site, root: &first.root };
    let mut written = Vec::new();
    if wanted.indices {
        written.extend(group.targets.iter().map(|target| ("indices", lists.overrides(target))));
        written.push(("indices/md5sums.gz", lists.md5sums(first)));
    }
    // The last, so that the others are in it.
    if wanted.ls_lr {
        written.push(("ls-lR.gz", lists.files()));
    }
    for (list, result) in written {
        if let Err(source) = result {
            let (subject, list) = (group.reference.clone(), list.to_owned());
            let error = PublishError::Lists { subject, list, source };
            report.failed.push(FailedArchive::new(&group.reference, error));
        }
    }
}

/// The lists of one archive.
struct Lists<'a> {
    site: &'a PublishSite<'a>,
    root: &'a str,
}

impl Lists<'_> {
    fn files(&self) -> Result<(), Trouble> {
        self.put(&TreeKey::FileList, &self.site.tree.long_list(self.root)?)
    }

    fn put(&self, key: &TreeKey, text: &[u8]) -> Result<(), Trouble> {
        let mut packed = Encoder::new(Compression::Gzip, default_level(Compression::Gzip), Vec::new())?;
        packed.write_all(text)?;
        Ok(self.site.tree.replace(self.root, key, &packed.finish()?)?)
    }

    /// As `md5sum --check` reads it: packages by what the records say of files that are there, indexes by what they are.
    fn md5sums(&self, target: &Target) -> Result<(), Trouble> {
        let mut known: BTreeMap<String, (u64, Option<Md5>)> = BTreeMap::new();
        self.site.records.pool_entries(target.key.archive, &mut |entry| {
            let path = TreeKey::Pool(entry.pool_file()).path();
            known.insert(path, (entry.size, entry.md5));
            true
        })?;
        let mut text = String::new();
        for (path, size) in self.site.tree.list(self.root, DISTS)? {
            if let Some(md5) = self.md5_of_index(&path, size)? {
                text.push_str(&format!("{md5}  {path}\n"));
            }
        }
        for (path, size) in self.site.tree.list(self.root, POOL)? {
            if let Some((_, Some(md5))) = known.get(&path).filter(|(recorded, _)| *recorded == size) {
                text.push_str(&format!("{md5}  {path}\n"));
            }
        }
        self.put(&TreeKey::Md5Sums, text.as_bytes())
    }

    /// `None`: it is no index and no Release, or a link to one by its second name.
    fn md5_of_index(&self, path: &str, size: u64) -> Result<Option<Md5>, Trouble> {
        let Some((suite, file)) =
            path.strip_prefix(DISTS).and_then(|it| it.strip_prefix('/')?.split_once('/'))
        else {
            return Ok(None);
        };
        let Ok(suite) = suite.parse() else { return Ok(None) };
        let top = [SuiteFile::Release, SuiteFile::InRelease, SuiteFile::ReleaseGpg];
        let top = top.into_iter().find(|it| it.path() == file);
        let index = || IndexName::of_path(file).map(|(index, form)| SuiteFile::Index(index, form));
        let Some(file) = top.or_else(index) else { return Ok(None) };
        let bytes = self.site.tree.read(self.root, &TreeKey::Live(suite, file))?;
        let sums = bytes.map(|bytes| Checksums::of(&bytes, Algorithms::INDEX));
        Ok(sums.filter(|sums| sums.size == size).and_then(|sums| sums.md5))
    }

    /// Where the packages of a suite belong, of each component and kind.
    fn overrides(&self, target: &Target) -> Result<(), Trouble> {
        for component in &target.series.components {
            for kind in OverrideKind::ALL {
                let mut lines = BTreeMap::new();
                let mut any = false;
                for index in indexes(target, component, kind) {
                    any |= self.read(target, &index, kind, &mut lines)?;
                }
                if any {
                    let text: String = lines.into_values().collect();
                    let key = TreeKey::Overrides(target.name.clone(), component.clone(), kind);
                    self.put(&key, text.as_bytes())?;
                }
            }
        }
        Ok(())
    }

    /// Adds a line for each package of a published index that has none yet; `false`: there is no such index.
    fn read(
        &self,
        target: &Target,
        index: &IndexName,
        kind: OverrideKind,
        lines: &mut BTreeMap<String, String>,
    ) -> Result<bool, Trouble> {
        for form in target.compressors(self.site) {
            let key = TreeKey::Live(target.name.clone(), SuiteFile::Index(index.clone(), *form));
            let Some(bytes) = self.site.tree.read(self.root, &key)? else { continue };
            let mut text = Vec::new();
            std::io::Read::read_to_end(&mut decoder(*form, bytes.as_slice(), &Limits::index())?, &mut text)?;
            for stanza in parse_stanzas(&text, &Limits::index())? {
                let field = |name| stanza.get(name).unwrap_or_default().to_owned();
                let (name, section) = (field("Package"), field("Section"));
                let line = match kind {
                    OverrideKind::Source => format!("{name}\t{section}\n"),
                    OverrideKind::Binary | OverrideKind::Installer => {
                        format!("{name}\t{}\t{section}\n", field("Priority"))
                    }
                };
                lines.entry(name).or_insert(line);
            }
            return Ok(true);
        }
        Ok(false)
    }
}

/// The indexes that name the packages of a kind.
fn indexes(target: &Target, component: &Component, kind: OverrideKind) -> Vec<IndexName> {
    let all = Architecture::all();
    let machines = std::iter::once(&all).chain(&target.series.architectures);
    let of = |architecture: &Architecture| {
        let (component, architecture) = (component.clone(), architecture.clone());
        match kind {
            OverrideKind::Installer => {
                IndexName::SubPackages(component, SubComponent::DebianInstaller, architecture)
            }
            OverrideKind::Binary | OverrideKind::Source => IndexName::Packages(component, architecture),
        }
    };
    match kind {
        OverrideKind::Source => vec![IndexName::Sources(component.clone())],
        OverrideKind::Binary | OverrideKind::Installer => machines.map(of).collect(),
    }
}
