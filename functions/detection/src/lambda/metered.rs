//! A model whose price is told to the operators.

use std::sync::Arc;

use agent::{Model, ModelError};
use async_trait::async_trait;
use aws::metrics::{Unit, emit};
use domain::{Case, Opined};

/// Counts what opinions cost, in dollars; nothing where prices are not set.
pub(crate) struct Metered {
    pub(crate) model: Arc<dyn Model>,
    pub(crate) stack: String,
    pub(crate) clock: Arc<dyn agent::Clock>,
}

#[async_trait]
impl Model for Metered {
    async fn opine(&self, case: &Case) -> Result<Opined, ModelError> {
        let opined = self.model.opine(case).await?;
        let dollars = opined.usage.micro_dollars as f64 / 1e6;
        emit(&self.stack, self.clock.now().millis(), &[("ModelSpend", Unit::None, dollars)]);
        Ok(opined)
    }
}
