//! Changing and showing options by their names, as people write them.

use debfmt::compress::Compression;
use debfmt::release;

use super::{
    ByHash, ContentsLists, MoreHash, Presence, Seconds, SeriesOptions, duration_text, form_word, parse_form,
};
use crate::model::time::DurationError;

/// What is put before the name of a further field of Release.
const FIELD: &str = "field.";

/// A change of an option that cannot be made.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum OptionError {
    /// There is no `=`.
    #[error("`{text}` is no change of an option: write NAME=VALUE, or NAME= for the default")]
    NoValue {
        /// The text as given.
        text: String,
    },
    /// There is no such option.
    #[error("there is no option `{name}`; there are {known}, and field.NAME for further fields of Release")]
    Unknown {
        /// The name as given.
        name: String,
        /// Every option.
        known: String,
    },
    /// The option takes other values.
    #[error("`{value}` is no value of {name}: write {wanted}")]
    Value {
        /// The option.
        name: String,
        /// The value as given.
        value: String,
        /// What it takes.
        wanted: &'static str,
    },
    /// Release has a place for the field already.
    #[error("the field {name} of Release is made by the publisher, and cannot be set")]
    Made {
        /// The field.
        name: String,
    },
    /// The text is no name of a field.
    #[error("`{name}` is no name of a field: write letters, digits and dashes, beginning with a letter")]
    FieldName {
        /// The name as given.
        name: String,
    },
}

/// An option: its name, how it is set from a text that is not empty, and its value as such a text.
struct Named {
    name: &'static str,
    wanted: &'static str,
    set: fn(&mut SeriesOptions, &str) -> Option<()>,
    reset: fn(&mut SeriesOptions, SeriesOptions),
    show: fn(&SeriesOptions) -> String,
}

