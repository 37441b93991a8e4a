//! What stock clients make of a published archive.

use std::collections::BTreeMap;
use std::os::unix::fs::{MetadataExt, symlink};
use std::path::Path;

use debfmt::builder::{BuiltFile, DebBuilder, SourceBuilder};
use debfmt::deb::DebKind;
use debfmt::digest::Sha256;
use debfmt::dsc::SourceFormat;
use debfmt::limits::Limits;
use debfmt::release::Release;

use crate::support::apt::{Apt, fetches_contents};
use crate::support::gnupg::Gnupg;
use crate::support::http::HttpServer;
use crate::support::newest::with_either_apt;
use crate::support::site::TestSite;
use crate::support::tool::{Ran, tool};

/// A program, its library and its data, as version `version`.
fn hello(version: &str) -> [BuiltFile; 3] {
    let library = DebBuilder::new("libhello1", version, "amd64").source("hello").field("Multi-Arch", "same");
    let data =
        DebBuilder::new("hello-data", version, "all").source("hello").file("usr/share/hello/text", "hi");
    let program = DebBuilder::new("hello", version, "amd64")
        .depends(&format!("libhello1 (= {version}), hello-data (>= {version})"))
        .file("usr/bin/hello", "#!/bin/sh\nexec cat /usr/share/hello/text\n");
    [library.build(), data.build(), program.build()]
}

fn signed_by(site: &TestSite) -> String {
    format!("Signed-By: {}", site.public_key().display())
}

fn file_uri(site: &TestSite) -> String {
    format!("file:{}", site.archive().display())
}

#[test]
fn apt_installs_and_unpacks_from_a_directory() {
    let site = TestSite::new(&["amd64"]);
    site.add("stable", &hello("1:1.0~rc1+b1-1"));
    let source = SourceBuilder::new("hello", "1:1.0~rc1+b1-1").file("hello.c", "int main;\n");
    site.add_source("stable", &source.build());
    site.publish();

    let apt = Apt::new("amd64");
    apt.source(&file_uri(&site), "stable", &signed_by(&site));
    apt.update();
    let planned = apt.get(&["install", "--simulate", "hello"]);
    for package in ["libhello1", "hello-data", "hello"] {
        assert!(planned.contains(&format!("Inst {package} (1:1.0~rc1+b1-1 ")), "{planned}");
    }
    apt.get(&["download", "hello"]);
    let downloaded = std::fs::read(apt.work().join("hello_1%3a1.0~rc1+b1-1_amd64.deb")).unwrap();
    assert_eq!(Sha256::of(&downloaded), Sha256::of(&hello("1:1.0~rc1+b1-1")[2].bytes));
    apt.get(&["source", "hello"]);
    assert_eq!(std::fs::read(apt.work().join("hello-1.0~rc1+b1/hello.c")).unwrap(), b"int main;\n");
}

#[test]
fn apt_get_source_unpacks_every_format() {
    let site = TestSite::new(&["amd64"]);
    let formats = [
        ("old", "1.0-1", SourceFormat::V1),
        ("old-native", "1.0", SourceFormat::V1),
        ("native", "2:1.0", SourceFormat::V3Native),
        ("quilt", "1:1.0-1", SourceFormat::V3Quilt),
    ];
    for (name, version, format) in formats {
        let source = SourceBuilder::new(name, version).format(format).file("README", name);
        site.add_source("stable", &source.build());
    }
    site.publish();
    let server = HttpServer::serve(&site.archive());
    let apt = Apt::new("amd64");
    apt.source(&server.uri(), "stable", &signed_by(&site));
    apt.update();
    for (name, version, _) in formats {
        let planned = apt.get(&["source", "--print-uris", &format!("{name}={version}")]);
        assert!(planned.contains(".dsc") && planned.contains("SHA256:"), "{planned}");
        apt.get(&["source", name]);
        let readme = apt.work().join(format!("{name}-1.0/README"));
        assert_eq!(std::fs::read_to_string(readme).unwrap(), name);
    }
}

