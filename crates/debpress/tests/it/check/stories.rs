//! Sound sites, and what a person reads when something is wrong.

use debpress::adapters::openpgp::{self, SequoiaSigner, SequoiaVerifier};
use debpress::admin::check::CODES;
use debpress::publish::{Careful, Selection};

use super::damages::replace;
use super::{checked, codes, path, problems, published};
use crate::publish::world::{START, World, on_both};

#[test]
fn a_site_without_packages_is_sound() {
    on_both(|w| {
        let report = checked(&w, true);
        assert_eq!(problems(&report), "");
        assert_eq!((report.archives, report.suites, report.objects), (1, 0, 0));
    });
}

#[test]
fn a_fresh_publication_is_sound_and_everything_was_looked_at() {
    on_both(|w| {
        let w = published(w);
        for full in [false, true] {
            let report = checked(&w, full);
            assert_eq!(problems(&report), "");
            assert_eq!((report.archives, report.suites), (1, 2));
            // hello 1.0, hello 2.0, data, and the source's .dsc and .tar.
            assert_eq!((report.objects, report.pool_files), (5, 5));
            // Two suites with two components: amd64, arm64, all, and sources.
            assert_eq!(report.index_files, 2 * 2 * 4);
        }
    });
}

#[test]
fn real_signatures_are_good_until_the_text_changes() {
    let mut w = World::on_disk();
    let key = openpgp::generate("Archive <archive@example.org>", START).unwrap();
    w.keys.site = Some(std::sync::Arc::new(SequoiaSigner::from_armoured_secret(&key.secret).unwrap()));
    w.verifier = Box::new(SequoiaVerifier::default());
    let w = published(w);
    let verifier = SequoiaVerifier::default();
    assert_eq!(problems(&super::checked_by(&w, false, &verifier).unwrap()), "");
    let release = path(&w, "dists/stable/Release");
    let text = std::fs::read_to_string(&release).unwrap();
    std::fs::write(&release, text.replace("Label: Debian", "Label: debian")).unwrap();
    let report = super::checked_by(&w, false, &verifier).unwrap();
    assert_eq!(codes(&report), ["signature.bad", "signature.differs"]);
}

#[test]
fn without_a_key_an_unsigned_publication_is_sound() {
    on_both(|mut w| {
        w.keys.site = None;
        assert_eq!(problems(&checked(&published(w), true)), "");
    });
}

#[test]
fn a_key_that_came_after_the_publication_has_signed_nothing() {
    on_both(|mut w| {
        let key = w.keys.site.take();
        let mut w = published(w);
        w.keys.site = key;
        let report = checked(&w, false);
        assert_eq!((codes(&report), report.problems.len()), (vec!["signature.missing"], 4));
    });
}

#[test]
fn packages_that_wait_for_their_publication_are_no_problem() {
    on_both(|w| {
        let w = published(w);
        w.add("stable", "late", "1", "all");
        assert_eq!(problems(&checked(&w, true)), "");
    });
}

#[test]
fn files_that_an_interrupted_run_has_placed_are_no_problem() {
    on_both(|mut w| {
        w = published(w);
        w.add("stable", "late", "1", "all");
        // A publication looks at the live Release, and then puts the file into the pool.
        w.tree.fail_after(2);
        assert!(w.try_publish(&w.select()).is_err());
        w.tree.mend();
        assert!(w.files().contains("late_1_all.deb"));
        assert_eq!(problems(&checked(&w, true)), "");
    });
}

#[test]
fn wherever_a_publication_dies_nothing_is_wrong_but_that_it_is_unfinished() {
    let w = published(World::in_memory());
    for suite in ["stable", "testing"] {
        w.add(suite, "late", "1", "all");
        w.add(suite, "hello", "3.0", "amd64");
    }
    for operations in 0.. {
        w.tree.fail_after(operations);
        let ended = w.try_publish(&w.select());
        w.tree.mend();
        let report = checked(&w, true);
        if ended.is_ok() {
            return assert_eq!(problems(&report), "");
        }
        let unfinished = match w.records.open_switch().unwrap() {
            Some(_) => "journal.open",
            None => "staged.left",
        };
        let other: Vec<_> = codes(&report).into_iter().filter(|code| *code != unfinished).collect();
        assert!(other.is_empty(), "operation {operations}:\n{}", problems(&report));
    }
}

