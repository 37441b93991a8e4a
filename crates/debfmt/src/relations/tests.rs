use proptest::prelude::*;

use super::*;

fn read(text: &str) -> Relations {
    Relations::parse(text).unwrap_or_else(|error| panic!("{text:?}: {error}"))
}

#[test]
fn every_part_of_a_relation_is_read() {
    let relations =
        read("\n libc6:any (>= 2.36) [amd64 !i386] <!nocheck> <stage1 cross> | g++-12,\n b2 (=1:0-1),");
    let [groups, single] = &relations.0[..] else { panic!("two groups") };
    let first = &groups[0];
    assert_eq!(first.name.as_str(), "libc6");
    assert_eq!(first.arch_qualifier.as_deref(), Some("any"));
    assert_eq!(first.version, Some((VersionOperator::LaterOrEqual, Version::parse("2.36").unwrap())));
    assert_eq!(first.architectures, ["amd64", "!i386"]);
    assert_eq!(first.profiles, [vec!["!nocheck"], vec!["stage1", "cross"]]);
    assert_eq!(groups[1].name.as_str(), "g++-12");
    assert_eq!(single[0].version.as_ref().unwrap().0, VersionOperator::Exactly);
    let text = "libc6:any (>= 2.36) [amd64 !i386] <!nocheck> <stage1 cross> | g++-12, b2 (= 1:0-1)";
    assert_eq!(relations.to_string(), text);
    assert_eq!(relations.iter().count(), 3);
}

#[test]
fn empty_groups_are_skipped_and_blanks_are_free() {
    assert_eq!(read("").0.len(), 0);
    assert_eq!(read(" \n ").0.len(), 0);
    assert_eq!(read(",aa,, bb ,\n").to_string(), "aa, bb");
    assert_eq!(read("aa(>=1)|bb[amd64]<x>").to_string(), "aa (>= 1) | bb [amd64] <x>");
}

#[test]
fn obsolete_operators_mean_what_they_always_meant() {
    assert_eq!(
        read("aa (< 1), bb (> 1), cc (<< 1), dd (>> 1)").to_string(),
        "aa (<= 1), bb (>= 1), cc (<< 1), dd (>> 1)"
    );
}

#[test]
fn operators_compare_versions() {
    let holds = |operator: VersionOperator| {
        ["1", "2", "3"].map(|v| operator.holds(&Version::parse(v).unwrap(), &Version::parse("2").unwrap()))
    };
    assert_eq!(holds(VersionOperator::Earlier), [true, false, false]);
    assert_eq!(holds(VersionOperator::EarlierOrEqual), [true, true, false]);
    assert_eq!(holds(VersionOperator::Exactly), [false, true, false]);
    assert_eq!(holds(VersionOperator::LaterOrEqual), [false, true, true]);
    assert_eq!(holds(VersionOperator::Later), [false, false, true]);
}

#[test]
fn each_error_has_its_place() {
    let bad_word = |offset, what, text: &str| RelationError::BadWord { offset, what, text: text.to_owned() };
    let cases = [
        ("aa, B!", RelationError::BadName { offset: 4, error: PackageName::parse("B!").unwrap_err() }),
        (
            "${shlibs:Depends}",
            RelationError::BadName { offset: 0, error: PackageName::parse("${shlibs").unwrap_err() },
        ),
        ("aa:", bad_word(3, "architecture qualifier", "")),
        ("aa:!any", bad_word(3, "architecture qualifier", "!any")),
        ("aa [amd64 I386]", bad_word(10, "architecture", "I386")),
        ("aa []", bad_word(4, "architecture", "")),
        ("aa <A>", bad_word(4, "build profile", "A")),
        ("aa (1.0)", RelationError::BadOperator { offset: 4 }),
        ("aa ()", RelationError::BadOperator { offset: 4 }),
        ("aa (= x)", RelationError::BadVersion { offset: 6, error: Version::parse("x").unwrap_err() }),
        ("aa (==1)", RelationError::BadVersion { offset: 5, error: Version::parse("=1").unwrap_err() }),
        ("aa (>= 1", RelationError::Unclosed { offset: 3, open: '(' }),
        ("aa [x", RelationError::Unclosed { offset: 3, open: '[' }),
        ("aa <x", RelationError::Unclosed { offset: 3, open: '<' }),
        ("aa | , bb", RelationError::EmptyAlternative { offset: 5 }),
        ("| aa", RelationError::EmptyAlternative { offset: 0 }),
        ("aa bb", RelationError::Unexpected { offset: 3, text: "bb".to_owned() }),
        ("aa [x] (= 1)", RelationError::Unexpected { offset: 7, text: "(= 1)".to_owned() }),
        ("aa (= 1) (= 2)", RelationError::Unexpected { offset: 9, text: "(= 2)".to_owned() }),
    ];
    for (text, expected) in cases {
        let error = Relations::parse(text).unwrap_err();
        assert!(error.to_string().starts_with("at offset"));
        assert_eq!((error.offset(), error.code()), (expected.offset(), "bad-relation"));
        assert_eq!(error, expected, "{text:?}");
    }
}

proptest! {
    #[test]
    fn arbitrary_text_never_panics(text in any::<String>()) {
        let _unused = Relations::parse(&text);
    }

    #[test]
    fn what_is_shown_is_read_again(text in "(a[a-c](:any)?( \\((=|<<|>=) [0-2]\\))?( \\[!?x\\])?( <!?[yz]>)?( \\| |, ?|))*") {
        if let Ok(relations) = Relations::parse(&text) {
            prop_assert_eq!(Relations::parse(&relations.to_string()), Ok(relations));
        }
    }

    #[test]
    fn offsets_lie_in_the_text(text in "[a-cé:|,()\\[\\]<> =!1]{0,20}") {
        if let Err(error) = Relations::parse(&text) {
            prop_assert!(text.is_char_boundary(error.offset()), "{:?} {:?}", text, error);
        }
    }
}
