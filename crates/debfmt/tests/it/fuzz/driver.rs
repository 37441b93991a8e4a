//! Makes inputs, runs a target on them, keeps those that are news.

use std::collections::BTreeSet;
use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;

use debfmt::digest::Sha256;

use super::targets::Target;
use crate::HEAP;

/// No input is longer, in bytes.
const LONGEST: usize = 64 * 1024;
/// So many inputs with outcomes of their own are kept as seeds.
const KEPT: usize = 512;

/// A run of one target.
pub(super) struct Run<'a> {
    pub(super) target: &'a Target,
    pub(super) seeds: Vec<Vec<u8>>,
    pub(super) inputs: u64,
    pub(super) seed: u64,
}

/// What a run has seen.
#[derive(Debug)]
pub(super) struct Seen {
    name: &'static str,
    inputs: u64,
    outcomes: BTreeSet<String>,
    most_memory: usize,
}

impl fmt::Display for Seen {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { name, inputs, outcomes, most_memory } = self;
        write!(
            f,
            "{name}: {inputs} inputs, {} outcomes, at most {} KiB of heap",
            outcomes.len(),
            most_memory / 1024
        )
    }
}

impl Run<'_> {
    /// Runs every seed as it is, then mutations.
    pub(super) fn run(&self) -> Seen {
        let (inputs, outcomes) = (0, BTreeSet::new());
        let mut seen = Seen { name: self.target.name, inputs, outcomes, most_memory: 0 };
        let mut pool = self.seeds.clone();
        for seed in &self.seeds {
            self.one(seed, &mut seen);
        }
        let mut random = Random(self.seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1);
        while seen.inputs < self.inputs {
            let mut input = random.choose(&pool).clone();
            for _ in 0..=random.below(4) {
                mutate(&mut input, &mut random, &pool, self.target.words);
            }
            input.truncate(LONGEST);
            if self.one(&input, &mut seen) && pool.len() < KEPT {
                pool.push(input);
            }
        }
        seen
    }

    /// Runs one input; whether its outcome is news.
    fn one(&self, input: &[u8], seen: &mut Seen) -> bool {
        seen.inputs += 1;
        HEAP.reset_peak_usage();
        let before = HEAP.current_usage();
        let ended = catch_unwind(AssertUnwindSafe(|| (self.target.check)(input)));
        let memory = HEAP.peak_usage().saturating_sub(before);
        seen.most_memory = seen.most_memory.max(memory);
        let outcome = match ended {
            Ok(outcome) if memory <= self.target.memory => outcome,
            Ok(_) => self.fail(input, &format!("took {memory} bytes of memory")),
            Err(_) => self.fail(input, "panicked"),
        };
        seen.outcomes.insert(outcome)
    }

    fn fail(&self, input: &[u8], how: &str) -> ! {
        let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../target/fuzz");
        std::fs::create_dir_all(&directory).unwrap();
        let name = format!("{}-{:.12}", self.target.name, Sha256::of(input).to_string());
        std::fs::write(directory.join(&name), input).unwrap();
        panic!("{} {how}; the input is target/fuzz/{name}", self.target.name);
    }
}

/// xorshift64*: small, and the same everywhere.
pub(super) struct Random(u64);

impl Random {
    pub(super) fn next(&mut self) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_f491_4f6c_dd1d)
    }

    /// A number below `bound`; 0 when that is 0.
    pub(super) fn below(&mut self, bound: usize) -> usize {
        (self.next() % bound.max(1) as u64) as usize
    }

    fn choose<'t, T>(&mut self, from: &'t [T]) -> &'t T {
        &from[self.below(from.len())]
    }
}

/// Bytes at which readers decide.
const EDGES: &[u8] = b"\0\t\n\r \"#(),-./0189:<=>@AZ[]_`az|~\x7f\x80\xc0\xff";

fn mutate(input: &mut Vec<u8>, random: &mut Random, pool: &[Vec<u8>], words: &[&str]) {
    let at = random.below(input.len() + 1);
    let longest = random.below(64);
    let length = random.below(1 + longest);
    let end = (at + length).min(input.len());
    match random.below(11) {
        0 if at < input.len() => input[at] ^= 1 << random.below(8),
        1 if at < input.len() => input[at] = *random.choose(EDGES),
        2 => input.insert(at, *random.choose(EDGES)),
        3 => drop(input.drain(at..end)),
        4 => drop(input.splice(at..at, input[at..end].to_vec())),
        5 => input.truncate(at),
        6 => drop(input.splice(at..at, random.choose(words).bytes())),
        7 => {
            let other = random.choose(pool);
            let from = random.below(other.len() + 1);
            let to = (from + random.below(256)).min(other.len());
            drop(input.splice(at..end, other[from..to].iter().copied()));
        }
        8 => {
            let other = random.choose(pool);
            input.truncate(at);
            input.extend(&other[random.below(other.len() + 1)..]);
        }
        9 => number(input, at, random),
        _ => {
            let byte = *random.choose(EDGES);
            let many = 1 << random.below(12);
            drop(input.splice(at..at, std::iter::repeat_n(byte, many)));
        }
    }
}

/// Puts another number where digits stand: sizes and counts are what readers trust.
fn number(input: &mut Vec<u8>, at: usize, random: &mut Random) {
    let Some(start) = input[at..].iter().position(u8::is_ascii_digit).map(|more| at + more) else { return };
    let digits = input[start..].iter().take_while(|byte| byte.is_ascii_digit()).count();
    let numbers =
        ["0", "1", "-1", "7777777777", "9223372036854775807", "18446744073709551616", "4294967296", "0x10"];
    let new = match random.below(3) {
        0 => random.choose(&numbers[..]).to_string(),
        1 => random.below(100_000).to_string(),
        // As wide as before, so that a column stays one.
        _ => format!("{:0digits$}", random.below(10_usize.pow(digits.min(15) as u32))),
    };
    drop(input.splice(start..start + digits, new.into_bytes()));
}
