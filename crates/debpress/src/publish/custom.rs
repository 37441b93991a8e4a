//! Places the custom files of a suite that is being prepared.
//!
//! They are hard links to the content store, as pool files are, below the staged suite; they become visible with
//! everything else when the suite changes places. What the publisher adds is made anew each time: `current`, the sums
//! of each version, and signatures. Release lists the sums, so that it differs whenever a custom file does: the switch
//! tells by it whether a suite has changed places.

use std::collections::BTreeMap;

use debfmt::digest::Checksums;
use debfmt::version::Version;

use super::indexes::Written;
use super::release::put;
use super::target::Target;
use super::{PublishError, PublishSite, sign_hooks, signing, translations};
use crate::lock::PublisherLock;
use crate::model::custom::{
    CURRENT, CustomContent, CustomDirectory, CustomFile, CustomId, CustomPublication, LinkTarget, PathError,
    SIGNATURE, SIGNED_ALONE, SUMS, SafePath,
};
use crate::model::key::{SuiteFile, TreeKey};
use crate::ports::db::RecordsError;
use crate::ports::signer::{ArchiveSigner, Signing};
use crate::ports::tree::PoolObject;

/// A path of the suite: directory, and what lies below it.
type Path = (CustomDirectory, SafePath);

/// What a path of the suite will be.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Content {
    Object(PoolObject),
    Link(LinkTarget),
    Text(String),
}

/// What becomes of a suite's custom files.
#[derive(Debug, Default, PartialEq)]
pub(super) struct CustomPlan {
    files: BTreeMap<Path, Content>,
    /// Files that get a signature beside them.
    signed: Vec<Path>,
    /// Files that are too large for one.
    unsigned: Vec<Path>,
    /// Records that become visible.
    pub(super) enter: Vec<CustomId>,
    /// Records that leave the suite.
    pub(super) leave: Vec<CustomId>,
}

/// Reads the custom files of the suite and decides what it shows of them.
pub(super) fn read(site: &PublishSite<'_>, target: &Target) -> Result<CustomPlan, PublishError> {
    let shown = site.records.custom_publications(target.key);
    let shown = shown.map_err(|source| PublishError::Records { subject: target.label(), source })?;
    plan(&shown).map_err(|error| path_failed(target, &error))
}

/// Decides what the suite shows of these custom files. Pure.
///
/// # Errors
/// A path is too long, which is looked at when a file is uploaded.
fn plan(shown: &[CustomPublication]) -> Result<CustomPlan, PathError> {
    let mut plan = CustomPlan::default();
    let mut newest: BTreeMap<&CustomDirectory, &Version> = BTreeMap::new();
    for publication in shown {
        match (publication.superseded, publication.published) {
            (true, _) => plan.leave.push(publication.id),
            (false, None) => plan.enter.push(publication.id),
            (false, Some(_)) => {}
        }
        if publication.superseded {
            continue;
        }
        plan.add(publication)?;
        if let Some(version) = &publication.version {
            let highest = newest.entry(&publication.directory).or_insert(version);
            *highest = version.max(highest);
        }
    }
    for (directory, version) in newest {
        let path = (directory.clone(), SafePath::parse(CURRENT)?);
        plan.files.insert(path, Content::Link(LinkTarget::of_version(version)));
    }
    Ok(plan)
}

impl CustomPlan {
    fn add(&mut self, publication: &CustomPublication) -> Result<(), PathError> {
        let CustomPublication { kind, directory, version, files, .. } = publication;
        let below = |path: &SafePath| Ok((directory.clone(), path.below(version.as_ref())?));
        // To write what is made here over what was uploaded would write into the content store, which the names are linked
        // to.
        let files: Vec<&CustomFile> = files.iter().filter(|file| !kind.makes(&file.path)).collect();
        for file in &files {
            let content = match &file.content {
                CustomContent::File { sha256, size } => {
                    if kind.is_signed_alone(&file.path) {
                        let list = if *size > SIGNED_ALONE { &mut self.unsigned } else { &mut self.signed };
                        list.push(below(&file.path)?);
                    }
                    Content::Object(PoolObject { sha256: *sha256, size: *size })
                }
                CustomContent::Link(target) => Content::Link(target.clone()),
            };
            self.files.insert(below(&file.path)?, content);
        }
        if kind.has_sums() {
            let sums = below(&SafePath::parse(SUMS)?)?;
            self.signed.push(sums.clone());
            self.files.insert(sums, Content::Text(sums_of(&files)));
        }
        Ok(())
    }
}

