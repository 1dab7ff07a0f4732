//! Circles of calls, and whether a function may be a part of one.

use api_lambda as api;
use service::{Context, Result, Tx, View};
use store::Reads;
use wire::Fault;

use crate::function::Function;
use crate::lineage::Lineage;
use crate::{concurrency, keys, trace};

const CODE: &str = "RecursiveInvocationException";

/// The trace of a run of a function, unless that is a part of a circle that is to end here.
pub(crate) fn enter(context: &Context, function: &Function) -> Result<String> {
    let arn = function.full_name().arn();
    let lineage = Lineage::after(trace::lineage(context), &arn);
    if lineage.is_circle() && !is_allowed(&*context.view(), function)? {
        tracing::warn!(function = %arn, "a call is dropped: it has gone round in a circle too often");
        return Err(api::error::recursive_invocation_exception(
            "Lambda has detected your function being invoked in a recursive loop with other Amazon Web Services \
             resources and stopped your function's invocation.",
        )
        .into());
    }
    Ok(trace::of_run(context, function.settings.is_traced, &lineage))
}

/// Whether a run failed to begin because it was a part of a circle.
pub(crate) fn is_circle(error: &service::Error) -> bool {
    matches!(error, service::Error::Fault(Fault { code, .. }) if code == CODE)
}

fn is_allowed(reads: &impl Reads, function: &Function) -> Result<bool> {
    let kept: Option<String> = reads.get_record(&keys::recursion(&function.scope, &function.name))?;
    Ok(kept.as_deref() == Some("Allow"))
}

pub(crate) fn put(
    tx: &mut Tx<'_>,
    input: &api::PutFunctionRecursionConfigInput,
) -> Result<api::PutFunctionRecursionConfigOutput> {
    let name = concurrency::function_of(&**tx, &tx.scope(), &input.function_name)?;
    tx.put_record(keys::recursion(&name.scope, &name.name), &input.recursive_loop.to_string())?;
    let recursive_loop = Some(input.recursive_loop.clone());
    Ok(api::PutFunctionRecursionConfigOutput { recursive_loop })
}

pub(crate) fn get(
    view: &View<'_>,
    input: &api::GetFunctionRecursionConfigInput,
) -> Result<api::GetFunctionRecursionConfigOutput> {
    let name = concurrency::function_of(&**view, &view.scope(), &input.function_name)?;
    let kept: Option<String> = view.get_record(&keys::recursion(&name.scope, &name.name))?;
    let recursive_loop = Some(kept.as_deref().unwrap_or("Terminate").into());
    Ok(api::GetFunctionRecursionConfigOutput { recursive_loop })
}
