//! What new custom files do to a suite.

use super::*;

fn live(id: i64, directory: &str, version: Option<&str>, files: &[&str]) -> CustomPublication {
    let NewCustomPublication { kind, directory, version, files } = new(directory, version, files);
    let (superseded, published) = (false, None);
    let source = "images".parse().unwrap();
    CustomPublication { id: CustomId(id), source, kind, directory, version, superseded, published, files }
}

/// Files whose sizes are the lengths of what stands behind the colon: `Translation-de:xx`.
fn new(directory: &str, version: Option<&str>, files: &[&str]) -> NewCustomPublication {
    let file = |text: &&str| {
        let (path, content) = text.split_once(':').unwrap_or((text, ""));
        let sha256 = debfmt::digest::Sha256::of(content.as_bytes());
        let content = CustomContent::File { sha256, size: content.len() as u64 };
        CustomFile { path: path.parse().unwrap(), content }
    };
    NewCustomPublication {
        kind: CustomType::DistUpgrader,
        directory: directory.parse().unwrap(),
        version: version.map(|version| version.parse().unwrap()),
        files: files.iter().map(file).collect(),
    }
}

fn told(live: &[CustomPublication], new: Vec<NewCustomPublication>) -> String {
    let live: Vec<&CustomPublication> = live.iter().collect();
    let change = match plan(&live, new) {
        Ok(change) => change,
        Err(error) => return error.to_string().split(" already").next().unwrap_or_default().to_owned(),
    };
    let file = |file: &CustomFile| match &file.content {
        CustomContent::File { size, .. } => format!("{}:{size}", file.path),
        CustomContent::Link(target) => format!("{} -> {}", file.path, target.as_str()),
    };
    let place = |it: &NewCustomPublication| {
        let version = it.version.as_ref().map_or("", Version::as_str);
        let files: Vec<String> = it.files.iter().map(file).collect();
        format!("{}/{version} [{}]", it.directory, files.join(" "))
    };
    let place: Vec<String> = change.place.iter().map(place).collect();
    let supersede: Vec<i64> = change.supersede.iter().map(|id| id.0).collect();
    format!("{} without {supersede:?}", place.join(", "))
}

const A: &str = "main/installer-amd64";
const B: &str = "main/installer-arm64";

#[test]
fn the_three_newest_versions_stay_and_whatever_came() {
    let there = [
        live(1, A, Some("10"), &[]),
        live(2, A, Some("9"), &[]),
        live(3, A, Some("8"), &[]),
        live(4, B, Some("1"), &[]),
    ];
    assert_eq!(told(&there[..2], vec![new(A, Some("11"), &[])]), "main/installer-amd64/11 [] without []");
    assert_eq!(told(&there, vec![new(A, Some("11"), &[])]), "main/installer-amd64/11 [] without [3]");
    assert_eq!(told(&there, vec![new(A, Some("9.5"), &[])]), "main/installer-amd64/9.5 [] without [3]");
    // Older than all, but somebody wants it there.
    assert_eq!(told(&there, vec![new(A, Some("7"), &[])]), "main/installer-amd64/7 [] without []");
    let two = vec![new(A, Some("11"), &[]), new(A, Some("12"), &[])];
    assert_eq!(told(&there, two), "main/installer-amd64/11 [], main/installer-amd64/12 [] without [2, 3]");
}

#[test]
fn a_version_comes_once() {
    let there = [live(1, A, Some("1.0"), &[])];
    assert_eq!(told(&there, vec![new(A, Some("1.0"), &[])]), "the suite has main/installer-amd64/1.0");
    assert!(told(&there, vec![new(B, Some("1.0"), &[])]).ends_with("without []"));
    let twice = vec![new(B, Some("2"), &[]), new(B, Some("2"), &[])];
    assert_eq!(told(&there, twice), "the suite has main/installer-arm64/2");
}

#[test]
fn descriptions_replace_those_of_their_language() {
    let there = [
        live(1, "main/i18n", None, &["Translation-de.bz2:old", "Translation-fr:ancien"]),
        live(2, "universe/i18n", None, &["Translation-it:x"]),
    ];
    let came = vec![
        new("main/i18n", None, &["Translation-de:n", "Translation-es:nu"]),
        new("main/i18n", None, &["Translation-de:newest"]),
    ];
    assert_eq!(
        told(&there, came),
        "main/i18n/ [Translation-de:6 Translation-es:2 Translation-fr:6] without [1]"
    );
}
