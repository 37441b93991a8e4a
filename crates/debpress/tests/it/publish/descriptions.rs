//! Descriptions apart from Packages, and the small files beside them.

use debfmt::builder::DebBuilder;
use debfmt::deb::DebKind;
use debpress::model::custom::CustomType;

use super::options::translations;
use super::world::{World, on_both};

const ENGLISH: &str = "main/i18n/Translation-en.gz";
const PACKAGES: &str = "main/binary-amd64/Packages.gz";

fn described(name: &str, architecture: &str, description: &str) -> DebBuilder {
    DebBuilder::new(name, "1.0", architecture).description(description)
}

fn add(w: &World, package: &DebBuilder) {
    w.add_built(("stable", "main"), package);
}

/// The lines of a published file that begin so.
fn lines(w: &World, path: &str, start: &str) -> Vec<String> {
    w.text("stable", path).lines().filter(|line| line.starts_with(start)).map(str::to_owned).collect()
}

#[test]
fn packages_has_first_lines_and_translation_en_the_whole() {
    on_both(|w| {
        add(&w, &described("tool", "amd64", "a tool\n For amd64.\n .\n And no other."));
        add(&w, &described("tool", "arm64", "a tool\n For arm64."));
        add(&w, &described("data", "all", "some data\n Which all share."));
        add(&w, &described("tool-udeb", "amd64", "a tool\n To install.").kind(DebKind::Udeb));
        w.set(&["long_descriptions=no"]);
        w.publish();
        insta::allow_duplicates! {
        insta::assert_snapshot!(w.text("stable", ENGLISH), @r"
        Package: data
        Description-md5: c603d06d9ee96a773c46c04c09b71bbb
        Description-en: some data
         Which all share.

        Package: tool
        Description-md5: b543068cd3ceea1d3a25f1899a477789
        Description-en: a tool
         For amd64.
         .
         And no other.

        Package: tool
        Description-md5: fdbd0b5bc6f035a86f202b90d7ec8fd0
        Description-en: a tool
         For arm64.
        ");
        }
        assert_eq!(lines(&w, PACKAGES, "Description: "), ["Description: some data", "Description: a tool"]);
        let keys = lines(&w, PACKAGES, "Description-md5: ");
        assert_eq!(keys.len(), 2);
        assert!(keys.iter().all(|key| w.text("stable", ENGLISH).contains(key)), "{keys:?}");
        assert!(!w.text("stable", PACKAGES).contains("For amd64"));
        let udebs = w.text("stable", "main/debian-installer/binary-amd64/Packages.gz");
        assert!(udebs.contains("\n To install.\n") && !udebs.contains("Description-md5"), "{udebs}");
        assert!(w.text("stable", "contrib/i18n/Translation-en.gz").is_empty());
        assert!(w.assert_consistent("stable"));
    });
}

#[test]
fn what_gives_way_has_no_description_either() {
    on_both(|mut w| {
        add(&w, &described("tool", "amd64", "a tool\n Old."));
        for architecture in ["amd64", "arm64"] {
            add(&w, &described("twin", architecture, "twins\n They say the same."));
        }
        w.set(&["long_descriptions=no"]);
        w.publish();
        w.add_built(
            ("stable", "main"),
            &DebBuilder::new("tool", "2.0", "amd64").description("a tool\n New."),
        );
        w.publish_later();
        let text = w.text("stable", ENGLISH);
        assert!(text.contains("\n New.\n") && !text.contains("Old"), "{text}");
        assert_eq!(text.matches("Package: twin\n").count(), 1, "{text}");
        w.set(&["long_descriptions="]);
        w.publish_later();
        assert!(!w.files().contains("i18n"), "{}", w.files());
        assert!(w.text("stable", PACKAGES).contains("\n New.\n"));
    });
}

#[test]
fn an_uploaded_translation_en_makes_room_for_that_of_the_publisher() {
    on_both(|mut w| {
        add(&w, &described("hello", "amd64", "greets\n At length."));
        w.upload("stable", CustomType::DdtpTarball, &translations("en"));
        w.upload("stable", CustomType::DdtpTarball, &translations("de"));
        w.publish();
        assert!(w.text("stable", ENGLISH).contains("Hallo"));
        w.set(&["long_descriptions=no"]);
        let report = w.publish_later();
        assert_eq!(
            report.warnings,
            [
                "main/i18n/Translation-en.gz was uploaded and is left out: with long_descriptions=no the publisher \
              makes it itself"
            ]
        );
        assert!(w.text("stable", ENGLISH).contains("At length"));
        assert!(w.text("stable", "main/i18n/Translation-de.gz").contains("Hallo"));
        assert!(w.assert_consistent("stable"));
        w.set(&["long_descriptions=yes"]);
        assert!(w.publish_later().warnings.is_empty());
        assert!(w.text("stable", ENGLISH).contains("Hallo"), "it comes back");
    });
}

#[test]
fn old_clients_find_lists_of_translations_and_stubs() {
    on_both(|w| {
        add(&w, &described("hello", "amd64", "greets\n At length."));
        w.upload("stable", CustomType::DdtpTarball, &translations("de"));
        w.set(&["long_descriptions=no", "i18n_index=yes", "release_stubs=yes"]);
        w.publish();
        let index = w.text("stable", "main/i18n/Index");
        let names: Vec<&str> = index.lines().filter_map(|line| line.split_whitespace().nth(2)).collect();
        assert_eq!(names, ["Translation-de.gz", "Translation-en.gz"], "{index}");
        assert!(index.starts_with("SHA1:\n "), "{index}");
        insta::allow_duplicates! {
        insta::assert_snapshot!(w.text("stable", "contrib/binary-arm64/Release"), @r"
        Archive: stable
        Version: 12
        Component: contrib
        Origin: Debian
        Label: Debian
        Architecture: arm64
        ");
        }
        assert!(w.text("stable", "main/source/Release").ends_with("\nArchitecture: source\n"));
        let release = w.release("stable");
        for path in ["main/i18n/Index", "main/binary-all/Release", "contrib/source/Release"] {
            assert!(release.file(path).is_some(), "{path}");
        }
    });
}
