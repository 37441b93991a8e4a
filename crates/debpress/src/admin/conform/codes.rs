//! What an archive can do wrong: one rule for each, with its code, its weight, why it matters and to whom, and where that
//! is written.
//!
//! Scripts and monitors hang on the codes, so they never change. Code that finds something names a constant of this file.

use std::fmt;

use serde::Serialize;

/// How much a finding weighs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// Clients fail, or get something else than they should: the archive does not conform.
    Error,
    /// Some clients or people miss something, or will one day.
    Warning,
    /// Good to know.
    Note,
}

impl fmt::Display for Severity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Error => "error",
            Self::Warning => "warning",
            Self::Note => "note",
        })
    }
}

/// A rule that archives follow.
#[derive(Debug, PartialEq, Eq)]
pub struct Rule {
    /// Its stable name: `index.hash`.
    pub code: &'static str,
    /// What it weighs when it is broken.
    pub severity: Severity,
    /// What is found.
    pub what: &'static str,
    /// Why it matters, and to whom.
    pub why: &'static str,
    /// Where the rule is from.
    pub source: &'static str,
}

/// DebianRepository/Format on wiki.debian.org.
const FORMAT: &str = "Debian repository format";
/// What apt does, which is what users meet.
const APT: &str = "apt";
/// Debian Policy.
const POLICY: &str = "Debian Policy";
/// sources.list(5), apt-secure(8).
const APT_SECURE: &str = "apt-secure(8)";
/// How this program works.
const OWN: &str = "debpress";

macro_rules! rules {
    ($($name:ident $code:literal $severity:ident $source:expr, $what:literal $why:literal;)*) => {
        $(
            #[doc = $what]
            pub const $name: &Rule = &Rule {
                code: $code, severity: Severity::$severity, what: $what, why: $why, source: $source,
            };
        )*

        /// Every rule, in the order in which things are looked at.
        pub const RULES: &[&Rule] = &[$($name),*];
    };
}

