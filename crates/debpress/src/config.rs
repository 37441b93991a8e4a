//! `debpress.toml`: what a site decides. Every key has a default, and an unknown key is an error, so that a
//! mistyped one is not silently without effect.

pub mod declared;
mod mail;

use std::collections::BTreeMap;
use std::path::PathBuf;

use debfmt::compress::Compression;
use debfmt::names::DistributionName;
use serde::{Deserialize, Deserializer, de};

use self::declared::{DeclaredArchive, DeclaredDistribution};
use crate::model::archive::ArchiveRef;
use crate::model::publishing::parse_form;
use crate::model::signing::Fingerprint;
use crate::publish::PublishSettings;
use crate::upload::{UploadContext, UploadPolicy, UploadSettings};

pub use crate::model::time::{DurationError, Seconds};
pub use mail::{MailConfig, MailSecurity, MailTransport};

/// Name of the file, in the site's directory.
pub const FILE: &str = "debpress.toml";

/// The configuration of a site.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    /// How archives are published.
    pub publish: PublishConfig,
    /// How uploads are taken.
    pub upload: UploadConfig,
    /// The queue.
    pub queue: QueueConfig,
    /// Signing.
    pub signing: SigningConfig,
    /// The publisher lock.
    pub lock: LockConfig,
    /// Programs that run with a publication.
    pub hooks: HooksConfig,
    /// Files that other programs contribute.
    pub staging: StagingConfig,
    /// Notices by mail.
    #[serde(deserialize_with = "mail::checked")]
    pub mail: MailConfig,
    /// What `debpress apply` makes, by name: distributions.
    #[serde(deserialize_with = "declared::distributions")]
    pub distribution: BTreeMap<DistributionName, DeclaredDistribution>,
    /// And archives.
    #[serde(deserialize_with = "declared::archives")]
    pub archive: BTreeMap<ArchiveRef, DeclaredArchive>,
}

/// `[publish]`
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct PublishConfig {
    /// The forms in which indexes are written.
    #[serde(deserialize_with = "compressors")]
    pub compressors: Vec<Compression>,
    /// How long the pool keeps the files of a superseded publication.
    pub stay_of_execution: Seconds,
    /// How long an index file stays available by hash after it ceased to be current.
    pub by_hash_retention: Seconds,
    /// How many packages of a hundred may leave a suite at once.
    #[serde(deserialize_with = "percentage")]
    pub removal_guard: u8,
}

impl Default for PublishConfig {
    fn default() -> Self {
        let PublishSettings { compressors, stay_of_execution, by_hash_retention, removal_guard, .. } =
            PublishSettings::default();
        Self {
            compressors,
            stay_of_execution: Seconds(stay_of_execution),
            by_hash_retention: Seconds(by_hash_retention),
            removal_guard,
        }
    }
}

/// `[upload]`
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct UploadConfig {
    /// An upload that is not complete is left alone until nothing in it has changed for so long.
    pub settle: Seconds,
    /// The distribution of uploads that come without a path; needed only where there are several.
    #[serde(deserialize_with = "distribution")]
    pub distribution: Option<DistributionName>,
    /// Whether people may upload binary packages that they have built themselves.
    pub binaries: bool,
}

impl Default for UploadConfig {
    fn default() -> Self {
        Self { settle: Seconds(60), distribution: None, binaries: true }
    }
}

/// `[queue]`
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct QueueConfig {
    /// After how many attempts an accepted item that cannot be processed is held.
    pub attempts: u32,
}

impl Default for QueueConfig {
    fn default() -> Self {
        Self { attempts: 5 }
    }
}

/// `[signing]`
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct SigningConfig {
    /// The armoured secret keys, relative to the site; all of them sign. Without one archives are published unsigned.
    #[serde(deserialize_with = "one_or_several")]
    pub key: Vec<PathBuf>,
    /// Keys that gpg holds and that sign with the others.
    #[serde(deserialize_with = "fingerprints")]
    pub gpg: Vec<Fingerprint>,
    /// Where gpg has them, relative to the site; `None`: in the user's own home.
    pub gnupghome: Option<PathBuf>,
    /// Whether to publish unsigned where nothing but gpg should sign, and gpg is not set up.
    pub optional: bool,
    /// The public keys that users are given, relative to the site: signatures are verified with them before they are
    /// published. Where the file is not there, the public parts of the secret keys are.
    pub public_key: PathBuf,
}

