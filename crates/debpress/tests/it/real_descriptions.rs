//! Descriptions as apt shows them: the machine's own, and that of the newest release.

use debfmt::builder::DebBuilder;

use crate::support::apt::reads;
use crate::support::http::HttpServer;
use crate::support::newest::with_either_apt;
use crate::support::site::TestSite;

#[test]
fn apt_shows_whole_descriptions_that_packages_has_only_the_first_line_of() {
    let site = TestSite::new(&["amd64"]);
    site.run(&["series", "set", "stable", "--option", "long_descriptions=no"]).ok();
    let text = "says hello\n In a friendly way.\n .\n   * verbatim\n Also Grüße.";
    site.add("stable", &[DebBuilder::new("hello", "1.0", "amd64").description(text).build()]);
    site.publish();
    let server = HttpServer::serve(&site.archive());
    with_either_apt(|make| {
        let shown = |language: &str| {
            let apt = make(&reads(language));
            apt.source(&server.uri(), "stable", &apt.signed_by(&site.public_key()));
            apt.update();
            apt.run("apt-cache", &["show", "hello"]).ok().stdout
        };
        let with = shown("en");
        let whole = "Description-en: says hello\n In a friendly way.\n .\n   * verbatim\n";
        assert!(with.contains(whole) && with.contains("Also Grüße."), "{with}");
        let without = shown("none");
        assert!(without.contains("Description: says hello\n") && !without.contains("friendly"), "{without}");
    });
}

#[test]
fn apt_shows_each_version_with_its_own_description() {
    let site = TestSite::new(&["amd64"]);
    site.run(&["series", "set", "stable", "--option", "keep_versions=2"]).ok();
    let hello =
        |version: &str, text: &str| DebBuilder::new("hello", version, "amd64").description(text).build();
    site.add(
        "stable",
        &[hello("1.0", "says hello\n The old one."), hello("2.0", "says hello\n The new one.")],
    );
    site.publish();
    let server = HttpServer::serve(&site.archive());
    with_either_apt(|make| {
        for language in ["none", "en"] {
            let apt = make(&reads(language));
            apt.source(&server.uri(), "stable", &apt.signed_by(&site.public_key()));
            apt.update();
            for (version, text) in [("1.0", "The old one."), ("2.0", "The new one.")] {
                let shown = apt.run("apt", &["show", &format!("hello={version}")]).ok().stdout;
                assert!(shown.contains(&format!("\n {text}\n")), "{version}: {shown}");
            }
        }
    });
}
