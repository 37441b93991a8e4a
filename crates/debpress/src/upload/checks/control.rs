//! Fields that must make sense: relations between packages, sizes, people (behaviour map 5.4 B, G, H).

use debfmt::deb822::{self, Paragraph};
use debfmt::dsc::Dsc;
use debfmt::limits::Limits;
use debfmt::names::FileName;
use debfmt::relations::Relations;

use crate::model::package::BinaryRelease;
use crate::upload::reason::{
    CHANGES_BAD_ADDRESS, DEB_BAD_FIELD, DEB_BAD_RELATION, DEB_EMPTY_RELATION, DEB_MISSING_FIELD,
    DSC_BAD_ADDRESS, DSC_BAD_RELATION, Reason,
};

/// Relations of a binary package (Policy 7).
const BINARY: [&str; 8] =
    ["Depends", "Pre-Depends", "Recommends", "Suggests", "Enhances", "Breaks", "Conflicts", "Provides"];
/// Relations of a source package.
const SOURCE: [&str; 6] = [
    "Build-Depends",
    "Build-Depends-Indep",
    "Build-Depends-Arch",
    "Build-Conflicts",
    "Build-Conflicts-Indep",
    "Build-Conflicts-Arch",
];

/// The control file of a binary package, as its index text has it.
pub fn binary(release: &BinaryRelease) -> Vec<Reason> {
    let file = &release.file.name;
    let mut reasons = Vec::new();
    // We have made the text of a package that was read; should it not read again, `Package` is missing in it, too.
    let control = deb822::parse_single(release.stanza.as_bytes(), &Limits::index()).unwrap_or_default();
    for field in BINARY.iter().chain(&["Replaces"]) {
        let Some(value) = control.get(field) else { continue };
        if value.trim().is_empty() {
            let message = format!("{field} is there and empty: leave it out");
            reasons.push(Reason::of_file(DEB_EMPTY_RELATION, file, message));
        } else if let Err(error) = Relations::parse(value) {
            reasons.push(Reason::of_file(DEB_BAD_RELATION, file, format!("{field}: {error}")));
        }
    }
    if let Some(size) = control.get("Installed-Size").filter(|size| size.trim().parse::<u64>().is_err()) {
        let message = format!("Installed-Size: {size:?} is no number of KiB");
        reasons.push(Reason::of_file(DEB_BAD_FIELD, file, message));
    }
    if control.get("Description").is_none_or(|text| text.trim().is_empty()) {
        let message = "the control file has no Description";
        reasons.push(Reason::of_file(DEB_MISSING_FIELD, file, message));
    }
    reasons
}

/// What a .dsc says its package needs for building, and who maintains it.
pub fn source(name: &FileName, dsc: &Dsc) -> Vec<Reason> {
    let mut reasons: Vec<Reason> = SOURCE
        .iter()
        .filter_map(|field| {
            let error = Relations::parse(dsc.paragraph.get(field)?).err()?;
            Some(Reason::of_file(DSC_BAD_RELATION, name, format!("{field}: {error}")))
        })
        .collect();
    reasons.extend(person(DSC_BAD_ADDRESS, name, "Maintainer", &dsc.maintainer));
    reasons
}

/// The people of a .changes.
pub fn people(name: &FileName, changes: &Paragraph) -> Vec<Reason> {
    let field = |field: &str| person(CHANGES_BAD_ADDRESS, name, field, changes.get(field)?);
    ["Maintainer", "Changed-By"].into_iter().filter_map(field).collect()
}

/// `NAME <ADDRESS>`, as Policy 5.6.2 wants it: the name may be anything, the address must be one.
fn person(code: &'static str, name: &FileName, field: &str, value: &str) -> Option<Reason> {
    let wrong = |why: &str| {
        Some(Reason::of_file(code, name, format!("{field}: {value:?} {why}; write `NAME <USER@HOST>`")))
    };
    let value = value.trim();
    let Some(address) = value.strip_suffix('>').and_then(|value| value.rsplit_once('<')) else {
        return wrong("has no address in angle brackets");
    };
    let (shown, address) = address;
    let plain =
        |text: &str| !text.is_empty() && !text.contains(|c: char| c.is_whitespace() || "<>,;".contains(c));
    match address.rsplit_once('@') {
        None => wrong("has no @ in its address"),
        Some((user, host)) if !plain(user) || !plain(host) => wrong("has an address that is none"),
        Some(_) if shown.contains(char::is_control) => wrong("has control characters in its name"),
        Some(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn people_have_a_name_and_an_address() {
        let name = FileName::parse("x_1_all.changes").unwrap();
        let told = |value: &str| person(CHANGES_BAD_ADDRESS, &name, "Maintainer", value).map(|it| it.message);
        for good in [
            "Ann Lee <ann@example.org>",
            "\"Lee, Ann\" <ann+debian@lists.example.org>",
            "Ann (the one) Lée  <ann@localhost>",
            "<ann@example.org>",
        ] {
            assert_eq!(told(good), None, "{good}");
        }
        for (bad, why) in [
            ("Ann Lee", "no address"),
            ("ann@example.org", "no address"),
            ("Ann <ann>", "no @"),
            ("Ann <@example.org>", "is none"),
            ("Ann <ann@>", "is none"),
            ("Ann <a n n@example.org>", "is none"),
            ("Ann <ann@example.org> and Bob", "no address"),
            ("Ann <ann@example.org>, Bob <bob@example.org,>", "is none"),
            ("Ann\nBcc: x <ann@example.org>", "control"),
        ] {
            assert!(told(bad).is_some_and(|told| told.contains(why)), "{bad}: {:?}", told(bad));
        }
    }
}