#[test]
fn apt_asks_a_web_server_for_indexes_by_their_hash() {
    let site = TestSite::new(&["amd64"]);
    site.add("stable", &hello("1.0~rc1+b1-1"));
    site.publish();

    let server = HttpServer::serve(&site.archive());
    let apt = Apt::new("amd64");
    apt.source(&server.uri(), "stable", &signed_by(&site));
    apt.update();
    let asked = server.take_asked();
    assert_eq!(asked.first().map(String::as_str), Some("200 /dists/stable/InRelease"));
    for path in &asked[1..] {
        assert!(
            path.starts_with("200 /dists/stable/main/") && path.contains("/by-hash/SHA256/"),
            "{asked:#?}"
        );
    }

    apt.get(&["install", "--download-only", "hello"]);
    let expected = [
        "hello-data_1.0~rc1+b1-1_all.deb",
        "hello_1.0~rc1+b1-1_amd64.deb",
        "libhello1_1.0~rc1+b1-1_amd64.deb",
    ];
    assert_eq!(apt.downloaded(), expected);
    let asked = server.take_asked();
    assert_eq!(asked.len(), 3, "{asked:#?}");
    assert!(asked.iter().all(|line| line.starts_with("200 /pool/main/h/hello/")), "{asked:#?}");
}

#[test]
fn apt_follows_a_second_publication_and_the_pool_keeps_the_first() {
    let site = TestSite::new(&["amd64"]);
    site.add("stable", &hello("1.0-1"));
    site.publish();
    let server = HttpServer::serve(&site.archive());
    let apt = Apt::new("amd64");
    apt.source(&server.uri(), "stable", &signed_by(&site));
    apt.update();
    server.take_asked();

    site.advance(3600);
    site.add("stable", &hello("1.1-1"));
    site.publish();
    // An apt that has not updated since still gets what it was promised.
    apt.get(&["install", "--download-only", "hello=1.0-1"]);
    apt.update();
    let versions = apt.run("apt-cache", &["madison", "hello"]).ok().stdout;
    assert!(versions.contains("1.1-1") && !versions.contains("1.0-1"), "{versions}");
    apt.get(&["install", "--download-only", "hello"]);
    let downloaded = apt.downloaded();
    for version in ["1.0-1", "1.1-1"] {
        assert!(downloaded.contains(&format!("hello_{version}_amd64.deb")), "{downloaded:?}");
    }
    let asked = server.take_asked();
    assert!(asked.iter().all(|line| line.starts_with("200 ")), "{asked:#?}");
}

#[test]
fn apt_that_read_inrelease_just_before_a_publication_completes_its_update() {
    let site = TestSite::new(&["amd64"]);
    site.add("stable", &hello("1.0-1"));
    site.publish();
    let early = site.read("dists/stable/InRelease");
    site.advance(3600);
    site.add("stable", &hello("1.1-1"));
    site.publish();

    // The archive as it looks to a client that has the old InRelease and asks for everything else now.
    let seen = site.scratch().join("seen");
    std::fs::create_dir_all(seen.join("dists/stable")).unwrap();
    std::fs::write(seen.join("dists/stable/InRelease"), early).unwrap();
    symlink(site.archive().join("dists/stable/main"), seen.join("dists/stable/main")).unwrap();
    symlink(site.archive().join("pool"), seen.join("pool")).unwrap();
    let server = HttpServer::serve(&seen);
    let apt = Apt::new("amd64");
    apt.source(&server.uri(), "stable", &signed_by(&site));
    apt.update();
    apt.get(&["install", "--download-only", "hello"]);
    assert!(apt.downloaded().contains(&"hello_1.0-1_amd64.deb".to_owned()), "{:?}", apt.downloaded());
}

#[test]
fn apt_reads_every_form_of_the_indexes_by_their_plain_names_too() {
    let site = TestSite::new(&["amd64"]);
    site.add("stable", &hello("1.0-1"));
    site.publish();
    let server = HttpServer::serve(&site.archive());
    for form in ["gz", "xz"] {
        let apt = Apt::new("amd64");
        apt.source(&server.uri(), "stable", &signed_by(&site));
        let order = format!("Acquire::CompressionTypes::Order={form}");
        apt.get(&["-o", "Acquire::By-Hash=no", "-o", &order, "update"]);
        let asked = server.take_asked();
        let index = format!("200 /dists/stable/main/binary-amd64/Packages.{form}");
        assert!(asked.contains(&index), "{asked:#?}");
        apt.get(&["install", "--simulate", "hello"]);
    }
}

#[test]
fn a_package_for_all_is_there_for_every_architecture() {
    let site = TestSite::new(&["amd64", "arm64"]);
    site.add("stable", &hello("1.0-1"));
    site.publish();
    let apt = Apt::new("arm64");
    apt.source(&file_uri(&site), "stable", &signed_by(&site));
    apt.update();
    let names = apt.run("apt-cache", &["pkgnames"]).ok().stdout;
    assert_eq!(names.lines().collect::<Vec<_>>(), ["hello-data"]);
    apt.get(&["install", "--simulate", "hello-data"]);
    apt.run("apt-get", &["install", "--simulate", "hello"]).fails();
}

