//! The order of what was done: data, then what makes it visible or speaks of it.

use super::disk::{Change, Disk, Event};

pub(super) fn check(_disk: &Disk) {
    let _: Option<(&Change, &Event)> = None;
}
