//! Notices on their way: servers that fail, are slow, or are asked by two at once.

use std::fmt;
use std::sync::atomic::{AtomicI64, Ordering};

use debpress::adapters::memory::mail::MemoryMail;
use debpress::model::time::Timestamp;
use debpress::notice::{Delivery, Post, deliver};
use debpress::ports::clock::Clock;
use debpress::ports::mail::{Letter, Mail, MailError, Trouble};

use super::notices::{DAY, from, send, source_with};
use super::on_both;
use super::world::{TODAY, World, source};

#[test]
fn mail_that_fails_waits_and_keeps_nothing_from_the_others() {
    on_both(|world| {
        for (name, changed_by) in [("hello", "Eve <eve@example.org>"), ("world", "Eve <eve@example.org>")] {
            world.send(name, &source_with(world, (name, "1.0"), "noble", |it| it.changed_by(changed_by)));
        }
        world.run();
        let mail = MemoryMail::new();
        mail.set_trouble("alice@example.org", Some(Trouble::Later));
        let delivery = send(world, &mail);
        assert_eq!((delivery.sent, delivery.failed.len()), (2, 2));
        assert!(delivery.failed.iter().all(|failed| failed.again && failed.recipient == "alice@example.org"));
        assert!(mail.take().iter().all(|letter| letter.to == "eve@example.org"));
        assert_eq!(send(world, &mail), Delivery::default(), "not at once again");

        mail.set_trouble("alice@example.org", Some(Trouble::Server));
        world.now = world.now.plus(600);
        assert_eq!(send(world, &mail).failed.len(), 1, "a server that is down is asked once");
        mail.set_trouble("alice@example.org", Some(Trouble::Never));
        world.now = world.now.plus(6 * 3600);
        let given_up: Vec<bool> = send(world, &mail).failed.iter().map(|failed| failed.again).collect();
        assert_eq!(given_up, [false, false]);
        mail.set_trouble("alice@example.org", None);
        world.now = world.now.plus(DAY);
        assert_eq!(send(world, &mail), Delivery::default());
        assert_eq!(world.records.retry_notices(world.now).unwrap(), 2);
        assert_eq!((send(world, &mail).sent, mail.take().len()), (2, 2));
    });
}

#[test]
fn old_news_is_given_up() {
    on_both(|world| {
        world.send("up", &source(&world.alice, "hello", "1.0"));
        world.run();
        let mail = MemoryMail::new();
        mail.set_trouble("alice@example.org", Some(Trouble::Server));
        let mut attempts = Vec::new();
        for _ in 0..5 * 24 {
            attempts.extend(send(world, &mail).failed.into_iter().map(|failed| failed.again));
            world.now = world.now.plus(3600);
        }
        let (last, before) = attempts.split_last().unwrap();
        assert!(!last && before.iter().all(|again| *again) && before.len() > 10, "{attempts:?}");
    });
}

struct MovingClock(AtomicI64);

impl Clock for MovingClock {
    fn now(&self) -> Timestamp {
        Timestamp(self.0.load(Ordering::SeqCst))
    }

    fn milliseconds(&self) -> u64 {
        0
    }
}

/// A server that needs ten minutes for each mail. While it takes the one about `world`, somebody else sends what is due.
struct SlowMail<'w> {
    world: &'w World,
    clock: &'w MovingClock,
    others: MemoryMail,
}

impl fmt::Debug for SlowMail<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SlowMail").finish_non_exhaustive()
    }
}

impl Mail for SlowMail<'_> {
    fn send(&self, letter: &Letter) -> Result<(), MailError> {
        self.clock.0.fetch_add(600, Ordering::SeqCst);
        if letter.message.subject.contains("world") {
            let post = Post { mail: &self.others, from: &from(), bcc: None };
            deliver(self.world.records.as_ref(), post, self.clock).unwrap();
        }
        Ok(())
    }
}

#[test]
fn a_server_that_is_slow_gets_nothing_twice() {
    on_both(|world| {
        for name in ["hello", "world"] {
            world.send(name, &source(&world.alice, name, "1.0-1"));
        }
        world.run();
        let clock = MovingClock(AtomicI64::new(TODAY.0));
        let slow = SlowMail { world, clock: &clock, others: MemoryMail::new() };
        let post = Post { mail: &slow, from: &from(), bcc: None };
        let delivery = deliver(world.records.as_ref(), post, &clock).unwrap();
        assert_eq!((delivery.sent, slow.others.take()), (2, vec![]));
    });
}
