//! The form of actions. Which actions a service has is not known here.

use crate::Fault;

/// Checks `service:Action`, either with wildcards, or `*`.
pub(crate) fn check(action: &str) -> Result<(), Fault> {
    if action == "*" {
        return Ok(());
    }
    let (vendor, name) = action.split_once(':').ok_or(Fault::ActionVendorMissing)?;
    if name.contains(':') {
        return Err(Fault::ActionColons);
    }
    let is_vendor = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.');
    let is_known_form = vendor == "*" || (!vendor.is_empty() && vendor.bytes().all(is_vendor));
    if is_known_form { Ok(()) } else { Err(Fault::ActionVendor(vendor.to_owned())) }
}

/// Checks an action of a trust policy.
pub(crate) fn check_trust(action: &str) -> Result<(), Fault> {
    let lower = action.to_ascii_lowercase();
    let name = lower.strip_prefix("sts:").ok_or(Fault::TrustAction)?;
    let is_known = name.contains('*')
        || matches!(
            name,
            "assumerole"
                | "assumerolewithsaml"
                | "assumerolewithwebidentity"
                | "setcontext"
                | "setsourceidentity"
                | "tagsession"
        );
    if is_known { Ok(()) } else { Err(Fault::TrustAction) }
}
