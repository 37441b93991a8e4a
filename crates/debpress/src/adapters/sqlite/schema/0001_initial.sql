-- The records of a debpress site, schema 1.
--
-- Times are whole seconds UTC. Hashes are BLOBs of their own length. Numbers that stand for words:
--
--   publication.kind, queue_release.kind   0 source     1 binary
--   publication.status                     0 pending    1 published    2 superseded    3 deleted
--   queue_item.status, queue_event.status  0 new  1 unapproved  2 accepted  3 rejected  4 done
--
-- `status < 2` therefore means "live", and is written exactly so in the queries: SQLite uses a partial index only
-- for the very condition that the index has.

CREATE TABLE distribution (
    id           INTEGER PRIMARY KEY,
    name         TEXT NOT NULL UNIQUE,
    display_name TEXT NOT NULL
) STRICT;

CREATE TABLE series (
    id              INTEGER PRIMARY KEY,
    distribution_id INTEGER NOT NULL REFERENCES distribution,
    position        INTEGER NOT NULL,              -- oldest first
    name            TEXT NOT NULL,
    version         TEXT,
    UNIQUE (distribution_id, name)
) STRICT;

CREATE TABLE series_component (
    series_id INTEGER NOT NULL REFERENCES series,
    rank      INTEGER NOT NULL,                    -- most preferred first
    name      TEXT NOT NULL,
    PRIMARY KEY (series_id, rank)
) STRICT, WITHOUT ROWID;

CREATE TABLE series_architecture (
    series_id INTEGER NOT NULL REFERENCES series,
    name      TEXT NOT NULL,
    PRIMARY KEY (series_id, name)
) STRICT, WITHOUT ROWID;

CREATE TABLE archive (
    id              INTEGER PRIMARY KEY,
    reference       TEXT NOT NULL UNIQUE,          -- as people write it: ~owner/distribution/name
    purpose         TEXT NOT NULL,
    distribution_id INTEGER NOT NULL REFERENCES distribution,
    origin          TEXT NOT NULL,
    label           TEXT NOT NULL
) STRICT;

CREATE TABLE suite (
    id         INTEGER PRIMARY KEY,
    archive_id INTEGER NOT NULL REFERENCES archive,
    series_id  INTEGER NOT NULL REFERENCES series,
    pocket     TEXT NOT NULL,
    changes    INTEGER NOT NULL DEFAULT 0,         -- grows with every change
    shown      INTEGER NOT NULL DEFAULT 0,         -- what the published indexes show
    published  INTEGER NOT NULL DEFAULT 0 CHECK (published IN (0, 1)),
    UNIQUE (archive_id, series_id, pocket)
) STRICT;

-- Content, once, whatever it is called. The first recording of a file decides which weak hashes are known.
CREATE TABLE object (
    id     INTEGER PRIMARY KEY,
    sha256 BLOB NOT NULL UNIQUE,
    size   INTEGER NOT NULL,
    md5    BLOB,
    sha1   BLOB,
    sha512 BLOB
) STRICT;

CREATE TABLE source_release (
    id         INTEGER PRIMARY KEY,
    identity   BLOB NOT NULL,                      -- SHA-256 of the .dsc
    name       TEXT NOT NULL,
    version    TEXT NOT NULL,
    section    TEXT NOT NULL,
    priority   TEXT NOT NULL,
    stanza     TEXT NOT NULL,
    file_lists TEXT NOT NULL,
    UNIQUE (identity, name, version)
) STRICT;

CREATE TABLE source_file (
    source_id INTEGER NOT NULL REFERENCES source_release,
    position  INTEGER NOT NULL,
    name      TEXT NOT NULL,
    object_id INTEGER NOT NULL REFERENCES object,
    PRIMARY KEY (source_id, position)
) STRICT, WITHOUT ROWID;

CREATE TABLE binary_release (
    id             INTEGER PRIMARY KEY,
    object_id      INTEGER NOT NULL REFERENCES object,
    filename       TEXT NOT NULL,
    name           TEXT NOT NULL,
    version        TEXT NOT NULL,
    architecture   TEXT NOT NULL,
    format         TEXT NOT NULL,                  -- deb, udeb, ddeb
    source_name    TEXT NOT NULL,
    source_version TEXT NOT NULL,
    section        TEXT NOT NULL,
    priority       TEXT NOT NULL,
    stanza         TEXT NOT NULL,
    -- The object leads: new rows then enter at the end of the index.
    UNIQUE (object_id, name, version, architecture)
) STRICT;

CREATE TABLE binary_contents (
    binary_id INTEGER PRIMARY KEY REFERENCES binary_release,
    paths     BLOB NOT NULL                        -- zstd of the paths, joined by newlines
) STRICT;

-- Every file name that an archive ever had, and its only content.
CREATE TABLE archive_file (
    archive_id INTEGER NOT NULL REFERENCES archive,
    name       TEXT NOT NULL,
    sha256     BLOB NOT NULL,
    PRIMARY KEY (archive_id, name)
) STRICT, WITHOUT ROWID;

