-- Schema 2: where uploads may go, who may do what, custom uploads, notices, what holds files in the pool.
--
--   custom_publication.status              0 live       1 superseded
--   notice.state                           0 waiting    1 sent       2 given up

ALTER TABLE distribution ADD COLUMN redirect_uploads INTEGER NOT NULL DEFAULT 0; -- release uploads go to -proposed
ALTER TABLE series ADD COLUMN status TEXT NOT NULL DEFAULT 'development';
ALTER TABLE series ADD COLUMN source_formats TEXT NOT NULL DEFAULT '';           -- joined by commas; empty: every one
ALTER TABLE series ADD COLUMN announce TEXT;                                     -- a mailing list; NULL: none
ALTER TABLE series ADD COLUMN parent_id INTEGER REFERENCES series;                 -- of another distribution
ALTER TABLE series ADD COLUMN aliases TEXT NOT NULL DEFAULT '';                  -- joined by commas
ALTER TABLE suite ADD COLUMN entries INTEGER NOT NULL DEFAULT 0;                  -- publications that clients see
ALTER TABLE archive ADD COLUMN enabled INTEGER NOT NULL DEFAULT 1;               -- whether it takes uploads
ALTER TABLE archive ADD COLUMN size_limit INTEGER;                               -- bytes; NULL: none
ALTER TABLE archive ADD COLUMN obsolete_uploads INTEGER NOT NULL DEFAULT 0;      -- also into obsolete series
ALTER TABLE uploader ADD COLUMN mail TEXT;                                       -- where notices go; NULL: nowhere

ALTER TABLE archive ADD COLUMN published INTEGER NOT NULL DEFAULT 1;             -- whether publishers look at it
ALTER TABLE archive ADD COLUMN private INTEGER NOT NULL DEFAULT 0;               -- below a root of its own

-- Each bound that is NULL sets none. `person` is the name of an uploader or of a team.
CREATE TABLE permission (
    id          INTEGER PRIMARY KEY,
    person      TEXT NOT NULL,
    power       TEXT NOT NULL CHECK (power IN ('upload', 'queue')),
    archive_id  INTEGER REFERENCES archive,
    series_id   INTEGER REFERENCES series,
    pocket      TEXT,
    component   TEXT,
    package     TEXT,
    package_set TEXT,
    explicit    INTEGER NOT NULL DEFAULT 0 CHECK (explicit IN (0, 1)),
    added       INTEGER NOT NULL,
    added_by    TEXT NOT NULL
) STRICT;

CREATE INDEX permission_person ON permission (person);

-- uploader_grant is read no more.
INSERT INTO permission (person, power, archive_id, component, package, added, added_by)
    SELECT u.name, 'upload', g.archive_id, g.component, g.package, g.added, 'uploader add'
    FROM uploader_grant g JOIN uploader u ON u.id = g.uploader_id ORDER BY g.rowid;

CREATE TABLE team_member (
    team   TEXT NOT NULL,
    member TEXT NOT NULL,                          -- an uploader, or another team
    PRIMARY KEY (team, member)
) STRICT, WITHOUT ROWID;

CREATE TABLE package_set (
    series_id INTEGER NOT NULL REFERENCES series,
    name      TEXT NOT NULL,
    PRIMARY KEY (series_id, name)
) STRICT, WITHOUT ROWID;

CREATE TABLE package_set_member (
    series_id INTEGER NOT NULL REFERENCES series,
    name      TEXT NOT NULL,
    package   TEXT NOT NULL,
    PRIMARY KEY (series_id, name, package)
) STRICT, WITHOUT ROWID;

CREATE TABLE package_set_include (
    series_id INTEGER NOT NULL REFERENCES series,
    name      TEXT NOT NULL,
    included  TEXT NOT NULL,                       -- another set of the same series
    PRIMARY KEY (series_id, name, included)
) STRICT, WITHOUT ROWID;

-- What is known of a source beside its index text.
CREATE TABLE source_text (
    source_id INTEGER PRIMARY KEY REFERENCES source_release,
    changelog TEXT NOT NULL,                       -- the newest entry
    copyright BLOB                                 -- zstd; NULL: the package has none
) STRICT;

-- What was built from a source lives and goes with it.
CREATE INDEX binary_release_source ON binary_release (source_name, source_version);
CREATE INDEX queue_item_source ON queue_item (archive_id, source, version);

