//! Custom uploads by commands only, and what stock programs make of them.

use debfmt::builder::{BuiltFile, DebBuilder, TarWriter};
use debfmt::digest::{Algorithms, Checksums};
use debpress::adapters::openpgp::{GeneratedKey, SequoiaSigner};
use debpress::ports::signer::Signer;

use super::uploads::{THEN, add_uploader, key};
use crate::support::apt::reads;
use crate::support::custom::{changes, installer, tarball, xz};
use crate::support::gnupg::Gnupg;
use crate::support::http::HttpServer;
use crate::support::newest::with_either_apt;
use crate::support::site::TestSite;
use crate::support::tool::{Ran, tool};

/// What dput does with an upload of custom files.
fn upload(site: &TestSite, key: &GeneratedKey, version: &str, files: &[(&BuiltFile, &str)]) {
    let text = changes("custom", version, "stable", files);
    let signer = SequoiaSigner::from_armoured_secret(&key.secret).unwrap();
    let directory = site.root().join("incoming").join(version);
    std::fs::create_dir(&directory).unwrap();
    for (file, _) in files {
        std::fs::write(directory.join(&file.name), &file.bytes).unwrap();
    }
    std::fs::write(directory.join(&text.name), signer.clear_sign(&text.bytes, THEN).unwrap()).unwrap();
}

#[test]
fn an_installer_and_boot_code_reach_clients_who_check_them() {
    let site = TestSite::new(&["amd64"]);
    let ann = key("ann");
    add_uploader(&site, "ann", &ann.public, &["--component", "main"]).ok();
    let kernel = tarball("linux_6.8_amd64.tar.gz", TarWriter::new().file("6.8/vmlinuz.efi", b"MZ"));
    upload(&site, &ann, "1", &[(&installer("20230607"), "raw-installer"), (&kernel, "raw-signing")]);
    assert_eq!(
        site.run(&["process-upload"]).ok().stdout,
        "custom 1 by ann: filed as unapproved, queue item 1\n"
    );
    let shown = site.run(&["queue", "show", "1"]).ok().stdout;
    let sha256 = Checksums::of(&kernel.bytes, Algorithms::SHA256).sha256;
    let line = format!("  linux_6.8_amd64.tar.gz: signing, {} bytes, object {sha256}\n", kernel.bytes.len());
    assert!(shown.contains(&line), "{shown}");
    let json = site.run(&["--json", "queue", "show", "1"]).ok().stdout;
    let json: serde_json::Value = serde_json::from_str(&json).unwrap();
    assert_eq!(json["custom"][0]["type"], "debian-installer");

    site.run(&["queue", "accept", "1"]).ok();
    let said = site.run(&["process-accepted"]).ok();
    assert_eq!(said.stdout, "custom 1: 0 publication records, 2 directories of custom files, queue item 1\n");
    assert!(
        said.stderr.contains("linux_6.8_amd64.tar.gz: what it holds is published as it is"),
        "{}",
        said.stderr
    );
    let said = site.publish();
    assert!(
        said.stdout.contains("0 published, 0 superseded, 2 directories of custom files, "),
        "{}",
        said.stdout
    );

    let current = site.archive().join("dists/stable/main/installer-amd64/current");
    Ran::of(tool("sha256sum", site.scratch()).args(["--check", "SHA256SUMS"]).current_dir(&current)).ok();
    let gnupg = Gnupg::new();
    let keyring = gnupg.keyring(&std::fs::read(site.public_key()).unwrap());
    let files = ["SHA256SUMS.gpg", "SHA256SUMS"].map(|name| current.join(name).display().to_string());
    let verified = gnupg.gpgv(&keyring, &[&files[0], &files[1]]);
    assert!(verified.status.success(), "{verified:?}");
    let checked = site.run(&["check", "--full"]).ok();
    assert!(
        checked.stderr.contains("custom files") && checked.stderr.contains("all agree"),
        "{}",
        checked.stderr
    );

    // The same version once more is refused, with its code.
    upload(&site, &ann, "2", &[(&installer("20230607"), "raw-installer")]);
    let refused = site.run(&["process-upload"]);
    assert!(format!("{refused:?}").contains("custom.version-exists"), "{refused:?}");
}

