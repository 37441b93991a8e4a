//! Reads an extra override file: lines of `PACKAGE FIELD VALUE`, as apt-ftparchive and germinate have them. Pure.
//!
//! `PACKAGE/ARCHITECTURE` stands for a package in the index of one architecture. Several values for a field are joined by `, `.

use std::collections::HashMap;

/// Fields of packages: by name of the package, or `name/architecture`.
pub(super) type Fields = HashMap<String, Vec<(String, String)>>;

/// What the publisher or the package itself says: a file that changes it would make the index wrong.
const MADE: [&str; 16] = [
    "Package",
    "Source",
    "Version",
    "Architecture",
    "Section",
    "Priority",
    "Filename",
    "Size",
    "MD5sum",
    "SHA1",
    "SHA256",
    "SHA512",
    "Description",
    "Description-md5",
    "Phased-Update-Percentage",
    "Status",
];

/// More warnings than that say nothing new.
const WARNINGS: usize = 20;

/// The fields that a file gives, and a warning for each line that gives none. Empty lines and those that begin with `#` are
/// left out.
pub(super) fn parse(name: &str, bytes: &[u8]) -> (Fields, Vec<String>) {
    let (mut fields, mut warnings, mut bad) = (Fields::new(), Vec::new(), 0_usize);
    for (number, line) in (1..).zip(bytes.split(|byte| *byte == b'\n')) {
        let read = std::str::from_utf8(line).map_err(|_| "it is not text in UTF-8".to_owned());
        match read.and_then(read_line) {
            Ok(None) => {}
            Ok(Some((package, field, value))) => {
                add(fields.entry(package.to_owned()).or_default(), field, value)
            }
            Err(why) => {
                bad += 1;
                if bad <= WARNINGS {
                    warnings.push(format!("{name}, line {number} has no effect: {why}"));
                }
            }
        }
    }
    if bad > WARNINGS {
        warnings.push(format!("{name}: {} more lines have no effect", bad - WARNINGS));
    }
    (fields, warnings)
}

/// Package, field and value of a line; `None`: it has nothing to say.
fn read_line(line: &str) -> Result<Option<(&str, &str, &str)>, String> {
    let line = line.trim();
    if line.is_empty() || line.starts_with('#') {
        return Ok(None);
    }
    let form = || "it is not of the form PACKAGE FIELD VALUE".to_owned();
    let (package, rest) = line.split_once([' ', '\t']).ok_or_else(form)?;
    let (field, value) = rest.trim_start().split_once([' ', '\t']).ok_or_else(form)?;
    let legal = |c: char| c.is_ascii_alphanumeric() || c == '-';
    if !field.starts_with(|c: char| c.is_ascii_alphabetic()) || !field.chars().all(legal) {
        return Err(format!("{field:?} is no name of a field"));
    }
    if MADE.iter().any(|made| made.eq_ignore_ascii_case(field)) {
        return Err(format!("{field} is not for others to say"));
    }
    let value = value.trim();
    if value.contains(char::is_control) {
        return Err(format!("the value of {field} has control characters"));
    }
    Ok(Some((package, field, value)))
}

fn add(fields: &mut Vec<(String, String)>, field: &str, value: &str) {
    match fields.iter_mut().find(|(known, _)| known.eq_ignore_ascii_case(field)) {
        Some((_, known)) => {
            known.push_str(", ");
            known.push_str(value);
        }
        None => fields.push((field.to_owned(), value.to_owned())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_read_and_values_of_one_field_are_joined() {
        let text = b"hello Task minimal\n\n# told by germinate\nhello\tTask  standard \nhello/amd64 Bugs a  b\nhello task server\n";
        let (fields, warnings) = parse("x", text);
        assert_eq!(warnings, [""; 0]);
        assert_eq!(fields["hello"], [("Task".into(), "minimal, standard, server".into())]);
        assert_eq!(fields["hello/amd64"], [("Bugs".into(), "a  b".into())]);
    }

    #[test]
    fn a_line_that_says_nothing_is_told_and_the_others_count() {
        let text = b"hello\nhello Task\nhello Ta$k x\nhello filename ../x\nhello Task a\x07\nhello Task \xff\nhello Task good\n";
        let (fields, warnings) = parse("more-extra.override.noble.main", text);
        assert_eq!(fields["hello"], [("Task".into(), "good".into())]);
        insta::assert_snapshot!(warnings.join("\n"), @r#"
        more-extra.override.noble.main, line 1 has no effect: it is not of the form PACKAGE FIELD VALUE
        more-extra.override.noble.main, line 2 has no effect: it is not of the form PACKAGE FIELD VALUE
        more-extra.override.noble.main, line 3 has no effect: "Ta$k" is no name of a field
        more-extra.override.noble.main, line 4 has no effect: filename is not for others to say
        more-extra.override.noble.main, line 5 has no effect: the value of Task has control characters
        more-extra.override.noble.main, line 6 has no effect: it is not text in UTF-8
        "#);
        let many = "bad\n".repeat(100);
        let (_, warnings) = parse("x", many.as_bytes());
        assert_eq!((warnings.len(), warnings[20].as_str()), (21, "x: 80 more lines have no effect"));
    }
}
