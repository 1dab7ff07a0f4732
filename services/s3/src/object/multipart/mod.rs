//! Uploads in parts.
//!
//! An [`Upload`](upload::Upload) is begun with all that the object is to have, gets its parts in any order and as often as its
//! client wants, and then becomes an object or is given up. Parts are records of their own, so that those of one upload do not
//! wait for each other. No bytes move when an upload is completed: the object takes over its parts.
//!
//! Follows "Uploading and copying objects using multipart upload" in S3's user guide.

mod abort;
mod checksum;
mod complete;
mod copy_part;
mod create;
mod list_parts;
mod list_uploads;
mod part;
mod select;
mod upload;
mod upload_part;

pub(crate) use abort::{abort, swept};
pub(crate) use checksum::algorithm_of;
pub(crate) use complete::complete;
pub(crate) use copy_part::copy_part;
pub(crate) use create::create;
pub(crate) use list_parts::{list_parts, not_negative, page};
pub(crate) use list_uploads::list_uploads;
pub(crate) use upload::Upload;
pub(crate) use upload_part::upload_part;
