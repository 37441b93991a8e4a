//! What can be wrong with a site: one code for each kind of disagreement, and what it means.
//!
//! Scripts and monitors hang on the codes, so they never change. Code that finds something names a constant of this
//! file, never a text of its own. The table of docs/checking.md is made from this one.

use serde::Serialize;

/// How bad a disagreement is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// Worth knowing; the check succeeds all the same.
    Notice,
    /// Nobody is hurt yet.
    Warning,
    /// Clients or records are hurt.
    Error,
}

impl Severity {
    /// The word that documents and JSON use.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Notice => "notice",
            Self::Warning => "warning",
            Self::Error => "error",
        }
    }
}

/// What a repair can do about a disagreement.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Repair {
    /// It mends it.
    Yes,
    /// It mends it where a good copy is left, in the content store or in a pool.
    Copy,
    /// It publishes the suite again.
    Publish,
    /// It removes the file where `--remove-unknown` says so.
    Asked,
    /// Nothing: the next run of what it belongs to does.
    Itself,
    /// Nothing: a person must decide.
    Person,
}

impl Repair {
    /// Says it in a table.
    pub fn words(self) -> &'static str {
        match self {
            Self::Yes => "yes",
            Self::Copy => "where a good copy is left",
            Self::Publish => "publishes the suite again",
            Self::Asked => "with `--remove-unknown`",
            Self::Itself => "not needed: the next run does",
            Self::Person => "no: a person must",
        }
    }
}

/// A kind of disagreement.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Code {
    /// Its stable word.
    pub code: &'static str,
    /// How bad it is.
    pub severity: Severity,
    /// What a repair can do.
    pub repair: Repair,
    /// What it means, as a sentence.
    pub meaning: &'static str,
}

