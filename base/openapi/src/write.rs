//! Documents as texts, and where they say that an API is served.

use serde_json::{Value, json};

use crate::Invalid;

/// In which form a document is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// JSON, for people to read.
    Json,
    /// YAML.
    Yaml,
}

/// The text of a document.
///
/// # Errors
/// When the form has no way to say it.
pub fn write(document: &Value, form: Form) -> Result<String, Invalid> {
    match form {
        Form::Json => serde_json::to_string_pretty(document).map_err(|why| Invalid(why.to_string())),
        Form::Yaml => serde_saphyr::to_string(document).map_err(|why| Invalid(why.to_string())),
    }
}

/// Where a stage is served, as documents of version 3 say it: by the name of its API, at the port by which a client came.
#[must_use]
pub fn server(endpoint: &str, host: &str, stage: &str) -> Value {
    let (scheme, authority) = endpoint.split_once("://").unwrap_or(("http", endpoint));
    let port = authority.rsplit_once(':').map(|(_, port)| format!(":{port}")).unwrap_or_default();
    let variables = json!({ "basePath": { "default": stage } });
    json!({ "url": format!("{scheme}://{host}{port}/{{basePath}}"), "variables": variables })
}
