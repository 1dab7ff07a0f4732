//! Where the code of a function, or the content of a layer, comes from: the request itself, or an object in S3, which is
//! read once, with the caller's own rights. A function's may also be a folder of this machine's disk, which is read when it runs.

use api_lambda as api;
use api_s3 as s3;
use bytes::Bytes;
use service::{Context, Result};
use wire::Fault;

use crate::errors;
use crate::hot_reload::{self, HotReload};
use crate::package::{self, Package};

/// The largest package that a request brings itself (AWS's quota).
pub(crate) const DIRECT_BYTES_MAX: usize = 52_428_800;
/// The largest object that is read: no package that is larger unpacks to less.
const OBJECT_BYTES_MAX: usize = 262_144_000;

/// What a request says of it.
#[derive(Default)]
pub(crate) struct Source<'a> {
    pub(crate) zip: Option<&'a Bytes>,
    pub(crate) bucket: Option<&'a str>,
    pub(crate) key: Option<&'a str>,
    pub(crate) version: Option<&'a str>,
}

/// Brings what a function is made of: a package, or a folder.
pub(crate) async fn of_function(
    context: &Context,
    hot: &HotReload,
    source: Source<'_>,
    operation: &str,
) -> Result<Package> {
    match (source.bucket, source.key) {
        (Some(hot_reload::BUCKET), Some(path)) if source.zip.is_none() && path.starts_with('/') => {
            if source.version.is_some() {
                return Err(errors::invalid(format!(
                    "Hot reload: {path} is a folder, which has no versions."
                ))
                .into());
            }
            hot.folder(path)?;
            Ok(Package::of_folder(path.to_owned()))
        }
        _ => fetch(context, source, operation).await,
    }
}

/// Brings the package, and looks into it. `operation` is named where it is too large for a request.
pub(crate) async fn fetch(context: &Context, source: Source<'_>, operation: &str) -> Result<Package> {
    let zip = match (source.zip, source.bucket, source.key) {
        (Some(zip), None, None) if zip.len() > DIRECT_BYTES_MAX => return Err(too_large(operation).into()),
        (Some(zip), None, None) => zip.clone(),
        (Some(_), _, _) => {
            let message = "Please do not provide other FunctionCode parameters when providing a ZipFile.";
            return Err(errors::invalid(message).into());
        }
        (None, Some(bucket), Some(key)) => object(context, bucket, key, source.version).await?,
        _ => return Err(errors::invalid("Please provide a source for function code.").into()),
    };
    package::check(zip).await
}

/// In the words of the service, which counts the request in base64.
fn too_large(operation: &str) -> Fault {
    let message = format!("Request must be smaller than 69905067 bytes for the {operation} operation");
    Fault::new("RequestEntityTooLargeException", 413, message)
}

async fn object(context: &Context, bucket: &str, key: &str, version: Option<&str>) -> Result<Bytes, Fault> {
    let input = s3::GetObjectInput {
        bucket: bucket.to_owned(),
        key: key.to_owned(),
        version_id: version.map(str::to_owned),
        ..s3::GetObjectInput::default()
    };
    let refused = |fault: &Fault| of_s3(fault, bucket, key);
    let found = context.call::<s3::GetObject>(input).await.map_err(|fault| refused(&fault))?;
    let mut body = found.body;
    let mut zip = Vec::new();
    while let Some(piece) = body.next().await.map_err(|fault| refused(&fault))? {
        if zip.len() + piece.len() > OBJECT_BYTES_MAX {
            let message = format!("Unzipped size must be smaller than {OBJECT_BYTES_MAX} bytes");
            return Err(errors::invalid(message));
        }
        zip.extend_from_slice(&piece);
    }
    Ok(zip.into())
}

fn of_s3(fault: &Fault, bucket: &str, key: &str) -> Fault {
    let said = format!("S3 Error Code: {}. S3 Error Message: {}", fault.code, fault.message);
    if fault.status == 403 {
        let message = format!(
            "Your access has been denied by S3, please make sure your request credentials have permission to GetObject \
             for {bucket}/{key}. {said}"
        );
        return Fault::new("AccessDeniedException", 403, message);
    }
    errors::invalid(format!("Error occurred while GetObject. {said}"))
}

impl<'a> From<&'a api::FunctionCode> for Source<'a> {
    fn from(code: &'a api::FunctionCode) -> Self {
        Source {
            zip: code.zip_file.as_ref(),
            bucket: code.s3_bucket.as_deref(),
            key: code.s3_key.as_deref(),
            version: code.s3_object_version.as_deref(),
        }
    }
}

impl<'a> From<&'a api::UpdateFunctionCodeInput> for Source<'a> {
    fn from(input: &'a api::UpdateFunctionCodeInput) -> Self {
        Source {
            zip: input.zip_file.as_ref(),
            bucket: input.s3_bucket.as_deref(),
            key: input.s3_key.as_deref(),
            version: input.s3_object_version.as_deref(),
        }
    }
}

impl<'a> From<&'a api::LayerVersionContentInput> for Source<'a> {
    fn from(content: &'a api::LayerVersionContentInput) -> Self {
        Source {
            zip: content.zip_file.as_ref(),
            bucket: content.s3_bucket.as_deref(),
            key: content.s3_key.as_deref(),
            version: content.s3_object_version.as_deref(),
        }
    }
}
