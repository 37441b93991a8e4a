//! Archives that other programs make, and debpress itself, judged by the real program in a directory and over HTTP. What is
//! found of each is a fact about it.

use std::path::{Path, PathBuf};

use debfmt::builder::{DebBuilder, SourceBuilder};
use debpress::adapters::clock::SystemClock;
use debpress::model::time::Timestamp;
use debpress::ports::clock::Clock;
use serde_json::Value;
use tempfile::TempDir;

use super::draft::put;
use crate::support::gnupg::Gnupg;
use crate::support::http::HttpServer;
use crate::support::mirror;
use crate::support::site::TestSite;
use crate::support::tool::{Ran, tool};

/// Programs that date their archives by the machine's clock.
struct Peers {
    gnupg: Gnupg,
    key: String,
    keyring: PathBuf,
}

impl Peers {
    /// Made packages and a key that was made an hour ago.
    fn new() -> Self {
        let gnupg = Gnupg::new();
        let at = Timestamp(SystemClock.now().0 - 3600);
        let key = gnupg.make_key(at, "peer@example.org", "ed25519", "0");
        let keyring = gnupg.write("peer.asc", &gnupg.export(at, &key));
        let home = gnupg.home();
        for (name, architecture) in [("hello", "amd64"), ("data", "all")] {
            let deb = DebBuilder::new(name, "1.0", architecture).description("a package\n of these stories");
            let deb = deb.file(&format!("usr/share/{name}"), name).build();
            put(&home.join("debs").join(&deb.name), &deb.bytes);
        }
        let source = SourceBuilder::new("hello", "1.0").build();
        for file in std::iter::once(&source.dsc).chain(&source.files) {
            put(&home.join("sources").join(&file.name), &file.bytes);
        }
        Self { gnupg, key, keyring }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.gnupg.home().join(name)
    }

    #[track_caller]
    fn run(&self, program: &str, arguments: &[&str]) -> Vec<u8> {
        let output = self.gnupg.run(program, arguments);
        assert!(
            output.status.success(),
            "{program} {arguments:?}: {}",
            String::from_utf8_lossy(&output.stderr)
        );
        output.stdout
    }

    fn aptly(&self, arguments: &[&str]) {
        self.run("aptly", &[&["-config=aptly.conf"], arguments].concat());
    }
}

/// The codes that the program finds, sorted, each once; of a directory and over HTTP they are the same.
#[track_caller]
fn found(root: &Path, suite: &str, keyring: Option<&Path>, now: Option<i64>) -> Vec<String> {
    let server = HttpServer::serve(root);
    let [here, there] = [root.to_str().unwrap().to_owned(), server.uri()].map(|place| {
        let mut program = tool(env!("CARGO_BIN_EXE_debpress"), root);
        program.args(["conform", &place, "--suite", suite, "--full", "--json"]);
        program.args(keyring.map(|path| format!("--keyring={}", path.display())));
        program.envs(now.map(|now| ("DEBPRESS_NOW", now.to_string())));
        judged(program)
    });
    // A server that shows no lists of directories does not tell where earlier texts are.
    let mut there_too = there.0;
    there_too.retain(|code| code != "pdiff.untried");
    assert_eq!(there_too, here.0, "the same over HTTP: {}", there.1);
    for count in ["indexes", "packages", "sources", "pool_files"] {
        assert_eq!(here.1["suites"][0][count], there.1["suites"][0][count], "{count}");
    }
    assert!(here.1["suites"][0]["packages"].as_u64() > Some(0), "{}", here.1);
    here.0
}

/// The codes and the whole report.
#[track_caller]
fn judged(mut program: std::process::Command) -> (Vec<String>, Value) {
    let ran = Ran::of(&mut program);
    let (status, text) = (ran.status(), ran.to_string());
    let report: Value = serde_json::from_str(&ran.said().stdout).unwrap_or_else(|_| panic!("{text}"));
    assert_eq!(status, Some(if report["conforms"] == true { 0 } else { 1 }), "{text}");
    let of_suites = report["suites"].as_array().unwrap().iter().map(|suite| &suite["findings"]);
    let all = of_suites.chain([&report["findings"]]).flat_map(|findings| findings.as_array().unwrap());
    let mut codes: Vec<String> = all.map(|finding| finding["code"].as_str().unwrap().to_owned()).collect();
    codes.sort();
    codes.dedup();
    (codes, report)
}

