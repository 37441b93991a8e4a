//! Real packages of a Debian mirror: what Debian says about them is what we say.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use debfmt::builder::DebBuilder;
use debfmt::clearsign;
use debfmt::deb::DebKind;
use debfmt::deb822::Paragraph;
use debfmt::digest::{Algorithms, Checksums};
use debfmt::dsc::Dsc;
use debfmt::limits::Limits;
use debfmt::names::FileName;
use debfmt::packages::description_md5;
use debfmt::sources::{self, SourceTail};
use debpress::adapters::openpgp::SequoiaVerifier;
use debpress::model::time::Timestamp;
use debpress::ports::verifier::{JudgeAt, Verifier, VerifyError, VerifyPolicy};
use debpress::upload::checks;
use debpress::upload::package::read_package;
use debpress::upload::source::unverified_payload;

use tempfile::TempDir;

use crate::support::mirror::{Mirror, native_architecture};
use crate::support::objects::TestObjects;
use crate::support::site::TestSite;
use crate::support::stanzas::{Exception, assert_same, field, parse, read_index};
use crate::support::tool::{Ran, tool};

/// Fields of a `Packages` file that Debian's archive decides, or that it treats in a way of its own.
const PACKAGES: [Exception; 5] = [
    Exception {
        field: "Build-Essential",
        reason: "the flag comes from Debian's extra override file, not from the package",
        holds: |ours, _| !ours.contains("Build-Essential"),
    },
    // What we publish is what the packages say: see the comparison with apt-ftparchive.
    Exception {
        field: "Priority",
        reason: "Debian has overridden it: there is no priority `extra` any more",
        holds: |ours, theirs| [ours, theirs].map(|stanza| field(stanza, "Priority")) == ["extra", "optional"],
    },
    Exception { field: "Section", reason: "Debian has overridden it", holds: |_, _| true },
    Exception {
        field: "Tag",
        reason: "debtags come from Debian's override file, not from the package",
        holds: |ours, _| !ours.contains("Tag"),
    },
    Exception {
        field: "Description",
        reason: "Debian keeps the synopsis only and has the rest in Translation-en",
        holds: |ours, theirs| ours.first_line("Description") == theirs.get("Description"),
    },
];

/// Beside the whole description apt-ftparchive leaves it out, and apt 3.0 needs it.
const WITH_DIGEST: [Exception; 1] = [Exception {
    field: "Description-md5",
    reason: "apt 3.0 does not make it of the description itself",
    holds: |ours, theirs| {
        let made = description_md5(field(theirs, "Description")).to_string();
        !theirs.contains("Description-md5") && ours.get("Description-md5") == Some(made.as_str())
    },
}];

const EXTRA_SOURCE_ONLY: Exception = Exception {
    field: "Extra-Source-Only",
    reason: "Debian's archive marks sources that it keeps only for binaries built with them",
    holds: |ours, _| !ours.contains("Extra-Source-Only"),
};

/// The same of a `Sources` file.
const SOURCES: [Exception; 3] = [
    EXTRA_SOURCE_ONLY,
    Exception { field: "Priority", reason: "Debian has overridden it", holds: |_, _| true },
    Exception {
        field: "Section",
        reason: "Debian has overridden it, or has none; we have that of the first package of Package-List",
        holds: |_, _| true,
    },
];

/// The same, of what apt-ftparchive makes of source packages.
const WITHOUT_OVERRIDES: [Exception; 2] = [
    Exception {
        field: "Priority",
        reason: "apt-ftparchive has it from an override file only, we from Package-List",
        holds: |_, theirs| !theirs.contains("Priority"),
    },
    Exception {
        field: "Section",
        reason: "apt-ftparchive has it from an override file only, we from Package-List",
        holds: |_, theirs| !theirs.contains("Section"),
    },
];