#[test]
fn apt_and_gpgv_accept_our_signatures() {
    let site = TestSite::new(&["amd64"]);
    site.add("stable", &hello("1.0-1"));
    site.publish();
    let gnupg = Gnupg::new();
    let keyring = gnupg.keyring(&std::fs::read(site.public_key()).unwrap());
    let suite = site.archive().join("dists/stable");
    let path = |name: &str| suite.join(name).to_str().unwrap().to_owned();

    let clear = gnupg.gpgv(&keyring, &["--output", "-", &path("InRelease")]);
    assert!(clear.status.success(), "{}", String::from_utf8_lossy(&clear.stderr));
    assert_eq!(
        String::from_utf8_lossy(&clear.stdout),
        String::from_utf8_lossy(&site.read("dists/stable/Release"))
    );
    let detached = gnupg.gpgv(&keyring, &[&path("Release.gpg"), &path("Release")]);
    assert!(detached.status.success(), "{}", String::from_utf8_lossy(&detached.stderr));

    // With somebody else's key apt refuses all of it.
    let other = TestSite::new(&["amd64"]);
    let apt = Apt::new("amd64");
    apt.source(&file_uri(&site), "stable", &signed_by(&other));
    let refused = apt.run("apt-get", &["update"]).fails();
    assert!(refused.stderr.contains("NO_PUBKEY"), "{}", refused.stderr);
}

#[test]
fn an_unsigned_archive_must_be_trusted_by_hand() {
    let site = TestSite::unsigned(&["amd64"]);
    site.add("stable", &hello("1.0-1"));
    let published = site.publish();
    assert!(published.stderr.contains("unsigned"), "{}", published.stderr);
    for signature in ["InRelease", "Release.gpg"] {
        assert!(!site.archive().join("dists/stable").join(signature).exists(), "{signature}");
    }
    let apt = Apt::new("amd64");
    apt.source(&file_uri(&site), "stable", "");
    let refused = apt.run("apt-get", &["update"]).fails();
    assert!(refused.stderr.contains("is not signed"), "{}", refused.stderr);
    apt.source(&file_uri(&site), "stable", "Trusted: yes");
    apt.run("apt-get", &["update"]).ok();
    apt.get(&["install", "--simulate", "hello"]);
}

#[test]
fn release_lists_every_index_uncompressed_too() {
    let site = TestSite::new(&["amd64"]);
    site.add("stable", &hello("1.0-1"));
    site.publish();
    let release = Release::parse(&site.read("dists/stable/Release"), &Limits::default()).unwrap();
    assert!(release.acquire_by_hash);
    for index in ["main/binary-amd64/Packages", "main/source/Sources"] {
        let plain = release.file(index).unwrap_or_else(|| panic!("no {index}"));
        for (program, suffix) in [("zcat", ".gz"), ("xzcat", ".xz")] {
            let compressed = site.archive().join(format!("dists/stable/{index}{suffix}"));
            let text = Ran::of(tool(program, site.scratch()).arg(compressed)).ok().stdout;
            assert_eq!(plain.checksums.size, text.len() as u64, "{index}{suffix}");
            assert_eq!(plain.checksums.sha256, Sha256::of(text.as_bytes()), "{index}{suffix}");
        }
    }
}

#[test]
fn publishing_nothing_touches_nothing() {
    let site = TestSite::new(&["amd64"]);
    site.add("stable", &hello("1.0-1"));
    site.publish();
    let before = files(&site.archive());
    assert!(before.len() > 5, "{before:#?}");
    site.advance(60);
    site.publish();
    assert_eq!(files(&site.archive()), before);
}

/// Every file and directory below `root` with its inode, size and time of change.
fn files(root: &Path) -> BTreeMap<String, (u64, u64, i64, i64)> {
    let mut found = BTreeMap::new();
    let mut directories = vec![root.to_owned()];
    while let Some(directory) = directories.pop() {
        for entry in std::fs::read_dir(directory).unwrap() {
            let entry = entry.unwrap();
            let data = entry.metadata().unwrap();
            let fact = (data.ino(), data.len(), data.ctime(), data.ctime_nsec());
            found.insert(entry.path().display().to_string(), fact);
            if data.is_dir() {
                directories.push(entry.path());
            }
        }
    }
    found
}

