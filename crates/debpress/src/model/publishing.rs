//! What the publisher writes into the suites of a series beyond the plain indexes (behaviour map 3.9, 3.11, 6.1).
//!
//! Every option has a default, and only options that differ are recorded: a series that nobody has touched is the same
//! to every version of the program. An option that a program does not know is an error that names it, never silently
//! without effect.

mod change;

use std::collections::BTreeMap;

use debfmt::compress::Compression;
use debfmt::deb::DebKind;
use debfmt::digest::Algorithms;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use serde_json::{Map, Value};

pub use change::OptionError;

use super::suite::Pocket;
use super::time::Seconds;

/// What a series has decided about its suites.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct SeriesOptions {
    /// The forms in which indexes are written; `None`: those of the site.
    #[serde(serialize_with = "write_forms", deserialize_with = "read_forms")]
    pub compressors: Option<Vec<Compression>>,
    /// How many versions of a package a suite keeps before older ones give way: 1 or more.
    pub keep_versions: usize,
    /// Whether packages of one architecture stay pending until the arch:all packages of their source are there.
    pub wait_for_all: bool,
    /// The hashes that Release lists beside SHA-256, sorted.
    pub hashes: Vec<MoreHash>,
    /// Whether indexes can be had by their hash.
    pub by_hash: ByHash,
    /// Of how many earlier Releases all files can be had by their hash, whatever their age.
    pub by_hash_keep: u64,
    /// From the texts of how many earlier Releases patches lead to the current indexes; 0: there are no patches.
    pub pdiffs: u64,
    /// Whether there are indexes of packages for the installer.
    pub udebs: Presence,
    /// Whether there are indexes of debug symbols.
    pub ddebs: Presence,
    /// Whether Packages has whole descriptions; if not, it has their first lines, and Translation-en the whole.
    pub long_descriptions: bool,
    /// Where lists of the files in packages are.
    pub contents: ContentsLists,
    /// Whether `i18n/Index` lists the translations of each component.
    pub i18n_index: bool,
    /// Whether each directory of packages has a Release of its own that says where it belongs.
    pub release_stubs: bool,
    /// Whether clients take packages of -backports only when they are told to.
    pub backports_not_automatic: bool,
    /// The same for -proposed.
    pub proposed_not_automatic: bool,
    /// How long clients trust a Release, in seconds from its Date; `None`: for ever.
    pub valid_for: Option<i64>,
    /// Where clients find changelogs: `Changelogs` of Release.
    pub changelogs: Option<String>,
    /// Where clients find the suite as it was: `Snapshots` of Release.
    pub snapshots: Option<String>,
    /// `Origin` of every package, for the distribution's own archive and copies of it.
    pub package_origin: Option<String>,
    /// `Bugs` of every package: where `reportbug` and the like send reports.
    pub package_bugs: Option<String>,
    /// Further fields of Release.
    pub fields: BTreeMap<String, String>,
}

impl Default for SeriesOptions {
    fn default() -> Self {
        Self {
            compressors: None,
            keep_versions: 1,
            wait_for_all: false,
            hashes: Vec::new(),
            by_hash: ByHash::default(),
            by_hash_keep: 2,
            pdiffs: 0,
            udebs: Presence::default(),
            ddebs: Presence::default(),
            long_descriptions: true,
            contents: ContentsLists::default(),
            i18n_index: false,
            release_stubs: false,
            backports_not_automatic: false,
            proposed_not_automatic: false,
            valid_for: None,
            changelogs: None,
            snapshots: None,
            package_origin: None,
            package_bugs: None,
            fields: BTreeMap::new(),
        }
    }
}

/// A hash that Release may list beside SHA-256.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum MoreHash {
    /// `MD5Sum`, for clients of the last century.
    Md5,
    /// `SHA1`, for old clients.
    Sha1,
    /// `SHA512`
    Sha512,
}

/// Whether indexes can be had by their hash.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ByHash {
    /// They cannot.
    No,
    /// They can, and Release does not say so: until mirrors have caught up.
    Publish,
    /// They can, and Release says so.
    #[default]
    Advertise,
}

/// Where lists of the files in packages are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ContentsLists {
    /// There are none.
    #[default]
    No,
    /// In each component, as Debian has them.
    Component,
    /// In each component, and for all of them together beside Release, as Ubuntu has them.
    Both,
}

