//! Fields that packages get beyond their own.

use debfmt::builder::DebBuilder;
use debpress::adapters::fs::extra_overrides::FsExtraOverrides;
use debpress::adapters::memory::extra_overrides::MemoryExtraOverrides;
use debpress::model::suite::SeriesStatus;
use debpress::ports::extra_overrides::ExtraOverrides;

use super::status::set_status;
use super::world::{World, on_both};
use crate::check::{checked, problems};

const MAIN: &str = "more-extra.override.stable.main";

/// Two packages of main, one of contrib.
fn published(w: &World) {
    let hello = DebBuilder::new("hello", "1.0", "amd64").field("Task", "own,\n words").field("Homepage", "h");
    w.add_built(("stable", "main"), &hello);
    w.add("stable", "data", "1.0", "all");
    w.add_to(("stable", "contrib"), "more", "1.0", "amd64");
    w.publish();
}

/// Fields of a package of amd64, of those that are given here.
fn fields(w: &World, suite: &str, component: &str, package: &str) -> String {
    let text = w.text(suite, &format!("{component}/binary-amd64/Packages.gz"));
    let stanzas = text.split("\n\n").filter(|stanza| stanza.starts_with(&format!("Package: {package}\n")));
    let stanza = stanzas.collect::<String>();
    let named =
        |line: &&str| ["Task", "Origin", "Bugs", "Homepage"].iter().any(|name| line.starts_with(name));
    stanza.lines().filter(named).collect::<Vec<_>>().join("; ")
}

#[test]
fn files_and_options_give_packages_fields() {
    on_both(|mut w| {
        published(&w);
        assert_eq!(fields(&w, "stable", "main", "hello"), "Homepage: h; Task: own,");
        w.extra.set(
            "debian",
            MAIN,
            Some(
                "hello Task minimal\nhello Task server\nmore Task all\nmore Bugs here\ndata/arm64 Task arm\n",
            ),
        );
        w.extra.set(
            "debian",
            "more-extra.override.stable.contrib",
            Some("more Task contrib\nhello Task wrong\n"),
        );
        w.set(&["package_origin=Debian", "package_bugs=debbugs://bugs.example"]);
        let report = w.publish_later();
        assert_eq!(report.suites.len(), 1);
        assert_eq!(report.warnings, [""; 0]);
        let constant = "Origin: Debian; Bugs: debbugs://bugs.example";
        assert_eq!(
            fields(&w, "stable", "main", "hello"),
            format!("Homepage: h; {constant}; Task: minimal, server")
        );
        assert_eq!(fields(&w, "stable", "main", "data"), constant, "that is for another architecture");
        assert!(w.text("stable", "main/binary-arm64/Packages.gz").contains("\nTask: arm\n"));
        assert_eq!(
            fields(&w, "stable", "contrib", "more"),
            "Origin: Debian; Bugs: here; Task: contrib",
            "main's file holds everywhere, the component's own more"
        );
        assert!(w.assert_consistent("stable"));
        assert_eq!(problems(&checked(&w, true)), "");
        w.set(&["package_origin=", "package_bugs="]);
        w.publish_later();
        assert_eq!(fields(&w, "stable", "main", "data"), "");
    });
}

#[test]
fn what_a_file_says_makes_a_change_and_when_it_was_written_does_not() {
    on_both(|mut w| {
        published(&w);
        w.add("testing", "other", "1.0", "amd64");
        w.publish();
        assert_eq!(w.publish_later().unchanged, 2);
        w.extra.set("debian", MAIN, Some("hello Task minimal\n"));
        w.extra.set("other", MAIN, Some("hello Task minimal\n"));
        let preview = w.preview();
        assert_eq!(preview.suites.len(), 1);
        assert_eq!(preview.suites[0].why, "the extra fields of its packages have changed");
        assert_eq!(w.publish_later().suites[0].suite, "stable");
        w.extra.set("debian", MAIN, Some("hello Task minimal\n"));
        assert_eq!(w.publish_later().unchanged, 2, "written again, and says the same");
        w.extra.set("debian", MAIN, Some("hello Task server\n"));
        assert_eq!(w.publish_later().suites.len(), 1);
        w.extra.set("debian", MAIN, None);
        assert_eq!(w.publish_later().suites.len(), 1);
        assert_eq!(fields(&w, "stable", "main", "hello"), "Homepage: h; Task: own,");
        assert_eq!(w.publish_later().unchanged, 2);
    });
}

#[test]
fn a_pocket_without_a_file_of_its_own_has_that_of_its_series() {
    on_both(|mut w| {
        w.extra.set("debian", MAIN, Some("hello Task series\n"));
        set_status(&w, SeriesStatus::Current).unwrap();
        w.add("stable-updates", "hello", "1.0", "amd64");
        w.publish();
        assert_eq!(fields(&w, "stable-updates", "main", "hello"), "Task: series");
        w.extra.set("debian", "more-extra.override.stable-updates.main", Some("hello Task updates\n"));
        w.publish_later();
        assert_eq!(fields(&w, "stable-updates", "main", "hello"), "Task: updates");
    });
}

#[test]
fn a_line_that_is_wrong_is_told_and_stops_nothing() {
    on_both(|w| {
        w.extra.set("debian", MAIN, Some("hello Task minimal\nhello Filename ../evil\nnonsense\n"));
        w.add("stable", "hello", "1.0", "amd64");
        let warnings = w.publish().warnings;
        let told = [
            "more-extra.override.stable.main, line 2 has no effect: Filename is not for others to say",
            "more-extra.override.stable.main, line 3 has no effect: it is not of the form PACKAGE FIELD VALUE",
        ];
        assert_eq!(warnings, told);
        assert_eq!(fields(&w, "stable", "main", "hello"), "Task: minimal");
        assert!(w.assert_consistent("stable"));
    });
}

#[test]
fn a_suite_that_must_not_change_does_not_change_for_a_file() {
    on_both(|mut w| {
        published(&w);
        set_status(&w, SeriesStatus::Current).unwrap();
        w.extra.set("debian", MAIN, Some("hello Task minimal\n"));
        let report = w.publish_later();
        assert_eq!((report.unchanged, report.warnings.len()), (1, 0));
    });
}

#[test]
fn files_lie_beside_the_hooks_of_their_distribution() {
    let site = tempfile::tempdir().unwrap();
    let files = FsExtraOverrides::new(site.path(), "distro-parts".as_ref());
    let twin = MemoryExtraOverrides::default();
    let both: [&dyn ExtraOverrides; 2] = [&files, &twin];
    for one in both {
        assert_eq!(one.read("debian", MAIN).unwrap(), None);
    }
    let directory = site.path().join("distro-parts/debian/overrides");
    std::fs::create_dir_all(&directory).unwrap();
    std::fs::write(directory.join(MAIN), "hello Task x\n").unwrap();
    twin.set("debian", MAIN, Some("hello Task x\n"));
    for one in both {
        assert_eq!(one.read("debian", MAIN).unwrap().unwrap(), b"hello Task x\n");
        assert_eq!(one.read("other", MAIN).unwrap(), None);
    }
    std::fs::create_dir(directory.join("directory")).unwrap();
    let error = files.read("debian", "directory").unwrap_err();
    assert!(error.to_string().ends_with("distro-parts/debian/overrides/directory"), "{error}");
}