-- The files of queue items by name, so that a name that waits is found without reading the queue.
CREATE TABLE queue_file (
    archive_id INTEGER NOT NULL REFERENCES archive,
    name       TEXT NOT NULL,
    item_id    INTEGER NOT NULL REFERENCES queue_item,
    sha256     BLOB NOT NULL,
    PRIMARY KEY (archive_id, name, item_id)
) STRICT, WITHOUT ROWID;

INSERT INTO queue_file (archive_id, name, item_id, sha256)
    SELECT q.archive_id, b.filename, q.id, o.sha256 FROM queue_item q
    JOIN queue_release r ON r.item_id = q.id AND r.kind = 1
    JOIN binary_release b ON b.id = r.release_id
    JOIN object o ON o.id = b.object_id
    UNION
    SELECT q.archive_id, f.name, q.id, o.sha256 FROM queue_item q
    JOIN queue_release r ON r.item_id = q.id AND r.kind = 0
    JOIN source_file f ON f.source_id = r.release_id
    JOIN object o ON o.id = f.object_id;

-- A custom file of a queue item: what is no package, such as an installer.
CREATE TABLE queue_custom (
    item_id   INTEGER NOT NULL REFERENCES queue_item,
    position  INTEGER NOT NULL,
    type      TEXT NOT NULL,
    filename  TEXT NOT NULL,
    object_id INTEGER NOT NULL REFERENCES object,
    PRIMARY KEY (item_id, position)
) STRICT, WITHOUT ROWID;

-- A custom upload that was unpacked: its files belong below `directory/version` of the suite until newer ones replace
-- it. They are visible from `published` until `removed`.
CREATE TABLE custom_publication (
    id         INTEGER PRIMARY KEY,
    suite_id   INTEGER NOT NULL REFERENCES suite,
    item_id    INTEGER NOT NULL REFERENCES queue_item,
    type       TEXT NOT NULL,
    directory  TEXT NOT NULL,                      -- below the suite: main/installer-amd64
    version    TEXT NOT NULL,                      -- empty where the type has none
    status     INTEGER NOT NULL CHECK (status IN (0, 1)),
    created    INTEGER NOT NULL,
    published  INTEGER,
    superseded INTEGER,
    removed    INTEGER
) STRICT;

CREATE UNIQUE INDEX custom_publication_live ON custom_publication (suite_id, directory, version) WHERE status = 0;
CREATE INDEX custom_publication_visible ON custom_publication (suite_id) WHERE removed IS NULL;

CREATE TABLE custom_file (
    publication_id INTEGER NOT NULL REFERENCES custom_publication,
    path           TEXT NOT NULL,                  -- below directory/version
    object_id      INTEGER REFERENCES object,      -- a regular file
    target         TEXT,                           -- or a symbolic link
    PRIMARY KEY (publication_id, path),
    CHECK ((object_id IS NULL) <> (target IS NULL))
) STRICT, WITHOUT ROWID;

-- Messages to people: recorded with the decision that they tell, sent afterwards, kept as history.
CREATE TABLE notice (
    id         INTEGER PRIMARY KEY,
    item_id    INTEGER REFERENCES queue_item,      -- NULL: about an upload that was refused
    kind       TEXT NOT NULL,
    recipient  TEXT NOT NULL,                      -- one address
    message    TEXT NOT NULL,                      -- JSON: subject, author, headers, text, attachment
    about      TEXT,                               -- the same thing is told to nobody twice; NULL: happens once
    created    INTEGER NOT NULL,
    state      INTEGER NOT NULL CHECK (state BETWEEN 0 AND 2),
    attempts   INTEGER NOT NULL DEFAULT 0,
    due        INTEGER NOT NULL,                   -- when to try (again); else when it was sent or given up
    taken      INTEGER NOT NULL DEFAULT 0,         -- until when it belongs to who is sending it; 0: nobody is
    error      TEXT NOT NULL DEFAULT ''            -- of the last attempt
) STRICT;

CREATE UNIQUE INDEX notice_about ON notice (about, recipient) WHERE about IS NOT NULL;
CREATE INDEX notice_waiting ON notice (due) WHERE state = 0;
CREATE INDEX notice_state ON notice (state);

-- A claimed upload that was refused, where somebody is told: a run that inherits it only moves it.
CREATE TABLE refusal (
    claim  TEXT PRIMARY KEY,
    at     INTEGER NOT NULL,
    report TEXT NOT NULL                           -- the reasons.json that goes with it
) STRICT, WITHOUT ROWID;

