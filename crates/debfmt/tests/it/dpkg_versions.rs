//! The order of versions, and what a version is, against dpkg.

use std::cmp::Ordering;

use debfmt::version::{Version, compare};
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;

use crate::support::{feed, program};

/// Reads pairs, a line each, and prints how dpkg orders them.
const COMPARE: &str = r#"
while read -r a b; do
  if dpkg --compare-versions "$a" lt "$b"; then echo Less
  elif dpkg --compare-versions "$a" eq "$b"; then echo Equal
  else echo Greater; fi
done"#;

/// Reads texts, a line each, and prints whether dpkg takes them for versions.
const VALIDATE: &str = r#"
while IFS= read -r text; do
  if dpkg --validate-version "$text" >/dev/null 2>&1; then echo true; else echo false; fi
done"#;

/// The same values on every run.
fn samples<T: Clone + std::fmt::Debug>(strategy: impl Strategy<Value = T>, count: usize) -> Vec<T> {
    let mut runner = TestRunner::deterministic();
    (0..count).map(|_| strategy.new_tree(&mut runner).unwrap().current()).collect()
}

/// Short pieces that tell versions apart, or do not.
fn piece() -> impl Strategy<Value = String> {
    prop_oneof![
        "[0-9]",
        "0{1,3}[0-9]?",
        "[a-zA-Z]{1,2}",
        "[.+~]",
        "~~",
        "[0-9]{18,22}",
        Just("rc1".to_owned()),
        Just("+b1".to_owned()),
        Just(".0".to_owned()),
        Just("a~".to_owned()),
    ]
}

fn version() -> impl Strategy<Value = String> {
    let pieces = || proptest::collection::vec(piece(), 0..5).prop_map(|pieces| pieces.concat());
    let epoch = prop_oneof![3 => Just(""), 1 => Just("0:"), 1 => Just("1:"), 1 => Just("10:")];
    let revision = prop_oneof![Just(String::new()), Just("-0".to_owned()), "-[0-9a-z+~.]{1,4}"];
    (epoch, "[0-9]", pieces(), prop_oneof![4 => Just(""), 1 => Just("-")], pieces(), revision).prop_map(
        |(epoch, digit, one, hyphen, two, revision)| {
            // A hyphen in the middle needs a revision after it, or it begins one.
            let revision = if hyphen == "-" && revision.is_empty() { "-1".to_owned() } else { revision };
            format!("{epoch}{digit}{one}{hyphen}{two}{revision}")
        },
    )
}

/// Two versions that have a beginning in common, so that the order is seldom decided by the first character.
fn pair() -> impl Strategy<Value = (String, String)> {
    let related = (version(), piece(), piece()).prop_map(|(a, x, y)| (format!("{a}{x}"), format!("{a}{y}")));
    let shorter = (version(), piece()).prop_map(|(a, x)| (a.clone(), format!("{a}{x}")));
    prop_oneof![(version(), version()), related, shorter]
}

#[test]
fn versions_have_dpkgs_order() {
    let pairs = samples(pair(), 600);
    let input: String = pairs.iter().map(|(a, b)| format!("{a} {b}\n")).collect();
    let output = feed(program("sh").args(["-c", COMPARE]), input.as_bytes());
    let orders = String::from_utf8(output.stdout).unwrap();
    assert_eq!(orders.lines().count(), pairs.len());
    let mut seen = std::collections::BTreeMap::new();
    for ((a, b), dpkg) in pairs.iter().zip(orders.lines()) {
        let (left, right) = (Version::parse(a).unwrap(), Version::parse(b).unwrap());
        assert_eq!(format!("{:?}", left.cmp(&right)), dpkg, "{a} and {b}");
        assert_eq!(compare(b, a), left.cmp(&right).reverse(), "{b} and {a}");
        *seen.entry(left.cmp(&right)).or_insert(0) += 1;
    }
    // The sample must try all three answers, or it proves little.
    for order in [Ordering::Less, Ordering::Equal, Ordering::Greater] {
        assert!(seen.get(&order).is_some_and(|count| *count > 20), "{seen:?}");
    }
}

#[test]
fn versions_are_what_dpkg_takes_for_versions() {
    let anything = prop_oneof![version(), "[0-9a-z:~+.-]{0,6}", "[ -~]{1,8}", "[0-9]{9,11}:1"];
    let texts = samples(anything, 400);
    let input: String = texts.iter().map(|text| format!("{text}\n")).collect();
    let output = feed(program("sh").args(["-c", VALIDATE]), input.as_bytes());
    let answers = String::from_utf8(output.stdout).unwrap();
    assert_eq!(answers.lines().count(), texts.len());
    for (text, dpkg) in texts.iter().zip(answers.lines()) {
        // dpkg drops blanks around a version; the field that it stands in has lost them before we see it.
        let ours = Version::parse(text.trim()).is_ok();
        assert_eq!(ours.to_string(), dpkg, "{text:?}");
    }
}

proptest! {
    /// An order: whatever the texts, sorting cannot go wrong.
    #[test]
    fn the_order_is_total(a in version(), b in version(), c in version()) {
        prop_assert_eq!(compare(&a, &a), Ordering::Equal);
        prop_assert_eq!(compare(&a, &b), compare(&b, &a).reverse());
        if compare(&a, &b).is_le() && compare(&b, &c).is_le() {
            prop_assert!(compare(&a, &c).is_le());
        }
    }

    #[test]
    fn arbitrary_texts_never_panic(a in any::<String>(), b in any::<String>()) {
        let _unused = (compare(&a, &b), Version::parse(&a));
    }
}