#[test]
fn debootstrap_finds_the_base_system() {
    let required = ["base-files", "base-passwd", "bash", "dpkg", "libc6", "usr-is-merged"];
    let package = |name: &&str| DebBuilder::new(name, "1.0-1", "amd64").priority("required");
    let mut packages: Vec<BuiltFile> = required
        .iter()
        .map(|name| match *name {
            "libc6" => package(name).build(),
            _ => package(name).field("Pre-Depends", "libc6").build(),
        })
        .collect();
    packages
        .push(DebBuilder::new("apt", "1.0-1", "amd64").priority("important").depends("gpgv, libapt").build());
    packages.push(DebBuilder::new("gpgv", "1.0-1", "amd64").build());
    packages.push(DebBuilder::new("libapt", "1.0-1", "amd64").build());
    packages.push(DebBuilder::new("game", "1.0-1", "amd64").build());
    let site = TestSite::new(&["amd64"]);
    site.add("stable", &packages);
    site.publish();

    let gnupg = Gnupg::new();
    let keyring = gnupg.keyring(&std::fs::read(site.public_key()).unwrap());
    let keyring = format!("--keyring={}", keyring.display());
    let target = site.scratch().join("target");
    let place = [target.to_str().unwrap(), &file_uri(&site), "/usr/share/debootstrap/scripts/sid"];
    let options = ["--print-debs", "--arch=amd64", "--variant=minbase", &keyring, "stable"];
    let ran = Ran::of(tool("debootstrap", site.scratch()).args([&options[..], &place].concat())).ok();
    let mut printed: Vec<&str> = ran.stdout.split_whitespace().collect();
    printed.sort_unstable();
    let mut expected = [&required[..], &["apt", "gpgv", "libapt"]].concat();
    expected.sort_unstable();
    assert_eq!(printed, expected, "{}", ran.stderr);
}

#[test]
fn apt_takes_packages_of_backports_only_when_it_is_told_to() {
    let site = TestSite::new(&["amd64"]);
    site.run(&["series", "set", "stable", "--option", "backports_not_automatic=yes"]).ok();
    site.add("stable", &[DebBuilder::new("hello", "1.0", "amd64").build()]);
    site.add("stable-backports", &[DebBuilder::new("hello", "2.0", "amd64").build()]);
    site.publish();
    let apt = Apt::new("amd64");
    apt.source(&file_uri(&site), "stable stable-backports", &signed_by(&site));
    apt.update();
    let policy = apt.run("apt-cache", &["policy"]).ok().stdout;
    let backports = policy.lines().find(|line| line.contains("stable-backports/main amd64")).unwrap();
    // apt gives 1 to what is not automatic, and 100 if upgrades of it are.
    assert!(backports.trim_start().starts_with("100 "), "{policy}");
    let planned = apt.get(&["install", "--simulate", "hello"]);
    assert!(planned.contains("Inst hello (1.0 "), "{planned}");
    let planned = apt.get(&["install", "--simulate", "-t", "stable-backports", "hello"]);
    assert!(planned.contains("Inst hello (2.0 "), "{planned}");
}

#[test]
fn apt_refuses_a_release_whose_time_is_over() {
    // apt asks the machine's clock.
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap();
    let now = i64::try_from(now.as_secs()).unwrap();
    let site = TestSite::unsigned(&["amd64"]);
    site.run(&["series", "set", "stable", "--option", "valid_for=1d"]).ok();
    site.add("stable", &hello("1.0-1"));
    site.advance(now - 2 * 86_400 - site.now());
    site.publish();
    let apt = Apt::new("amd64");
    apt.source(&file_uri(&site), "stable", "Trusted: yes");
    let refused = apt.run("apt-get", &["update"]).fails();
    assert!(refused.stderr.contains("is expired"), "{}", refused.stderr);
    // The next run publishes it again, without a change.
    site.advance(2 * 86_400);
    site.publish();
    apt.run("apt-get", &["update"]).ok();
    apt.get(&["install", "--simulate", "hello"]);
}

#[test]
fn apt_finds_changelogs_and_old_hashes_where_release_says() {
    let site = TestSite::new(&["amd64"]);
    let server = HttpServer::serve(&site.scratch().join("logs"));
    let changelogs = format!("changelogs={}/@CHANGEPATH@.txt", server.uri());
    let options = ["series", "set", "stable", "--option", &changelogs, "--option", "hashes=md5,sha1,sha512"];
    site.run(&options).ok();
    site.add("stable", &hello("1.0-1"));
    site.publish();
    let logs = site.scratch().join("logs/main/h/hello");
    std::fs::create_dir_all(&logs).unwrap();
    std::fs::write(logs.join("hello_1.0-1.txt"), "hello (1.0-1) stable; urgency=low\n").unwrap();
    let apt = Apt::new("amd64");
    apt.source(&file_uri(&site), "stable", &signed_by(&site));
    apt.update();
    let log = apt.get(&["changelog", "hello"]);
    assert!(log.contains("hello (1.0-1) stable"), "{log}");
    // Each of the lists serves a client that knows no other.
    for (list, order) in [("MD5Sum", "MD5Sum"), ("SHA1", "SHA1"), ("SHA512", "SHA512")] {
        let release = site.read("dists/stable/Release");
        assert!(String::from_utf8(release).unwrap().contains(&format!("\n{list}:\n")), "{list}");
        apt.get(&["-o", &format!("Acquire::ForceHash={order}"), "update"]);
    }
}

