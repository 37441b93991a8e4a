//! What stock apt makes of packages that are moved, removed and rolled out step by step.

use std::collections::BTreeMap;

use debfmt::builder::{BuiltFile, DebBuilder};
use debfmt::limits::Limits;

use crate::support::apt::Apt;
use crate::support::http::HttpServer;
use crate::support::newest::with_either_apt;
use crate::support::site::TestSite;
use crate::support::tool::{Ran, tool};

const DAY: i64 = 86_400;

fn hello(version: &str, section: &str) -> BuiltFile {
    DebBuilder::new("hello", version, "amd64").section(section).build()
}

/// An apt that reads every component of an unsigned archive.
fn reader(uri: &str) -> Apt {
    reading(Apt::new("amd64"), uri)
}

/// The same with a given apt.
fn reading(apt: Apt, uri: &str) -> Apt {
    let entry = format!("URIs: {uri}\nSuites: stable\nComponents: main universe\nTrusted: yes\n");
    apt.sources(&format!("Types: deb\n{entry}"));
    apt.update();
    apt
}

fn death_row(site: &TestSite) {
    site.run(&["process-death-row"]).ok();
}

#[test]
fn apt_installs_a_package_that_has_moved_whichever_index_it_has_read() {
    for (from, to) in [("universe", "main"), ("main", "universe")] {
        let site = TestSite::with_components("main,universe");
        site.add("stable", &[hello("1.0", &format!("{from}/utils"))]);
        site.publish();
        let server = HttpServer::serve(&site.archive());
        let before = reader(&server.uri());
        site.advance(3600);
        site.run(&["override", "hello", "-s", "stable", "-c", to]).ok();
        site.publish();
        let after = reader(&server.uri());
        // Until a day after the publication, and after that only where it is now.
        site.advance(DAY - 1);
        death_row(&site);
        server.take_asked();
        before.get(&["install", "--download-only", "hello"]);
        assert_eq!(server.take_asked(), [format!("200 /pool/{from}/h/hello/hello_1.0_amd64.deb")]);
        site.advance(1);
        death_row(&site);
        after.get(&["install", "--download-only", "hello"]);
        assert_eq!(server.take_asked(), [format!("200 /pool/{to}/h/hello/hello_1.0_amd64.deb")]);
        let shown = after.run("apt-cache", &["show", "hello"]).ok().stdout;
        let section = if to == "main" { "utils" } else { "universe/utils" };
        assert!(shown.contains(&format!("\nSection: {section}\n")), "{shown}");
        before.update();
        before.get(&["download", "hello"]);
        assert!(!site.archive().join(format!("pool/{from}")).exists(), "the old place is empty");
    }
}

#[test]
fn apt_gets_a_removed_package_while_it_has_the_index_that_names_it() {
    let site = TestSite::with_components("main,universe");
    site.add("stable", &[hello("1.0", "utils"), DebBuilder::new("world", "1.0", "amd64").build()]);
    site.publish();
    let server = HttpServer::serve(&site.archive());
    let apt = reader(&server.uri());
    site.advance(3600);
    site.run(&["remove", "hello", "-s", "stable", "--reason", "gone"]).ok();
    site.publish();
    site.advance(DAY - 1);
    death_row(&site);
    apt.get(&["install", "--download-only", "hello"]);
    apt.update();
    assert!(!apt.run("apt-cache", &["pkgnames"]).ok().stdout.contains("hello"));
    site.advance(1);
    death_row(&site);
    assert!(!site.archive().join("pool/main/h").exists());
    site.add("stable", &[hello("1.0", "utils")]);
    site.publish();
    apt.update();
    apt.get(&["download", "hello"]);
}

/// Whether apt would upgrade hello on the machine of that number, with options.
fn upgrades(apt: &Apt, machine: u32, options: &[&str]) -> bool {
    let machine = format!("APT::Machine-ID={machine:032x}");
    let said = apt.get(&[&["upgrade", "--simulate", "-o", &machine], options].concat());
    said.contains("Inst hello ")
}

#[test]
fn apt_takes_an_update_on_as_many_machines_as_it_is_rolled_out_to() {
    with_either_apt(|make| {
        let site = TestSite::with_components("main,universe");
        site.add("stable", &[hello("1.0", "utils")]);
        site.publish();
        let server = HttpServer::serve(&site.archive());
        rolls_out(&site, &reading(make(""), &server.uri()));
    });
}

/// The package of the site is updated, and the update comes step by step.
fn rolls_out(site: &TestSite, apt: &Apt) {
    apt.install("Package: hello\nStatus: install ok installed\nPriority: optional\nSection: utils\nMaintainer: A <a@example.org>\nArchitecture: amd64\nVersion: 1.0\nDescription: it greets\n");
    site.add("stable", &[hello("2.0", "utils")]);
    let share = |percentage: &str| {
        site.run(&["override", "hello", "-s", "stable", "--phase", percentage]).ok();
        site.advance(60);
        site.publish();
        apt.update();
        let shown = apt.run("apt-cache", &["show", "hello=2.0"]).ok().stdout;
        let line = format!("\nPhased-Update-Percentage: {percentage}\n");
        assert_eq!(shown.contains(&line), percentage != "100", "{shown}");
        (0..20).filter(|machine| upgrades(apt, *machine, &[])).count()
    };
    assert_eq!(share("0"), 0);
    let half = share("50");
    assert!((1..20).contains(&half), "{half} of 20 machines");
    let never = ["-o", "APT::Get::Never-Include-Phased-Updates=true"];
    assert!(!upgrades(apt, 1, &never));
    assert!(upgrades(apt, 1, &["-o", "APT::Get::Always-Include-Phased-Updates=true"]));
    let more = share("90");
    assert!(more >= half, "{more}, and {half} before");
    assert_eq!(share("100"), 20);
    assert!(upgrades(apt, 1, &never), "it is no phased update any more");
}