/// What `sha256sum --check` reads: the regular files, by path.
fn sums_of(files: &[&CustomFile]) -> String {
    let mut text = String::new();
    for file in files {
        if let CustomContent::File { sha256, .. } = &file.content {
            text.push_str(&format!("{sha256}  ./{}\n", file.path));
        }
    }
    text
}

/// Places what the plan says into the staged suite, and adds to `written` what Release lists of it. Returns what an
/// administrator should know.
pub(super) fn stage(
    site: &PublishSite<'_>,
    lock: &PublisherLock,
    target: &Target,
    plan: &CustomPlan,
    written: &mut Written,
) -> Result<Vec<String>, PublishError> {
    let mut warnings = Vec::new();
    for (path, content) in &plan.files {
        let file = suite_file(path);
        if translations::is_made(target, &file) {
            warnings.push(format!(
                "{} was uploaded and is left out: with long_descriptions=no the publisher makes it itself",
                file.path()
            ));
            continue;
        }
        place(site, target, path, content)?;
        match content {
            Content::Text(text) => {
                written.add(file.path(), Checksums::of(text.as_bytes(), target.algorithms()));
            }
            Content::Object(object) => translations::list(site, target, &file, object, written)?,
            Content::Link(_) => {}
        }
    }
    warnings.extend(sign_all(site, lock, target, plan)?);
    Ok(warnings)
}

/// Signs what the plan says, where the archive is signed. Returns what is too large for it.
fn sign_all(
    site: &PublishSite<'_>,
    lock: &PublisherLock,
    target: &Target,
    plan: &CustomPlan,
) -> Result<Vec<String>, PublishError> {
    if plan.signed.is_empty() && plan.unsigned.is_empty() {
        return Ok(Vec::new());
    }
    let by = match signing::of(site, lock, target)? {
        Signing::By(by) => Some(by),
        Signing::Nobody(_) => None,
    };
    for path in &plan.signed {
        sign(site, lock, (by.as_ref(), target), path)?;
    }
    if by.is_none() {
        return Ok(Vec::new());
    }
    let large = |path| format!("{} is too large to be signed by itself", suite_file(path).path());
    Ok(plan.unsigned.iter().map(large).collect())
}

fn place(
    site: &PublishSite<'_>,
    target: &Target,
    path: &Path,
    content: &Content,
) -> Result<(), PublishError> {
    let key = TreeKey::Staged(target.name.clone(), suite_file(path));
    let placed = match content {
        Content::Object(object) => site.tree.place(&target.root, &key, object).map(drop),
        Content::Link(to) => site.tree.symlink(&target.root, &key, to),
        Content::Text(text) => return put(site, target, suite_file(path), text.as_bytes()),
    };
    placed.map_err(|source| PublishError::Tree { subject: target.label(), source })
}

/// Signs a file that is staged: with hooks of `sign.d`, or else with the keys of the archive.
fn sign(
    site: &PublishSite<'_>,
    lock: &PublisherLock,
    (by, target): (Option<&ArchiveSigner>, &Target),
    path: &Path,
) -> Result<(), PublishError> {
    let key = TreeKey::Staged(target.name.clone(), suite_file(path));
    let bytes = site.tree.read(&target.root, &key);
    let bytes = bytes.map_err(|source| PublishError::Tree { subject: target.label(), source })?;
    let name =
        SafePath::parse(&format!("{}{SIGNATURE}", path.1)).map_err(|error| path_failed(target, &error))?;
    let file = SuiteFile::Custom(path.0.clone(), name);
    let bytes = bytes.unwrap_or_default();
    if let Some(signature) = sign_hooks::detached(site, lock, target, (&suite_file(path), &bytes))? {
        return put(site, target, file, &signature);
    }
    let Some(by) = by else { return Ok(()) };
    let signature = signing::detach_sign(site, by, &file.path(), &bytes);
    let signature = signature.map_err(|source| PublishError::Sign { subject: target.label(), source })?;
    put(site, target, file, &signature)
}

fn suite_file((directory, path): &Path) -> SuiteFile {
    SuiteFile::Custom(directory.clone(), path.clone())
}

