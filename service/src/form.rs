//! Forms: what a page uploads without any script, signed by whoever made the form and not by who fills it in.

use std::future::Future;

use wire::{Answer, Body};

use crate::operation::Boxed;
use crate::{Context, Result};

/// A form on its way in. What it says was not looked at yet, but for who has signed it.
#[derive(Debug)]
pub struct Form {
    /// To what it was sent, as it came; a resource that the host names stands in front: `/trips`.
    pub path: String,
    /// Names and values, in their order, up to the file.
    pub fields: Vec<(String, String)>,
    /// The file; what follows it was not read.
    pub file: Option<FormFile>,
}

/// The file that a form uploads.
#[derive(Debug)]
pub struct FormFile {
    /// What it is called where it comes from.
    pub name: Option<String>,
    /// Its bytes. How many they are, only their end tells.
    pub body: Body,
}

impl Form {
    /// The value of a field, whatever the case of its name.
    #[must_use]
    pub fn field(&self, name: &str) -> Option<&str> {
        let mut fields = self.fields.iter();
        fields.find(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
    }
}

/// Takes the forms of a service.
pub(crate) type Taker = Box<dyn Fn(Context, Form) -> Boxed<'static, Result<Answer>> + Send + Sync>;

pub(crate) fn taker<F, W>(take: F) -> Taker
where
    F: Fn(Context, Form) -> W + Send + Sync + 'static,
    W: Future<Output = Result<Answer>> + Send + 'static,
{
    Box::new(move |context, form| Box::pin(take(context, form)))
}
