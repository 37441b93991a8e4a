-- A database as debpress with schema 1 wrote it. Never edited: newer programs must read it.
INSERT INTO distribution (id, name, display_name) VALUES (1, 'debian', 'Debian');
INSERT INTO series (id, distribution_id, position, name, version) VALUES (1, 1, 0, 'noble', '24.04');
INSERT INTO series_component VALUES (1, 0, 'main');
INSERT INTO series_architecture (series_id, name) VALUES (1, 'amd64');
INSERT INTO archive (id, reference, purpose, distribution_id, origin, label) VALUES (1, 'debian', 'primary', 1, 'Debian', 'Debian');
INSERT INTO archive (id, reference, purpose, distribution_id, origin, label) VALUES (2, '~ann/debian/tools', 'ppa', 1, 'Debian', 'Tools');
INSERT INTO suite (id, archive_id, series_id, pocket, changes, shown, published) VALUES (1, 1, 1, 'updates', 2, 1, 1);
INSERT INTO object VALUES (1, x'1111111111111111111111111111111111111111111111111111111111111111', 10, x'22222222222222222222222222222222', NULL, NULL);
INSERT INTO object VALUES (2, x'3333333333333333333333333333333333333333333333333333333333333333', 20, NULL, NULL, NULL);
INSERT INTO source_release VALUES (1, x'1111111111111111111111111111111111111111111111111111111111111111', 'hello', '1.0', 'devel', 'optional', char(80, 10), char(70, 10));
INSERT INTO source_file VALUES (1, 0, 'hello_1.0.dsc', 1);
INSERT INTO binary_release VALUES (1, 2, 'hello_1.0_amd64.deb', 'hello', '1.0', 'amd64', 'deb', 'hello', '1.0', 'devel', 'optional', char(80, 10));
INSERT INTO archive_file VALUES (1, 'hello_1.0.dsc', x'1111111111111111111111111111111111111111111111111111111111111111');
INSERT INTO archive_file VALUES (1, 'hello_1.0_amd64.deb', x'3333333333333333333333333333333333333333333333333333333333333333');
INSERT INTO publication (id, suite_id, kind, status, release_id, name, version, architecture, component, section, priority,
    created, published, superseded, superseded_by, removable, removed)
    VALUES (1, 1, 0, 1, 1, 'hello', '1.0', 'source', 'main', 'devel', 'optional', 100, 200, NULL, NULL, NULL, NULL);
INSERT INTO publication (id, suite_id, kind, status, release_id, name, version, architecture, component, section, priority,
    created, published, superseded, superseded_by, removable, removed)
    VALUES (2, 1, 1, 0, 1, 'hello', '1.0', 'amd64', 'main', 'devel', 'optional', 300, NULL, NULL, NULL, NULL, NULL);
INSERT INTO queue_item VALUES (1, 1, 1, 'updates', 4, 'hello', '1.0', 'source', 'hello_1.0_source.changes', 'Source: hello', 'aa', 'ann', 'AA', 90);
INSERT INTO queue_release VALUES (1, 0, 0, 1, 'main', 'devel', 'optional', 1);
INSERT INTO queue_event VALUES (1, 1, 90, 'ann', 2, '');
INSERT INTO queue_event VALUES (2, 1, 100, 'process-accepted', 4, '');
INSERT INTO uploader (id, name) VALUES (1, 'ann');
INSERT INTO uploader_key VALUES ('AA', 1, x'00', 50);
INSERT INTO uploader_grant VALUES (1, 1, NULL, NULL, 50);
INSERT INTO index_file (id, suite_id, path, sha256, size, since, until) VALUES (1, 1, 'main/source/Sources', 'aa', 5, 200, NULL);
INSERT INTO switch_journal VALUES (1, '{"at":400,"removable":500,"suites":[{"suite":{"archive":1,"series":1,"pocket":"updates"},"root":"archives/debian","name":"noble-updates","release_sha256":"bb","publish":[2],"supersede":[{"loser":1,"winner":2}],"files":[{"path":"main/source/Sources","sha256":"aa","size":5}],"changes":2}]}');