/// Whether something is published.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Presence {
    /// Where there is something to publish.
    #[default]
    Auto,
    /// Always, empty or not.
    Yes,
    /// Never.
    No,
}

impl Presence {
    /// Whether it is published; `any`: there is something to publish.
    pub fn holds(self, any: bool) -> bool {
        match self {
            Self::Auto => any,
            Self::Yes => true,
            Self::No => false,
        }
    }
}

impl SeriesOptions {
    /// Reads what [`SeriesOptions::to_json`] has written.
    ///
    /// # Errors
    /// An option is unknown, which the message names, or a value is none.
    pub fn from_json(text: &str) -> Result<Self, serde_json::Error> {
        serde_json::from_str(text)
    }

    /// The options that are not at their default, as an object.
    pub fn to_json(&self) -> String {
        Value::Object(self.changed()).to_string()
    }

    /// The options that are not at their default, by name.
    pub fn changed(&self) -> Map<String, Value> {
        let mut all = object(self);
        let usual = object(&Self::default());
        all.retain(|name, value| usual.get(name) != Some(value));
        all
    }

    /// The digests that are computed of everything that Release lists.
    pub fn algorithms(&self) -> Algorithms {
        let has = |hash| self.hashes.contains(&hash);
        Algorithms { md5: has(MoreHash::Md5), sha1: has(MoreHash::Sha1), sha512: has(MoreHash::Sha512) }
    }

    /// Whether a suite has indexes of a kind of packages; `any`: it has such packages.
    pub fn shows(&self, kind: DebKind, any: bool) -> bool {
        match kind {
            DebKind::Deb => true,
            DebKind::Udeb => self.udebs.holds(any),
            DebKind::Ddeb => self.ddebs.holds(any),
        }
    }

    /// Whether clients take packages of the pocket only when they are told to.
    pub fn is_not_automatic(&self, pocket: Pocket) -> bool {
        match pocket {
            Pocket::Backports => self.backports_not_automatic,
            Pocket::Proposed => self.proposed_not_automatic,
            Pocket::Release | Pocket::Security | Pocket::Updates => false,
        }
    }
}

/// The options as an object. They have no keys but texts, and so cannot fail to be one.
fn object(options: &SeriesOptions) -> Map<String, Value> {
    match serde_json::to_value(options) {
        Ok(Value::Object(all)) => all,
        Ok(_) | Err(_) => Map::new(),
    }
}

/// A word that is no form of an index.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no compressor: write gz, xz, zst, bz2 or none")]
pub struct FormError(String);

/// Reads the word for a form in which indexes are written.
///
/// # Errors
/// [`FormError`]: there is no such form.
pub fn parse_form(word: &str) -> Result<Compression, FormError> {
    match word {
        "none" => Ok(Compression::None),
        "gz" => Ok(Compression::Gzip),
        "bz2" => Ok(Compression::Bzip2),
        "xz" => Ok(Compression::Xz),
        "zst" => Ok(Compression::Zstd),
        _ => Err(FormError(word.to_owned())),
    }
}

/// The word for a form.
fn form_word(form: Compression) -> &'static str {
    if form == Compression::None { "none" } else { form.extension() }
}

fn write_forms<S: Serializer>(forms: &Option<Vec<Compression>>, serializer: S) -> Result<S::Ok, S::Error> {
    let words: Option<Vec<&str>> =
        forms.as_ref().map(|all| all.iter().map(|form| form_word(*form)).collect());
    words.serialize(serializer)
}

fn read_forms<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Vec<Compression>>, D::Error> {
    let words = Option::<Vec<String>>::deserialize(deserializer)?;
    let forms = words.map(|words| words.iter().map(|word| parse_form(word)).collect::<Result<_, _>>());
    forms.transpose().map_err(de::Error::custom)
}

/// A length of time in the largest unit in which it is whole.
fn duration_text(seconds: i64) -> String {
    let units = [(86_400, "d"), (3600, "h"), (60, "m")];
    let fits = units.into_iter().find(|(unit, _)| seconds % unit == 0);
    fits.map_or_else(|| format!("{seconds}s"), |(unit, name)| format!("{}{name}", seconds / unit))
}

#[cfg(test)]
mod tests;