/// The same, when only the `.dsc` is known.
const DSCS: [Exception; 4] = [
    EXTRA_SOURCE_ONLY,
    Exception { field: "Directory", reason: "the archive decides", holds: |_, _| true },
    Exception { field: "Priority", reason: "the archive decides", holds: |_, _| true },
    Exception { field: "Section", reason: "the archive decides", holds: |_, _| true },
];

/// A site that publishes the mirror's binary packages and those source packages that it has whole.
fn published(native: &str) -> TestSite {
    let mirror = Mirror::get();
    let (_, dscs) = mirror.whole_sources();
    let site = TestSite::new(&[native]);
    site.add_paths("stable", &[&[mirror.packages()], dscs.as_slice()].concat());
    site.publish();
    site
}

/// What the site says about binary and about source packages.
fn indexes(site: &TestSite, native: &str) -> (Vec<Paragraph>, Vec<Paragraph>) {
    let main = site.archive().join("dists/stable/main");
    let packages = read_index(&main.join(format!("binary-{native}/Packages.xz")));
    assert!(packages.len() >= 200, "only {} packages", packages.len());
    let sources = read_index(&main.join("source/Sources.xz"));
    assert!(sources.len() >= 15, "the mirror has only {} source packages whole", sources.len());
    (packages, sources)
}

#[test]
fn what_debian_says_about_its_packages_is_what_we_publish() {
    let mirror = Mirror::get();
    let native = native_architecture();
    let (packages, sources) = indexes(&published(&native), &native);
    assert_same(&packages, &mirror.packages_index(), &PACKAGES);
    assert_same(&sources, &mirror.whole_sources().0, &SOURCES);
}

#[test]
fn what_apt_ftparchive_says_about_real_packages_is_what_we_publish() {
    let native = native_architecture();
    let site = published(&native);
    let (packages, sources) = indexes(&site, &native);
    assert_same(&packages, &apt_ftparchive(&site, "packages"), &WITH_DIGEST);
    assert_same(&sources, &apt_ftparchive(&site, "sources"), &WITHOUT_OVERRIDES);
}

#[test]
fn what_apt_ftparchive_says_with_short_descriptions_is_what_we_publish() {
    let native = native_architecture();
    let site = published(&native);
    site.run(&["series", "set", "stable", "--option", "long_descriptions=no"]).ok();
    site.publish();
    let (packages, _) = indexes(&site, &native);
    let mut program = tool("apt-ftparchive", site.scratch());
    program
        .current_dir(site.archive())
        .args(WITHOUT_OLD_DIGESTS)
        .arg("-o=APT::FTPArchive::LongDescription=0");
    let theirs = parse(Ran::of(program.args(["packages", "pool"])).ok().stdout.as_bytes());
    assert_same(&packages, &theirs, &[]);
    // Whoever reads both has what whole stanzas say.
    let english = read_index(&site.archive().join("dists/stable/main/i18n/Translation-en.xz"));
    for package in &packages {
        let key = |stanza: &Paragraph| {
            (field(stanza, "Package").to_owned(), field(stanza, "Description-md5").to_owned())
        };
        let found = english.iter().find(|it| key(it) == key(package)).unwrap();
        let whole = field(found, "Description-en");
        assert_eq!(description_md5(whole).to_string(), field(package, "Description-md5"));
        assert_eq!(found.first_line("Description-en"), package.get("Description"));
    }
}

#[test]
fn what_apt_ftparchive_says_about_udebs_is_what_we_publish() {
    let udeb = |name: &str, architecture: &str| {
        let package =
            DebBuilder::new(name, "1.0-1", architecture).kind(DebKind::Udeb).source("hello (1.0-2)");
        package
            .section("debian-installer")
            .field("XB-Installer-Menu-Item", "300")
            .field("Kernel-Version", "6.1")
    };
    let site = TestSite::new(&["amd64"]);
    site.add(
        "stable",
        &[udeb("hello-udeb", "amd64").depends("texts-udeb").build(), udeb("texts-udeb", "all").build()],
    );
    site.publish();
    let path = "dists/stable/main/debian-installer/binary-amd64/Packages.xz";
    assert_same(&read_index(&site.archive().join(path)), &apt_ftparchive(&site, "packages"), &[]);
}

