//! A function's role: that it is there, and that Lambda may assume it.
//!
//! Where identities are enforced, both must be so, as in AWS. Where they are open, a role that does not exist is taken for
//! a placeholder, as tests of applications often have one; a role that exists must trust Lambda there too.

use api_iam as iam;
use names::{Account, Arn, Scope};
use percent_encoding::percent_decode_str;
use policy::{Assumption, Document, Kind};
use service::{Context, Result};
use wire::Fault;

use crate::errors;

const SERVICE: &str = "lambda.amazonaws.com";

/// Refuses a role that Lambda could not assume.
pub(crate) async fn check(context: &Context, arn: &str) -> Result<()> {
    let is_enforced = context.cloud.authorizer.is_enforced();
    if is_enforced && account_of(arn) != Some(context.scope().account) {
        let message = "Cross-account pass role is not allowed.";
        return Err(Fault::new("AccessDeniedException", 403, message).into());
    }
    match find(context, arn).await? {
        Some(role) if trusts_lambda(&role) => Ok(()),
        None if !is_enforced => Ok(()),
        _ => Err(errors::invalid("The role defined for the function cannot be assumed by Lambda.").into()),
    }
}

/// The role of that ARN, asked of IAM in Lambda's own name.
pub(crate) async fn find(context: &Context, arn: &str) -> Result<Option<iam::Role>> {
    let Some((account, name)) = account_of(arn).zip(arn.rsplit('/').next()) else { return Ok(None) };
    let as_lambda = context.cloud.context_of("lambda", Scope::new(account, context.scope().region));
    match as_lambda.call::<iam::GetRole>(iam::GetRoleInput { role_name: name.to_owned() }).await {
        Ok(output) => Ok(Some(output.role).filter(|role| role.arn == arn)),
        Err(fault) if fault.status == 404 => Ok(None),
        Err(fault) => Err(fault.into()),
    }
}

fn account_of(arn: &str) -> Option<Account> {
    arn.parse::<Arn>().ok().filter(|arn| arn.service() == "iam")?.account()
}

fn trusts_lambda(role: &iam::Role) -> bool {
    let encoded = role.assume_role_policy_document.as_deref().unwrap_or_default();
    let text = percent_decode_str(encoded).decode_utf8_lossy();
    let (action, service) = ("sts:AssumeRole", Some(SERVICE));
    let assumption = Assumption { action, account: "", arn: "", id: "", service, keys: &[] };
    Document::parse(Kind::Trust, &text).is_ok_and(|document| document.lets_assume(&assumption))
}
