//! Signatures of the .changes and of the .dsc.

use debfmt::builder::{BuiltFile, ChangesBuilder, SourceBuilder};
use debpress::ports::signer::Signer;

use super::{Corpus, THEN, good};

const BEGIN: &str = "-----BEGIN PGP SIGNED MESSAGE-----";
const SIGNATURE: &str = "-----BEGIN PGP SIGNATURE-----";
const END: &str = "-----END PGP SIGNATURE-----";

/// Ways to spoil a signed text, each with a name.
fn spoiled(corpus: &Corpus, text: &[u8]) -> Vec<(&'static str, Vec<u8>)> {
    let signed = String::from_utf8(corpus.sign(text)).unwrap();
    let other = String::from_utf8(corpus.sign(b"Source: other\n")).unwrap();
    let by = |signer: &dyn Signer| signer.clear_sign(text, THEN).unwrap();
    let block = &signed[signed.find(SIGNATURE).unwrap()..];
    let other_block = &other[other.find(SIGNATURE).unwrap()..];
    let swap = |from: &str, to: &str| signed.replacen(from, to, 1).into_bytes();
    let armour = signed.find(SIGNATURE).unwrap() + SIGNATURE.len() + 6;
    let mut damaged = signed.clone().into_bytes();
    damaged[armour] = if damaged[armour] == b'A' { b'B' } else { b'A' };
    vec![
        ("not signed", text.to_vec()),
        ("empty", Vec::new()),
        ("only blanks", b" \n\t\n\n".to_vec()),
        ("unknown key", by(&corpus.mallory)),
        ("expired key", by(&corpus.eve)),
        ("text above", format!("Source: evil\n{signed}").into_bytes()),
        ("text below", format!("{signed}Source: evil\n").into_bytes()),
        ("second message below", format!("{signed}{other}").into_bytes()),
        ("second message above", format!("{other}{signed}").into_bytes()),
        ("second signature block", format!("{signed}{block}").into_bytes()),
        ("signature of another text", signed.replace(block, other_block).into_bytes()),
        ("signature taken away", signed.replace(block, "").into_bytes()),
        ("cut in the text", signed.as_bytes()[..signed.len() / 4].to_vec()),
        ("cut in the armour", signed.as_bytes()[..signed.len() - 60].to_vec()),
        ("no end line", swap(END, "")),
        ("no begin of the signature", swap(SIGNATURE, "")),
        ("no begin of the message", swap(BEGIN, "")),
        (
            "empty armour",
            format!("{}{SIGNATURE}\n\n{END}\n", &signed[..signed.find(SIGNATURE).unwrap()]).into_bytes(),
        ),
        ("damaged armour", damaged),
        ("armour that is none", swap(block, &format!("{SIGNATURE}\n\n!!!!\n{END}\n"))),
        ("text changed", swap("\n\n", "\n\nX-Evil: yes\n")),
        ("header instead of Hash", swap("Hash:", "Hush:")),
        ("text in the header", swap("Hash:", "Source: evil\nHash:")),
        ("message in a message", corpus.sign(signed.as_bytes())),
        ("escaped message in the text", corpus.sign(&[text, b"\n", signed.as_bytes()].concat())),
        ("armour inside the text", swap("\n\n", &format!("\n\n{SIGNATURE}\n\nAAAA\n{END}\n"))),
        ("a NUL before the end", swap(END, &format!("\0{END}"))),
        ("binary rubbish", (0..=255_u8).cycle().take(4096).collect()),
        ("a public key", key_block()),
        ("many signatures", swap(block, &block.repeat(60))),
        ("many begin lines", [BEGIN, "\n"].concat().repeat(2000).into_bytes()),
        ("one endless line", vec![b'-'; 2_000_000]),
        ("larger than a text", vec![b'\n'; 17 * 1024 * 1024]),
    ]
}

fn key_block() -> Vec<u8> {
    super::key("somebody").public
}

pub(super) fn add(corpus: &mut Corpus) {
    let (changes, deb) = good();
    for (name, bytes) in spoiled(corpus, &changes.bytes) {
        let changes = BuiltFile { name: changes.name.clone(), bytes };
        corpus.files(&format!("signature of .changes: {name}"), vec![changes, deb.clone()]);
    }
    let built = SourceBuilder::new("src", "1.0").binary("src", "any").file("README", "x").build();
    for (name, bytes) in spoiled(corpus, &built.dsc.bytes) {
        let mut source = built.clone();
        source.dsc.bytes = bytes;
        let changes = ChangesBuilder::new("src", "1.0", "stable").source_files(&source).build();
        let mut files = vec![corpus.signed(&changes), source.dsc];
        files.extend(source.files);
        corpus.files(&format!("signature of .dsc: {name}"), files);
    }
}