#[test]
fn apt_reads_packages_for_the_installer_and_debug_symbols_where_they_are() {
    let site = TestSite::new(&["amd64"]);
    let udeb = DebBuilder::new("hello-udeb", "1.0-1", "amd64").source("hello").kind(DebKind::Udeb);
    let symbols = DebBuilder::new("hello-dbgsym", "1.0-1", "amd64").source("hello").kind(DebKind::Ddeb);
    site.add("stable", &[udeb.section("debian-installer").build(), symbols.build()]);
    site.add("stable", &hello("1.0-1"));
    site.publish();
    let apt = Apt::new("amd64");
    let entry = |components: &str| {
        let (uri, signed) = (file_uri(&site), signed_by(&site));
        format!("Types: deb\nURIs: {uri}\nSuites: stable\nComponents: {components}\n{signed}\n")
    };
    let names = |components: &str| {
        apt.sources(&entry(components));
        apt.update();
        let names = apt.run("apt-cache", &["pkgnames"]).ok().stdout;
        names
            .lines()
            .filter(|name| name.ends_with("udeb") || name.ends_with("dbgsym"))
            .collect::<Vec<_>>()
            .join(" ")
    };
    assert_eq!(names("main"), "");
    assert_eq!(names("main main/debian-installer"), "hello-udeb");
    assert_eq!(names("main main/debug"), "hello-dbgsym");
    apt.get(&["download", "hello-dbgsym"]);
}

#[test]
fn apt_file_finds_the_package_of_a_file() {
    let site = TestSite::new(&["amd64"]);
    site.run(&["series", "set", "stable", "--option", "contents=component"]).ok();
    site.add("stable", &hello("1.0-1"));
    site.publish();
    let server = HttpServer::serve(&site.archive());
    with_either_apt(|make| {
        let apt = make(&fetches_contents());
        apt.source(&server.uri(), "stable", &apt.signed_by(&site.public_key()));
        apt.update();
        let asked = server.take_asked();
        assert!(asked.iter().all(|line| line.starts_with("200 ")), "{asked:#?}");
        let mut read = tool("/usr/lib/apt/apt-helper", site.scratch());
        let text = Ran::of(read.arg("cat-file").arg(apt.list("main_Contents-amd64.lz4"))).ok().stdout;
        assert!(text.contains("usr/bin/hello"), "{text}");
    });
    let apt = Apt::with_configuration("amd64", &fetches_contents());
    apt.source(&server.uri(), "stable", &signed_by(&site));
    apt.update();
    assert_eq!(apt.run("apt-file", &["search", "bin/hello"]).ok().stdout, "hello: /usr/bin/hello\n");
    let found = apt.run("apt-file", &["search", "hello/text"]).ok().stdout;
    assert_eq!(found, "hello-data: /usr/share/hello/text\n", "of all architectures");
    assert_eq!(
        apt.run("apt-file", &["list", "--fixed-string", "hello"]).ok().stdout,
        "hello: /usr/bin/hello\n"
    );
}

#[test]
fn apt_reads_a_personal_archive_with_the_key_that_lies_beside_it() {
    let site = TestSite::new(&["amd64"]);
    site.run(&["archive", "create", "~ann/debian/tools"]).ok();
    let paths = site.write(&[DebBuilder::new("hello", "1.0", "amd64").build()]);
    let add = ["add", "--suite", "stable", "--archive", "~ann/debian/tools", paths[0].to_str().unwrap()];
    site.run(&add).ok();
    site.run(&["publish-distro", "--ppa"]).ok();
    let root = site.root().join("ppa/ann/tools/debian");
    let server = HttpServer::serve(&root);
    let apt = Apt::new("amd64");
    apt.source(&server.uri(), "stable", &format!("Signed-By: {}", root.join("ann-tools.asc").display()));
    apt.update();
    apt.get(&["install", "--download-only", "hello"]);
    // The key of the site is not that of other people's archives.
    apt.source(&server.uri(), "stable", &signed_by(&site));
    apt.run("apt-get", &["update"]).fails();
}
