//! Where a regional resource lives. Says nothing of who may see it.

use serde::{Deserialize, Serialize};

use crate::{Account, Region};

/// An account and a region: resources of one scope never see those of another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Scope {
    /// The account that owns the resource.
    pub account: Account,
    /// The region that holds it.
    pub region: Region,
}

impl Scope {
    /// The scope of this account in this region.
    pub const fn new(account: Account, region: Region) -> Self {
        Self { account, region }
    }
}