impl Default for SigningConfig {
    fn default() -> Self {
        Self {
            key: Vec::new(),
            gpg: Vec::new(),
            gnupghome: None,
            optional: false,
            public_key: PathBuf::from(PUBLIC_KEY),
        }
    }
}

/// `[hooks]`
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct HooksConfig {
    /// Where the hooks of each distribution are, relative to the site.
    pub directory: PathBuf,
    /// How long one may take.
    pub timeout: Seconds,
}

impl Default for HooksConfig {
    fn default() -> Self {
        Self { directory: PathBuf::from("distro-parts"), timeout: Seconds(3600) }
    }
}

/// `[staging]`
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct StagingConfig {
    /// Where other programs put the files that they contribute, relative to the site.
    pub directory: PathBuf,
    /// A staged file is left alone until nothing about it has changed for so long.
    pub settle: Seconds,
}

impl Default for StagingConfig {
    fn default() -> Self {
        let settle = Seconds(PublishSettings::default().staging_settle);
        Self { directory: PathBuf::from("staging"), settle }
    }
}

/// `[lock]`
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct LockConfig {
    /// The lock file, relative to the site. Several sites of one server may share one.
    pub path: PathBuf,
    /// Whom it keeps out.
    pub scope: LockScope,
}

impl Default for LockConfig {
    fn default() -> Self {
        Self { path: PathBuf::from("publisher.lock"), scope: LockScope::Host }
    }
}

/// Whom the publisher lock keeps out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LockScope {
    /// Publishers on this host.
    Host,
    /// Also those on other hosts that share the database, by a lock in it.
    Database,
}

fn percentage<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u8, D::Error> {
    let number = u8::deserialize(deserializer)?;
    let wrong = || de::Error::custom(format!("{number} is no percentage: write a number from 0 to 100"));
    if number <= 100 { Ok(number) } else { Err(wrong()) }
}

fn distribution<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<DistributionName>, D::Error> {
    let name = String::deserialize(deserializer)?;
    DistributionName::parse(&name).map(Some).map_err(de::Error::custom)
}

fn fingerprints<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<Fingerprint>, D::Error> {
    let read = |text: &String| {
        let wrong = || {
            de::Error::custom(format!(
                "`{text}` is no fingerprint: write all 40 digits, as `gpg -K` prints them"
            ))
        };
        Fingerprint::parse(text).ok_or_else(wrong)
    };
    Vec::<String>::deserialize(deserializer)?.iter().map(read).collect()
}

/// Reads `"a"` or `["a", "b"]`.
fn one_or_several<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<PathBuf>, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged, expecting = "write the path of a key, or a list of paths")]
    enum Paths {
        One(PathBuf),
        Several(Vec<PathBuf>),
    }
    Ok(match Paths::deserialize(deserializer)? {
        Paths::One(path) => vec![path],
        Paths::Several(paths) => paths,
    })
}

/// Reads `["gz", "xz"]`: the words are file name endings, and `none` is the plain file.
fn compressors<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<Compression>, D::Error> {
    let words = Vec::<String>::deserialize(deserializer)?;
    if words.is_empty() {
        return Err(de::Error::custom("name at least one: indexes must be written in some form"));
    }
    let mut compressors = Vec::new();
    for word in &words {
        let compression = parse_form(word).map_err(de::Error::custom)?;
        if !compressors.contains(&compression) {
            compressors.push(compression);
        }
    }
    Ok(compressors)
}

impl Config {
    /// Reads the text of `debpress.toml`.
    ///
    /// # Errors
    /// It is not TOML, or a key or value is not known; the message shows the line.
    pub fn parse(text: &str) -> Result<Self, toml::de::Error> {
        toml::from_str(text)
    }

