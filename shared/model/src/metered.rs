//! A model that operators can watch.

use std::sync::{Arc, Mutex, PoisonError};

use agent::{Model, ModelError};
use async_trait::async_trait;
use domain::{Case, Opined};

/// Tells of each answer of a model, or of why there was none.
pub struct Metered<F> {
    model: Arc<dyn Model>,
    tell: F,
    silent: Mutex<Option<String>>,
}

impl<F: Fn(&Result<Opined, ModelError>) + Send + Sync> Metered<F> {
    /// This model, with whom to tell.
    pub fn new(model: Arc<dyn Model>, tell: F) -> Self {
        Self { model, tell, silent: Mutex::default() }
    }

    /// Why it did not answer when it was last asked, if it did not.
    pub fn degraded(&self) -> Option<String> {
        self.silent.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

#[async_trait]
impl<F: Fn(&Result<Opined, ModelError>) + Send + Sync> Model for Metered<F> {
    async fn opine(&self, case: &Case) -> Result<Opined, ModelError> {
        let answer = self.model.opine(case).await;
        (self.tell)(&answer);
        *self.silent.lock().unwrap_or_else(PoisonError::into_inner) = match &answer {
            Err(ModelError::Unavailable(why)) => Some(why.clone()),
            _ => None,
        };
        answer
    }
}
