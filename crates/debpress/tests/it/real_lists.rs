//! What other programs make of the lists beside an archive's pool.

use debfmt::builder::{DebBuilder, SourceBuilder};

use crate::support::site::TestSite;
use crate::support::tool::{Ran, tool};

#[test]
fn md5sum_checks_and_ls_has_listed_what_is_there() {
    let site = TestSite::new(&["amd64"]);
    site.run(&["archive", "set", "debian", "--ls-lr", "yes", "--indices", "yes"]).ok();
    let shown = site.run(&["archive", "show", "debian"]).ok().stdout;
    assert!(shown.contains("  lists     ls-lR.gz, indices/\n"), "{shown}");
    site.add("stable", &[DebBuilder::new("hello", "1.0", "amd64").build()]);
    site.add_source("stable", &SourceBuilder::new("hello", "1.0-1").file("README", "hello").build());
    site.publish();
    let archive = site.archive();
    let check =
        "zcat indices/md5sums.gz | md5sum --check --strict --quiet && zcat indices/md5sums.gz | wc -l";
    let said = Ran::of(tool("sh", &archive).args(["-ec", check])).ok();
    assert!(said.stdout.trim().parse::<u32>().unwrap() > 8, "{}", said.stdout);
    let said = Ran::of(tool("zcat", &archive).arg("ls-lR.gz")).ok().stdout;
    assert!(said.starts_with(".:\ntotal "), "{said}");
    for part in [
        "\n./dists/stable:\n",
        "\n./pool/main/h/hello:\n",
        " hello_1.0_amd64.deb\n",
        " override.stable.main.gz\n",
    ] {
        assert!(said.contains(part), "{part:?}: {said}");
    }
    let said = Ran::of(tool("zcat", &archive).arg("indices/override.stable.main.src.gz")).ok().stdout;
    assert!(said.starts_with("hello\t"), "{said}");
    // A file that is gone is in no list after the next publication.
    site.run(&["check"]).ok();
    site.run(&["archive", "set", "debian", "--ls-lr", "no", "--indices", "no"]).ok();
    let before = site.read("ls-lR.gz");
    site.add("stable", &[DebBuilder::new("hello", "2.0", "amd64").build()]);
    site.publish();
    assert_eq!(site.read("ls-lR.gz"), before, "nothing touches it where it is not wanted");
}
