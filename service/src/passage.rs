//! Requests that come to a resource through another one: to a bucket through an access point.
//!
//! A service finds out where a request that names the one wants to go ([`Service::passages`](crate::Service::passages)). From
//! then on the request names the other, and its caller carries what it came through. Where permissions are asked, both ask:
//! what lies before must let the request in, and so must what lies behind it.

use std::sync::Arc;

use names::Arn;
use wire::rest::Labels;
use wire::{Fault, OperationFacts};

use crate::{Caller, Context};

/// What a request came through.
#[derive(Clone, Debug)]
pub struct Passage {
    /// Its ARN.
    pub arn: Arn,
    /// The request named it as it would name what lies behind it.
    pub is_alias: bool,
    /// What it is for condition keys, which come in lower case.
    pub conditions: Vec<(&'static str, String)>,
    /// How a resource behind it is called when it is seen through it.
    pub seen: fn(&Arn, &Arn) -> Arn,
}

/// Finds what the path of a request goes through, and the path to what lies behind that; none where it goes straight to what it
/// names.
pub type PassageOf =
    fn(&Context, &'static OperationFacts, &Labels) -> Result<Option<(Passage, Labels)>, Fault>;

impl Passage {
    pub(crate) fn condition(&self, key: &str) -> Option<String> {
        self.conditions.iter().find(|(known, _)| *known == key).map(|(_, value)| value.clone())
    }
}

impl Context {
    /// The same for a request, or a part of one, that came through this, or through nothing.
    #[must_use]
    pub fn through(&self, passage: Option<Passage>) -> Context {
        if passage.is_none() && self.caller.passage.is_none() {
            return self.clone();
        }
        let caller = Caller { passage: passage.map(Arc::new), ..Caller::clone(&self.caller) };
        Context { caller: Arc::new(caller), ..self.clone() }
    }
}
