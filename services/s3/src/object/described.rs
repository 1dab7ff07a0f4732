//! What clients say of an object when they write it.

use api_s3 as api;
use wire::Fault;

use super::version::Described;

/// All names and values of metadata together, in bytes.
const METADATA_BYTES_MAX: usize = 2 * 1024;

/// An input that describes a new object.
pub(crate) trait Describes {
    /// The description.
    ///
    /// # Errors
    /// When there is too much metadata.
    fn described(&self) -> Result<Described, Fault>;
}

macro_rules! describes {
    ($($input:ident)*) => {$(
        impl Describes for api::$input {
            fn described(&self) -> Result<Described, Fault> {
                let described = Described {
                    content_type: self.content_type.clone(),
                    content_encoding: self.content_encoding.clone(),
                    content_disposition: self.content_disposition.clone(),
                    content_language: self.content_language.clone(),
                    cache_control: self.cache_control.clone(),
                    expires: self.expires.clone(),
                    redirect: self.website_redirect_location.clone(),
                    metadata: self.metadata.clone().unwrap_or_default(),
                };
                check(described)
            }
        }
    )*};
}

describes! {
    CopyObjectInput
    CreateMultipartUploadInput
    PutObjectInput
}

fn check(described: Described) -> Result<Described, Fault> {
    let size: usize = described.metadata.iter().map(|(name, value)| name.len() + value.len()).sum();
    if size > METADATA_BYTES_MAX {
        let message = "Your metadata headers exceed the maximum allowed metadata size";
        return Err(Fault::new("MetadataTooLarge", 400, message)
            .with_element("Size", size.to_string())
            .with_element("MaxSizeAllowed", METADATA_BYTES_MAX.to_string()));
    }
    match &described.redirect {
        Some(redirect) if !["/", "http://", "https://"].iter().any(|begin| redirect.starts_with(begin)) => {
            let message =
                "The website redirect location must have a prefix of 'http://' or 'https://' or '/'.";
            Err(Fault::new("InvalidRedirectLocation", 400, message))
        }
        _ => Ok(described),
    }
}
