//! Keys of APIs: values by which clients are told apart, and plans that say what these may do. One service keeps them, and others
//! that serve APIs ask it.

use std::pin::Pin;
use std::sync::Arc;

use names::Scope;

use crate::{Cloud, Directory, Result, Service};

/// A client uses a key to call something.
#[derive(Clone, Copy, Debug)]
pub struct KeyUse<'a> {
    /// Whose the API is.
    pub scope: Scope,
    /// The API.
    pub api: &'a str,
    /// Its stage.
    pub stage: &'a str,
    /// What is called there, as limits name it: `/trips/{id}/GET`.
    pub method: &'a str,
    /// The key's value.
    pub value: &'a str,
    /// When.
    pub at_ms: i64,
}

/// What becomes of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum KeyVerdict {
    /// The client may, and this is its key's id.
    Admitted(String),
    /// No plan lets such a key in.
    Unknown,
    /// Not so fast.
    Throttled(String),
    /// Its quota is used up.
    Exhausted(String),
}

/// A verdict that is on its way.
pub type Judging<'a> = Pin<Box<dyn Future<Output = Result<KeyVerdict>> + Send + 'a>>;

/// Whoever keeps the keys.
pub(crate) type KeyJudge = for<'a> fn(&'a Arc<Cloud>, KeyUse<'a>) -> Judging<'a>;

impl Service {
    /// It keeps the keys of APIs, and `judge` says what becomes of their use.
    #[must_use]
    pub fn judges_keys(mut self, judge: KeyJudge) -> Self {
        self.judges_keys = Some(judge);
        self
    }
}

impl Directory {
    /// What becomes of the use of a key. Where nobody keeps keys, none is known.
    ///
    /// # Errors
    /// When what is kept cannot be read.
    pub async fn judge_key(&self, cloud: &Arc<Cloud>, used: KeyUse<'_>) -> Result<KeyVerdict> {
        match self.services().find_map(|service| service.judges_keys) {
            Some(judge) => judge(cloud, used).await,
            None => Ok(KeyVerdict::Unknown),
        }
    }
}