/// The options by name, in the order in which they are shown.
const OPTIONS: &[Named] = &[
    Named {
        name: "compressors",
        wanted: "gz, xz, zst, bz2 and none, joined by commas",
        set: |options, text| {
            let mut forms: Vec<Compression> = Vec::new();
            for word in text.split(',') {
                let form = parse_form(word).ok()?;
                if !forms.contains(&form) {
                    forms.push(form);
                }
            }
            options.compressors = Some(forms);
            Some(())
        },
        reset: |options, usual| options.compressors = usual.compressors,
        show: |options| {
            let all = options.compressors.as_ref();
            all.map_or_else(String::new, |all| joined(all.iter().map(|form| form_word(*form))))
        },
    },
    Named {
        name: "keep_versions",
        wanted: "a number from 1 to 1000",
        set: |options, text| {
            options.keep_versions = text.parse().ok().filter(|count| (1..=1000).contains(count))?;
            Some(())
        },
        reset: |options, usual| options.keep_versions = usual.keep_versions,
        show: |options| options.keep_versions.to_string(),
    },
    Named {
        name: "wait_for_all",
        wanted: YES_NO,
        set: |options, text| flag(text).map(|on| options.wait_for_all = on),
        reset: |options, usual| options.wait_for_all = usual.wait_for_all,
        show: |options| yes_no(options.wait_for_all),
    },
    Named {
        name: "hashes",
        wanted: "md5, sha1 and sha512, joined by commas; sha256 is always there",
        set: |options, text| {
            let words = text.split(',').filter(|word| *word != "sha256");
            let mut hashes: Vec<MoreHash> = words.map(MoreHash::from_word).collect::<Option<_>>()?;
            hashes.sort();
            hashes.dedup();
            options.hashes = hashes;
            Some(())
        },
        reset: |options, usual| options.hashes = usual.hashes,
        show: |options| joined(options.hashes.iter().map(|hash| hash.as_str())),
    },
    Named {
        name: "by_hash",
        wanted: "no, publish or advertise",
        set: |options, text| {
            options.by_hash = ByHash::ALL.into_iter().find(|it| it.as_str() == text)?;
            Some(())
        },
        reset: |options, usual| options.by_hash = usual.by_hash,
        show: |options| options.by_hash.as_str().to_owned(),
    },
    Named {
        name: "by_hash_keep",
        wanted: "a number from 0 to 1000",
        set: |options, text| {
            options.by_hash_keep = text.parse().ok().filter(|count| *count <= 1000)?;
            Some(())
        },
        reset: |options, usual| options.by_hash_keep = usual.by_hash_keep,
        show: |options| options.by_hash_keep.to_string(),
    },
    Named {
        name: "pdiffs",
        wanted: "no, or a number from 1 to 100",
        set: |options, text| {
            let count = text.parse().ok().filter(|count| (1..=100).contains(count));
            options.pdiffs = if text == "no" { 0 } else { count? };
            Some(())
        },
        reset: |options, usual| options.pdiffs = usual.pdiffs,
        show: |options| if options.pdiffs == 0 { "no".to_owned() } else { options.pdiffs.to_string() },
    },
    Named {
        name: "udebs",
        wanted: PRESENCE,
        set: |options, text| Presence::from_word(text).map(|it| options.udebs = it),
        reset: |options, usual| options.udebs = usual.udebs,
        show: |options| options.udebs.as_str().to_owned(),
    },
    Named {
        name: "ddebs",
        wanted: PRESENCE,
        set: |options, text| Presence::from_word(text).map(|it| options.ddebs = it),
        reset: |options, usual| options.ddebs = usual.ddebs,
        show: |options| options.ddebs.as_str().to_owned(),
    },
    Named {
        name: "long_descriptions",
        wanted: YES_NO,
        set: |options, text| flag(text).map(|on| options.long_descriptions = on),
        reset: |options, usual| options.long_descriptions = usual.long_descriptions,
        show: |options| yes_no(options.long_descriptions),
    },
    Named {
        name: "contents",
        wanted: "no, component or both",
        set: |options, text| {
            options.contents = ContentsLists::ALL.into_iter().find(|it| it.as_str() == text)?;
            Some(())
        },
        reset: |options, usual| options.contents = usual.contents,
        show: |options| options.contents.as_str().to_owned(),
    },
    Named {
        name: "i18n_index",
        wanted: YES_NO,
        set: |options, text| flag(text).map(|on| options.i18n_index = on),
        reset: |options, usual| options.i18n_index = usual.i18n_index,
        show: |options| yes_no(options.i18n_index),
    },
    Named {
        name: "release_stubs",
        wanted: YES_NO,
        set: |options, text| flag(text).map(|on| options.release_stubs = on),
        reset: |options, usual| options.release_stubs = usual.release_stubs,
        show: |options| yes_no(options.release_stubs),
    },
    Named {
        name: "backports_not_automatic",
        wanted: YES_NO,
        set: |options, text| flag(text).map(|on| options.backports_not_automatic = on),
        reset: |options, usual| options.backports_not_automatic = usual.backports_not_automatic,
        show: |options| yes_no(options.backports_not_automatic),
    },
    Named {
        name: "proposed_not_automatic",
        wanted: YES_NO,
        set: |options, text| flag(text).map(|on| options.proposed_not_automatic = on),
        reset: |options, usual| options.proposed_not_automatic = usual.proposed_not_automatic,
        show: |options| yes_no(options.proposed_not_automatic),
    },
    Named {
        name: "valid_for",
        wanted: "a length of time of a minute or more, such as 90m, 6h or 7d",
        set: |options, text| {
            let parsed: Result<Seconds, DurationError> = text.parse();
            options.valid_for = Some(parsed.ok()?.0).filter(|seconds| *seconds >= 60);
            options.valid_for.map(drop)
        },
        reset: |options, usual| options.valid_for = usual.valid_for,
        show: |options| options.valid_for.map_or_else(String::new, duration_text),
    },
    Named {
        name: "changelogs",
        wanted: ONE_LINE,
        set: |options, text| one_line(text).map(|text| options.changelogs = Some(text)),
        reset: |options, usual| options.changelogs = usual.changelogs,
        show: |options| options.changelogs.clone().unwrap_or_default(),
    },
    Named {
        name: "snapshots",
        wanted: ONE_LINE,
        set: |options, text| one_line(text).map(|text| options.snapshots = Some(text)),
        reset: |options, usual| options.snapshots = usual.snapshots,
        show: |options| options.snapshots.clone().unwrap_or_default(),
    },
    Named {
        name: "package_origin",
        wanted: ONE_LINE,
        set: |options, text| one_line(text).map(|text| options.package_origin = Some(text)),
        reset: |options, usual| options.package_origin = usual.package_origin,
        show: |options| options.package_origin.clone().unwrap_or_default(),
    },
    Named {
        name: "package_bugs",
        wanted: ONE_LINE,
        set: |options, text| one_line(text).map(|text| options.package_bugs = Some(text)),
        reset: |options, usual| options.package_bugs = usual.package_bugs,
        show: |options| options.package_bugs.clone().unwrap_or_default(),
    },
];

const PRESENCE: &str = "auto, yes or no";
const YES_NO: &str = "yes or no";
const ONE_LINE: &str = "one line of text";