macro_rules! codes {
    ($($name:ident $code:literal $severity:ident $repair:ident $meaning:literal)*) => {
        $(#[doc = $meaning] pub const $name: &str = $code;)*

        /// Every code, in the order in which things are checked.
        pub const CODES: &[Code] = &[$(Code {
            code: $code,
            severity: Severity::$severity,
            repair: Repair::$repair,
            meaning: $meaning,
        }),*];
    };
}

codes! {
    RECORDS_DAMAGED "records.damaged" Error Person "The database itself is damaged, or was changed by somebody else."
    RECORDS_RELEASE "records.release" Error Person "A publication or a queue item has a package that is not recorded."
    RECORDS_FILE "records.file" Error Person "The archive of a publication does not know a file name of its package, or knows it with other bytes."
    RECORDS_COUNTER "records.counter" Error Yes "A suite shows more changes than there were, so that the next ones would not be published."
    RECORDS_INDEXES "records.indexes" Warning Person "A suite is published and no index file of it is recorded, or the other way round."
    RECORDS_STATUS "records.status" Warning Person "A publication lacks what its status implies, or is live in an archive that is gone."
    QUEUE_EMPTY "queue.empty" Warning Person "A queue item has neither a package nor a custom file."
    NOTICE_STUCK "notice.stuck" Warning Person "A notice could not be sent, and nobody has tried again for a day."
    JOURNAL_OPEN "journal.open" Warning Yes "A publication was interrupted, or is being made visible right now."
    OBJECT_MISSING "object.missing" Error Copy "A file of a recorded package is not in the content store."
    OBJECT_SIZE "object.size" Error Copy "A file in the content store has another size than recorded."
    OBJECT_CONTENT "object.content" Error Copy "A file in the content store cannot be read or has other bytes than its name says (full check, or where pool file and object are two files)."
    OBJECT_STRANGER "object.stranger" Warning Person "Something lies in the content store that the store has not put there."
    OBJECT_TEMPORARY "object.temporary" Warning Yes "A run that died has left a file behind that it had not finished."
    OBJECT_ORPHAN "object.orphan" Warning Yes "No record needs an object, and it is older than a day."
    POOL_MISSING "pool.missing" Error Copy "A file that the pool must hold is not there."
    POOL_SIZE "pool.size" Error Copy "A file in the pool has another size than recorded."
    POOL_CONTENT "pool.content" Error Copy "A file in the pool cannot be read or has other bytes than recorded (full check, or where pool file and object are two files)."
    POOL_TEMPORARY "pool.temporary" Warning Yes "A run that died has left a file in the pool that it had not finished."
    POOL_MODE "pool.mode" Error Yes "A file or directory of the pool cannot be read by everybody, and so not by a web server."
    POOL_UNKNOWN "pool.unknown" Warning Asked "A file in the pool belongs to no publication."
    STAGED_LEFT "staged.left" Warning Yes "A suite was prepared and never made visible."
    WITHDRAWN_LEFT "withdrawn.left" Warning Person "What clients saw of an archive that was being deleted is there, and the archive is not deleted."
    ARCHIVE_DELETING "archive.deleting" Warning Itself "The deletion of an archive was interrupted."
    CLAIM_LEFT "claim.left" Notice Itself "An upload was claimed by a run that is dead."
    CLAIM_LOST "claim.lost" Warning Person "An upload was claimed by a run that is dead and whose lock file is gone, so that no other run takes it over."
    LISTS_MISSING "lists.missing" Notice Publish "A list beside pool and dists that an archive wants, such as ls-lR.gz, is not there."
    LISTS_DAMAGED "lists.damaged" Warning Publish "A list beside pool and dists, such as ls-lR.gz, cannot be unpacked."
    SUITE_MISSING "suite.missing" Error Publish "A published suite has no Release."
    SUITE_MODE "suite.mode" Error Yes "A file or directory of a published suite cannot be read by everybody, and so not by a web server."
    RELEASE_MALFORMED "release.malformed" Error Publish "A Release cannot be read."
    RELEASE_EXPIRED "release.expired" Error Publish "Clients refuse a Release because its Valid-Until is over."
    RELEASE_DIFFERS "release.differs" Error Publish "A Release lists other index files than the records say were published."
    SIGNATURE_KEY "signature.key" Error Person "A key that should sign the archive cannot be used, so that nobody can judge its signatures."
    SIGNATURE_MISSING "signature.missing" Error Publish "A key is configured, and InRelease or Release.gpg is not there."
    SIGNATURE_BAD "signature.bad" Error Publish "InRelease or Release.gpg does not verify with the configured key."
    SIGNATURE_DIFFERS "signature.differs" Error Publish "InRelease signs another text than Release has."
    SIGNATURE_STALE "signature.stale" Warning Publish "No key is configured, and a signature is published nevertheless."
    INDEX_MISSING "index.missing" Error Publish "An index file that Release lists is not there, in no form or not in this one."
    INDEX_SIZE "index.size" Error Publish "An index file has another size than Release says."
    INDEX_HASH "index.hash" Error Publish "An index file cannot be read or has another hash than Release says."
    INDEX_BY_HASH "index.by-hash" Error Publish "The by-hash name of an index file is missing or holds other bytes."
    INDEX_RETIRED "index.retired" Warning Publish "A file of an earlier Release holds other bytes than its by-hash name says (full check; else only where the size differs)."
    INDEX_ORPHAN "index.orphan" Notice Publish "A by-hash name is that of no Release which was ever published."
    INDEX_MALFORMED "index.malformed" Error Publish "A Packages or Sources file, or a list of patches, cannot be read."
    INDEX_CONTENTS "index.contents" Error Publish "Contents names a package that no Packages lists, or lacks one whose files are known."
    INDEX_PATCH "index.patch" Warning Publish "A patch of an index is not there, or is not what the list of patches says."
    CUSTOM_MISSING "custom.missing" Error Publish "A file or link of a custom upload is not there."
    CUSTOM_SIZE "custom.size" Error Publish "A file of a custom upload has another size than recorded."
    CUSTOM_CONTENT "custom.content" Error Publish "A link of a custom upload leads elsewhere, or a file cannot be read or has other bytes than recorded (files, but for the sums: full check only)."
    INDEX_POOL_FILE "index.pool-file" Error Publish "An index names a file that the pool does not have in that size and with that hash."
}

/// The row of a code. One that is not in the table, which no constant is, is an error that needs a person.
pub fn row(code: &'static str) -> Code {
    let unknown = Code { code, severity: Severity::Error, repair: Repair::Person, meaning: "" };
    CODES.iter().find(|row| row.code == code).copied().unwrap_or(unknown)
}