#[test]
fn reprepro_conforms_without_names_by_hash_and_without_an_end() {
    let peers = Peers::new();
    let settings = "Codename: stable\nSuite: stable\nArchitectures: amd64 source\nComponents: main\nSignWith: yes\nContents: .gz\n\
                    DebIndices: Packages Release . .gz .xz\n";
    put(&peers.path("reprepro/conf/distributions"), settings.as_bytes());
    for deb in ["hello_1.0_amd64.deb", "data_1.0_all.deb"] {
        peers.run("reprepro", &["-b", "reprepro", "includedeb", "stable", &format!("debs/{deb}")]);
    }
    let source =
        ["-b", "reprepro", "-S", "utils", "-P", "optional", "includedsc", "stable", "sources/hello_1.0.dsc"];
    peers.run("reprepro", &source);
    let codes = found(&peers.path("reprepro"), "stable", Some(&peers.keyring), None);
    assert_eq!(codes, ["release.no-by-hash", "release.no-end"]);
}

#[test]
fn aptly_conforms_without_an_end_and_with_names_by_hash_if_asked_to() {
    let peers = Peers::new();
    let root = peers.path("aptly");
    let settings = serde_json::json!({ "rootDir": root.to_str(), "architectures": ["amd64", "source"], "gpgProvider": "gpg" });
    put(&peers.path("aptly.conf"), settings.to_string().as_bytes());
    peers.aptly(&["repo", "create", "-distribution=stable", "-component=main", "all"]);
    peers.aptly(&["repo", "add", "all", "debs", "sources"]);
    let key = format!("-gpg-key={}", peers.key);
    peers.aptly(&["publish", "repo", "-batch", &key, "all"]);
    let public = root.join("public");
    let codes = found(&public, "stable", Some(&peers.keyring), None);
    assert_eq!(codes, ["release.no-by-hash", "release.no-end"]);
    peers.aptly(&["publish", "repo", "-batch", &key, "-acquire-by-hash", "-distribution=newest", "all"]);
    let codes = found(&public, "newest", Some(&peers.keyring), None);
    assert_eq!(codes, ["release.no-end"]);
}

#[test]
fn apt_ftparchive_conforms_once_somebody_signs_it() {
    let peers = Peers::new();
    let root = peers.path("ftparchive");
    let here = |arguments: &[&str]| {
        let mut program = tool("apt-ftparchive", &root);
        Ran::of(program.args(arguments)).ok().stdout
    };
    for name in ["hello_1.0_amd64.deb", "data_1.0_all.deb"] {
        put(&root.join("pool").join(name), &std::fs::read(peers.path("debs").join(name)).unwrap());
    }
    let binary = root.join("dists/stable/main/binary-amd64");
    put(&binary.join("Packages"), here(&["packages", "pool"]).as_bytes());
    put(&root.join("dists/stable/Contents-amd64"), here(&["contents", "pool"]).as_bytes());
    Ran::of(tool("gzip", &binary).args(["--keep", "Packages"])).ok();
    let field = |name: &str, value: &str| format!("APT::FTPArchive::Release::{name}={value}");
    let fields = [field("Suite", "stable"), field("Components", "main"), field("Architectures", "amd64")];
    let options = fields.iter().flat_map(|field| ["-o", field.as_str()]);
    let release = here(&options.chain(["release", "dists/stable"]).collect::<Vec<_>>());
    put(&root.join("dists/stable/Release"), release.as_bytes());
    let codes = found(&root, "stable", Some(&peers.keyring), None);
    assert_eq!(codes, ["release.no-by-hash", "release.no-end", "release.unsigned"]);
    let release = root.join("dists/stable/Release");
    let inrelease = root.join("dists/stable/InRelease");
    peers.run(
        "gpg",
        &["--batch", "--clearsign", "--output", inrelease.to_str().unwrap(), release.to_str().unwrap()],
    );
    let codes = found(&root, "stable", Some(&peers.keyring), None);
    assert_eq!(codes, ["release.no-by-hash", "release.no-end"]);
}

#[test]
fn a_flat_archive_of_dpkg_scanpackages_conforms() {
    let peers = Peers::new();
    let root = peers.path("debs");
    let packages = Ran::of(tool("dpkg-scanpackages", &root).arg(".")).ok().stdout;
    assert!(packages.contains("Filename: ./data_1.0_all.deb"), "{packages}");
    put(&root.join("Packages"), packages.as_bytes());
    let release = Ran::of(tool("apt-ftparchive", &root).args(["release", "."])).ok().stdout;
    put(&root.join("Release"), release.as_bytes());
    let [release, inrelease] =
        ["Release", "InRelease"].map(|name| root.join(name).to_str().unwrap().to_owned());
    peers.run("gpg", &["--batch", "--clearsign", "--output", &inrelease, &release]);
    let codes = found(&root, "./", Some(&peers.keyring), None);
    assert_eq!(codes, ["release.no-by-hash", "release.no-end"]);
}