impl SeriesOptions {
    /// Applies one change as people write it: `by_hash=publish`, `field.Signed-By=FINGERPRINT`; `by_hash=` puts the
    /// default back.
    ///
    /// # Errors
    /// [`OptionError`]; then nothing has changed.
    pub fn apply(&mut self, change: &str) -> Result<(), OptionError> {
        let split = change.split_once('=').filter(|(name, _)| !name.is_empty());
        let (name, value) = split.ok_or_else(|| OptionError::NoValue { text: change.to_owned() })?;
        if let Some(field) = name.strip_prefix(FIELD) {
            return self.set_field(field, value);
        }
        let option =
            OPTIONS.iter().find(|option| option.name == name).ok_or_else(|| OptionError::Unknown {
                name: name.to_owned(),
                known: joined_with(OPTIONS.iter().map(|it| it.name), ", "),
            })?;
        if value.is_empty() {
            (option.reset)(self, Self::default());
            return Ok(());
        }
        let mut changed = self.clone();
        let (name, value, wanted) = (name.to_owned(), value.to_owned(), option.wanted);
        (option.set)(&mut changed, &value).ok_or(OptionError::Value { name, value, wanted })?;
        *self = changed;
        Ok(())
    }

    fn set_field(&mut self, name: &str, value: &str) -> Result<(), OptionError> {
        let legal = |c: char| c.is_ascii_alphanumeric() || c == '-';
        if !name.starts_with(|c: char| c.is_ascii_alphabetic()) || !name.chars().all(legal) {
            return Err(OptionError::FieldName { name: name.to_owned() });
        }
        let has_option = ["Changelogs", "Snapshots"].iter().any(|own| own.eq_ignore_ascii_case(name));
        if has_option || release::is_own(name) {
            return Err(OptionError::Made { name: name.to_owned() });
        }
        let same = |known: &String| known.eq_ignore_ascii_case(name);
        let line = one_line(value).ok_or_else(|| OptionError::Value {
            name: format!("{FIELD}{name}"),
            value: value.escape_debug().to_string(),
            wanted: ONE_LINE,
        })?;
        self.fields.retain(|known, _| !same(known));
        if !line.is_empty() {
            self.fields.insert(name.to_owned(), line);
        }
        Ok(())
    }

    /// Every option with its value, and whether that is the default. An option without a value is empty.
    pub fn shown(&self) -> Vec<(String, String, bool)> {
        let usual = Self::default();
        let named = OPTIONS.iter().map(|option| {
            let value = (option.show)(self);
            let is_usual = value == (option.show)(&usual);
            (option.name.to_owned(), value, is_usual)
        });
        let fields = self.fields.iter().map(|(name, value)| (format!("{FIELD}{name}"), value.clone(), false));
        named.chain(fields).collect()
    }
}

impl MoreHash {
    const ALL: [Self; 3] = [Self::Md5, Self::Sha1, Self::Sha512];

    /// The word that people write.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Md5 => "md5",
            Self::Sha1 => "sha1",
            Self::Sha512 => "sha512",
        }
    }

    fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|hash| hash.as_str() == word)
    }
}

impl ByHash {
    const ALL: [Self; 3] = [Self::No, Self::Publish, Self::Advertise];

    /// The word that people write.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::No => "no",
            Self::Publish => "publish",
            Self::Advertise => "advertise",
        }
    }
}

impl ContentsLists {
    const ALL: [Self; 3] = [Self::No, Self::Component, Self::Both];

    /// The word that people write.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::No => "no",
            Self::Component => "component",
            Self::Both => "both",
        }
    }
}

impl Presence {
    const ALL: [Self; 3] = [Self::Auto, Self::Yes, Self::No];

    /// The word that people write.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Auto => "auto",
            Self::Yes => "yes",
            Self::No => "no",
        }
    }

    fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|it| it.as_str() == word)
    }
}

fn flag(text: &str) -> Option<bool> {
    match text {
        "yes" => Some(true),
        "no" => Some(false),
        _ => None,
    }
}

fn yes_no(on: bool) -> String {
    if on { "yes" } else { "no" }.to_owned()
}

/// A text that can stand after the name of a field.
fn one_line(text: &str) -> Option<String> {
    let text = text.trim();
    (!text.contains(char::is_control)).then(|| text.to_owned())
}

fn joined<'a>(words: impl Iterator<Item = &'a str>) -> String {
    joined_with(words, ",")
}

fn joined_with<'a>(words: impl Iterator<Item = &'a str>, between: &str) -> String {
    words.collect::<Vec<_>>().join(between)
}
