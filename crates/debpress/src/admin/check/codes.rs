//! What can be wrong with a site: one code for each kind of disagreement, and what it means.
//!
//! Scripts and monitors hang on the codes, so they never change. Code that finds something names a constant of this
//! file, never a text of its own.

macro_rules! codes {
    ($($name:ident $code:literal $meaning:literal)*) => {
        $(#[doc = $meaning] pub const $name: &str = $code;)*

        /// Every code, with its meaning, in the order in which things are checked.
        pub const CODES: &[(&str, &str)] = &[$(($name, $meaning)),*];
    };
}

codes! {
    RECORDS_DAMAGED "records.damaged" "The database itself is damaged, or was changed by somebody else."
    JOURNAL_OPEN "journal.open" "A publication was interrupted, or is being made visible right now."
    OBJECT_MISSING "object.missing" "A file of a recorded package is not in the content store."
    OBJECT_SIZE "object.size" "A file in the content store has another size than recorded."
    OBJECT_CONTENT "object.content" "A file in the content store cannot be read or has other bytes than its name says (full check only)."
    POOL_MISSING "pool.missing" "A file that the pool must hold is not there."
    POOL_SIZE "pool.size" "A file in the pool has another size than recorded."
    POOL_CONTENT "pool.content" "A file in the pool cannot be read or has other bytes than recorded (full check only)."
    POOL_UNKNOWN "pool.unknown" "A file in the pool belongs to no publication."
    STAGED_LEFT "staged.left" "A suite was prepared and never made visible."
    SUITE_MISSING "suite.missing" "A published suite has no Release."
    RELEASE_MALFORMED "release.malformed" "A Release cannot be read."
    RELEASE_EXPIRED "release.expired" "Clients refuse a Release because its Valid-Until is over."
    RELEASE_DIFFERS "release.differs" "A Release lists other index files than the records say were published."
    SIGNATURE_KEY "signature.key" "A key that should sign the archive cannot be used, so that nobody can judge its signatures."
    SIGNATURE_MISSING "signature.missing" "A key is configured, and InRelease or Release.gpg is not there."
    SIGNATURE_BAD "signature.bad" "InRelease or Release.gpg does not verify with the configured key."
    SIGNATURE_DIFFERS "signature.differs" "InRelease signs another text than Release has."
    SIGNATURE_STALE "signature.stale" "No key is configured, and a signature is published nevertheless."
    INDEX_MISSING "index.missing" "An index file that Release lists is not there, in no form or not in this one."
    INDEX_SIZE "index.size" "An index file has another size than Release says."
    INDEX_HASH "index.hash" "An index file cannot be read or has another hash than Release says."
    INDEX_BY_HASH "index.by-hash" "The by-hash name of an index file is missing or holds other bytes."
    INDEX_MALFORMED "index.malformed" "A Packages or Sources file, or a list of patches, cannot be read."
    INDEX_PATCH "index.patch" "A patch of an index is not there, or is not what the list of patches says."
    CUSTOM_MISSING "custom.missing" "A file or link of a custom upload is not there."
    CUSTOM_SIZE "custom.size" "A file of a custom upload has another size than recorded."
    CUSTOM_CONTENT "custom.content" "A link of a custom upload leads elsewhere, or a file cannot be read or has other bytes than recorded (files, but for the sums: full check only)."
    INDEX_POOL_FILE "index.pool-file" "An index names a file that the pool does not have in that size and with that hash."
}
