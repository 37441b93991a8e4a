//! The file lists of a .changes.

use super::{Corpus, good};

const MD5: &str = "d41d8cd98f00b204e9800998ecf8427e";

pub(super) fn add(corpus: &mut Corpus) {
    let (changes, deb) = good();
    let text = String::from_utf8(changes.bytes).unwrap();
    let line =
        text.lines().find(|line| line.ends_with(&deb.name) && line.contains(" misc ")).unwrap().to_owned();
    let long = "x".repeat(300);
    for (name, new) in [
        ("four words", format!(" {MD5} 0 misc {}", deb.name)),
        ("six words", format!("{line} more")),
        ("a size below nothing", line.replacen(&format!(" {} ", deb.bytes.len()), " -1 ", 1)),
        ("a size in hex", line.replacen(&format!(" {} ", deb.bytes.len()), " 0x10 ", 1)),
        (
            "a size beyond 64 bits",
            line.replacen(&format!(" {} ", deb.bytes.len()), " 18446744073709551617 ", 1),
        ),
        ("another size", line.replacen(&format!(" {} ", deb.bytes.len()), " 7 ", 1)),
        ("a digest that is none", line.replacen(' ', " zz", 1)),
        ("a digest of another file", format!(" {MD5} {} misc optional {}", deb.bytes.len(), deb.name)),
        ("twice the same", format!("{line}\n{line}")),
        ("a path upwards", format!(" {MD5} 0 misc optional ../../etc/passwd")),
        ("an absolute path", format!(" {MD5} 0 misc optional /etc/passwd")),
        ("a path below", format!(" {MD5} 0 misc optional sub/x.deb")),
        ("a dot", format!(" {MD5} 0 misc optional .")),
        ("two dots", format!(" {MD5} 0 misc optional ..")),
        ("a hidden name", format!(" {MD5} 0 misc optional .hidden.deb")),
        ("a name that is an option", format!(" {MD5} 0 misc optional --help.deb")),
        ("a name with a NUL", format!(" {MD5} 0 misc optional a\0b.deb")),
        ("a name with an escape", format!(" {MD5} 0 misc optional a\u{1b}[2Jb.deb")),
        ("a name from right to left", format!(" {MD5} 0 misc optional a\u{202e}b.deb")),
        ("an endless name", format!(" {MD5} 0 misc optional {long}.deb")),
        ("the .changes itself", format!(" {MD5} 0 misc optional bad_1.0_amd64.changes")),
        ("a file that is not there", format!("{line}\n {MD5} 0 misc optional gone_1.0_amd64.deb")),
        ("a program", format!("{line}\n {MD5} 0 misc optional evil.sh")),
        ("a section upwards", line.replacen(" misc ", " ../misc ", 1)),
        ("an unknown component", line.replacen(" misc ", " moon/misc ", 1)),
        ("a section with two slashes", line.replacen(" misc ", " main/a/b ", 1)),
    ] {
        assert!(text.contains(&line) && new != line, "{name} changes nothing");
        corpus.changes(&format!("list: {name}"), text.replacen(&line, &new, 1).as_bytes());
    }
    let many: String =
        (0..20_000).map(|number| format!("\n {MD5} 0 misc optional f{number}_1.0_amd64.deb")).collect();
    corpus.changes("list: thousands of files", text.replacen(&line, &format!("{line}{many}"), 1).as_bytes());
    checksums(corpus, &text);
}

fn checksums(corpus: &mut Corpus, text: &str) {
    for field in ["Checksums-Sha1", "Checksums-Sha256"] {
        let at = text.find(&format!("{field}:")).unwrap();
        let rest = &text[at..];
        let row = rest.lines().nth(1).unwrap();
        let end = row.len();
        let zeros = format!(
            " {} {}",
            "0".repeat(row.split_whitespace().next().unwrap().len()),
            &row[row.find(' ').unwrap() + 1..][row.trim().find(' ').unwrap() + 1..]
        );
        for (name, new) in [
            ("of another file", zeros),
            ("that is short", " 00 1 x.deb".to_owned()),
            ("of a file that is in no other list", format!("{row}\n{}", row.replace("bad_", "worse_"))),
        ] {
            let changed = format!("{}{}", &text[..at], rest.replacen(&row[..end], &new, 1));
            corpus.changes(&format!("{field} {name}"), changed.as_bytes());
        }
    }
}
