//! Lists of the files in packages.

use debfmt::builder::DebBuilder;
use debfmt::deb::DebKind;

use super::world::{World, on_both};

fn package(name: &str, version: &str, architecture: &str, paths: &[&str]) -> DebBuilder {
    let package = DebBuilder::new(name, version, architecture).section("utils");
    paths.iter().fold(package, |package, path| package.file(path, "x"))
}

fn add(w: &World, component: &str, package: &DebBuilder) {
    w.add_built(("stable", component), package);
}

fn lists(w: &World) -> Vec<String> {
    let files = w.files();
    files.lines().filter(|line| line.contains("/Contents-")).map(str::to_owned).collect()
}

#[test]
fn each_file_has_a_line_with_its_packages() {
    on_both(|w| {
        let long = "usr/share/doc/a-package-with-a-name/that/goes/beyond/the/column";
        add(&w, "main", &package("hello", "1.0", "amd64", &["usr/bin/hello", "usr/share/both", long]));
        add(&w, "main", &package("tools", "1.0", "amd64", &["usr/share/both", "bin/tool", "usr/bin-old"]));
        add(&w, "main", &package("data", "1.0", "all", &["usr/share/data/with a blank"]));
        add(&w, "contrib", &package("extra", "1.0", "amd64", &["usr/share/both"]));
        let udeb = package("hello-udeb", "1.0", "amd64", &["bin/hello"]).kind(DebKind::Udeb);
        add(&w, "main", &udeb);
        w.set(&["contents=both"]);
        w.publish();
        insta::allow_duplicates! {
        insta::assert_snapshot!(w.text("stable", "main/Contents-amd64.gz"), @r"
        bin/tool                                                utils/tools
        usr/bin-old                                             utils/tools
        usr/bin/hello                                           utils/hello
        usr/share/both                                          utils/hello,utils/tools
        usr/share/doc/a-package-with-a-name/that/goes/beyond/the/column utils/hello
        ");
        insta::assert_snapshot!(w.text("stable", "main/Contents-all.gz"), @"usr/share/data/with a blank                             utils/data");
        insta::assert_snapshot!(w.text("stable", "contrib/Contents-amd64.gz"), @"usr/share/both                                          contrib/utils/extra");
        insta::assert_snapshot!(w.text("stable", "main/Contents-udeb-amd64.gz"), @"bin/hello                                               utils/hello-udeb");
        }
        let both = w.text("stable", "Contents-amd64.gz");
        assert!(
            both.lines().any(|line| line.ends_with(" contrib/utils/extra,utils/hello,utils/tools")),
            "{both}"
        );
        assert_eq!(both.lines().count(), 5, "{both}");
        assert_eq!(w.text("stable", "contrib/Contents-arm64.gz"), "");
        assert!(w.assert_consistent("stable"));
    });
}

#[test]
fn there_are_as_many_lists_as_the_option_says() {
    on_both(|mut w| {
        add(&w, "main", &package("hello", "1.0", "amd64", &["usr/bin/hello"]));
        w.publish();
        assert_eq!(lists(&w), [""; 0]);
        for (option, count) in [("contents=component", 6), ("contents=both", 9), ("contents=no", 0)] {
            w.set(&[option]);
            w.publish_later();
            assert_eq!(lists(&w).len(), count, "{option}: {:?}", lists(&w));
            assert!(w.assert_consistent("stable"));
        }
    });
}

#[test]
fn the_files_of_what_gave_way_are_not_listed() {
    on_both(|mut w| {
        w.set(&["contents=component"]);
        add(&w, "main", &package("hello", "1.0", "amd64", &["usr/bin/hello-1"]));
        w.publish();
        add(&w, "main", &package("hello", "2.0", "amd64", &["usr/bin/hello-2"]));
        w.publish_later();
        let text = w.text("stable", "main/Contents-amd64.gz");
        assert!(text.starts_with("usr/bin/hello-2 ") && text.lines().count() == 1, "{text}");
    });
}
