//! Several things at once: a server answers several questions in the time of one, and a machine has several cores.

use rayon::prelude::*;

/// How many at once. Servers of archives stand that from each of their clients, apt's many connections included.
const AT_ONCE: usize = 8;

/// Does something with each, and gives the results in the order of the things.
pub(super) fn at_once<T: Sync, R: Send>(things: &[T], each: impl Fn(&T) -> R + Sync) -> Vec<R> {
    match rayon::ThreadPoolBuilder::new().num_threads(AT_ONCE).build() {
        Ok(threads) => threads.install(|| things.par_iter().map(&each).collect()),
        // Without threads it takes longer.
        Err(_) => things.iter().map(&each).collect(),
    }
}
