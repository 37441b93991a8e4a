use super::*;

fn set(changes: &[&str]) -> SeriesOptions {
    let mut options = SeriesOptions::default();
    for change in changes {
        options.apply(change).unwrap();
    }
    options
}

const CHANGES: [&str; 22] = [
    "wait_for_all=yes",
    "contents=both",
    "long_descriptions=no",
    "i18n_index=yes",
    "release_stubs=yes",
    "udebs=yes",
    "ddebs=no",
    "compressors=zst,none,zst",
    "hashes=sha512,md5,sha256",
    "by_hash=publish",
    "by_hash_keep=4",
    "pdiffs=14",
    "keep_versions=3",
    "backports_not_automatic=yes",
    "proposed_not_automatic=yes",
    "valid_for=7d",
    "changelogs=https://example.org/@CHANGEPATH@",
    "snapshots=https://example.org/@SNAPSHOTID@",
    "package_origin=Debian",
    "package_bugs=https://bugs.example.org",
    "field.Signed-By=AB CD",
    "field.X-Y=a=b",
];

#[test]
fn what_nobody_has_changed_is_not_recorded() {
    assert_eq!(SeriesOptions::default().to_json(), "{}");
    assert_eq!(SeriesOptions::from_json("{}").unwrap(), SeriesOptions::default());
    assert_eq!(set(&["by_hash=publish"]).to_json(), r#"{"by_hash":"publish"}"#);
}

#[test]
fn what_is_recorded_is_read_again_and_shown() {
    let options = set(&CHANGES);
    insta::assert_snapshot!(options.to_json(), @r#"{"backports_not_automatic":true,"by_hash":"publish","by_hash_keep":4,"changelogs":"https://example.org/@CHANGEPATH@","compressors":["zst","none"],"contents":"both","ddebs":"no","fields":{"Signed-By":"AB CD","X-Y":"a=b"},"hashes":["md5","sha512"],"i18n_index":true,"keep_versions":3,"long_descriptions":false,"package_bugs":"https://bugs.example.org","package_origin":"Debian","pdiffs":14,"proposed_not_automatic":true,"release_stubs":true,"snapshots":"https://example.org/@SNAPSHOTID@","udebs":"yes","valid_for":604800,"wait_for_all":true}"#);
    assert_eq!(SeriesOptions::from_json(&options.to_json()).unwrap(), options);
    let shown = options.shown();
    assert!(shown.iter().all(|(_, _, usual)| !usual), "a change for every option: {shown:?}");
    // What is shown can be written again.
    let again: Vec<String> = shown.iter().map(|(name, value, _)| format!("{name}={value}")).collect();
    assert_eq!(set(&again.iter().map(String::as_str).collect::<Vec<_>>()), options);
}

#[test]
fn an_empty_value_puts_the_default_back() {
    let mut options = set(&CHANGES);
    for change in CHANGES {
        let (name, _) = change.split_once('=').unwrap();
        options.apply(&format!("{name}=")).unwrap();
    }
    assert_eq!(options, SeriesOptions::default());
}

#[test]
fn a_field_has_one_value() {
    let options = set(&["field.X-Y=a", "field.x-y=b"]);
    assert_eq!(options.to_json(), r#"{"fields":{"x-y":"b"}}"#);
}

#[test]
fn an_option_that_is_not_known_is_named() {
    let error = SeriesOptions::from_json(r#"{"by_hash":"no","time_travel":true}"#).unwrap_err();
    assert!(error.to_string().contains("unknown field `time_travel`"), "{error}");
    for (json, part) in [
        (r#"{"by_hash":"maybe"}"#, "unknown variant `maybe`"),
        (r#"{"compressors":["rar"]}"#, "`rar` is no compressor"),
        ("7", "expected"),
    ] {
        let error = SeriesOptions::from_json(json).unwrap_err();
        assert!(error.to_string().contains(part), "{json}: {error}");
    }
}

#[test]
fn what_cannot_be_set_is_answered_with_what_can() {
    for (change, answer) in [
        ("by_hash", "write NAME=VALUE"),
        ("=x", "write NAME=VALUE"),
        (
            "time_travel=yes",
            "there is no option `time_travel`; there are compressors, keep_versions, wait_for_all, hashes,",
        ),
        ("by_hash=maybe", "`maybe` is no value of by_hash: write no, publish or advertise"),
        ("keep_versions=0", "from 1 to 1000"),
        ("hashes=crc32", "write md5, sha1 and sha512"),
        ("compressors=gz,rar", "write gz, xz"),
        ("valid_for=soon", "such as 90m"),
        ("valid_for=59s", "such as 90m"),
        ("backports_not_automatic=true", "write yes or no"),
        ("changelogs=a\nb", "one line"),
        ("field.X=a\nOrigin: b", "one line"),
        ("field.SHA256=x", "made by the publisher"),
        ("field.changelogs=x", "made by the publisher"),
        ("field.=x", "no name of a field"),
        ("field.-x=x", "no name of a field"),
        ("field.X Y=x", "no name of a field"),
    ] {
        let mut options = set(&["by_hash=no"]);
        let error = options.apply(change).unwrap_err().to_string();
        assert!(error.contains(answer), "{change}: {error}");
        assert_eq!(options, set(&["by_hash=no"]), "{change}");
    }
}

#[test]
fn lengths_of_time_are_shown_as_people_write_them() {
    for (seconds, text) in [(604_800, "7d"), (5400, "90m"), (7200, "2h"), (61, "61s")] {
        assert_eq!(duration_text(seconds), text);
    }
}