rules! {
    ARCHIVE_UNREADABLE "archive.unreadable" Error OWN,
        "A file may be there and cannot be had: a server that fails or does not answer, a file that may not be read."
        "Clients fail there too, or nobody can say whether they do.";
    ARCHIVE_NO_SUITES "archive.no-suites" Error FORMAT,
        "The archive has no suite."
        "apt has nothing to read.";
    ARCHIVE_BOUND "archive.bound" Error OWN,
        "Something is larger than any archive needs, and was not read to its end."
        "It is not known to conform; a client would read on and run out of memory, disk or time.";

    RELEASE_MISSING "release.missing" Error FORMAT,
        "The suite has neither InRelease nor Release."
        "apt refuses it: the repository does not have a Release file.";
    RELEASE_NO_INRELEASE "release.no-inrelease" Warning FORMAT,
        "The suite has Release and Release.gpg, but no InRelease."
        "Between reading the one and the other clients can meet two states, and report a bad signature.";
    RELEASE_NO_PLAIN "release.no-plain" Note FORMAT,
        "The suite has InRelease, but no Release."
        "Old tools for mirrors and installers read Release only.";
    RELEASE_MALFORMED "release.malformed" Error FORMAT,
        "InRelease or Release cannot be read: no fields, a line that is no hash, size and path, text around the signed part."
        "apt refuses the suite.";
    RELEASE_DIFFERS "release.differs" Error FORMAT,
        "InRelease and Release say different things."
        "apt reads the one, other tools the other: they see two archives.";
    RELEASE_UNSIGNED "release.unsigned" Error APT_SECURE,
        "Neither InRelease nor Release.gpg is there."
        "apt refuses the suite unless its users say trusted=yes, which lets anybody on the way change it.";
    SIGNATURE_UNVERIFIED "signature.unverified" Note APT_SECURE,
        "The signature was not verified, because no keyring was given."
        "Give the key that users of the archive have with --keyring.";
    SIGNATURE_BAD "signature.bad" Error APT_SECURE,
        "A signature does not verify with the keyring: another key, one that has expired, another text."
        "apt refuses the suite for whoever has that key.";
    RELEASE_DATE "release.date" Error FORMAT,
        "Date is missing, is no date in UTC, or lies in the future."
        "apt refuses what is not valid yet, and warns of a Date that it cannot read, since it cannot tell new from old without.";
    RELEASE_VALID_UNTIL "release.valid-until" Error FORMAT,
        "Valid-Until is no date in UTC."
        "apt refuses the suite.";
    RELEASE_EXPIRED "release.expired" Error FORMAT,
        "Valid-Until is over."
        "apt refuses the suite until it is published again.";
    RELEASE_NO_NAME "release.no-name" Warning FORMAT,
        "Neither Suite nor Codename is there."
        "Pinning by release has nothing to go by, and apt cannot tell that a suite has become another one.";
    RELEASE_NAME "release.name" Warning APT,
        "The suite lies under a name that is neither its Suite nor its Codename."
        "apt warns of a conflicting distribution at each update.";
    RELEASE_FIELDS "release.fields" Warning FORMAT,
        "Architectures or Components is missing."
        "apt cannot tell what the suite does not have, and asks for files that are not there.";
    RELEASE_ARCHITECTURE "release.architecture" Warning FORMAT,
        "Packages of an architecture are listed that Architectures does not name."
        "Mirrors and other tools that go by Architectures leave them out.";
    RELEASE_COMPONENT "release.component" Warning FORMAT,
        "Packages of a component are listed that Components does not name."
        "Mirrors and other tools that go by Components leave them out.";
    RELEASE_INDEX_UNLISTED "release.index-unlisted" Warning FORMAT,
        "Components and Architectures name something of which no Packages is listed."
        "Machines of that architecture see no packages, and nobody tells them that something is missing.";
    RELEASE_NO_SHA256 "release.no-sha256" Error APT,
        "Files are listed by MD5 or SHA-1 only."
        "Today's apt takes neither for strong enough, and refuses the suite.";
    RELEASE_DUPLICATE "release.duplicate" Warning FORMAT,
        "A file is listed twice in one list."
        "Clients take the one or the other.";
    RELEASE_CONFLICT "release.conflict" Error FORMAT,
        "A file is listed with two sizes."
        "Whatever is there, some client finds that it does not fit.";
    RELEASE_HASHES "release.hashes" Warning FORMAT,
        "A list of hashes lacks files that another list has."
        "A client that goes by that list takes the files for missing.";
    RELEASE_PATH "release.path" Error FORMAT,
        "A file is listed that is not below the suite."
        "A client that believed it would write outside its place.";
    RELEASE_UNCOMPRESSED "release.uncompressed" Error APT,
        "A compressed index is listed, and the uncompressed one is not."
        "apt goes by the entry of the uncompressed index: without, users see no packages, and no error either.";
    RELEASE_NO_BY_HASH "release.no-by-hash" Note FORMAT,
        "Acquire-By-Hash is not set."
        "Clients that read while the archive changes meet hashes that do not fit.";
    RELEASE_NO_END "release.no-end" Note FORMAT,
        "There is no Valid-Until."
        "Somebody on the way can show users an old state for ever, and so keep updates from them.";

    INDEX_MISSING "index.missing" Error FORMAT,
        "A listed file is not there, in no form."
        "apt update fails.";
    INDEX_FORM "index.form" Warning FORMAT,
        "A listed compressed form is not there; another form of the index is."
        "Clients ask in vain before they ask for another one; some give up.";
    INDEX_SIZE "index.size" Error FORMAT,
        "A listed file has another size."
        "apt update fails: file has unexpected size.";
    INDEX_HASH "index.hash" Error FORMAT,
        "A listed file has another hash."
        "apt update fails: hash sum mismatch.";
    INDEX_BY_HASH "index.by-hash" Error FORMAT,
        "Acquire-By-Hash is set, and a name by hash is missing or is another file. It is that of the strongest hash that is listed."
        "apt asks for indexes by that name.";
    INDEX_COMPRESSION "index.compression" Error FORMAT,
        "A file is not compressed as its name says, is cut short or damaged."
        "Clients fail, or read less than there is.";
    INDEX_TRAILING "index.trailing" Error APT,
        "Something follows the end of the compressed content."
        "Clients read the file differently: apt ignores it, others fail.";
    INDEX_STREAMS "index.streams" Error APT,
        "A file is made of several xz or bzip2 streams."
        "apt reads the first one only, so that the hash does not fit; xz, bzip2 and other tools read all.";
    INDEX_CONTENT "index.content" Error FORMAT,
        "A compressed index contains something else than the uncompressed one that is listed."
        "apt checks what it has decompressed: hash sum mismatch.";
    INDEX_MALFORMED "index.malformed" Error FORMAT,
        "An index cannot be read as what its name says."
        "apt update fails, or ends where the index is broken.";

    STANZA_FIELD "stanza.field" Error FORMAT,
        "A stanza lacks a field that clients need."
        "The package cannot be installed, or not be seen.";
    STANZA_NO_SHA256 "stanza.no-sha256" Error APT,
        "A stanza has no SHA256."
        "apt refuses to download it: insufficient information to do that securely.";
    STANZA_VALUE "stanza.value" Error POLICY,
        "A field has a value that it cannot have: a version, a size, a hash."
        "apt takes another version for newer, or the file for damaged.";
    STANZA_PATH "stanza.path" Error FORMAT,
        "A file of a package is not below the archive's root."
        "A client that believed it would read or write outside its place.";
    STANZA_ARCHITECTURE "stanza.architecture" Warning FORMAT,
        "A package of another architecture stands in an index."
        "Machines of the index's architecture see a package that they cannot install.";
    STANZA_REPEATED "stanza.repeated" Warning FORMAT,
        "An index has a package twice."
        "It takes time and shows packages twice.";
    STANZA_ORDER "stanza.order" Note FORMAT,
        "An index is not sorted by package."
        "Patches and downloads are larger than they could be.";
    PACKAGE_TWICE "package.twice" Error APT,
        "One suite has a package of one name, version and architecture with different contents."
        "Which one users get is chance, and apt takes the one for the other.";
    PACKAGE_ALL "package.all" Error APT,
        "A package for all architectures has different contents on different architectures."
        "With more than one architecture on a machine apt takes the one for the other.";
    PACKAGE_SUITES "package.suites" Error APT,
        "Two suites have a package of one name, version and architecture with different contents."
        "apt takes the one for the other: users get what they did not ask for, or a hash sum mismatch.";
    DESCRIPTION_MD5 "description.md5" Warning FORMAT,
        "Description-md5 is not that of the description beside it."
        "apt shows no translations of it, or those of another text.";
    TRANSLATION_MISSING "translation.missing" Warning FORMAT,
        "Description-md5 names a description that no Translation-en of the component has."
        "Users see the first line only.";
    TRANSLATION_TEXT "translation.text" Warning FORMAT,
        "A text of Translation-en is not the one that its Description-md5 names."
        "Users see the description of another version.";

    POOL_MISSING "pool.missing" Error FORMAT,
        "A file of a package is not there."
        "Installing it fails.";
    POOL_SIZE "pool.size" Error FORMAT,
        "A file of a package has another size than its index says."
        "Installing it fails: file has unexpected size.";
    POOL_HASH "pool.hash" Error FORMAT,
        "A file of a package has another hash than its index says (--full only)."
        "Installing it fails: hash sum mismatch.";
    POOL_CONFLICT "pool.conflict" Error FORMAT,
        "One file is named with different sizes or hashes."
        "It can fit only one of them; files of a pool never change.";
    POOL_CONTROL "pool.control" Error FORMAT,
        "The package itself says another name, version or architecture than its index (--full only)."
        "apt installs something else than it planned, and wants to install it again and again.";
    POOL_MALFORMED "pool.malformed" Error POLICY,
        "A file is no package that can be read (--full only)."
        "dpkg refuses it.";

    PDIFF_MALFORMED "pdiff.malformed" Error FORMAT,
        "A list of patches, or a patch, cannot be read."
        "Clients download the whole index instead.";
    PDIFF_CURRENT "pdiff.current" Error FORMAT,
        "The patches lead to another text than the index that is listed."
        "Clients patch in vain, then download the whole index.";
    PDIFF_MISSING "pdiff.missing" Error FORMAT,
        "A patch is not there."
        "Clients that need it fail over to the whole index.";
    PDIFF_HASH "pdiff.hash" Error FORMAT,
        "A patch, as it is downloaded or decompressed, has another size or hash than the list says."
        "Clients fail over to the whole index: hash sum mismatch.";
    PDIFF_CHAIN "pdiff.chain" Error FORMAT,
        "Patches from an earlier text, which the archive still has, do not end in the current one."
        "Clients patch in vain, then download the whole index.";
    PDIFF_UNTRIED "pdiff.untried" Note OWN,
        "An earlier text is not in the archive any more, so that patches from it could not be applied."
        "They are there and have their hashes, which is all that can be said.";

    CONTENTS_MALFORMED "contents.malformed" Error FORMAT,
        "A line of Contents is no path with its packages."
        "apt-file fails, or finds nothing.";
    CONTENTS_PACKAGE "contents.package" Warning FORMAT,
        "Contents names a package that no index of the suite has."
        "apt-file names packages that nobody can install.";
}
