//! Paths of tar entries, made relative to the root.

/// The path without "./" before it and "/" after it; empty for the root itself. `None` when it is absolute
/// or has a component `..`.
///
/// dpkg takes both as they come, and `..` then leads out of the root that it was told to unpack into. No
/// build tool makes such paths.
pub(super) fn relative(mut path: Vec<u8>) -> Option<Vec<u8>> {
    if path.first() == Some(&b'/') {
        return None;
    }
    // Two dots are rare, and finding none is cheaper than splitting every path.
    if memchr::memmem::find(&path, b"..").is_some()
        && path.split(|byte| *byte == b'/').any(|component| component == b"..")
    {
        return None;
    }
    let mut start = 0;
    while let Some(rest) = path.get(start..)
        && let Some(after) = rest.strip_prefix(b"./")
    {
        let slashes = after.iter().take_while(|byte| **byte == b'/').count();
        start += 2 + slashes;
    }
    path.drain(..start);
    while path.last() == Some(&b'/') {
        path.pop();
    }
    if path == b"." {
        path.clear();
    }
    // `usr//bin` and `usr/./bin` are `usr/bin`: a list of files knows each file by one name.
    if memchr::memmem::find(&path, b"//").is_some() || memchr::memmem::find(&path, b"/.").is_some() {
        let parts = path.split(|byte| *byte == b'/').filter(|part| !part.is_empty() && *part != b".");
        path = parts.collect::<Vec<_>>().join(&b'/');
    }
    Some(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_relative_to_the_root() {
        let relative = |path: &str| relative(path.into()).map(|path| String::from_utf8(path).unwrap());
        let is = |path: &str| Some(path.to_owned());
        assert_eq!(relative("./usr/bin/x"), is("usr/bin/x"));
        assert_eq!(relative("usr/bin/"), is("usr/bin"));
        assert_eq!(relative(".//./usr"), is("usr"));
        assert_eq!(relative("./"), is(""));
        assert_eq!(relative("."), is(""));
        assert_eq!(relative("./..x/y..z/..."), is("..x/y..z/..."));
        assert_eq!(relative("./.hidden"), is(".hidden"));
        assert_eq!(relative("./usr//bin/./x/.y/"), is("usr/bin/x/.y"));
        for escape in ["/etc/passwd", "//x", "..", "../x", "./../x", "usr/../../x", "usr/.."] {
            assert_eq!(relative(escape), None, "{escape}");
        }
    }
}
