//! Indexes of many segments, as real programs read them: after the first publication, after a change, and repacked.

use std::path::Path;

use debfmt::builder::{BuiltFile, DebBuilder};

use crate::support::apt::Apt;
use crate::support::http::HttpServer;
use crate::support::newest::with_either_apt;
use crate::support::site::TestSite;
use crate::support::tool::{Ran, tool};

/// More than one segment has, a few times.
const COUNT: usize = 500;

fn package(number: usize, version: &str) -> BuiltFile {
    let name = format!("package-{number:03}");
    DebBuilder::new(&name, version, "amd64").file(&format!("usr/share/{name}"), name.as_bytes()).build()
}

fn filled() -> TestSite {
    let site = TestSite::new(&["amd64"]);
    let options = ["compressors=gz,xz,zst,bz2", "contents=component"].map(|it| format!("--option={it}"));
    site.run(&["series", "set", "stable", &options[0], &options[1]]).ok();
    site.add("stable", &(0..COUNT).map(|number| package(number, "1")).collect::<Vec<_>>());
    site.publish();
    site
}

/// The site as it was made, with a package that changed, and repacked; with the newest version of that package.
fn each_state(site: &TestSite, look: impl Fn(&str)) {
    look("1");
    site.advance(60);
    site.add("stable", &[package(250, "2")]);
    site.publish();
    look("2");
    site.advance(60);
    let said = site.run(&["repack"]).ok().stdout;
    assert!(said.starts_with("stable of debian: 0 published, 0 superseded, "), "{said}");
    look("2");
    let said = site.run(&["repack"]).ok();
    assert_eq!((&*said.stdout, &*said.stderr), ("", "nothing to publish: 1 suite has no change\n"));
    site.run(&["check", "--full"]).ok();
    site.run(&["conform", site.archive().to_str().unwrap(), "--full"]).ok();
}

fn blocks(site: &TestSite) -> u32 {
    let index = site.archive().join("dists/stable/main/binary-amd64/Packages.xz");
    let said = Ran::of(tool("xz", Path::new("/")).args(["--robot", "--list"]).arg(index)).ok().stdout;
    let file = said.lines().find(|line| line.starts_with("file\t1\t")).unwrap_or_else(|| panic!("{said}"));
    file.split('\t').nth(2).unwrap().parse().unwrap()
}

#[test]
fn apt_reads_every_form_of_them() {
    let site = filled();
    assert!(blocks(&site) > 2, "{} segments", blocks(&site));
    let server = HttpServer::serve(&site.archive());
    each_state(&site, |version| {
        with_either_apt(|make| {
            for form in ["gz", "xz", "zst", "bz2"] {
                let apt: Apt = make(&format!("Acquire::CompressionTypes::Order {{ \"{form}\"; }};\n"));
                apt.source(&server.uri(), "stable", &apt.signed_by(&site.public_key()));
                apt.update();
                let names = apt.run("apt-cache", &["pkgnames", "package-"]).ok().stdout;
                assert_eq!(names.lines().count(), COUNT, "{form}");
                let said = apt.get(&["install", "--simulate", "package-250"]);
                assert!(said.contains(&format!("Inst package-250 ({version} ")), "{form}: {said}");
            }
        });
    });
    assert_eq!(blocks(&site), 1, "few packages are one group");
}

#[test]
fn aptly_and_reprepro_mirror_them() {
    let site = filled();
    let server = HttpServer::serve(&site.archive());
    each_state(&site, |version| {
        let home = tempfile::tempdir().unwrap();
        let run = |program: &str, arguments: &[&str]| {
            Ran::of(tool(program, home.path()).current_dir(home.path()).args(arguments)).ok().stdout
        };
        let write = |path: &str, text: &str| {
            let path = home.path().join(path);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, text).unwrap();
        };
        let root = home.path().join("aptly");
        write(
            "aptly.conf",
            &serde_json::json!({ "rootDir": root.to_str(), "downloadRetries": 0 }).to_string(),
        );
        let aptly =
            |arguments: &[&str]| run("aptly", &[&["-config=aptly.conf"], arguments, &["mirrored"]].concat());
        let create = ["-config=aptly.conf", "mirror", "create", "-ignore-signatures", "-architectures=amd64"];
        run("aptly", &[&create[..], &["mirrored", &server.uri(), "stable", "main"]].concat());
        aptly(&["mirror", "update", "-ignore-signatures"]);
        let shown = aptly(&["mirror", "show", "-with-packages"]);
        assert!(shown.contains(&format!("Number of packages: {COUNT}\n")), "{shown}");
        assert!(shown.contains(&format!(" package-250_{version}_amd64\n")), "{shown}");

        let suite = "Suite: stable\nComponents: main\nArchitectures: amd64\n";
        write("reprepro/conf/distributions", &format!("Codename: stable\n{suite}Update: up\n"));
        let updates = format!("Name: up\nMethod: {}\n{suite}VerifyRelease: blindtrust\n", server.uri());
        write("reprepro/conf/updates", &updates);
        run("reprepro", &["-b", "reprepro", "update"]);
        let listed = run("reprepro", &["-b", "reprepro", "list", "stable"]);
        assert_eq!(listed.lines().count(), COUNT);
        assert!(listed.contains(&format!("stable|main|amd64: package-250 {version}\n")), "{listed}");
    });
}
