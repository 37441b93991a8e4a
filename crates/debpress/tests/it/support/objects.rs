//! A content store that a test can look into and break.

use std::collections::BTreeMap;
use std::io::{self, Cursor, Read, Write};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};

use debfmt::digest::Sha256;
use debpress::ports::objects::{ObjectError, ObjectWriter, Objects};

type Bytes = Arc<Mutex<BTreeMap<Sha256, Vec<u8>>>>;

#[derive(Clone, Default)]
pub(crate) struct TestObjects {
    bytes: Bytes,
    broken: Arc<AtomicBool>,
}

struct Writer {
    all: Bytes,
    mine: Vec<u8>,
    broken: bool,
}

impl TestObjects {
    /// From now on nothing can be written.
    pub(crate) fn set_broken(&self, broken: bool) {
        self.broken.store(broken, Ordering::SeqCst);
    }

    /// How many objects there are.
    pub(crate) fn count(&self) -> usize {
        self.bytes.lock().unwrap().len()
    }

    pub(crate) fn has(&self, bytes: &[u8]) -> bool {
        self.bytes.lock().unwrap().contains_key(&Sha256::of(bytes))
    }
}

impl Write for Writer {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.broken {
            return Err(io::ErrorKind::StorageFull.into());
        }
        self.mine.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl ObjectWriter for Writer {
    fn close(&mut self) -> Result<(), ObjectError> {
        Ok(())
    }

    fn commit(self: Box<Self>, sha256: &Sha256) -> Result<bool, ObjectError> {
        assert_eq!(Sha256::of(&self.mine), *sha256);
        Ok(self.all.lock().unwrap().insert(*sha256, self.mine).is_none())
    }
}

impl Objects for TestObjects {
    fn begin(&self) -> Result<Box<dyn ObjectWriter>, ObjectError> {
        let broken = self.broken.load(Ordering::SeqCst);
        Ok(Box::new(Writer { all: Arc::clone(&self.bytes), mine: Vec::new(), broken }))
    }

    fn open(&self, sha256: &Sha256) -> Result<Box<dyn Read + Send>, ObjectError> {
        match self.bytes.lock().unwrap().get(sha256) {
            Some(bytes) => Ok(Box::new(Cursor::new(bytes.clone()))),
            None => Err(ObjectError::Missing { sha256: *sha256 }),
        }
    }

    fn size(&self, sha256: &Sha256) -> Result<Option<u64>, ObjectError> {
        Ok(self.bytes.lock().unwrap().get(sha256).map(|bytes| bytes.len() as u64))
    }

    fn for_each(&self, visit: &mut dyn FnMut(Sha256, u64)) -> Result<(), ObjectError> {
        for (sha256, bytes) in self.bytes.lock().unwrap().iter() {
            visit(*sha256, bytes.len() as u64);
        }
        Ok(())
    }

    fn sweep(&self) -> Result<(), ObjectError> {
        Ok(())
    }

    fn sync(&self) -> Result<(), ObjectError> {
        Ok(())
    }
}