-- Never deleted from. Name, version and architecture repeat those of the release, so that domination reads one index.
CREATE TABLE publication (
    id            INTEGER PRIMARY KEY,
    suite_id      INTEGER NOT NULL REFERENCES suite,
    kind          INTEGER NOT NULL CHECK (kind IN (0, 1)),
    status        INTEGER NOT NULL CHECK (status BETWEEN 0 AND 3),
    release_id    INTEGER NOT NULL,                -- source_release or binary_release, as kind says
    name          TEXT NOT NULL,
    version       TEXT NOT NULL,
    architecture  TEXT NOT NULL,
    component     TEXT NOT NULL,
    section       TEXT NOT NULL,
    priority      TEXT NOT NULL,
    created       INTEGER NOT NULL,
    published     INTEGER,
    superseded    INTEGER,
    superseded_by INTEGER REFERENCES publication,
    removable     INTEGER,                         -- its files may leave the pool from then on
    removed       INTEGER                          -- its files have left the pool
) STRICT;

-- What a run reads grows with the live records of one suite, or with its pending ones; never with history.
CREATE INDEX publication_live ON publication
    (suite_id, kind, name, version, architecture, component, status) WHERE status < 2;
CREATE INDEX publication_pending ON publication (suite_id, kind) WHERE status = 0;
CREATE INDEX publication_pool ON publication (suite_id, kind) WHERE published IS NOT NULL AND removed IS NULL;
CREATE INDEX publication_name ON publication (name, kind, suite_id);
-- Without it, the foreign key of superseded_by would look through the whole table.
CREATE INDEX publication_winner ON publication (superseded_by) WHERE superseded_by IS NOT NULL;

CREATE TABLE queue_item (
    id             INTEGER PRIMARY KEY,
    archive_id     INTEGER NOT NULL REFERENCES archive,
    series_id      INTEGER NOT NULL REFERENCES series,
    pocket         TEXT NOT NULL,
    status         INTEGER NOT NULL CHECK (status BETWEEN 0 AND 4),
    source         TEXT NOT NULL,
    version        TEXT NOT NULL,
    architectures  TEXT NOT NULL,
    changes_name   TEXT NOT NULL,
    changes_text   TEXT NOT NULL,
    changes_sha256 TEXT NOT NULL,
    uploader       TEXT NOT NULL,
    fingerprint    TEXT NOT NULL,
    received       INTEGER NOT NULL,
    UNIQUE (archive_id, changes_sha256)
) STRICT;

CREATE INDEX queue_item_status ON queue_item (status, received);

CREATE TABLE queue_release (
    item_id    INTEGER NOT NULL REFERENCES queue_item,
    position   INTEGER NOT NULL,
    kind       INTEGER NOT NULL CHECK (kind IN (0, 1)),
    release_id INTEGER NOT NULL,
    component  TEXT NOT NULL,
    section    TEXT NOT NULL,
    priority   TEXT NOT NULL,
    new        INTEGER NOT NULL CHECK (new IN (0, 1)),
    PRIMARY KEY (item_id, position)
) STRICT, WITHOUT ROWID;

CREATE TABLE queue_event (
    id      INTEGER PRIMARY KEY,
    item_id INTEGER NOT NULL REFERENCES queue_item,
    at      INTEGER NOT NULL,
    who     TEXT NOT NULL,
    status  INTEGER NOT NULL CHECK (status BETWEEN 0 AND 4),
    comment TEXT NOT NULL
) STRICT;

CREATE INDEX queue_event_item ON queue_event (item_id);

CREATE TABLE uploader (
    id   INTEGER PRIMARY KEY,
    name TEXT NOT NULL UNIQUE
) STRICT;

CREATE TABLE uploader_key (
    fingerprint TEXT PRIMARY KEY,
    uploader_id INTEGER NOT NULL REFERENCES uploader,
    certificate BLOB NOT NULL,
    added       INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE uploader_grant (
    uploader_id INTEGER NOT NULL REFERENCES uploader,
    archive_id  INTEGER REFERENCES archive,        -- NULL: every one; so the other two
    component   TEXT,
    package     TEXT,
    added       INTEGER NOT NULL
) STRICT;

CREATE INDEX uploader_grant_uploader ON uploader_grant (uploader_id);

-- Every index file that a published Release named: from `since` until `until`, or until now where that is NULL.
CREATE TABLE index_file (
    id       INTEGER PRIMARY KEY,
    suite_id INTEGER NOT NULL REFERENCES suite,
    path     TEXT NOT NULL,
    sha256   TEXT NOT NULL,                        -- hex, as the journal has it
    size     INTEGER NOT NULL,
    since    INTEGER NOT NULL,
    until    INTEGER
) STRICT;

CREATE UNIQUE INDEX index_file_current ON index_file (suite_id, path) WHERE until IS NULL;
CREATE INDEX index_file_retired ON index_file (suite_id, until) WHERE until IS NOT NULL;

-- At most one publication is under way.
CREATE TABLE switch_journal (
    id   INTEGER PRIMARY KEY CHECK (id = 1),
    text TEXT NOT NULL                             -- JSON
) STRICT;
