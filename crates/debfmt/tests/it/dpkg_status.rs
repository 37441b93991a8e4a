//! The paragraphs of all installed packages.

use debfmt::deb822::{self, Paragraph};
use debfmt::limits::Limits;
use debfmt::names::{Architecture, PackageName, parse_source_field, split_section};
use debfmt::relations::Relations;
use debfmt::version::Version;

use crate::support::read;

pub(crate) const RELATION_FIELDS: [&str; 9] = [
    "Depends",
    "Pre-Depends",
    "Recommends",
    "Suggests",
    "Enhances",
    "Breaks",
    "Conflicts",
    "Replaces",
    "Provides",
];

fn installed() -> (String, Vec<Paragraph>) {
    let text = read("/var/lib/dpkg/status");
    let paragraphs = deb822::parse(&text, &Limits::index()).unwrap();
    assert!(paragraphs.len() > 50, "a machine with next to no packages proves nothing");
    (String::from_utf8(text).unwrap(), paragraphs)
}

#[test]
fn the_status_file_is_rendered_as_it_was() {
    let (text, paragraphs) = installed();
    let rendered: String = paragraphs.iter().map(|paragraph| format!("{paragraph}\n")).collect();
    // Blanks at line ends are all that is lost; some maintainers leave one behind a synopsis.
    let text: String = text.lines().map(|line| format!("{}\n", line.trim_end())).collect();
    let different = rendered.lines().zip(text.lines()).find(|(a, b)| a != b);
    assert_eq!(different, None);
    assert_eq!(rendered.len(), text.len());
}

#[test]
fn every_installed_name_and_version_is_good() {
    for paragraph in installed().1 {
        let get = |name| paragraph.get(name).unwrap();
        PackageName::parse(get("Package")).unwrap();
        Version::parse(get("Version")).unwrap();
        Architecture::parse(get("Architecture")).unwrap();
        split_section(get("Section")).unwrap();
        if let Some(source) = paragraph.get("Source") {
            parse_source_field(source).unwrap();
        }
    }
}

#[test]
fn every_installed_relation_is_read_and_shown_as_it_was() {
    let mut count = 0;
    for paragraph in installed().1 {
        for value in RELATION_FIELDS.iter().filter_map(|name| paragraph.get(name)) {
            let relations = Relations::parse(value).unwrap();
            assert_eq!(relations.to_string(), value);
            count += relations.iter().count();
        }
    }
    assert!(count > 100, "{count}");
}