-- Runs of the publishers, good or bad.
CREATE TABLE run (
    id           INTEGER PRIMARY KEY,
    command      TEXT NOT NULL,
    user         TEXT NOT NULL,
    host         TEXT NOT NULL,
    pid          INTEGER NOT NULL,
    began        INTEGER NOT NULL,
    outcome      TEXT NOT NULL,                    -- running, done, failed, interrupted
    milliseconds INTEGER NOT NULL DEFAULT 0,
    changes      INTEGER NOT NULL DEFAULT 0,
    report       TEXT NOT NULL DEFAULT '',         -- JSON; empty: it had nothing to say
    error        TEXT NOT NULL DEFAULT '',
    ended        INTEGER
) STRICT;

CREATE INDEX run_running ON run (id) WHERE outcome = 'running';

-- While there is one, scheduled runs do nothing.
CREATE TABLE pause (
    id     INTEGER PRIMARY KEY CHECK (id = 1),
    who    TEXT NOT NULL,
    since  INTEGER NOT NULL,
    reason TEXT NOT NULL
) STRICT;

-- Accepted queue items that could not be processed, since somebody accepted them last.
CREATE TABLE queue_failure (
    item_id  INTEGER PRIMARY KEY REFERENCES queue_item,
    attempts INTEGER NOT NULL,
    at       INTEGER NOT NULL,                     -- of the last attempt
    error    TEXT NOT NULL
) STRICT;

-- Second names of suites, as clients see them.
CREATE TABLE suite_alias (
    archive_id INTEGER NOT NULL REFERENCES archive,
    name       TEXT NOT NULL,
    target     TEXT NOT NULL,
    PRIMARY KEY (archive_id, name)
) STRICT, WITHOUT ROWID;

-- The sources that a binary package names in Built-Using, with exact versions.
CREATE TABLE binary_source_reference (
    binary_id      INTEGER NOT NULL REFERENCES binary_release,
    source_name    TEXT NOT NULL,
    source_version TEXT NOT NULL,
    PRIMARY KEY (binary_id, source_name, source_version)
) STRICT, WITHOUT ROWID;

CREATE INDEX binary_source_reference_source ON binary_source_reference (source_name, source_version);

-- Of packages that are recorded already, from their index text: the field unfolded, cut at its commas.
INSERT OR IGNORE INTO binary_source_reference (binary_id, source_name, source_version)
    WITH RECURSIVE unfolded (id, text) AS (
        SELECT id, char(10) || replace(replace(stanza, char(10) || ' ', ' '), char(10) || char(9), ' ') || char(10)
        FROM binary_release WHERE instr(stanza, char(10) || 'Built-Using:') > 0
    ), field (id, text) AS (
        SELECT id, substr(text, instr(text, char(10) || 'Built-Using:') + length('Built-Using:') + 1) FROM unfolded
    ), relation (id, text, rest) AS (
        SELECT id, '', substr(text, 1, instr(text, char(10)) - 1) || ',' FROM field
        UNION ALL
        SELECT id, trim(substr(rest, 1, instr(rest, ',') - 1)), substr(rest, instr(rest, ',') + 1)
        FROM relation WHERE rest <> ''
    ), source (id, name, version) AS (
        SELECT id, trim(substr(text, 1, instr(text, '(') - 1)),
               trim(substr(text, instr(text, '(') + 1, instr(text, ')') - instr(text, '(') - 1))
        FROM relation WHERE instr(text, '(') > 1 AND instr(text, ')') > instr(text, '(')
    )
    SELECT id, name, trim(substr(version, 2)) FROM source
    WHERE version GLOB '=*' AND trim(substr(version, 2)) <> ''
    AND name <> '' AND name NOT GLOB '*[^a-z0-9+.-]*';

-- Publications that are over and whose files may be in the pool for a while yet: few, whatever the archive's size.
CREATE INDEX publication_removable ON publication (suite_id, removable)
    WHERE removable IS NOT NULL AND removed IS NULL;
CREATE INDEX publication_retired ON publication (suite_id, kind, name, version)
    WHERE status > 1 AND published IS NOT NULL AND removed IS NULL;

ALTER TABLE series ADD COLUMN options TEXT NOT NULL DEFAULT '{}';  -- JSON; an option that is absent is at its default

-- The kind of a binary package that is no .deb, and so has indexes of its own; else empty.
ALTER TABLE publication ADD COLUMN special TEXT NOT NULL DEFAULT '' CHECK (special IN ('', 'udeb', 'ddeb'));
UPDATE publication SET special = (SELECT r.format FROM binary_release r WHERE r.id = publication.release_id)
    WHERE kind = 1 AND release_id IN (SELECT r.id FROM binary_release r WHERE r.format <> 'deb');
