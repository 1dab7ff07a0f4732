//! What tasks are asked before they are scheduled: whether their resource is there, and can be called with their parameters at all.

use std::fmt;
use std::sync::Arc;

use serde_json::Value;

use super::Resource;

/// Knows what resources take, and says why parameters cannot be used.
#[derive(Clone)]
pub struct Suitability(Arc<Asked>);

type Asked = dyn Fn(&Resource, &Value) -> Result<(), String> + Send + Sync;

impl Suitability {
    /// Asks this.
    #[must_use]
    pub fn new(ask: impl Fn(&Resource, &Value) -> Result<(), String> + Send + Sync + 'static) -> Self {
        Suitability(Arc::new(ask))
    }

    pub(crate) fn ask(&self, resource: &Resource, parameters: &Value) -> Result<(), String> {
        (self.0)(resource, parameters)
    }
}

impl Default for Suitability {
    /// Everything suits.
    fn default() -> Self {
        Self::new(|_, _| Ok(()))
    }
}

impl fmt::Debug for Suitability {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Suitability")
    }
}