/// A path that could not have been accepted: somebody else wrote to the records.
fn path_failed(target: &Target, error: &PathError) -> PublishError {
    let source = RecordsError::Corrupt { what: "a path of a custom file", value: error.to_string() };
    PublishError::Records { subject: target.label(), source }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::custom::CustomType;
    use crate::model::time::Timestamp;
    use debfmt::digest::Sha256;

    fn shown(id: i64, kind: CustomType, version: &str, paths: &[&str]) -> CustomPublication {
        let file = |path: &&str| match path.split_once(" -> ") {
            None => CustomFile {
                path: path.parse().unwrap(),
                content: CustomContent::File { sha256: Sha256::of(path.as_bytes()), size: path.len() as u64 },
            },
            Some((path, to)) => {
                let path: SafePath = path.parse().unwrap();
                let content = CustomContent::Link(LinkTarget::parse(to, &path).unwrap());
                CustomFile { path, content }
            }
        };
        CustomPublication {
            id: CustomId(id),
            source: "images".parse().unwrap(),
            kind,
            directory: "main/x-amd64".parse().unwrap(),
            version: Some(version.parse().unwrap()),
            superseded: false,
            published: None,
            files: paths.iter().map(file).collect(),
        }
    }

    fn told(plan: &CustomPlan) -> String {
        let line = |((_, path), content): (&Path, &Content)| match content {
            Content::Object(object) => format!("{path}: {} bytes", object.size),
            Content::Link(to) => format!("{path} -> {}", to.as_str()),
            Content::Text(text) => format!("{path}: {}", text.trim_end()),
        };
        let lines: Vec<String> = plan.files.iter().map(line).collect();
        let signed: Vec<&str> = plan.signed.iter().map(|(_, path)| path.as_str()).collect();
        format!("{}\nsigned: {}", lines.join("\n"), signed.join(" "))
    }

    #[test]
    fn each_version_has_sums_and_the_newest_is_current() {
        let plan = plan(&[
            shown(1, CustomType::DebianInstaller, "9", &["boot", "to -> boot"]),
            shown(
                2,
                CustomType::DebianInstaller,
                "10",
                &["a", "SHA256SUMS", "SHA256SUMS.gpg", "x/SHA256SUMS"],
            ),
        ])
        .unwrap();
        insta::assert_snapshot!(told(&plan), @r"
        10/SHA256SUMS: ca978112ca1bbdcafac231b39a23dc4da786eff8147c4e72b9807785afee48bb  ./a
        daf062b298ff9636764f752f19885c7acbac9d99cf5ae07fc1ad242b1cfe3e66  ./x/SHA256SUMS
        10/a: 1 bytes
        10/x/SHA256SUMS: 12 bytes
        9/SHA256SUMS: 4509beb0ab401d71fa4a5cd94a55c9a74f13332776ae4019c5bfc4c2005157ff  ./boot
        9/boot: 4 bytes
        9/to -> boot
        current -> 10
        signed: 9/SHA256SUMS 10/SHA256SUMS
        ");
    }

    #[test]
    fn archives_of_the_upgrade_tool_are_signed_one_by_one() {
        let mut large = shown(2, CustomType::DistUpgrader, "2", &["noble.tar.gz"]);
        let sha256 = Sha256::of(b"");
        large.files[0].content = CustomContent::File { sha256, size: SIGNED_ALONE + 1 };
        let plan = plan(&[
            shown(1, CustomType::DistUpgrader, "1", &["noble.tar.gz", "noble.tar.gz.gpg", "notes"]),
            large,
        ])
        .unwrap();
        assert_eq!(plan.unsigned.len(), 1);
        insta::assert_snapshot!(told(&plan), @r"
        1/SHA256SUMS: e1b2a8b1019ee6546adcc2078f1125a239da1a2b7a2e9b4a4ad3af5ed8e1862b  ./noble.tar.gz
        ab5aa97074c454a0632057e704220d9a6678fbf773a0a5806fc09b8173b07309  ./notes
        1/noble.tar.gz: 12 bytes
        1/notes: 5 bytes
        2/SHA256SUMS: e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855  ./noble.tar.gz
        2/noble.tar.gz: 67108865 bytes
        current -> 2
        signed: 1/noble.tar.gz 1/SHA256SUMS 2/SHA256SUMS
        ");
    }

    #[test]
    fn what_was_superseded_leaves_and_what_is_new_enters() {
        let make = |id| shown(id, CustomType::Signing, &id.to_string(), &["x"]);
        let stays = CustomPublication { published: Some(Timestamp(1)), ..make(1) };
        let goes = CustomPublication { superseded: true, published: Some(Timestamp(1)), ..make(3) };
        let plan = plan(&[stays, make(2), goes]).unwrap();
        assert_eq!(
            (plan.enter.as_slice(), plan.leave.as_slice()),
            ([CustomId(2)].as_slice(), [CustomId(3)].as_slice())
        );
        let current = (CustomDirectory::parse("main/x-amd64").unwrap(), SafePath::parse(CURRENT).unwrap());
        assert_eq!(plan.files[&current], Content::Link(LinkTarget::of_version(&"2".parse().unwrap())));
    }
}