#[test]
fn what_apt_ftparchive_says_about_the_files_in_real_packages_is_what_we_publish() {
    let native = native_architecture();
    let site = published(&native);
    site.run(&["series", "set", "stable", "--option", "contents=component"]).ok();
    site.publish();
    let mut program = tool("apt-ftparchive", site.scratch());
    let theirs = Ran::of(program.current_dir(site.archive()).args(["contents", "pool"])).ok().stdout;
    let mut ours = BTreeMap::new();
    for architecture in ["all", &native] {
        let path = format!("dists/stable/main/Contents-{architecture}.xz");
        let text = Ran::of(tool("xzcat", site.scratch()).arg(site.archive().join(path))).ok().stdout;
        add_contents(&mut ours, &text);
    }
    let mut expected = BTreeMap::new();
    add_contents(&mut expected, &theirs);
    assert!(expected.len() > 300, "only {} files", expected.len());
    let differ = |(path, packages): &(&String, &BTreeSet<String>)| expected.get(*path) != Some(packages);
    let wrong: Vec<_> = ours.iter().filter(differ).take(10).collect();
    assert_eq!(wrong, [], "not as apt-ftparchive has it");
    let missing: Vec<_> = expected.keys().filter(|path| !ours.contains_key(*path)).take(10).collect();
    assert_eq!(missing, [""; 0], "only apt-ftparchive has them");
}

/// Adds the lines of Contents: each path with the names of its packages; sections are told only by us.
fn add_contents(found: &mut BTreeMap<String, BTreeSet<String>>, text: &str) {
    for line in text.lines() {
        let (path, packages) = line.rsplit_once(|c: char| c.is_ascii_whitespace()).unwrap();
        let packages = packages.split(',').filter_map(|it| it.rsplit('/').next()).map(str::to_owned);
        found.entry(path.trim_end().to_owned()).or_default().extend(packages);
    }
}

/// We publish the digests that Debian does.
const WITHOUT_OLD_DIGESTS: [&str; 2] = ["-o=APT::FTPArchive::SHA1=0", "-o=APT::FTPArchive::SHA512=0"];

/// The stanzas that apt-ftparchive makes of the files in the pool, with the digests that we publish.
fn apt_ftparchive(site: &TestSite, command: &str) -> Vec<Paragraph> {
    let mut program = tool("apt-ftparchive", site.scratch());
    program.current_dir(site.archive()).args(WITHOUT_OLD_DIGESTS);
    parse(Ran::of(program.args([command, "pool"])).ok().stdout.as_bytes())
}

#[test]
fn what_debian_says_about_its_sources_follows_from_their_dscs() {
    let mirror = Mirror::get();
    let dscs = mirror.dscs();
    assert!(dscs.len() >= 20, "only {} sources", dscs.len());
    let ours: Vec<Paragraph> = dscs.iter().map(|path| stanza_of(path)).collect();
    assert_same(&ours, &mirror.sources_index(), &DSCS);
}

fn stanza_of(path: &Path) -> Paragraph {
    let bytes = std::fs::read(path).unwrap();
    let name = FileName::parse(path.file_name().unwrap().to_str().unwrap()).unwrap();
    let document = clearsign::split(&bytes, &Limits::default()).unwrap();
    let dsc = Dsc::parse(document.payload(), &Limits::default()).unwrap();
    // Debian's indexes have no SHA-1.
    let file_lists = sources::file_lists(&dsc, &name, &Checksums::of(&bytes, Algorithms::INDEX));
    let tail = SourceTail { section: "-", priority: "-", directory: "-", file_lists: &file_lists };
    let mut text = Vec::new();
    sources::write_stanza(&mut text, &sources::stanza_body(&dsc), &tail);
    parse(&text).swap_remove(0)
}