#[test]
fn what_check_finds_wrong_with_a_suite_is_mended_by_publishing_it_again() {
    let mut w = published(World::on_disk());
    for file in ["Release", "main/binary-amd64/Packages.gz", "main/source/Sources.gz"] {
        replace(&path(&w, "dists/stable").join(file), |bytes| *bytes = b"damaged".to_vec());
    }
    std::fs::remove_dir_all(path(&w, "dists/testing")).unwrap();
    assert_eq!(codes(&checked(&w, false)), ["release.malformed", "suite.missing"]);
    w.now = w.now.plus(60);
    w.try_publish(&Selection { careful: Careful::ALL, ..w.select() }).unwrap();
    assert_eq!(problems(&checked(&w, true)), "");
}

#[test]
fn a_problem_says_where_what_and_the_way_out() {
    let w = published(World::on_disk());
    std::fs::remove_file(path(&w, "pool/main/h/hello/hello_2.0_amd64.deb")).unwrap();
    std::fs::remove_file(path(&w, "dists/stable/InRelease")).unwrap();
    let text = problems(&checked(&w, false));
    let (missing, rest) = text.split_once('\n').unwrap();
    assert!(
        missing.starts_with(
            "pool.missing: archives/debian/pool/main/h/hello/hello_2.0_amd64.deb: it is not there, and a publication \
             needs it; `debpress check --repair` links it to its object in the content store; else restore it from a backup ("
        ),
        "{missing}"
    );
    assert_eq!(
        rest,
        "signature.missing: archives/debian/dists/stable/InRelease: it is not there, and a signing key is configured; \
         publish the suite again with `debpress publish-distro --careful`\n"
    );
}

#[test]
fn disks_of_their_own_for_objects_and_pool_are_no_problem() {
    let w = published(World::on_disk());
    for mounted in [super::site_path(&w, "objects"), path(&w, "pool")] {
        std::fs::create_dir(mounted.join("lost+found")).unwrap();
        let closed = std::os::unix::fs::PermissionsExt::from_mode(0o700);
        std::fs::set_permissions(mounted.join("lost+found"), closed).unwrap();
    }
    assert_eq!(problems(&checked(&w, true)), "");
}

#[test]
fn a_pool_file_that_two_suites_need_is_told_once() {
    let w = published(World::on_disk());
    std::fs::remove_file(path(&w, "pool/main/h/hello/hello_1.0_amd64.deb")).unwrap();
    assert_eq!(checked(&w, true).problems.len(), 1);
}

#[test]
fn damaged_records_are_told_even_when_they_cannot_be_read_on() {
    let w = published(World::on_disk());
    let database = rusqlite::Connection::open(super::site_path(&w, "debpress.db")).unwrap();
    database.pragma_update(None, "foreign_keys", false).unwrap();
    let damage = "INSERT INTO binary_contents (binary_id, paths) VALUES (999, x''); UPDATE publication SET component = '..'";
    database.execute_batch(damage).unwrap();
    let text = problems(&checked(&w, false));
    let lines: Vec<&str> = text.lines().collect();
    assert_eq!(lines.len(), 2, "{text}");
    assert!(lines[0].starts_with("records.damaged: database: binary_contents"), "{text}");
    assert!(lines[1].contains("restore the database from a backup"), "{text}");
}

#[test]
fn a_disk_that_cannot_be_read_never_passes_for_sound() {
    on_both(|w| {
        let w = published(w);
        for operations in 0..100 {
            w.tree.fail_after(operations);
            let report = super::try_checked(&w, true);
            let failed = w.tree.left() < 0;
            w.tree.mend();
            match report {
                Err(error) => {
                    assert!(error.to_string().starts_with("cannot check archives/debian"), "{error}")
                }
                Ok(report) if !failed => return assert_eq!(problems(&report), ""),
                Ok(report) => assert!(problems(&report).contains("cannot be read: cannot"), "{operations}"),
            }
        }
        panic!("some number of operations is enough");
    });
}

#[test]
fn the_table_of_codes_has_no_word_twice() {
    let mut words: Vec<&str> = CODES.iter().map(|row| row.code).collect();
    words.sort_unstable();
    let all = words.len();
    words.dedup();
    assert_eq!(words.len(), all);
    assert!(CODES.iter().all(|row| row.meaning.ends_with('.')));
}
