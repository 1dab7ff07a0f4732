//! Settings of which a bucket has several, each by its id: put, shown, listed and deleted in one way for all kinds.

use service::{Result, Tx, View};
use store::{Direction, Reads as _};
use wire::{Fault, Kept};

use crate::bucket::{Bucket, OfBucket};
use crate::setting::read;
use crate::{errors, keys};

/// How many a bucket has of each kind.
const COUNT_MAX: usize = 1000;
/// How many a page of a list has.
const PAGE_MAX: usize = 100;
const ID_LENGTH_MAX: usize = 64;

/// A structure of the API of which a bucket has several.
pub(crate) trait Numbered: Kept + Clone {
    /// Under which they are kept.
    const KIND: &'static str;

    /// Its id.
    fn id(&self) -> &str;

    /// Refuses what S3 refuses.
    ///
    /// # Errors
    /// S3's.
    fn check(&self) -> Result<(), Fault>;
}

/// A page of a list.
pub(crate) struct Page<S> {
    /// What stands on it.
    pub(crate) settings: Vec<S>,
    /// Where it began.
    pub(crate) token: Option<String>,
    /// Where the next one begins.
    pub(crate) next: Option<String>,
}

/// Sets the one of that id.
pub(crate) fn put<S: Numbered, O: Default>(
    tx: &mut Tx<'_>,
    input: &impl OfBucket,
    id: &str,
    setting: &S,
) -> Result<O> {
    let bucket = Bucket::of(&**tx, tx.context, input)?;
    check_id(id)?;
    if setting.id() != id {
        return Err(errors::argument(
            "Configuration ID in the path does not match that in the body",
            "id",
            id,
        )
        .into());
    }
    setting.check()?;
    let key = keys::numbered(&bucket.id, S::KIND, id);
    if tx.get(&key)?.is_none() {
        let all = tx.scan(keys::setting(&bucket.id, S::KIND).prefix_range(), Direction::Forward);
        if all.take(COUNT_MAX).count() == COUNT_MAX {
            let message = "You are attempting to create a new configuration but have already reached the \
                           1,000-configuration limit.";
            return Err(Fault::new("TooManyConfigurations", 400, message).into());
        }
    }
    tx.put(key, wire::keep(setting));
    Ok(O::default())
}

/// Shows the one of that id.
pub(crate) fn get<S: Numbered, O>(
    view: &View<'_>,
    input: &impl OfBucket,
    id: &str,
    show: fn(S) -> O,
) -> Result<O> {
    let bucket = Bucket::of(&**view, view.context, input)?;
    let bytes = view.get(&keys::numbered(&bucket.id, S::KIND, id))?.ok_or_else(none)?;
    Ok(show(read(&bytes)?))
}

/// Lists them by their ids.
pub(crate) fn list<S: Numbered, O>(
    view: &View<'_>,
    input: &impl OfBucket,
    token: Option<&str>,
    show: fn(Page<S>) -> O,
) -> Result<O> {
    let bucket = Bucket::of(&**view, view.context, input)?;
    let tokens = &view.context.cloud.page_tokens;
    let mut range = keys::setting(&bucket.id, S::KIND).prefix_range();
    if let Some(token) = token {
        let last = tokens.open_within(S::KIND, token, &range);
        let message = "The continuation token provided is incorrect";
        range.start = last.ok_or_else(|| errors::argument(message, "continuation-token", token))?;
    }
    let mut page = Page { settings: Vec::new(), token: token.map(str::to_owned), next: None };
    for entry in view.scan(range, Direction::Forward) {
        let (key, value) = entry?;
        if page.settings.len() == PAGE_MAX {
            page.next = Some(tokens.seal(S::KIND, &key));
            break;
        }
        page.settings.push(read(&value)?);
    }
    Ok(show(page))
}

/// Takes the one of that id away.
pub(crate) fn delete<S: Numbered, O: Default>(tx: &mut Tx<'_>, input: &impl OfBucket, id: &str) -> Result<O> {
    let bucket = Bucket::of(&**tx, tx.context, input)?;
    let key = keys::numbered(&bucket.id, S::KIND, id);
    tx.get(&key)?.ok_or_else(none)?;
    tx.delete(key);
    Ok(O::default())
}

fn none() -> Fault {
    Fault::new("NoSuchConfiguration", 404, "The specified configuration does not exist.")
}

fn check_id(id: &str) -> Result<(), Fault> {
    let is_good = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.');
    if (1..=ID_LENGTH_MAX).contains(&id.len()) && id.bytes().all(is_good) {
        return Ok(());
    }
    Err(Fault::new("InvalidConfigurationId", 400, "The specified configuration id is invalid."))
}
