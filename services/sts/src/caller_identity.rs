//! Says who calls, and whose an access key is.

use api_sts as api;
use names::{Account, ids};
use service::{Credential, Result, View};
use wire::Fault;

pub(crate) fn get(view: &View<'_>, _: &api::GetCallerIdentityInput) -> Result<api::GetCallerIdentityOutput> {
    let caller = &view.context.caller;
    Ok(api::GetCallerIdentityOutput {
        user_id: Some(caller.principal.id.clone()),
        account: Some(caller.scope.account.to_string()),
        arn: Some(caller.principal.arn.to_string()),
    })
}

pub(crate) fn key_info(
    view: &View<'_>,
    input: &api::GetAccessKeyInfoInput,
) -> Result<api::GetAccessKeyInfoOutput> {
    let id = &input.access_key_id;
    let stored = Credential::find(&**view, id)?.map(|credential| credential.account);
    let named = || id.parse::<Account>().ok().or_else(|| ids::account_of_access_key_id(id));
    let account = stored.or_else(named).ok_or_else(|| {
        Fault::new("ValidationError", 400, format!("Access key {id} is not a valid access key identifier."))
    })?;
    Ok(api::GetAccessKeyInfoOutput { account: Some(account.to_string()) })
}
