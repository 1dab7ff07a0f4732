//! Uploads of HTML forms: `POST` to a bucket.
//!
//! Follows "Browser-based uploads using POST" in S3's API reference. Who has signed the form is known already; what its policy
//! allows is found out here.

mod conditions;
mod input;
mod policy;
mod reply;

use api_s3 as api;
use futures_util::StreamExt as _;
use service::{Context, Form, FormFile, Result};
use wire::{Answer, Body, Fault};

use crate::errors;
use policy::Policy;

/// What stands in a key for the name of the file.
const FILE_NAME: &str = "${filename}";

/// Uploads what a form brings.
pub(crate) async fn take(context: Context, mut form: Form) -> Result<Answer> {
    let bucket = bucket(&form)?;
    let Some(file) = form.file.take() else {
        return Err(
            errors::argument("POST requires exactly one file upload per request.", "file", "0").into()
        );
    };
    let key = key(&form, &file)?;
    let sizes = match form.field("policy") {
        Some(text) => {
            let policy = Policy::read(text)?;
            policy.check_time(context.cloud.clock.machine_now())?;
            conditions::check(&policy, &form, &bucket, &key)?
        }
        None => 0..=u64::MAX,
    };
    let mut input = input::of(&form)?;
    input.bucket.clone_from(&bucket);
    input.key.clone_from(&key);
    input.body = within(file.body, *sizes.start(), *sizes.end());
    let output = context.call::<api::PutObject>(input).await?;
    Ok(reply::of_upload(&context, &form, &bucket, &key, &output))
}

fn bucket(form: &Form) -> Result<String, Fault> {
    let path = form.path.trim_matches('/');
    if path.is_empty() || path.contains('/') {
        let message = "The specified method is not allowed against this resource.";
        return Err(Fault::new("MethodNotAllowed", 405, message)
            .with_element("Method", "POST")
            .with_element("ResourceType", if path.is_empty() { "SERVICE" } else { "OBJECT" }));
    }
    Ok(path.to_owned())
}

fn key(form: &Form, file: &FormFile) -> Result<String, Fault> {
    let Some(key) = form.field("key").filter(|key| !key.is_empty()) else {
        let message = "Bucket POST must contain a field named 'key'.  If it is specified, please check the order of the fields.";
        return Err(errors::argument(message, "key", ""));
    };
    // Browsers may send a whole path.
    let name = file.name.as_deref().map(|name| name.rsplit(['/', '\\']).next().unwrap_or(name));
    Ok(name.map_or_else(|| key.to_owned(), |name| key.replace(FILE_NAME, name)))
}

/// A body that is refused where it has too many bytes, and at its end where it has too few.
fn within(body: Body, min: u64, max: u64) -> Body {
    let counted = futures_util::stream::try_unfold((body, 0), move |(mut body, length)| async move {
        let Some(piece) = body.next().await? else {
            return if length < min { Err(too_small(length, min)) } else { Ok(None) };
        };
        let length = length + piece.len() as u64;
        if length > max { Err(too_large(length, max)) } else { Ok(Some((piece, (body, length)))) }
    });
    Body::stream(None, counted.boxed())
}

fn too_large(length: u64, max: u64) -> Fault {
    Fault::new("EntityTooLarge", 400, "Your proposed upload exceeds the maximum allowed size")
        .with_element("ProposedSize", length.to_string())
        .with_element("MaxSizeAllowed", max.to_string())
}

fn too_small(length: u64, min: u64) -> Fault {
    Fault::new("EntityTooSmall", 400, "Your proposed upload is smaller than the minimum allowed size")
        .with_element("ProposedSize", length.to_string())
        .with_element("MinSizeAllowed", min.to_string())
}
