//! What a site declares to have: `[distribution.NAME]` and `[archive."REF"]`, which `debpress apply` carries over to the
//! records. What is not said is left as it is recorded.

use std::collections::BTreeMap;
use std::fmt::Display;
use std::str::FromStr;

use debfmt::dsc::SourceFormat;
use debfmt::names::{Architecture, Component, DistributionName, SeriesName};
use serde::{Deserialize, Deserializer, de};
use toml::Spanned;

use crate::model::archive::ArchiveRef;
use crate::model::mailbox::is_address;
use crate::model::publishing::SeriesOptions;
use crate::model::signing::{KeyName, KeyNames};
use crate::model::size::Bytes;
use crate::model::suite::SeriesStatus;

/// `[distribution.NAME]`
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct DeclaredDistribution {
    /// Its name for people.
    pub display_name: Option<String>,
    /// Whether what is uploaded to a release pocket goes to -proposed instead.
    pub redirect_uploads: Option<bool>,
    /// `[distribution.NAME.series.NAME]`, in the order of the file: the oldest first.
    #[serde(deserialize_with = "in_order")]
    pub series: Vec<(SeriesName, DeclaredSeries)>,
}

/// `[distribution.NAME.series.NAME]`
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct DeclaredSeries {
    /// Its version for people.
    pub version: Option<String>,
    /// Where it stands in its life.
    pub status: Option<SeriesStatus>,
    /// The series that it is derived from: `debian/trixie`.
    #[serde(deserialize_with = "parent")]
    pub parent: Option<(DistributionName, SeriesName)>,
    /// Its components, the most preferred first.
    pub components: Option<Vec<Word<Component>>>,
    /// Its enabled architectures.
    pub architectures: Option<Vec<Word<Architecture>>>,
    /// Those that are disabled.
    pub disabled_architectures: Option<Vec<Word<Architecture>>>,
    /// Its second names.
    pub aliases: Option<Vec<Word<SeriesName>>>,
    /// The source formats that it takes; empty: every one that is known.
    #[serde(deserialize_with = "source_formats")]
    pub source_formats: Option<Vec<SourceFormat>>,
    /// The mailing list that is told what it accepts; `Some(None)`: none.
    #[serde(deserialize_with = "announce")]
    pub announce: Option<Option<String>>,
    /// Options of what is published, by name; an empty value is the default.
    #[serde(deserialize_with = "options")]
    pub options: BTreeMap<String, String>,
}

/// `[archive."REF"]`
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct DeclaredArchive {
    /// `Origin` of its Release files.
    pub origin: Option<String>,
    /// `Label` of its Release files.
    pub label: Option<String>,
    /// Whether it is for those who may see it only.
    pub private: Option<bool>,
    /// Whether it is published.
    pub publish: Option<bool>,
    /// Whether it takes uploads.
    pub uploads: Option<bool>,
    /// Whether it takes uploads for obsolete series as well.
    pub obsolete_uploads: Option<bool>,
    /// Whether `ls-lR.gz` is kept in its root.
    pub ls_lr: Option<bool>,
    /// Whether `indices/` is kept in its root.
    pub indices: Option<bool>,
    /// How many bytes its packages may have together; `Some(None)`: no bound.
    #[serde(deserialize_with = "size_limit")]
    pub size_limit: Option<Option<Bytes>>,
    /// The keys that sign it; none: those that are used by default.
    #[serde(deserialize_with = "signing_keys")]
    pub signing_keys: Option<KeyNames>,
}

/// A word that the model reads.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Word<T>(pub T);

impl<'de, T: FromStr<Err: Display>> Deserialize<'de> for Word<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map(Self).map_err(de::Error::custom)
    }
}

/// The values of a list of words.
pub fn plain<T: Clone>(words: &[Word<T>]) -> Vec<T> {
    words.iter().map(|Word(value)| value.clone()).collect()
}

/// Reads `[distribution.NAME]`.
pub(super) fn distributions<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<BTreeMap<DistributionName, DeclaredDistribution>, D::Error> {
    by_name(deserializer)
}

/// Reads `[archive."REF"]`.
pub(super) fn archives<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<BTreeMap<ArchiveRef, DeclaredArchive>, D::Error> {
    by_name(deserializer)
}

fn by_name<'de, D, K, V>(deserializer: D) -> Result<BTreeMap<K, V>, D::Error>
where
    D: Deserializer<'de>,
    K: FromStr<Err: Display> + Ord,
    V: Deserialize<'de>,
{
    let read = BTreeMap::<Word<K>, V>::deserialize(deserializer)?;
    Ok(read.into_iter().map(|(Word(name), value)| (name, value)).collect())
}