/// The stanzas of an index by name, each with its fields but hashes that only one of the programs writes.
fn stanzas(text: &str) -> BTreeMap<String, BTreeMap<String, String>> {
    let parsed = debfmt::packages::parse_stanzas(text.as_bytes(), &Limits::index()).unwrap();
    let fields = |stanza: &debfmt::deb822::Paragraph| {
        let kept = stanza.iter().filter(|(name, _)| !["MD5sum", "SHA1", "SHA512"].contains(name));
        kept.map(|(name, value)| (name.to_ascii_lowercase(), value.to_owned())).collect::<BTreeMap<_, _>>()
    };
    parsed.iter().map(|stanza| (stanza.get("Package").unwrap().to_owned(), fields(stanza))).collect()
}

/// Packages of the same files, by apt-ftparchive, which knows of no joining and no constants.
fn of_apt_ftparchive(site: &TestSite, extra: &str) -> String {
    let mut joined = String::new();
    for package in ["hello", "hello-data", "plain"] {
        joined.push_str(&format!("{package} Origin Debian\n{package} Bugs https://bugs.example/file?x=1\n"));
    }
    joined.push_str("hello Task minimal, standard\n");
    joined.extend(extra.lines().filter(|line| !line.contains("Task")).map(|line| format!("{line}\n")));
    let home = site.root().join("apt-ftparchive");
    std::fs::create_dir(&home).unwrap();
    let write = |name: &str, text: &str| std::fs::write(home.join(name), text).unwrap();
    write("extra", &joined);
    write("override", "hello optional misc\nhello-data optional misc\nplain optional misc\n");
    let pool = Ran::of(tool("find", &home).current_dir(site.archive()).args(["pool", "-name", "*.deb"]));
    write("list", &pool.ok().stdout);
    let paths = format!(
        "Dir {{ ArchiveDir \"{}\"; CacheDir \"{home}\"; OverrideDir \"{home}\"; FileListDir \"{home}\"; }};\n",
        site.archive().display(),
        home = home.display()
    );
    let tree = "Default { Packages::Compress \".\"; };
        TreeDefault { Packages \"../../apt-ftparchive/Packages\"; FileList \"list\"; };
        Tree \"stable\" { Sections \"main\"; Architectures \"amd64\"; BinOverride \"override\";
                        ExtraOverride \"extra\"; };\n";
    write("conf", &format!("{paths}{tree}"));
    let conf = home.join("conf");
    let run = ["--no-contents", "generate", conf.to_str().unwrap()];
    Ran::of(tool("apt-ftparchive", &home).args(run)).ok();
    std::fs::read_to_string(home.join("Packages")).unwrap()
}

#[test]
fn extra_fields_are_those_that_apt_ftparchive_writes() {
    let site = TestSite::unsigned(&["amd64"]);
    let own = DebBuilder::new("hello", "1.0", "amd64").field("Task", "own").field("Homepage", "http://own");
    let data = DebBuilder::new("hello-data", "1.0", "all");
    site.add("stable", &[own.build(), data.build(), DebBuilder::new("plain", "1.0", "amd64").build()]);
    let directory = site.root().join("distro-parts/debian/overrides");
    std::fs::create_dir_all(&directory).unwrap();
    let extra = "hello Task minimal\nhello Task standard\nhello homepage http://other\nhello-data Supported 5y\n\
                 hello-data/amd64 Build-Essential yes\nhello-data/arm64 Essential no\nnobody Task none\n\
                 hello   Spaced    a   b  \n";
    std::fs::write(directory.join("more-extra.override.stable.main"), extra).unwrap();
    let constants = ["package_origin=Debian", "package_bugs=https://bugs.example/file?x=1"];
    site.run(&["series", "set", "stable", "--option", constants[0], "--option", constants[1]]).ok();
    site.publish();
    let packages = site.archive().join("dists/stable/main/binary-amd64/Packages.gz");
    let ours = Ran::of(tool("zcat", &site.root()).arg(packages)).ok().stdout;

    let theirs = of_apt_ftparchive(&site, extra);
    let (mut ours, theirs) = (stanzas(&ours), stanzas(&theirs));
    assert_eq!(ours.len(), 3);
    // apt needs it, and theirs has it only where the whole description is elsewhere.
    assert!(ours.values_mut().all(|fields| fields.remove("description-md5").is_some()));
    assert_eq!(ours, theirs);
    assert_eq!(ours["hello"]["task"], "minimal, standard");
    assert_eq!(ours["hello-data"]["build-essential"], "yes");
}
