//! The version of an object that a request is about.

use std::sync::Arc;

use api_s3 as api;
use service::{Conditions, Context, Result, Tx};
use store::Reads;
use wire::Fault;

use super::version::{Content, Version};
use super::versions::Versions;
use super::{OfObject, get};
use crate::bucket::Bucket;
use crate::condition;
use crate::replication;

/// What IAM calls an operation on an object.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Action {
    pub(crate) on_object: &'static str,
    pub(crate) on_version: &'static str,
}

/// Reading it.
pub(crate) const READ: Action = Action { on_object: "GetObject", on_version: "GetObjectVersion" };

impl Action {
    /// One for both.
    pub(crate) const fn of_both(name: &'static str) -> Self {
        Action { on_object: name, on_version: name }
    }

    /// Asks whether the caller may.
    ///
    /// # Errors
    /// `AccessDenied`.
    pub(crate) fn permit(
        self,
        context: &Context,
        at: &Versions<'_>,
        version: Option<&str>,
    ) -> Result<(), Fault> {
        self.permit_if(context, at, version, &|_| None)
    }

    /// The same with condition keys of the request beside those of the object.
    fn permit_if(
        self,
        context: &Context,
        at: &Versions<'_>,
        version: Option<&str>,
        conditions: Conditions<'_>,
    ) -> Result<(), Fault> {
        let name = if version.is_some() { self.on_version } else { self.on_object };
        let asked = |key: &str| conditions(key).or_else(|| condition::of_existing(context, at, version, key));
        context.permit_if(&api::FACTS, name, &|| vec![at.arn()], &asked)
    }
}

/// An object in one of its versions.
pub(crate) struct Existing<'a> {
    pub(crate) bucket: Arc<Bucket>,
    key: &'a str,
    /// Without its content.
    pub(crate) version: Version,
    pub(crate) content: Content,
}

impl<'a> Existing<'a> {
    /// The version that an input names, or else the newest, for whoever may.
    ///
    /// # Errors
    /// When there is none, or it is a delete marker.
    pub(crate) fn of(
        reads: &impl Reads,
        context: &Context,
        input: &'a impl OfObject,
        action: Action,
    ) -> Result<Self> {
        Self::of_if(reads, context, input, action, &|_| None)
    }

    /// The same for a request that has condition keys of its own.
    pub(crate) fn of_if(
        reads: &impl Reads,
        context: &Context,
        input: &'a impl OfObject,
        action: Action,
        conditions: Conditions<'_>,
    ) -> Result<Self> {
        let bucket = Bucket::of(reads, context, input)?;
        let at = Versions { bucket: &bucket, key: input.key() };
        action.permit_if(context, &at, input.version_id(), conditions)?;
        let mut version = get::of_reader(reads, &at, input.version_id())?;
        let Some(content) = version.content.take() else {
            return Err(get::deleted(&at, &version, input.version_id()).into());
        };
        Ok(Existing { key: input.key(), version, content, bucket })
    }

    /// Where it stands.
    pub(crate) fn at(&self) -> Versions<'_> {
        Versions { bucket: &self.bucket, key: self.key }
    }

    /// Its id, where the bucket has versions.
    pub(crate) fn version_id(&self) -> Option<String> {
        self.bucket.has_versions().then(|| self.version.id_text())
    }

    /// Writes it anew with what a client has changed about it, which its replicas follow, and gives the whole version.
    pub(crate) fn put(&self, tx: &mut Tx<'_>) -> Result<Version> {
        let mut version = self.whole();
        replication::changed(tx, &self.at(), &mut version)?;
        self.at().rewrite(tx, &version)?;
        Ok(version)
    }

    /// The same for what replicas do not follow.
    pub(crate) fn put_here(&self, tx: &mut Tx<'_>) -> Result<Version> {
        let version = self.whole();
        self.at().rewrite(tx, &version)?;
        Ok(version)
    }

    fn whole(&self) -> Version {
        Version { content: Some(self.content.clone()), ..self.version.clone() }
    }
}
