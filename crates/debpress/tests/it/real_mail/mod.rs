//! Notices that leave by SMTP to a real server, which reads them with a reader of its own.

use std::io::{BufRead, BufReader, Write};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Stdio};

use debfmt::builder::{BuiltFile, ChangesBuilder, SourceBuilder};
use debpress::adapters::openpgp::{KeySpec, SequoiaSigner};
use debpress::model::time::Timestamp;
use debpress::ports::signer::Signer;
use serde_json::Value;
use tempfile::TempDir;

use crate::support::site::TestSite;
use crate::support::tool::{Ran, Said, tool};

const SERVER: &str = include_str!("server.py");

/// How the conversation is kept secret.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Security {
    None,
    StartTls,
    Tls,
}

/// Takes mail until it is dropped.
struct MailServer {
    process: Child,
    port: u16,
    directory: TempDir,
}

impl MailServer {
    fn start(security: Security) -> Self {
        let directory = TempDir::with_prefix("mail").unwrap();
        std::fs::create_dir(directory.path().join("taken")).unwrap();
        let mut command = tool("/usr/bin/python3", directory.path());
        command.args(["-c", SERVER, "taken"]);
        match security {
            Security::None => command.arg("none"),
            Security::StartTls | Security::Tls => {
                make_certificate(directory.path());
                let word = if security == Security::Tls { "tls" } else { "starttls" };
                command.args([word, "certificate.pem", "key.pem"])
            }
        };
        let mut process = command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
        let mut line = String::new();
        BufReader::new(process.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let port =
            line.trim().parse().unwrap_or_else(|_| panic!("the mail server has not started: {line:?}"));
        Self { process, port, directory }
    }

    fn authority(&self) -> PathBuf {
        self.directory.path().join("certificate.pem")
    }

    /// What it has taken since the last call.
    fn take(&self) -> Vec<Value> {
        let entries = std::fs::read_dir(self.directory.path().join("taken")).unwrap();
        let mut paths: Vec<PathBuf> = entries.map(|entry| entry.unwrap().path()).collect();
        paths.sort();
        let read = |path: &PathBuf| {
            let taken = serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap();
            std::fs::remove_file(path).unwrap();
            taken
        };
        paths.iter().map(read).collect()
    }
}

impl Drop for MailServer {
    fn drop(&mut self) {
        self.process.kill().unwrap();
        self.process.wait().unwrap();
    }
}

/// A certificate for `localhost` that nobody trusts who is not told to.
fn make_certificate(directory: &Path) {
    let mut openssl = tool("openssl", directory);
    openssl.args(["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]);
    openssl.args(["-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost", "-days", "2"]);
    openssl.args(["-addext", "basicConstraints=critical,CA:FALSE"]);
    Ran::of(openssl.args(["-keyout", "key.pem", "-out", "certificate.pem"])).ok();
}

/// A site that knows ann, and sends its mail to `server`.
struct MailSite {
    site: TestSite,
    ann: SequoiaSigner,
}

impl MailSite {
    fn new(server: &MailServer, more: &str) -> Self {
        let site = TestSite::unsigned(&["amd64"]);
        let made = Timestamp(site.now() - 3600);
        let key = KeySpec::new("Ann Lée <ann@example.org>", made).generate().unwrap();
        let file = site.write(&[BuiltFile { name: "ann.asc".into(), bytes: key.public }]).remove(0);
        site.run(&["uploader", "add", "ann", file.to_str().unwrap()]).ok();
        let this = Self { site, ann: SequoiaSigner::from_armoured_secret(&key.secret).unwrap() };
        this.configure(&format!("server = \"localhost\"\nport = {}\n{more}", server.port));
        this
    }

    fn configure(&self, settings: &str) {
        self.configure_from("Archiv für alle <archive@debian.example>", settings);
    }

    fn configure_from(&self, from: &str, settings: &str) {
        let path = self.site.root().join("debpress.toml");
        let text = std::fs::read_to_string(&path).unwrap();
        let (before, _) = text.split_once("\n[mail]\n").unwrap();
        let mail = format!("transport = \"smtp\"\nfrom = \"{from}\"\n{settings}");
        std::fs::write(path, format!("{before}\n[mail]\n{mail}")).unwrap();
    }

    /// A source package in incoming, signed by ann.
    fn send(&self, version: &str, change: impl Fn(ChangesBuilder) -> ChangesBuilder) {
        let at = Timestamp(self.site.now());
        let signed = |file: &BuiltFile| self.ann.clear_sign(&file.bytes, at).unwrap();
        let mut built = SourceBuilder::new("hello", version).binary("hello", "any").build();
        built.dsc.bytes = signed(&built.dsc);
        let mut text = change(ChangesBuilder::new("hello", version, "stable").source_files(&built)).build();
        text.bytes = signed(&text);
        let directory = self.site.root().join("incoming").join(version);
        std::fs::create_dir(&directory).unwrap();
        for file in [text, built.dsc].iter().chain(&built.files) {
            std::fs::write(directory.join(&file.name), &file.bytes).unwrap();
        }
    }

    fn process(&self) -> Said {
        self.site.run(&["process-upload"]).ok()
    }
}

fn header<'v>(mail: &'v Value, name: &str) -> &'v str {
    let headers = mail["headers"].as_array().unwrap();
    let found = headers.iter().find(|header| header[0] == name);
    found.unwrap_or_else(|| panic!("no {name}: {headers:?}"))[1].as_str().unwrap()
}

const LOGIN: &str = "user = \"archive\"\npassword_file = \"password\"\n";

#[test]
fn notices_leave_over_tls_and_are_read_as_they_were_written() {
    for (security, word) in [(Security::StartTls, "starttls"), (Security::Tls, "tls")] {
        let server = MailServer::start(security);
        let authority = server.authority();
        let site = MailSite::new(
            &server,
            &format!(
                "security = \"{word}\"\nbcc = \"admin@debian.example\"\nca_file = \"{}\"\n{LOGIN}",
                authority.display()
            ),
        );
        std::fs::write(site.site.root().join("password"), "s3cret\n").unwrap();
        site.send("1.0-1", |changes| changes.changed_by("Jürgen Groß <jg@example.org>"));
        let said = site.process();
        assert!(said.stdout.contains("filed as new") && !said.stderr.contains("mail"), "{}", said.stderr);
        let mail = server.take().remove(0);
        assert_eq!((&mail["from"], &mail["user"]), (&"archive@debian.example".into(), &"archive".into()));
        assert_eq!(mail["to"], serde_json::json!(["ann@example.org", "admin@debian.example"]));
        assert_eq!(header(&mail, "From"), "Archiv für alle <archive@debian.example>");
        assert_eq!(header(&mail, "To"), "ann@example.org");
        assert_eq!(header(&mail, "Subject"), "[debian/stable] hello 1.0-1 (New)");
        assert_eq!(header(&mail, "Auto-Submitted"), "auto-generated");
        let headers = mail["headers"].to_string();
        assert!(!headers.contains("admin@"), "nobody sees who else has it: {headers}");
        let text = mail["text"].as_str().unwrap();
        assert!(text.contains("Changed-By: Jürgen Groß <jg@example.org>\n"), "{text}");
        let attached = mail["attached"]["hello_1.0-1_source.changes"].as_str().unwrap();
        assert!(attached.contains("Version: 1.0-1\n") && !attached.contains("PGP"), "{attached}");
        assert!(mail["longest"].as_u64().unwrap() <= 998, "RFC 5322 2.1.1");

        site.site.run(&["queue", "reject", "1", "--reason", "Größe ändern"]).ok();
        let second = server.take().remove(0);
        assert!(
            second["text"].as_str().unwrap().starts_with("hello 1.0-1 was rejected from debian/stable by ")
        );
        assert!(second["text"].as_str().unwrap().contains(": Größe ändern\n"));
        assert_eq!(header(&mail, "References"), header(&second, "References"));
        assert_ne!(header(&mail, "Message-ID"), header(&second, "Message-ID"));
        site.site.run(&["queue", "accept", "1", "--no-mails"]).ok();
        assert_eq!(server.take(), [Value::Null; 0]);
    }
}

#[test]
fn a_server_that_nobody_vouches_for_is_told_nothing() {
    let server = MailServer::start(Security::StartTls);
    let site = MailSite::new(&server, LOGIN);
    std::fs::write(site.site.root().join("password"), "s3cret\n").unwrap();
    site.send("1.0-1", |changes| changes);
    let said = site.process();
    assert!(said.stdout.contains("filed as new"), "the upload is filed all the same: {}", said.stderr);
    assert!(
        said.stderr.contains("certificate") && said.stderr.contains("it waits for a later run"),
        "{}",
        said.stderr
    );
    let said = site.site.run(&["mail", "test", "ann@example.org"]).ends(1);
    assert!(said.stderr.contains("the mail to ann@example.org was not taken"), "{}", said.stderr);
    // Told the wrong password, it lets nobody in, and everything waits.
    std::fs::write(site.site.root().join("password"), "wrong\n").unwrap();
    site.configure(&format!(
        "server = \"localhost\"\nport = {}\nca_file = \"{}\"\n{LOGIN}",
        server.port,
        server.authority().display()
    ));
    let said = site.site.run(&["mail", "send", "--all"]).ends(1);
    assert!(said.stderr.contains("535") && said.stderr.contains("it waits"), "{}", said.stderr);
    assert_eq!(server.take(), [Value::Null; 0]);
    std::fs::write(site.site.root().join("password"), "s3cret").unwrap();
    assert_eq!(site.site.run(&["mail", "send", "--all"]).ok().stdout, "1 notice sent\n");
    assert_eq!(header(&server.take()[0], "Subject"), "[debian/stable] hello 1.0-1 (New)");
}

#[test]
fn mail_that_a_server_refuses_waits_or_is_given_up_and_the_upload_is_filed() {
    let server = MailServer::start(Security::None);
    let site = MailSite::new(&server, "security = \"none\"\n");
    for (address, version, state) in
        [("later@example.org", "1.0-1", "waiting"), ("never@example.org", "1.0-2", "given-up")]
    {
        site.site.run(&["uploader", "set", "ann", "--mail", address]).ok();
        site.send(version, |changes| changes);
        let said = site.process();
        assert!(said.stdout.contains("filed as"), "{}", said.stderr);
        assert!(said.stderr.contains(&format!("no mail to {address}: localhost:")), "{}", said.stderr);
        let listed = site.site.run(&["--json", "mail", "list", "--state", state]).ok().stdout;
        let listed: Value = serde_json::from_str(&listed).unwrap();
        assert_eq!((listed[0]["recipient"].as_str(), listed[1].is_null()), (Some(address), true));
    }
    // What waits is sent with the next run that is late enough.
    let port = server.port;
    drop(server);
    site.site.advance(3600);
    let said = site.site.run(&["mail", "send"]).ends(1);
    assert!(said.stderr.contains(&format!("localhost:{port}: ")), "nobody answers: {}", said.stderr);
    let listed = site.site.run(&["mail", "list"]).ok().stdout;
    assert!(listed.contains("[debian/stable] hello 1.0-1 (New)"), "{listed}");
}

#[test]
fn many_mails_go_in_one_conversation() {
    let server = MailServer::start(Security::None);
    let site = MailSite::new(&server, "security = \"none\"\n");
    for version in ["1.0-1", "1.0-2", "1.0-3"] {
        site.send(version, |changes| changes);
    }
    site.process();
    let mails = server.take();
    assert_eq!(mails.len(), 3);
    assert!(mails.iter().all(|mail| mail["conversation"] == mails[0]["conversation"]), "{mails:?}");
}

#[test]
fn a_copy_that_a_server_refuses_keeps_nothing_from_its_recipient() {
    let server = MailServer::start(Security::None);
    let site = MailSite::new(&server, "security = \"none\"\nbcc = \"never@debian.example\"\n");
    site.send("1.0-1", |changes| changes);
    for command in [&["process-upload"][..], &["mail", "test", "ann@example.org"]] {
        let said = site.site.run(command).ok();
        let warning = "no copy to never@debian.example: permanent error (550): 5.1.1 no such user";
        assert!(said.stderr.contains(warning), "{}", said.stderr);
        assert_eq!(server.take()[0]["to"], serde_json::json!(["ann@example.org"]));
    }
}

#[test]
fn nothing_is_given_up_for_what_is_no_fault_of_the_mail() {
    let server = MailServer::start(Security::None);
    let settings = format!("server = \"localhost\"\nport = {}\nsecurity = \"none\"\n", server.port);
    let site = MailSite::new(&server, "security = \"none\"\n");
    site.configure_from("nobody@debian.example", &settings);
    site.send("1.0-1", |changes| changes);
    site.send("1.0-2", |changes| changes);
    let said = site.process();
    assert!(said.stderr.contains("you are nobody; it waits for a later run"), "{}", said.stderr);
    // A server that wants to hear nothing at all says so in its first word.
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let greeter =
        std::thread::spawn(move || listener.accept().unwrap().0.write_all(b"554 not\x1b today\r\n").unwrap());
    site.configure(&format!("server = \"127.0.0.1\"\nport = {port}\nsecurity = \"none\"\n"));
    let said = site.site.run(&["mail", "send", "--all"]).ends(1);
    greeter.join().unwrap();
    assert!(said.stderr.contains("not\u{fffd} today; it waits for a later run"), "{}", said.stderr);
    site.configure(&settings);
    assert_eq!(site.site.run(&["mail", "send", "--all"]).ok().stdout, "2 notices sent\n");
}