    /// What the publisher works by.
    pub fn publish_settings(&self) -> PublishSettings {
        PublishSettings {
            compressors: self.publish.compressors.clone(),
            stay_of_execution: self.publish.stay_of_execution.0,
            by_hash_retention: self.publish.by_hash_retention.0,
            removal_guard: self.publish.removal_guard,
            staging_settle: self.staging.settle.0,
            segment_rows: PublishSettings::default().segment_rows,
        }
    }

    /// What `process-upload` works by in a context.
    pub fn upload_settings(&self, context: UploadContext) -> UploadSettings {
        UploadSettings {
            settle_seconds: self.upload.settle.0,
            distribution: self.upload.distribution.clone(),
            policy: UploadPolicy::of(context, self.upload.binaries),
            mail: self.mail.tells(),
            ..UploadSettings::default()
        }
    }
}

/// The file that `init` writes: every key with its default and what it means.
pub fn template(signed: bool) -> String {
    let signing = if signed {
        format!("key = \"{SIGNING_KEY}\"")
    } else {
        format!("# Archives are published unsigned while no key is named.\n# key = \"{SIGNING_KEY}\"")
    };
    TEMPLATE.replace("@SIGNING@", &signing)
}

/// Where `init` puts the secret key, relative to the site.
pub const SIGNING_KEY: &str = "keys/signing.asc";
/// Where `init` puts the public key that users need, relative to the site.
pub const PUBLIC_KEY: &str = "keys/archive-key.asc";

const TEMPLATE: &str = r#"# Configuration of this debpress site. Every key stands here with its default; lengths of time are written
# as 90s, 15m, 6h or 1d.
#
# What the site has can be declared here too, as [distribution.NAME.series.SERIES] and [archive."REF"]: `debpress apply`
# makes it so, and docs/apply.md says how.

[publish]
# The forms in which indexes are written: gz, xz, zst, bz2, none.
compressors = ["gz", "xz"]
# How long the pool keeps the files of a package after a newer version has replaced it.
stay_of_execution = "1d"
# How long an index stays available by its hash after it ceased to be current.
by_hash_retention = "1d"
# A publication stops if more packages of a hundred would leave a suite, unless --allow removal says that it is meant.
removal_guard = 25

[upload]
# An upload that is not complete is left alone until nothing in it has changed for so long.
settle = "60s"
# The distribution of uploads that lie in incoming/ itself and not in a directory of it that names an archive; needed
# only where the site has several.
# distribution = "NAME"
# Whether people may upload binary packages that they have built themselves; false where a site's own machines build.
binaries = true

[queue]
# After how many attempts an accepted item that cannot be processed is held, until `debpress queue retry`.
attempts = 5

[signing]
# The armoured secret key that signs Release files, relative to this directory. It must not have a passphrase. Several,
# ["keys/old.asc", "keys/new.asc"], sign all together. Archives can have keys of their own: docs/keys.md.
@SIGNING@
# Keys that gpg holds, in an agent or on a smart card, sign together with these: their fingerprints.
# gpg = ["0123456789ABCDEF0123456789ABCDEF01234567"]
# Where gpg has them, relative to this directory; in the home of the user when it is not said.
# gnupghome = "keys/gnupg"
# Whether to publish unsigned, with a warning, where only gpg should sign and is not set up (no program, no gnupghome).
optional = false
# The public keys that users are given: a signature that they could not check with them is not published.
public_key = "keys/archive-key.asc"

[lock]
# One publisher at a time: the lock file, relative to this directory. Several sites may share one.
path = "publisher.lock"
# Whom it keeps out: host, publishers on this machine; database, also those on other machines that share the records. That
# takes a database that machines can share, which SQLite is not: with it the word is refused.
scope = "host"

[hooks]
# Programs that run when a distribution is published, as DIRECTORY/DISTRIBUTION/publish-distro.d/NAME (before anybody
# sees what is ready) and finalize.d/NAME (after). docs/hooks.md says what they are told.
directory = "distro-parts"
# How long one may take.
timeout = "1h"

[staging]
# Where other programs put files for suites (AppStream, command-not-found, ..), as DIRECTORY/ROOT/dists/SUITE/FILE, ROOT
# being the archive's: docs/contributed-files.md.
directory = "staging"
# A file there is left alone until nothing about it has changed for so long.
settle = "60s"

