//! Hooks that only remember.

use std::sync::{Mutex, PoisonError};

use crate::model::run::HookReport;
use crate::ports::hooks::{HookError, HookEvent, Hooks, SIGN, SignReport, SignRequest};

/// Remembers what it was told, and fails where it is told to.
#[derive(Default)]
pub struct MemoryHooks {
    told: Mutex<Vec<HookEvent>>,
    failing: Mutex<Option<&'static str>>,
    signing: Mutex<Option<Signs>>,
}

/// A hook that signs: what it leaves.
type Signs = Box<dyn Fn(&SignRequest<'_>) -> Option<Vec<u8>> + Send>;

impl MemoryHooks {
    /// Hooks that do nothing, well.
    pub fn new() -> Self {
        Self::default()
    }

    /// The hooks of this directory fail from now on; `None`: all are well again.
    pub fn fail(&self, parts: Option<&'static str>) {
        *self.failing.lock().unwrap_or_else(PoisonError::into_inner) = parts;
    }

    /// What signs from now on.
    pub fn sign_with(&self, signs: impl Fn(&SignRequest<'_>) -> Option<Vec<u8>> + Send + 'static) {
        *self.signing.lock().unwrap_or_else(PoisonError::into_inner) = Some(Box::new(signs));
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

    fn sign(&self, request: &SignRequest<'_>) -> Result<SignReport, HookError> {
        if *self.failing.lock().unwrap_or_else(PoisonError::into_inner) == Some(SIGN) {
            let (hook, how) = (format!("{SIGN}/10-fails"), "ended with status 1".into());
            return Err(HookError::Failed { hook, how });
        }
        let signing = self.signing.lock().unwrap_or_else(PoisonError::into_inner);
        let signature = signing.as_ref().and_then(|signs| signs(request));
        Ok(SignReport { hooks: HookReport::default(), signature })
    }
}
