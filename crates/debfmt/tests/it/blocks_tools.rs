//! Files that are joined of blocks, read by the tools that people have.

use std::io::Write as _;
use std::path::Path;

use debfmt::compress::{Block, BlockWriter, Compression, default_level};

use crate::support::{feed, program, stdout};

/// A file of blocks of these parts.
fn joined(c: Compression, parts: &[&[u8]]) -> Vec<u8> {
    let mut writer = BlockWriter::new(c, Vec::new()).unwrap();
    for part in parts {
        let block = Block::new(c, default_level(c), part).unwrap();
        writer.add(block.sums, &block.bytes).unwrap();
    }
    writer.finish().unwrap()
}

/// Blocks, an empty one among them; and a file of nothing.
fn cases() -> [Vec<Vec<u8>>; 2] {
    [vec![b"a\n".repeat(9000), b"b\n".to_vec(), Vec::new(), b"c\n".to_vec()], Vec::new()]
}

fn saved(directory: &Path, c: Compression, parts: &[Vec<u8>]) -> std::path::PathBuf {
    let path = directory.join(format!("index{}", c.suffix()));
    let parts: Vec<&[u8]> = parts.iter().map(Vec::as_slice).collect();
    std::fs::File::create(&path).unwrap().write_all(&joined(c, &parts)).unwrap();
    path
}

#[test]
fn gzip_xz_and_zstd_read_them() {
    let directory = tempfile::tempdir().unwrap();
    let tools = [(Compression::Gzip, "gzip"), (Compression::Xz, "xz"), (Compression::Zstd, "zstd")];
    for (c, tool) in tools {
        for parts in cases() {
            let path = saved(directory.path(), c, &parts);
            stdout(program(tool).arg("-t").arg(&path));
            assert!(stdout(program(tool).args(["-d", "-c"]).arg(&path)) == parts.concat(), "{tool}");
        }
    }
}

/// They stop at the end of the first member or stream.
#[test]
fn python_reads_them() {
    let directory = tempfile::tempdir().unwrap();
    for (c, module) in [(Compression::Gzip, "gzip"), (Compression::Xz, "lzma")] {
        for parts in cases() {
            let path = saved(directory.path(), c, &parts);
            let script =
                format!("import sys, {module}; sys.stdout.buffer.write({module}.open(sys.argv[1]).read())");
            assert!(
                stdout(program("python3").arg("-c").arg(script).arg(&path)) == parts.concat(),
                "{module}"
            );
        }
    }
    // One member and one stream, and nothing behind them.
    let first = "import sys, zlib, lzma
gz = zlib.decompressobj(31); text = gz.decompress(open(sys.argv[1], 'rb').read())
xz = lzma.LZMADecompressor(lzma.FORMAT_XZ); same = xz.decompress(open(sys.argv[2], 'rb').read())
assert gz.eof and not gz.unused_data and xz.eof and not xz.unused_data and text == same
sys.stdout.buffer.write(text)";
    for parts in cases() {
        let paths = [Compression::Gzip, Compression::Xz].map(|c| saved(directory.path(), c, &parts));
        assert!(stdout(program("python3").arg("-c").arg(first).args(paths)) == parts.concat());
    }
}

#[test]
fn busybox_reads_them_as_an_installer_would() {
    for (c, applet) in [(Compression::Gzip, "gunzip"), (Compression::Xz, "unxz")] {
        for parts in cases() {
            let parts: Vec<&[u8]> = parts.iter().map(Vec::as_slice).collect();
            let read = feed(program("busybox").args([applet, "-c"]), &joined(c, &parts));
            assert!(read.status.success(), "{applet}: {}", String::from_utf8_lossy(&read.stderr));
            assert!(read.stdout == parts.concat(), "{applet}");
        }
    }
}

#[test]
fn xz_lists_one_stream_with_a_block_for_each_part() {
    let directory = tempfile::tempdir().unwrap();
    let parts = ["a", "b", "c"].map(|part| part.as_bytes().to_vec());
    let path = saved(directory.path(), Compression::Xz, &parts);
    let listed = stdout(program("xz").args(["--robot", "--list"]).arg(&path));
    let listed = String::from_utf8(listed).unwrap();
    assert!(listed.contains("\nfile\t1\t3\t"), "one stream, three blocks: {listed}");
}
