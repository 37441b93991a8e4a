//! The first entry of a changelog, as `dpkg-parsechangelog` reads it.

use debfmt::changelog;

use crate::support::{feed, program};

const CHANGELOG: &str = "hello (1:2.0-1~rc1) unstable noble; urgency=medium, binary-only=yes\n\n  * New.\n\n  * More.\n\n \
                         -- Ann, B. (at home) <a@b.example>  Mon, 01 Jan 2024 00:00:00 +0000\n\n\
                         hello (1.0) unstable; urgency=low\n\n  * Old.\n\n \
                         -- A B <a@b.example>  Sun, 01 Jan 2023 00:00:00 +0000\n";

fn dpkg(field: &str) -> String {
    let mut command = program("dpkg-parsechangelog");
    let output = feed(command.args(["-l-", "-n1", "-S", field]), CHANGELOG.as_bytes());
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap().trim_end().to_owned()
}

#[test]
fn dpkg_reads_the_same_first_entry() {
    let entry = changelog::newest(CHANGELOG.as_bytes()).unwrap();
    assert_eq!(dpkg("Source"), entry.source.as_str());
    assert_eq!(dpkg("Version"), entry.version.as_str());
    assert_eq!(dpkg("Distribution"), entry.distributions.join(" "));
    assert_eq!(Some(dpkg("Urgency")), entry.urgency);
    assert_eq!(dpkg("Maintainer"), entry.maintainer);
    assert_eq!(dpkg("Date"), entry.date);
}
