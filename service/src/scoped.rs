//! Keys of what an account has in a region, as all services build them.

use names::Scope;
use store::tuple::{Key, Parts};

/// The key `service, kind, account, region`, behind which the name of something stands.
#[must_use]
pub fn scoped(service: &str, kind: &str, scope: &Scope) -> Key {
    Key::new().str(service).str(kind).str(scope.account.as_str()).str(scope.region.as_str())
}

/// The account and region in such a key, and the name behind them.
///
/// # Errors
/// When the key is another one.
pub fn scope_and_name(key: &[u8]) -> Result<(Scope, String), store::Error> {
    let corrupt = |why: String| store::Error::Corrupt { what: "key", why };
    let mut parts = Parts::new(key);
    parts.str()?;
    parts.str()?;
    let account = parts.str()?.parse().map_err(|why: names::InvalidAccount| corrupt(why.to_string()))?;
    let region = parts.str()?.parse().map_err(|why: names::InvalidRegion| corrupt(why.to_string()))?;
    Ok((Scope::new(account, region), parts.str()?.into_owned()))
}

#[cfg(test)]
mod tests {
    use names::{Account, Region};

    use super::*;

    #[test]
    fn what_is_in_a_key_comes_back() {
        let scope = Scope::new(Account::ZERO, Region::US_EAST_1);
        let key = scoped("sqs", "queue", &scope).str("trips");
        assert_eq!(scope_and_name(&key).unwrap(), (scope, "trips".to_owned()));
        assert!(scope_and_name(&Key::new().str("sqs").str("index").bytes([1])).is_err());
        assert!(scope_and_name(&Key::new().str("a").str("b").str("nobody").str("nowhere").str("x")).is_err());
    }
}
