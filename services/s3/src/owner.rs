//! Accounts as S3 calls them: canonical users.

use std::cell::RefCell;

use api_s3 as api;
use checksums::Algorithm;
use names::Account;
use service::{Caller, PrincipalKind};

/// The canonical user id of an account: 64 hexadecimal digits, always the same ones.
pub(crate) fn canonical_id(account: Account) -> String {
    LAST.with_borrow_mut(|last| match last {
        Some((known, id)) if *known == account => id.clone(),
        _ => {
            let id = hex::encode(Algorithm::Sha256.of(format!("canonical user of {account}").as_bytes()));
            last.insert((account, id)).1.clone()
        }
    })
}

thread_local! {
    /// The account that was asked for last: nearly every request asks, and most are one account's.
    static LAST: RefCell<Option<(Account, String)>> = const { RefCell::new(None) };
}

/// Who wrote without saying who they are, as S3 calls them.
const ANONYMOUS: &str = "65a011a29cdf8ec533ec3d1ccaae921c";

/// Whether somebody may be called so.
pub(crate) fn is_id(id: &str) -> bool {
    id == ANONYMOUS || (id.len() == 64 && id.bytes().all(|byte| byte.is_ascii_hexdigit()))
}

/// Who calls, as S3 calls them; nothing for services, which act for others.
pub(crate) fn of_caller(caller: &Caller) -> Option<String> {
    match caller.principal.kind {
        PrincipalKind::Anonymous => Some(ANONYMOUS.to_owned()),
        PrincipalKind::Service => None,
        PrincipalKind::Root | PrincipalKind::User | PrincipalKind::AssumedRole => {
            Some(canonical_id(caller.scope.account))
        }
    }
}

/// The account as the owner of something. Display names are no longer told.
pub(crate) fn shown(account: Account) -> api::Owner {
    api::Owner { display_name: None, id: Some(canonical_id(account)) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_account_is_one_user() {
        let id = canonical_id(Account::ZERO);
        assert_eq!((id.len(), &id), (64, &canonical_id(Account::ZERO)));
        assert_ne!(id, canonical_id("123456789012".parse().unwrap()));
    }
}
