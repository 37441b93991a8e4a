
INSERT INTO permission (person, power, archive_id, component, package, added, added_by)
    SELECT u.name, 'upload', g.archive_id, g.component, g.package, g.added, 'uploader add'
    FROM uploader_grant g JOIN uploader u ON u.id = g.uploader_id;
INSERT INTO team_member (team, member) VALUES ('core', 'ann');
INSERT INTO package_set (series_id, name) VALUES (1, 'base');
INSERT INTO package_set_member (series_id, name, package) VALUES (1, 'base', 'hello');
INSERT INTO notice (item_id, kind, recipient, message, about, created, state, attempts, due)
    VALUES (1, 'accepted', 'ann@example.org',
            '{"subject":"hello","author":null,"headers":[],"text":"It is accepted.","attachment":null}', NULL, 5, 1, 1, 6);
INSERT INTO refusal (claim, at, report) VALUES ('18c2f6a0b1d3e400-7', 5, '{}');
INSERT INTO queue_file (archive_id, name, item_id, sha256)
    SELECT q.archive_id, b.filename, q.id, o.sha256 FROM queue_item q
    JOIN queue_release r ON r.item_id = q.id AND r.kind = 1
    JOIN binary_release b ON b.id = r.release_id
    JOIN object o ON o.id = b.object_id;
INSERT INTO queue_custom (item_id, position, type, filename, object_id) VALUES (1, 0, 'meta-data', 'build.json', 1);
INSERT INTO custom_publication (id, suite_id, item_id, type, directory, version, status, created, published)
    VALUES (1, 1, 1, 'debian-installer', 'main/installer-amd64', '20230607', 0, 5, 6);
INSERT INTO custom_file (publication_id, path, object_id, target)
    VALUES (1, 'boot/image', 1, NULL), (1, 'latest', NULL, 'boot/image');
INSERT INTO run (command, user, host, pid, began, outcome, ended) VALUES ('publish-distro', 'root', 'vault', 7, 5, 'done', 6);
INSERT INTO pause (id, who, since, reason) VALUES (1, 'root', 5, 'moving house');
INSERT INTO queue_failure (item_id, attempts, at, error) VALUES (1, 2, 5, 'the disk was full');
INSERT INTO suite_alias (archive_id, name, target) VALUES (1, 'lts', 'noble');
INSERT INTO binary_source_reference (binary_id, source_name, source_version) VALUES (1, 'gcc-12', '12.2.0-14');
INSERT INTO series_architecture (series_id, name, enabled) VALUES (1, 'armel', 0);
UPDATE archive SET signing_key = 'keys/signing.asc,keys/archives/debian.asc' WHERE id = 1;
UPDATE suite SET releases = 3 WHERE id = 1;
UPDATE index_file SET last_release = 2 WHERE until IS NOT NULL;
UPDATE publication SET who = 'ann', reason = 'for everybody' WHERE id = 1;
UPDATE publication SET phase = 30 WHERE id = 2;
INSERT INTO removal (publication_id, suite_id, changes, at, who, reason) VALUES (1, 1, 1, 5, 'ann', 'nobody needs it');
UPDATE removal SET done = 1;
UPDATE suite SET extra = 'abababababababababababababababababababababababababababababababab' WHERE id = 1;
INSERT INTO contribution (suite_id, path, object_id, text_sha256, text_size, stamp, since)
    VALUES (1, 'main/cnf/Commands-amd64', 1, zeroblob(32), 7, '', 5);
INSERT INTO archive (id, reference, purpose, distribution_id, origin, label, deletion, deleted_at, deleted_by, deletion_reason)
    VALUES (90, '~zoe/debian/old-deleted', 'ppa', 1, 'x', 'x', 'deleted', 5, 'root', 'moved');