/// TOML has no order of tables; series have one, and people write them in it.
fn in_order<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Vec<(SeriesName, DeclaredSeries)>, D::Error> {
    let read: BTreeMap<SeriesName, Spanned<DeclaredSeries>> = by_name(deserializer)?;
    let mut series: Vec<_> = read.into_iter().collect();
    series.sort_by_key(|(_, declared)| declared.span().start);
    Ok(series.into_iter().map(|(name, declared)| (name, declared.into_inner())).collect())
}

fn parent<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<(DistributionName, SeriesName)>, D::Error> {
    let text = String::deserialize(deserializer)?;
    let names = text.split_once('/').and_then(|(distribution, series)| {
        Some((DistributionName::parse(distribution).ok()?, SeriesName::parse(series).ok()?))
    });
    let wrong = || de::Error::custom(format!("`{text}` is no series: write DISTRO/SERIES"));
    names.map(Some).ok_or_else(wrong)
}

fn source_formats<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Vec<SourceFormat>>, D::Error> {
    let read = |word: &String| {
        let wrong = || {
            de::Error::custom(format!("`{word}` is no source format: write 1.0, 3.0 (quilt) or 3.0 (native)"))
        };
        SourceFormat::from_text(word).ok_or_else(wrong)
    };
    Vec::<String>::deserialize(deserializer)?.iter().map(read).collect::<Result<_, _>>().map(Some)
}

fn announce<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Option<String>>, D::Error> {
    match String::deserialize(deserializer)? {
        text if text == NONE => Ok(Some(None)),
        text if is_address(&text) => Ok(Some(Some(text))),
        text => Err(de::Error::custom(format!(
            "`{text}` is no mail address: write one such as list@example.org, or {NONE}"
        ))),
    }
}

fn options<'de, D: Deserializer<'de>>(deserializer: D) -> Result<BTreeMap<String, String>, D::Error> {
    let options = BTreeMap::<String, String>::deserialize(deserializer)?;
    for (name, value) in &options {
        SeriesOptions::default().apply(&format!("{name}={value}")).map_err(de::Error::custom)?;
    }
    Ok(options)
}

fn size_limit<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Option<Bytes>>, D::Error> {
    match String::deserialize(deserializer)? {
        text if text == NONE => Ok(Some(None)),
        text => text.parse().map(|bytes| Some(Some(bytes))).map_err(de::Error::custom),
    }
}

fn signing_keys<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<KeyNames>, D::Error> {
    let mut keys = Vec::new();
    for Word(key) in Vec::<Word<KeyName>>::deserialize(deserializer)? {
        if !keys.contains(&key) {
            keys.push(key);
        }
    }
    Ok(Some(KeyNames(keys)))
}

/// What people write where there should be none.
const NONE: &str = "none";

#[cfg(test)]
mod tests {
    use crate::config::Config;

    #[test]
    fn series_stand_in_the_order_of_the_file() {
        let config = Config::parse(
            "[distribution.debian.series.zulu]\n[distribution.debian.series.alpha]\n\
             [distribution.debian.series.mike]\n[distribution.debian]\nredirect_uploads = true\n",
        )
        .unwrap();
        let (_, debian) = config.distribution.first_key_value().unwrap();
        let names: Vec<&str> = debian.series.iter().map(|(name, _)| name.as_str()).collect();
        assert_eq!(names, ["zulu", "alpha", "mike"]);
        assert_eq!(debian.redirect_uploads, Some(true));
    }

    #[test]
    fn mistakes_in_what_is_declared_are_shown_with_their_line() {
        for (text, part) in [
            ("[distribution.\"../x\"]\n", "\"../x\" begins with"),
            ("[distribution.x]\nseries = 1\n", "expected a map"),
            ("[distribution.x.series.y]\nstatus = \"ripe\"\n", "unknown variant `ripe`"),
            ("[distribution.x.series.y]\ncomponent = []\n", "unknown field `component`"),
            ("[distribution.x.series.y]\nparent = \"z\"\n", "write DISTRO/SERIES"),
            ("[distribution.x.series.y]\narchitectures = [\"a b\"]\n", "\"a b\""),
            ("[distribution.x.series.y.options]\nby_hush = \"no\"\n", "there is no option `by_hush`"),
            ("[distribution.x.series.y.options]\nby_hash = \"maybe\"\n", "write no, publish or advertise"),
            ("[distribution.x.series.y]\nannounce = \"me\"\n", "`me` is no mail address"),
            ("[archive.\"a/b/c\"]\n", "`a/b/c` is no archive reference"),
            ("[archive.x]\nsize_limit = \"much\"\n", "`much` is no size"),
            ("[archive.x]\nsigning_keys = [\"../key\"]\n", "`../key`"),
            ("[archive.x]\nowner = \"ann\"\n", "unknown field `owner`"),
        ] {
            let error = Config::parse(text).unwrap_err().to_string();
            assert!(error.contains("line ") && error.contains(part), "{text:?}: {error}");
        }
    }
}
