//! Writes tar archives, wrong ones too.

use super::append;

const BLOCK: usize = 512;

/// A tar header, whose fields need not make sense together. [`Default`] is an empty regular file without a
/// name in the GNU format.
#[derive(Clone, Debug)]
pub struct TarHeader<'a> {
    /// The name field; cut at 100 bytes.
    pub path: &'a [u8],
    /// The type byte.
    pub typeflag: u8,
    /// The size that the header claims, in bytes.
    pub size: u64,
    /// Permission bits.
    pub mode: u32,
    /// Seconds since 1970 UTC; what does not fit octal digits is written in base 256.
    pub mtime: i64,
    /// The link target; cut at 100 bytes.
    pub link: &'a [u8],
    /// Magic and version: 8 bytes, `ustar  \0` for GNU and `ustar\000` for POSIX.
    pub magic: &'a [u8; 8],
    /// The prefix field of POSIX; cut at 155 bytes.
    pub prefix: &'a [u8],
}

impl Default for TarHeader<'_> {
    fn default() -> Self {
        Self {
            path: b"",
            typeflag: b'0',
            size: 0,
            mode: 0o644,
            mtime: 0,
            link: b"",
            magic: b"ustar  \0",
            prefix: b"",
        }
    }
}

impl TarHeader<'_> {
    /// The header block, with the right checksum.
    #[must_use]
    pub fn to_block(&self) -> [u8; BLOCK] {
        let mut block = [0; BLOCK];
        put(&mut block, 0, 100, self.path);
        put(&mut block, 100, 8, format!("{:07o}\0", self.mode).as_bytes());
        put(&mut block, 108, 8, b"0000000\0");
        put(&mut block, 116, 8, b"0000000\0");
        put(&mut block, 124, 12, &number(i128::from(self.size)));
        put(&mut block, 136, 12, &number(i128::from(self.mtime)));
        put(&mut block, 148, 8, b"        ");
        put(&mut block, 156, 1, &[self.typeflag]);
        put(&mut block, 157, 100, self.link);
        put(&mut block, 257, 8, self.magic);
        put(&mut block, 265, 32, b"root");
        put(&mut block, 297, 32, b"root");
        put(&mut block, 345, 155, self.prefix);
        let sum: u32 = block.iter().map(|byte| u32::from(*byte)).sum();
        put(&mut block, 148, 8, format!("{sum:06o}\0 ").as_bytes());
        block
    }
}

/// Twelve bytes: octal digits and a NUL where they suffice, else GNU's base 256.
fn number(value: i128) -> Vec<u8> {
    if (0..1 << 33).contains(&value) {
        return format!("{value:011o}\0").into_bytes();
    }
    let mut bytes = value.to_be_bytes().to_vec();
    bytes.drain(..4);
    if let Some(first) = bytes.first_mut() {
        *first = if value < 0 { 0xff } else { 0x80 };
    }
    bytes
}

fn put(block: &mut [u8; BLOCK], at: usize, length: usize, bytes: &[u8]) {
    for (to, from) in block.iter_mut().skip(at).take(length).zip(bytes) {
        *to = *from;
    }
}

/// Makes a tar archive in memory. Every method adds to its end; long names and link targets are written as
/// GNU tar does.
#[derive(Clone, Debug, Default)]
pub struct TarWriter {
    out: Vec<u8>,
    mtime: i64,
}

impl TarWriter {
    /// An empty archive, whose entries will have the time 0.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets the time of the entries to come, in seconds since 1970 UTC.
    #[must_use]
    pub fn mtime(mut self, mtime: i64) -> Self {
        self.mtime = mtime;
        self
    }

    /// A regular file.
    #[must_use]
    pub fn file(self, path: impl AsRef<[u8]>, content: &[u8]) -> Self {
        self.file_with_mode(path, content, 0o644)
    }

    /// A regular file with these permission bits.
    #[must_use]
    pub fn file_with_mode(self, path: impl AsRef<[u8]>, content: &[u8], mode: u32) -> Self {
        let header = TarHeader { mode, size: content.len() as u64, ..self.template(path.as_ref()) };
        self.entry(&header).content(content)
    }

    /// A directory; archives of packages end its path with a slash.
    #[must_use]
    pub fn directory(self, path: impl AsRef<[u8]>) -> Self {
        let header = TarHeader { typeflag: b'5', mode: 0o755, ..self.template(path.as_ref()) };
        self.entry(&header)
    }

    /// A symbolic link.
    #[must_use]
    pub fn symlink(self, path: impl AsRef<[u8]>, target: impl AsRef<[u8]>) -> Self {
        let link = target.as_ref();
        let header = TarHeader { typeflag: b'2', mode: 0o777, link, ..self.template(path.as_ref()) };
        self.entry(&header)
    }

    /// Another name for the file `target` of the archive.
    #[must_use]
    pub fn hardlink(self, path: impl AsRef<[u8]>, target: impl AsRef<[u8]>) -> Self {
        let link = target.as_ref();
        let header = TarHeader { typeflag: b'1', link, ..self.template(path.as_ref()) };
        self.entry(&header)
    }

    /// A header as given, after `L` and `K` headers for names that do not fit it. Content, if any, is to be
    /// added by [`content`](Self::content).
    #[must_use]
    pub fn entry(self, header: &TarHeader<'_>) -> Self {
        let mut writer = self;
        for (typeflag, name) in [(b'K', header.link), (b'L', header.path)] {
            if name.len() > 100 {
                let mut body = name.to_vec();
                body.push(0);
                writer = writer.extension(typeflag, &body);
            }
        }
        writer.raw(&header.to_block())
    }

    /// An extension header with its body: `L`, `K`, `x` or `g`.
    #[must_use]
    pub fn extension(self, typeflag: u8, body: &[u8]) -> Self {
        let header =
            TarHeader { path: b"././@LongLink", typeflag, size: body.len() as u64, ..TarHeader::default() };
        self.raw(&header.to_block()).content(body)
    }

    /// A pax header with these records.
    #[must_use]
    pub fn pax(self, records: &[(&str, &str)]) -> Self {
        let mut body = String::new();
        for (key, value) in records {
            let rest = key.len() + value.len() + 3;
            // The length counts its own digits.
            let mut length = rest + 1;
            while rest + length.to_string().len() != length {
                length = rest + length.to_string().len();
            }
            append(&mut body, format_args!("{length} {key}={value}\n"));
        }
        self.extension(b'x', body.as_bytes())
    }

    /// Content, and zeros up to the next block.
    #[must_use]
    pub fn content(self, content: &[u8]) -> Self {
        let filler = content.len().next_multiple_of(BLOCK) - content.len();
        self.raw(content).raw(&vec![0; filler])
    }

    /// Any bytes.
    #[must_use]
    pub fn raw(mut self, bytes: &[u8]) -> Self {
        self.out.extend_from_slice(bytes);
        self
    }

    /// The archive, after two blocks of zeros.
    #[must_use]
    pub fn finish(self) -> Vec<u8> {
        self.raw(&[0; 2 * BLOCK]).out
    }

    /// The archive as it stands, without an end.
    #[must_use]
    pub fn unfinished(self) -> Vec<u8> {
        self.out
    }

    fn template<'a>(&self, path: &'a [u8]) -> TarHeader<'a> {
        TarHeader { path, mtime: self.mtime, ..TarHeader::default() }
    }
}