CREATE INDEX publication_special ON publication (suite_id, special) WHERE status < 2 AND special <> '';
-- So that the rows of an index are counted and compared without reading one of them.
DROP INDEX publication_live;
CREATE INDEX publication_live ON publication
    (suite_id, kind, name, version, architecture, component, status, special) WHERE status < 2;
-- What the published indexes of a suite were made of, by hash: see publish/indexes/outline.rs.
CREATE TABLE index_outline (
    suite_id INTEGER NOT NULL REFERENCES suite,
    path     TEXT NOT NULL,                        -- of the index, without the suffix of a compression
    sha256   TEXT NOT NULL,                        -- hex, as the journal has it
    PRIMARY KEY (suite_id, path)
) STRICT, WITHOUT ROWID;

-- Keys that sign the archive, joined by commas: paths below keys/, fingerprints of keys that gpg holds. NULL: the site's.
ALTER TABLE archive ADD COLUMN signing_key TEXT;

-- Releases of a suite are counted, so that the index files of the last ones can be kept whatever their age.
ALTER TABLE suite ADD COLUMN releases INTEGER NOT NULL DEFAULT 0;
-- The number of the last Release that named the file. NULL: it is current, or retired before Releases were counted.
ALTER TABLE index_file ADD COLUMN last_release INTEGER;
CREATE INDEX index_file_last ON index_file (suite_id, last_release) WHERE last_release IS NOT NULL;
-- Of a publication that somebody made by hand: who and why. Else empty: it came with an upload or an import.
ALTER TABLE publication ADD COLUMN who TEXT NOT NULL DEFAULT '';
ALTER TABLE publication ADD COLUMN reason TEXT NOT NULL DEFAULT '';
-- How many of a hundred machines take it as an update; NULL: all.
ALTER TABLE publication ADD COLUMN phase INTEGER CHECK (phase BETWEEN 0 AND 99);

-- Publications that somebody wants to be gone. The next publication of their suite leaves them out; then they are `done`.
CREATE TABLE removal (
    publication_id INTEGER PRIMARY KEY REFERENCES publication,
    suite_id       INTEGER NOT NULL REFERENCES suite,
    changes        INTEGER NOT NULL,               -- the suite's change counter that counts it
    at             INTEGER NOT NULL,
    who            TEXT NOT NULL,
    reason         TEXT NOT NULL,
    done           INTEGER NOT NULL DEFAULT 0 CHECK (done IN (0, 1))
) STRICT;

CREATE INDEX removal_waiting ON removal (suite_id) WHERE done = 0;

-- What the extra override files said that the published indexes show: SHA-256 in hex; NULL: there were none.
ALTER TABLE suite ADD COLUMN extra TEXT;
-- Files that other programs contribute to suites, from `since` until `until`; clients see them from the next
-- publication.
CREATE TABLE contribution (
    id          INTEGER PRIMARY KEY,
    suite_id    INTEGER NOT NULL REFERENCES suite,
    path        TEXT NOT NULL,                     -- below the suite: main/dep11/Components-amd64.yml.gz
    object_id   INTEGER NOT NULL REFERENCES object,
    text_sha256 BLOB NOT NULL,                     -- of what it unpacks to
    text_size   INTEGER NOT NULL,
    stamp       TEXT NOT NULL,                     -- how the staged file looked; empty: it must be read again
    since       INTEGER NOT NULL,
    until       INTEGER
) STRICT;

CREATE UNIQUE INDEX contribution_live ON contribution (suite_id, path) WHERE until IS NULL;

ALTER TABLE archive ADD COLUMN ls_lr INTEGER NOT NULL DEFAULT 0;                 -- ls-lR.gz beside dists/
ALTER TABLE archive ADD COLUMN indices INTEGER NOT NULL DEFAULT 0;               -- indices/ beside dists/
-- Whether the architecture is published and taken; the packages of one that is not keep their records.
ALTER TABLE series_architecture ADD COLUMN enabled INTEGER NOT NULL DEFAULT 1 CHECK (enabled IN (0, 1));

-- The end of an archive: `deleting` before the first file goes, `deleted` when all are gone. NULL: it lives.
ALTER TABLE archive ADD COLUMN deletion TEXT CHECK (deletion IN ('deleting', 'deleted'));
ALTER TABLE archive ADD COLUMN deleted_at INTEGER;
ALTER TABLE archive ADD COLUMN deleted_by TEXT NOT NULL DEFAULT '';
ALTER TABLE archive ADD COLUMN deletion_reason TEXT NOT NULL DEFAULT '';