/// With patches and everything else that a series can have.
#[test]
fn debpress_conforms() {
    let site = TestSite::new(&["amd64", "i386"]);
    let deb = |name: &str, version: &str| {
        let deb = DebBuilder::new(name, version, "amd64").description("a package\n of these stories");
        deb.file(&format!("usr/share/{name}"), version).build()
    };
    for option in ["pdiffs=5", "contents=both", "long_descriptions=no"] {
        site.run(&["series", "set", "stable", "--option", option]).ok();
    }
    site.add("stable", &[deb("hello", "1.0"), DebBuilder::new("data", "1.0", "all").build()]);
    site.add_source("stable", &SourceBuilder::new("hello", "1.0").build());
    site.publish();
    site.advance(3600);
    site.add("stable", &[deb("hello", "1.1"), deb("second", "1.0")]);
    site.publish();
    let codes = found(&site.archive(), "stable", Some(&site.public_key()), Some(site.now()));
    assert_eq!(codes, ["release.no-end"]);
}

#[test]
fn people_read_findings_and_a_verdict() {
    let site = TestSite::unsigned(&["amd64"]);
    site.add("stable", &[DebBuilder::new("hello", "1.0", "amd64").build()]);
    site.publish();
    let conform = |more: &[&str]| {
        let mut program = site.program();
        program.current_dir(site.archive());
        Ran::of(program.args(["conform", "."]).args(more))
    };
    let said = conform(&[]).ends(1);
    insta::assert_snapshot!(said.stdout, @"
    suite stable: 6 index files, 1 packages, 0 sources, 1 files of packages: 1 error, no warnings, 1 note
      error   release.unsigned: dists/stable/Release: neither InRelease nor Release.gpg is there; sign it
      note    release.no-end: dists/stable/Release: the field Valid-Until is missing
    . does not conform: 1 error, no warnings, 1 note
    ");
    assert_eq!(said.stderr, "");
    // What is not asked for is not judged.
    let said = conform(&["--suite", "other"]).ends(1);
    assert!(said.stdout.contains("error   release.missing: dists/other/InRelease"), "{}", said.stdout);
}

#[test]
fn who_names_no_archive_hears_how_to() {
    let home = TempDir::new().unwrap();
    let conform = |arguments: &[&str]| {
        Ran::of(tool(env!("CARGO_BIN_EXE_debpress"), home.path()).arg("conform").args(arguments))
    };
    let said = conform(&["ftp://example.org/debian"]).ends(2).stderr;
    assert!(said.contains("neither an address with http:// or https:// nor a directory"), "{said}");
    let said = conform(&[".", "--suite", "../x"]).ends(2).stderr;
    assert!(said.contains("names no suite"), "{said}");
    let said = conform(&["missing"]).ends(1).stderr;
    assert!(said.contains("cannot read the archive in missing"), "{said}");
    let said = conform(&[".", "--keyring", "missing"]).ends(1).stderr;
    assert!(said.contains("cannot read the keyring missing"), "{said}");
    assert_eq!(std::fs::read_dir(home.path()).unwrap().count(), 0, "it writes nothing");
}

/// The machine's mirror of Debian. A cache in between need not keep patches, which apt hardly asks for, nor Release.gpg.
#[test]
fn debian_conforms() {
    let mirror = mirror::machine_archive();
    let suite = format!("{}-updates", mirror.suite);
    let mut program = tool(env!("CARGO_BIN_EXE_debpress"), Path::new("/"));
    program.args(["conform", &mirror.uri, "--suite", &suite, "--no-pool", "--json"]);
    program.args(["--component", if crate::support::long() { "main" } else { "contrib" }]);
    program.args(["--arch", &mirror::native_architecture(), "--keyring", &mirror.keyring]);
    program.envs(mirror.proxy.map(|proxy| ("http_proxy", proxy)));
    let (_, report) = judged(program);
    let suite = &report["suites"][0];
    assert!(suite["indexes"].as_u64() > Some(3), "{report}");
    let errors =
        suite["findings"].as_array().unwrap().iter().filter(|finding| finding["severity"] == "error");
    let own = |finding: &&Value| {
        let thing = finding["thing"].as_str().unwrap();
        !thing.ends_with("/Release.gpg") && finding["code"] != "pdiff.missing"
    };
    assert_eq!(errors.filter(own).collect::<Vec<_>>(), Vec::<&Value>::new());
}
