use proptest::prelude::*;

use super::*;
use crate::limits::Limits;

fn read(text: &str) -> Result<Vec<Paragraph>, Deb822Error> {
    parse(text.as_bytes(), &Limits::strict())
}

fn fields(text: &str) -> Vec<(String, String)> {
    let paragraph = parse_single(text.as_bytes(), &Limits::strict()).unwrap();
    paragraph.iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect()
}

fn pair(name: &str, value: &str) -> (String, String) {
    (name.to_owned(), value.to_owned())
}

#[test]
fn values_lose_outer_blanks_and_keep_the_blank_of_continuation_lines() {
    let text = "Package:  hello \t\nDescription: greets\n  verbatim  \n\tindented\n .\nDepends:\n a,\n b\n";
    let expected = vec![
        pair("Package", "hello"),
        pair("Description", "greets\n  verbatim\n\tindented\n ."),
        pair("Depends", "\n a,\n b"),
    ];
    assert_eq!(fields(text), expected);
}

#[test]
fn a_value_may_be_empty_and_may_contain_colons() {
    assert_eq!(fields("A:\nB: x:y: z\nC:d\n"), vec![pair("A", ""), pair("B", "x:y: z"), pair("C", "d")]);
}

#[test]
fn crlf_and_a_missing_last_line_end_are_accepted() {
    assert_eq!(fields("A: 1\r\nB: 2\r\n c\r\n\r\n"), vec![pair("A", "1"), pair("B", "2\n c")]);
    assert_eq!(fields("A: 1"), vec![pair("A", "1")]);
}

#[test]
fn any_number_of_blank_lines_separates_paragraphs() {
    let all = read("\n \t\nA: 1\n\n\t\n \r\nA: 2\n\n\n").unwrap();
    let values: Vec<_> = all.iter().map(|p| p.get("A").unwrap()).collect();
    assert_eq!(values, ["1", "2"]);
    assert_eq!(all[1].line_of("a"), Some(7));
}

#[test]
fn names_are_looked_up_in_any_case_and_shown_as_written() {
    let mut paragraph = parse_single(b"MD5sum: x\nFoo: y\n c\n", &Limits::strict()).unwrap();
    assert_eq!(paragraph.get("md5SUM"), Some("x"));
    assert_eq!(paragraph.line_of("MD5SUM"), Some(1));
    assert_eq!(paragraph.first_line("foo"), Some("y"));
    paragraph.set("MD5SUM", "z");
    assert_eq!(paragraph.to_string(), "MD5sum: z\nFoo: y\n c\n");
    assert_eq!(paragraph.remove("foo").as_deref(), Some("y\n c"));
    assert_eq!(paragraph.remove("foo"), None);
    assert!(paragraph.contains("md5sum") && !paragraph.contains("Foo"));
    assert_eq!((paragraph.len(), paragraph.is_empty()), (1, false));
}

#[test]
fn comments_are_read_only_where_they_are_allowed() {
    let text = "# head\nA: 1\n# between\n continued\n\n# alone\n\nB: 2\n#B: 3\n";
    let all = parse_with_comments(text.as_bytes(), &Limits::strict()).unwrap();
    assert_eq!(all.len(), 2);
    assert_eq!(all[0].get("A"), Some("1\n continued"));
    assert_eq!(all[1].to_string(), "B: 2\n");
    assert_eq!(read("# head\nA: 1\n").unwrap_err().code(), "no-colon");
    assert_eq!(read("#A: 1\n").unwrap_err().code(), "bad-field-name");
}

#[test]
fn every_error_names_its_line() {
    let long = format!("A: 1\nB: {}\n", "x".repeat(300));
    let many_fields: String = (0..17).map(|n| format!("F{n}: x\n")).collect();
    let many_paragraphs = "A: 1\n\n".repeat(9);
    let cases: Vec<(&[u8], &str, Option<usize>)> = vec![
        (b"A: 1\nB: \xff\n", "not-utf8", Some(2)),
        (b"A: 1\n\nB: \0\n", "nul-byte", Some(3)),
        (long.as_bytes(), "line-too-long", Some(2)),
        (b"A: 1\nnothing here\n", "no-colon", Some(2)),
        (b"A: 1\n\n x\n", "orphan-continuation", Some(3)),
        (b" x\n", "orphan-continuation", Some(1)),
        (b"A: 1\nB: 2\na: 3\n", "duplicate-field", Some(3)),
        (many_fields.as_bytes(), "too-many-fields", Some(17)),
        (many_paragraphs.as_bytes(), "too-many-paragraphs", Some(17)),
    ];
    for (text, code, line) in cases {
        let error = parse(text, &Limits::strict()).unwrap_err();
        assert_eq!((error.code(), error.line()), (code, line), "{}", String::from_utf8_lossy(text));
        assert!(error.to_string().contains(&format!("line {}", line.unwrap())), "{error}");
    }
}

