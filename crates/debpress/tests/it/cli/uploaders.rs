//! Uploaders after they were recorded.

use super::people::{fails, ok, uploader};
use crate::support::site::TestSite;

#[test]
fn a_key_is_forgotten_and_its_uploader_is_not() {
    let site = TestSite::unsigned(&["amd64"]);
    let key = uploader(&site, "ann");
    ok(&site, "permission grant ann");
    let short = &key.fingerprint[24..];
    let said = fails(&site, &format!("uploader remove-key ann {short}"));
    assert_eq!(said.stderr, format!("error: ann has no key {short}; recorded are {}\n", key.fingerprint));
    ok(&site, &format!("uploader remove-key ann {}", key.fingerprint.to_lowercase()));
    let listed = ok(&site, "uploader list --json").stdout;
    let listed: serde_json::Value = serde_json::from_str(&listed).unwrap();
    assert_eq!((&listed[0]["name"], &listed[0]["keys"]), (&"ann".into(), &serde_json::json!([])));
    ok(&site, "permission check ann hello");
    let said = fails(&site, "uploader remove-key anne AA");
    assert_eq!(said.stderr, "error: there is no uploader `anne`; there are ann\n");
}

#[test]
fn notices_go_to_an_address_that_is_one() {
    let site = TestSite::unsigned(&["amd64"]);
    uploader(&site, "ann");
    let mail = || {
        let listed: serde_json::Value =
            serde_json::from_str(&ok(&site, "uploader list --json").stdout).unwrap();
        listed[0]["mail"].clone()
    };
    assert_eq!(mail(), "ann@example.org", "as the key says");
    ok(&site, "uploader set ann --mail lee@example.net");
    for wrong in ["lee", "@example.org", "lee@", "a@b,c@d", "a@b\nBcc: c@d", "Lee <lee@example.org>"] {
        let said = site.run(&["uploader", "set", "ann", "--mail", wrong]).ends(1);
        assert!(said.stderr.contains("is no mail address"), "{wrong}: {}", said.stderr);
    }
    assert_eq!(mail(), "lee@example.net");
    ok(&site, "uploader set ann --mail none");
    assert_eq!(mail(), serde_json::Value::Null);
}