/// 2100-01-01, later than all signatures that the mirror can have.
const NOW: Timestamp = Timestamp(4_102_444_800);

#[test]
fn signatures_of_real_source_packages_are_judged_as_gpgv_judges_them() {
    let rings =
        ["debian-keyring.gpg", "debian-maintainers.gpg"].map(|name| format!("/usr/share/keyrings/{name}"));
    let keys = rings.each_ref().map(|path| std::fs::read(path).unwrap());
    let keys = keys.each_ref().map(Vec::as_slice);
    let policy =
        VerifyPolicy { judge: JudgeAt::SignatureTime, accept_sha1_certificates: true, ..Default::default() };
    let verifier = SequoiaVerifier::new(policy);
    let mut good = 0;
    for path in Mirror::get().dscs() {
        let document = std::fs::read(&path).unwrap();
        let ours = verifier.verify_clearsigned(&document, &keys, NOW);
        match (signer_by_gpgv(&path, &rings), ours) {
            (Some(signer), Ok(verified)) => {
                assert_eq!(verified.fingerprint, signer, "{}", path.display());
                good += 1;
            }
            // Of keys that have left the keyring, and SHA-1 is refused before any key is looked for.
            (None, Err(VerifyError::UnknownKey { .. } | VerifyError::WeakDigest { .. })) => {}
            // The pure Rust RSA checks moduli of at most 4096 bits, and says so.
            (Some(signer), Err(VerifyError::UnusableKey { fingerprint, reason, .. })) => {
                assert_eq!(fingerprint, signer);
                assert!(reason.contains("RSA modulus"), "{reason}");
            }
            (theirs, ours) => panic!("{}: gpgv finds {theirs:?}, we find {ours:?}", path.display()),
        }
    }
    assert!(good >= 20, "only {good} signatures are good");
}

/// The fingerprint of the certificate whose signature gpgv finds good, whether or not it has expired since.
fn signer_by_gpgv(path: &Path, rings: &[String]) -> Option<String> {
    let home = TempDir::new().unwrap();
    let mut command = tool("gpgv", home.path());
    for ring in rings {
        command.args(["--keyring", ring]);
    }
    let status = Ran::of(command.args(["--status-fd", "1"]).arg(path)).said().stdout;
    let valid = status.lines().find_map(|line| line.strip_prefix("[GNUPG:] VALIDSIG "));
    Some(valid?.split(' ').next_back()?.to_owned())
}

/// No check of fields refuses what Debian has published.
#[test]
fn what_an_upload_is_asked_for_real_packages_have() {
    let (mirror, limits) = (Mirror::get(), Limits::default());
    let objects = TestObjects::default();
    let mut debs = 0;
    for entry in std::fs::read_dir(mirror.packages()).unwrap() {
        let path = entry.unwrap().path();
        let Some(name) = path.file_name().and_then(|name| FileName::parse(name.to_str()?).ok()) else {
            continue;
        };
        if !name.as_str().ends_with(".deb") {
            continue;
        }
        let release = read_package(&objects, &name, std::fs::File::open(&path).unwrap(), &limits).unwrap();
        assert_eq!(checks::control::binary(&release), []);
        assert_eq!(checks::times::check(&release, Timestamp(1_800_000_000)), []);
        debs += 1;
    }
    let mut dscs = 0;
    for path in mirror.dscs() {
        let name = FileName::parse(path.file_name().unwrap().to_str().unwrap()).unwrap();
        let payload = unverified_payload(&name, &std::fs::read(&path).unwrap(), &limits).unwrap();
        assert_eq!(checks::control::source(&name, &Dsc::parse(&payload, &limits).unwrap()), []);
        dscs += 1;
    }
    assert!(debs >= 150 && dscs >= 15, "only {debs} packages and {dscs} sources");
}
