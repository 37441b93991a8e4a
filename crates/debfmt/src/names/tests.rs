use std::path::{Component as PathComponent, Path};

use proptest::prelude::*;

use super::*;

#[test]
fn real_names_are_names() {
    for name in ["0ad", "g++-12", "libstdc++6", "python3.11", "a2", "libfoo-1.0-dev"] {
        assert_eq!(SourceName::parse(name).unwrap().as_str(), name);
        assert_eq!(PackageName::parse(name).unwrap().to_string(), name);
    }
    for name in ["hello_2.10-3_amd64.deb", "x_1~rc1+b2_all.udeb", "Foo.tar.gz", "1"] {
        assert_eq!(FileName::parse(name).unwrap().into_string(), name);
    }
    for name in ["main", "non-free-firmware", "contrib"] {
        assert_eq!(name.parse::<Component>().unwrap().as_ref(), name);
    }
    for name in ["stable", "noble-updates", "rc-buggy", "Debian12.5"] {
        assert!(SuiteName::parse(name).is_ok() && SeriesName::parse(name).is_ok());
    }
    assert!(OwnerName::try_from("team-x".to_owned()).is_ok());
    assert!(DistributionName::parse("ubuntu").is_ok());
    assert!(SectionName::parse("gnu-r").is_ok());
}

#[test]
fn each_error_says_what_is_wrong() {
    let name = |text: &str| text.to_owned();
    let kind = "source package name";
    let cases = [
        ("", NameError::TooShort { kind, name: name(""), limit: 2 }),
        ("a", NameError::TooShort { kind, name: name("a"), limit: 2 }),
        ("-a", NameError::BadStart { kind, name: name("-a"), character: '-' }),
        ("..", NameError::BadStart { kind, name: name(".."), character: '.' }),
        ("Foo", NameError::BadStart { kind, name: name("Foo"), character: 'F' }),
        ("a/b", NameError::BadCharacter { kind, name: name("a/b"), character: '/' }),
        ("aB", NameError::BadCharacter { kind, name: name("aB"), character: 'B' }),
        ("a\nb", NameError::BadCharacter { kind, name: name("a\nb"), character: '\n' }),
        ("aé", NameError::BadCharacter { kind, name: name("aé"), character: 'é' }),
        ("a_b", NameError::BadCharacter { kind, name: name("a_b"), character: '_' }),
    ];
    for (text, expected) in cases {
        assert_eq!(SourceName::parse(text), Err(expected));
    }
    let long = "a".repeat(256);
    let error = FileName::parse(&long).unwrap_err();
    let expected =
        NameError::TooLong { kind: "file name", beginning: "a".repeat(40), bytes: 256, limit: 255 };
    assert_eq!((error.code(), error), ("bad-name", expected));
}

#[test]
fn file_names_have_no_epoch_and_no_escape() {
    for name in ["a:b", "a%2f", ".hidden", "-rf", "a/b", "a\\b", "a b", "a\0", "~a", "", ".", "..", "a@b"] {
        assert!(FileName::parse(name).is_err(), "{name:?}");
    }
}

#[test]
fn architectures_know_the_two_special_ones() {
    let architecture = |name| Architecture::parse(name).unwrap();
    assert!(architecture("all").is_all() && !architecture("all").is_source());
    assert!(architecture("source").is_source() && !architecture("amd64").is_all());
    assert!(Architecture::parse("any all").is_err());
}

#[test]
fn the_pool_has_a_directory_for_each_letter_and_each_lib() {
    let prefix = |name| SourceName::parse(name).unwrap().pool_prefix().to_owned();
    assert_eq!(prefix("hello"), "h");
    assert_eq!(prefix("0ad"), "0");
    assert_eq!(prefix("libxml2"), "libx");
    assert_eq!(prefix("lib3ds"), "lib3");
    assert_eq!(prefix("lib"), "lib");
    assert_eq!(prefix("li"), "l");
}

#[test]
fn sections_may_carry_a_component() {
    let split =
        |section| split_section(section).map(|(c, s)| (c.map(Component::into_string), s.into_string()));
    assert_eq!(split("libs"), Ok((None, "libs".to_owned())));
    assert_eq!(split("universe/libs"), Ok((Some("universe".to_owned()), "libs".to_owned())));
    assert!(split("a/b/c").is_err());
    assert!(split("../etc").is_err());
    assert!(split("main/").is_err());
    assert!(split("/libs").is_err());
}

#[test]
fn a_source_field_may_carry_a_version() {
    let read = |value| parse_source_field(value).map(|(n, v)| (n.into_string(), v.map(|v| v.to_string())));
    assert_eq!(read("hello"), Ok(("hello".to_owned(), None)));
    for value in ["hello (1:2-3)", "hello(1:2-3)", "hello  ( 1:2-3 )"] {
        assert_eq!(read(value), Ok(("hello".to_owned(), Some("1:2-3".to_owned()))));
    }
    let codes = ["hello x", "hello (1", "hello 1)", "hello (1) x", "Hello", "", "hello (x)", "hello ()"]
        .map(|value| read(value).unwrap_err().code());
    let [source, version] = ["bad-source", "bad-version"];
    assert_eq!(codes, [source, source, source, source, source, source, version, version]);
}

/// The promise of the module: as a path, the text is one normal component.
fn is_one_component(text: &str) -> bool {
    let components: Vec<_> = Path::new(text).components().collect();
    matches!(components[..], [PathComponent::Normal(part)] if part == text)
        && !text.starts_with(['.', '-'])
        && text.chars().all(|c| c.is_ascii_graphic())
}

fn accepted(text: &str) -> Vec<String> {
    fn keep<T>(name: Result<T, NameError>, text: impl Fn(T) -> String) -> Option<String> {
        name.ok().map(text)
    }
    [
        keep(SourceName::parse(text), SourceName::into_string),
        keep(PackageName::parse(text), PackageName::into_string),
        keep(FileName::parse(text), FileName::into_string),
        keep(Component::parse(text), Component::into_string),
        keep(Architecture::parse(text), Architecture::into_string),
        keep(SuiteName::parse(text), SuiteName::into_string),
        keep(SectionName::parse(text), SectionName::into_string),
        keep(DistributionName::parse(text), DistributionName::into_string),
        keep(SeriesName::parse(text), SeriesName::into_string),
        keep(OwnerName::parse(text), OwnerName::into_string),
    ]
    .into_iter()
    .flatten()
    .collect()
}

proptest! {
    #[test]
    fn no_name_escapes_its_directory(text in prop_oneof!["[./a-zA-Z0-9~_+: -]{0,8}", any::<String>()]) {
        for name in accepted(&text) {
            prop_assert_eq!(&name, &text);
            prop_assert!(is_one_component(&name), "{:?}", name);
        }
    }

    #[test]
    fn the_pool_prefix_is_a_component_too(text in "[a-z0-9][a-z0-9+.-]{1,5}|lib[a-z0-9+.-]{0,3}") {
        let name = SourceName::parse(&text).unwrap();
        prop_assert!(is_one_component(name.pool_prefix()));
        prop_assert!(text.starts_with(name.pool_prefix()));
    }

    #[test]
    fn source_fields_never_panic(text in any::<String>()) {
        let _unused = parse_source_field(&text);
    }
}