[mail]
# How notices about uploads leave the site: none (nobody is told anything), directory (each becomes a file), or smtp.
# docs/notices.md says who is told what.
transport = "none"
# The sender of every notice; needed where there is a transport.
# from = "Archive <archive@example.org>"
# Who gets a copy of every notice.
# bcc = "archive-admin@example.org"
# For directory: where to, relative to this directory.
directory = "mail"
# For smtp: the server, and how the conversation is kept secret: starttls (port 587), tls (port 465), or none (port 25),
# which is for a server on this machine.
# server = "mail.example.org"
security = "starttls"
# port = 2525
# user = "archive"
# password_file = "keys/mail-password"
# Certificates that are trusted beside those of the system.
# ca_file = "keys/mail-ca.pem"
"#;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_written_file_says_what_the_defaults_are() {
        let unsigned = Config::parse(&template(false)).unwrap();
        assert_eq!(unsigned, Config::default());
        let signed = Config::parse(&template(true)).unwrap();
        assert_eq!(signed.signing.key, [PathBuf::from(SIGNING_KEY)]);
        let several = Config::parse("[signing]\nkey = [\"a\", \"b\"]\n").unwrap();
        assert_eq!(several.signing.key, [PathBuf::from("a"), PathBuf::from("b")]);
    }

    #[test]
    fn a_key_in_the_file_changes_what_it_names() {
        let config = Config::parse(
            "[publish]\ncompressors = [\"zst\", \"none\", \"zst\"]\nstay_of_execution = \"90m\"\n[upload]\nsettle = \"5\"\n",
        )
        .unwrap();
        assert_eq!(config.publish_settings().compressors, [Compression::Zstd, Compression::None]);
        assert_eq!(config.publish_settings().stay_of_execution, 5400);
        assert_eq!(config.upload_settings(UploadContext::Insecure).settle_seconds, 5);
    }

    #[test]
    fn mistakes_are_shown_with_their_line() {
        for (text, part) in [
            ("[publish]\ncompresors = []\n", "unknown field `compresors`"),
            ("[publish]\ncompressors = [\"rar\"]\n", "`rar` is no compressor"),
            ("[publish]\ncompressors = []\n", "at least one"),
            ("[upload]\nsettle = \"1 day\"\n", "`1 day` is no length of time"),
            ("[upload]\nsettle = \"-5s\"\n", "`-5s` is no length of time"),
            ("[upload]\ndistribution = \"../x\"\n", "distribution"),
            ("[signing]\nkey = 1\n", "write the path of a key"),
            ("[signing]\ngpg = [\"DEADBEEF\"]\n", "`DEADBEEF` is no fingerprint"),
            ("[sining]\n", "unknown field `sining`"),
            ("[lock]\nscope = \"world\"\n", "unknown variant `world`"),
            ("[mail]\ntransport = \"pigeon\"\n", "unknown variant `pigeon`"),
            ("[mail]\nfrom = \"nobody\"\n", "`nobody` is no address"),
            ("[mail]\nfrom = \"Tux <archive@tux..example>\"\n", "`Tux <archive@tux..example>` is no address"),
            ("[mail]\nbcc = \"Admin <admin@tux.example>\"\n", "is no address: write USER@HOST"),
            ("[mail]\ntransport = \"directory\"\n", "`from` is missing"),
            ("[mail]\ntransport = \"smtp\"\nfrom = \"a@b\"\n", "`server` is missing"),
            ("[mail]\nserver = \"tux.example:25\"\n", "its port goes into `port`"),
            ("[mail]\nserver = \"\"\n", "`server` is no name"),
            ("[mail]\ndirectory = \"\"\n", "`directory` is empty"),
            ("[mail]\nuser = \"a\"\n", "belong together"),
            (
                "[mail]\nuser = \"a\"\npassword_file = \"p\"\nsecurity = \"none\"\n",
                "needs a conversation that is secret",
            ),
        ] {
            let error = Config::parse(text).unwrap_err().to_string();
            assert!(error.contains(part) && error.contains("line "), "{text}: {error}");
        }
    }
}