#[test]
fn names_that_are_no_field_names_are_refused() {
    for name in ["", "-A", "#A", "A B", "A ", "Ä", "A\tB", "\u{feff}A", "A\x7f"] {
        let error = read(&format!("X: 1\n{name}: 1\n")).unwrap_err();
        assert_eq!(error, Deb822Error::BadFieldName { line: 2, name: name.to_owned() });
    }
}

#[test]
fn a_duplicate_names_the_first_one() {
    let expected = Deb822Error::DuplicateField { line: 4, name: "FILES".to_owned(), first_line: 1 };
    assert_eq!(read("Files:\n a\n b\nFILES: c\n").unwrap_err(), expected);
}

#[test]
fn a_text_over_the_limit_is_refused_unread() {
    let text = vec![0xff; 4097];
    let error = parse(&text, &Limits::strict()).unwrap_err();
    assert_eq!(error, Deb822Error::TextTooLong { bytes: 4097, limit: 4096 });
    assert_eq!((error.line(), error.code()), (None, "text-too-long"));
}

#[test]
fn limits_are_reached_exactly() {
    let fields: String = (0..16).map(|n| format!("F{n}: x\n")).collect();
    assert_eq!(read(&fields).unwrap()[0].len(), 16);
    assert_eq!(read(&"A: 1\n\n".repeat(8)).unwrap().len(), 8);
    assert!(read(&format!("A: {}\n", "x".repeat(253))).is_ok());
    assert!(read(&format!("A: {}\n", "x".repeat(254))).is_err());
}

#[test]
fn one_paragraph_means_one() {
    let single = |text: &str| parse_single(text.as_bytes(), &Limits::strict());
    assert_eq!(single(""), Err(Deb822Error::Empty));
    assert_eq!(single("\n \n\n"), Err(Deb822Error::Empty));
    assert_eq!(single("A: 1\n\n\n"), Ok(read("A: 1\n").unwrap().remove(0)));
    assert_eq!(single("A: 1\n\nB: 2\n"), Err(Deb822Error::MoreThanOneParagraph { line: 3 }));
    // Whatever follows, even if it is no field, is more than was asked for.
    assert_eq!(single("A: 1\n\n\nrubbish"), Err(Deb822Error::MoreThanOneParagraph { line: 4 }));
}

#[test]
fn the_iterator_ends_after_an_error() {
    let limits = Limits::strict();
    let all: Vec<_> = paragraphs(b"A: 1\n\nrubbish\n\nB: 2\n", &limits).unwrap().collect();
    assert_eq!(all.len(), 2);
    assert!(all[0].is_ok() && all[1].is_err());
}

#[test]
fn set_cannot_smuggle_a_field_or_a_paragraph() {
    let mut paragraph = Paragraph::new();
    paragraph.set("A", " 1\nB: 2\n\n\nC: 3\r\n ");
    assert_eq!(paragraph.to_string(), "A: 1\n B: 2\n .\n .\n C: 3\n .\n");
    assert_eq!(paragraph.line_of("A"), None);
    let mut paragraph = Paragraph::new();
    paragraph.set("-B: x\nC", "1");
    paragraph.set("", "2");
    assert_eq!(paragraph.to_string(), "X-B--x-C: 1\nX: 2\n");
}

#[test]
fn equality_is_about_fields_not_about_lines() {
    let mut built = Paragraph::new();
    built.set("A", "1");
    assert_eq!(vec![built.clone()], read("\n\nA:    1\n").unwrap());
    assert_ne!(vec![built], read("a: 1\n").unwrap());
}

fn any_name() -> impl Strategy<Value = String> {
    "[!\"$-,./0-9;-~][!-9;-~]{0,6}"
}

proptest! {
    #[test]
    fn what_was_set_is_parsed_again(fields in proptest::collection::vec((any_name(), "[ -~é\n\t\r]{0,30}"), 1..9)) {
        let mut paragraph = Paragraph::new();
        for (name, value) in &fields {
            paragraph.set(name, value);
        }
        let text = paragraph.to_string();
        let again = parse_single(text.as_bytes(), &Limits::default()).unwrap();
        prop_assert_eq!(&again, &paragraph);
        prop_assert_eq!(again.to_string(), text);
    }

    #[test]
    fn parse_render_parse_is_identity(text in "([A-C][a-b]?:[ a\t\r]{0,3}\n|[ \t]x[ \t]?\n|\r?\n){0,12}") {
        if let Ok(all) = read(&text) {
            let rendered: Vec<String> = all.iter().map(Paragraph::to_string).collect();
            prop_assert_eq!(read(&rendered.join("\n")), Ok(all));
        }
    }

    #[test]
    fn arbitrary_bytes_never_panic(bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
        let limits = Limits::strict();
        let _unused = (parse(&bytes, &limits), parse_single(&bytes, &limits), parse_with_comments(&bytes, &limits));
    }

    #[test]
    fn arbitrary_names_and_values_render_as_one_field(name in any::<String>(), value in any::<String>()) {
        let mut paragraph = Paragraph::new();
        paragraph.set(&name, &value);
        let text = paragraph.to_string();
        prop_assert_eq!(parse_single(text.as_bytes(), &Limits::default()), Ok(paragraph));
    }
}