#[test]
fn apt_shows_a_translated_description() {
    let site = TestSite::new(&["amd64"]);
    let ann = key("ann");
    add_uploader(&site, "ann", &ann.public, &[]).ok();
    site.add("stable", &[DebBuilder::new("hello", "1.0", "amd64").description("says hello").build()]);
    let md5 = Checksums::of(b"says hello\n", Algorithms::ALL).md5.unwrap();
    let text = format!("Package: hello\nDescription-md5: {md5}\nDescription-de: sagt hallo\n");
    let tar = TarWriter::new().file("i18n/Translation-de.xz", &xz(text.as_bytes()));
    upload(&site, &ann, "1", &[(&tarball("t_main_1.tar.gz", tar), "raw-ddtp-tarball")]);
    site.run(&["process-upload"]).ok();
    site.run(&["publish-ftpmaster"]).ok();

    let server = HttpServer::serve(&site.archive());
    with_either_apt(|make| {
        let apt = make(&reads("de"));
        apt.source(&server.uri(), "stable", &apt.signed_by(&site.public_key()));
        apt.update();
        let asked = server.take_asked();
        assert!(
            asked.iter().any(|path| path.starts_with("200 /dists/stable/main/i18n/by-hash/SHA256/")),
            "{asked:#?}"
        );
        let shown = apt.run("apt-cache", &["show", "hello"]).ok().stdout;
        assert!(shown.contains("Description-de: sagt hallo"), "{shown}");
    });
}

const CONTROL: &str = "Source: images
Maintainer: Test <test@example.org>
Rules-Requires-Root: no
Standards-Version: 4.6.2

Package: images
Architecture: any
Description: images of something
";

/// Builds no package, but images and translations, as the build of an installer does.
const RULES: &str = r"#!/usr/bin/make -f
clean build build-arch build-indep binary-indep:
binary binary-arch:
	mkdir -p 1.0/netboot
	echo boot > 1.0/netboot/linux
	ln -s netboot/linux 1.0/linux
	tar -czf ../images_1.0_$(DEB_HOST_ARCH).tar.gz 1.0
	dpkg-distaddfile images_1.0_$(DEB_HOST_ARCH).tar.gz raw-installer -
	tar -czf ../images_1.0_$(DEB_HOST_ARCH)_translations.tar.gz 1.0
	dpkg-distaddfile images_1.0_$(DEB_HOST_ARCH)_translations.tar.gz raw-translations -
";

#[test]
fn what_dpkg_buildpackage_makes_of_an_installer_is_taken() {
    let native = crate::support::mirror::native_architecture();
    let site = TestSite::new(&[&native]);
    let ann = key("ann");
    add_uploader(&site, "ann", &ann.public, &[]).ok();
    let directory = site.root().join("incoming/build");
    let tree = site.scratch().join("build/images");
    std::fs::create_dir_all(tree.join("debian/source")).unwrap();
    let changelog = "images (1.0) stable; urgency=low\n\n  * First.\n\n -- Test <test@example.org>  Tue, 24 Nov \
                     2026 05:52:44 +0000\n";
    let files = [
        ("control", CONTROL),
        ("rules", RULES),
        ("changelog", changelog),
        ("source/format", "3.0 (native)\n"),
    ];
    for (name, text) in files {
        std::fs::write(tree.join("debian").join(name), text).unwrap();
    }
    let executable = std::os::unix::fs::PermissionsExt::from_mode(0o755);
    std::fs::set_permissions(tree.join("debian/rules"), executable).unwrap();
    let build = ["-us", "-uc", "-d", "-b"];
    Ran::of(tool("dpkg-buildpackage", site.scratch()).args(build).current_dir(&tree)).ok();

    std::fs::remove_dir_all(&tree).unwrap();
    let changes = site.scratch().join(format!("build/images_1.0_{native}.changes"));
    let text = std::fs::read(&changes).unwrap();
    assert!(
        String::from_utf8_lossy(&text).contains(&format!("{native}_translations\n")),
        "dpkg makes such words"
    );
    let signer = SequoiaSigner::from_armoured_secret(&ann.secret).unwrap();
    std::fs::write(&changes, signer.clear_sign(&text, THEN).unwrap()).unwrap();
    std::fs::rename(site.scratch().join("build"), &directory).unwrap();
    assert_eq!(
        site.run(&["process-upload"]).ok().stdout,
        "images 1.0 by ann: filed as accepted, queue item 1\n"
    );
    site.run(&["publish-ftpmaster"]).ok();
    let current = format!("dists/stable/main/installer-{native}/current");
    assert_eq!(site.read(&format!("{current}/linux")), b"boot\n");
    let sums = String::from_utf8(site.read(&format!("{current}/SHA256SUMS"))).unwrap();
    assert!(sums.ends_with("  ./netboot/linux\n"), "{sums}");
}
