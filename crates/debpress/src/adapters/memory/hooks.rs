//! Hooks that only remember.

use std::sync::{Mutex, PoisonError};

use crate::model::run::HookReport;
use crate::ports::hooks::{HookError, HookEvent, Hooks};

/// Remembers what it was told, and fails where it is told to.
#[derive(Debug, Default)]
pub struct MemoryHooks {
    told: Mutex<Vec<HookEvent>>,
    failing: Mutex<Option<&'static str>>,
}

impl MemoryHooks {
    /// Hooks that do nothing, well.
    pub fn new() -> Self {
        Self::default()
    }

    /// The hooks of this directory fail from now on; `None`: all are well again.
    pub fn fail(&self, parts: Option<&'static str>) {
        *self.failing.lock().unwrap_or_else(PoisonError::into_inner) = parts;
    }

    /// What they were told since the last call.
    pub fn take(&self) -> Vec<HookEvent> {
        std::mem::take(&mut *self.told.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Hooks for MemoryHooks {
    fn run(&self, event: &HookEvent) -> Result<HookReport, HookError> {
        self.told.lock().unwrap_or_else(PoisonError::into_inner).push(event.clone());
        match *self.failing.lock().unwrap_or_else(PoisonError::into_inner) {
            Some(parts) if parts == event.parts() => Err(HookError::Failed {
                hook: format!("{parts}/10-fails"),
                how: "ended with status 1".into(),
            }),
            _ => Ok(HookReport::default()),
        }
    }
}
