//! Mail as an administrator sets it up and looks at it; each mail is a file.

use std::path::PathBuf;

use debfmt::builder::{BuiltFile, ChangesBuilder};
use debpress::adapters::openpgp::SequoiaSigner;
use debpress::model::time::Timestamp;
use debpress::ports::signer::Signer;

use super::people::{THEN, fails, ok, uploader};
use crate::support::site::TestSite;

const SENDER: &str =
    "transport = \"directory\"\nfrom = \"Tux <archive@tux.example>\"\nbcc = \"admin@tux.example\"";

/// A site whose mail becomes files.
fn site() -> TestSite {
    let site = TestSite::unsigned(&["amd64"]);
    let path = site.root().join("debpress.toml");
    let text = std::fs::read_to_string(&path).unwrap();
    std::fs::write(path, text.replace("transport = \"none\"", SENDER)).unwrap();
    site
}

fn mails(site: &TestSite) -> Vec<PathBuf> {
    let Ok(entries) = std::fs::read_dir(site.root().join("mail")) else { return Vec::new() };
    let mut paths: Vec<PathBuf> = entries.map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    paths
}

/// An upload with another file than it says, signed by ann.
fn send(site: &TestSite, signer: &SequoiaSigner, version: &str) {
    let said = BuiltFile { name: format!("hello_{version}_amd64.deb"), bytes: b"bytes".to_vec() };
    let text = ChangesBuilder::new("hello", version, "stable").architecture("amd64").file(&said).build();
    let directory = site.root().join("incoming").join(version);
    std::fs::create_dir(&directory).unwrap();
    let signed = signer.clear_sign(&text.bytes, THEN).unwrap();
    std::fs::write(directory.join(&text.name), signed).unwrap();
    std::fs::write(directory.join(&said.name), b"BYTES").unwrap();
}

#[test]
fn mail_becomes_files_where_a_site_wants_that() {
    let site = site();
    let said = ok(&site, "mail test ann@example.org");
    assert_eq!(said.stdout, "a mail to ann@example.org was taken\n");
    let files = mails(&site);
    let mail = std::fs::read_to_string(&files[0]).unwrap();
    let id = format!("debpress.test.{}@tux.example", site.now());
    assert_eq!(files[0].file_name().unwrap().to_str(), Some(&*format!("{id}.eml")));
    for line in
        ["From: Tux <archive@tux.example>\r\n", "To: ann@example.org\r\n", &format!("Message-ID: <{id}>\r\n")]
    {
        assert!(mail.contains(line), "{line}: {mail}");
    }
    assert!(mail.contains("This archive can send mail: notices about uploads look like this one."), "{mail}");
    assert_eq!(ok(&site, "mail send").stdout, "0 notices sent\n");
    assert_eq!(ok(&site, "mail list").stdout, "");
    let said = fails(&site, "mail test ann");
    assert_eq!(said.stderr, "error: `ann` is no mail address: write one such as ann@example.org\n");
}

#[test]
fn a_site_that_tells_nobody_says_so_when_it_is_asked() {
    let site = TestSite::unsigned(&["amd64"]);
    for command in ["mail test ann@example.org", "mail send"] {
        let said = fails(&site, command);
        assert_eq!(
            said.stderr,
            "error: the site sends no mail: set `transport` and `from` in [mail] of debpress.toml\n"
        );
    }
    assert_eq!(ok(&site, "mail list").stdout, "");
    let said = site.run(&["mail", "list", "--state", "lost"]).ends(2);
    assert!(said.stderr.contains("write one of waiting, sent, given-up"), "{}", said.stderr);
}

#[test]
fn files_that_cannot_be_used_are_named_with_the_key_that_names_them() {
    let site = site();
    let smtp = "transport = \"smtp\"\nfrom = \"a@tux.example\"\nserver = \"localhost\"\nport = 1";
    let path = site.root().join("debpress.toml");
    let text = std::fs::read_to_string(&path).unwrap();
    for (keys, content, told) in [
        (
            "user = \"a\"\npassword_file = \"file\"",
            Some(" \n"),
            "`password_file`, which cannot be used\n  caused by: it holds no password",
        ),
        (
            "user = \"a\"\npassword_file = \"file\"",
            None,
            "`password_file`, which cannot be used\n  caused by: No such file",
        ),
        (
            "ca_file = \"file\"",
            Some("x"),
            "`ca_file`, which cannot be used\n  caused by: it holds no certificate",
        ),
    ] {
        std::fs::write(&path, text.replace(SENDER, &format!("{smtp}\n{keys}"))).unwrap();
        let file = site.root().join("file");
        match content {
            Some(content) => std::fs::write(&file, content).unwrap(),
            None => std::fs::remove_file(&file).unwrap(),
        }
        let said = fails(&site, "mail test ann@example.org");
        assert!(
            said.stderr.contains(told) && said.stderr.contains("[mail] of debpress.toml"),
            "{}",
            said.stderr
        );
    }
}

#[test]
fn what_was_told_is_listed_and_a_directory_that_takes_no_mail_holds_nothing_up() {
    let site = site();
    let signer = SequoiaSigner::from_armoured_secret(&uploader(&site, "ann").secret).unwrap();
    // Something else has the name of the directory.
    std::fs::write(site.root().join("mail"), "").unwrap();
    send(&site, &signer, "1.0");
    let said = site.run(&["process-upload"]).ok();
    assert!(said.stderr.contains("rejected 1.0: file.hash-mismatch"), "{}", said.stderr);
    let trouble = "no mail to ann@example.org: cannot write ";
    assert!(
        said.stderr.contains(trouble) && said.stderr.contains("it waits for a later run"),
        "{}",
        said.stderr
    );
    let listed = ok(&site, "mail list --state waiting").stdout;
    assert!(
        listed.contains("[debian/stable] hello 1.0 (Rejected)") && listed.contains("cannot write"),
        "{listed}"
    );

    std::fs::remove_file(site.root().join("mail")).unwrap();
    assert_eq!(ok(&site, "mail send").stdout, "0 notices sent\n", "it is not due");
    site.advance(3600);
    fails(&site, "queue accept 1 --dry-run");
    fails(&site, "queue accept 1 --no-mails");
    assert!(mails(&site).is_empty(), "a rehearsal sends nothing, and so does who is to tell nobody");
    assert_eq!(ok(&site, "mail send --all").stdout, "1 notice sent\n");
    let mail = std::fs::read_to_string(&mails(&site)[0]).unwrap();
    assert!(mail.contains("Bcc: admin@tux.example\r\n"), "who looks at the files may see it: {mail}");
    let listed = ok(&site, "--json mail list --limit 1").stdout;
    let listed: serde_json::Value = serde_json::from_str(&listed).unwrap();
    assert_eq!((&listed[0]["state"], &listed[0]["attempts"]), (&"sent".into(), &2.into()));
    assert_eq!((&listed[0]["kind"], &listed[0]["item"]), (&"rejected".into(), &serde_json::Value::Null));
    let created = Timestamp(site.now() - 3600).to_string();
    assert_eq!(listed[0]["created"].as_str(), Some(created.as_str()));
}
