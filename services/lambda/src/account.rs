//! What an account may have in a region, and what it has.

use api_lambda as api;
use service::{Result, View};
use store::{Direction, Reads as _, record};

use crate::function::Function;
use crate::layers::Layer;
use crate::package::UNPACKED_BYTES_MAX;
use crate::{code, concurrency, keys};

/// What all packages may be together (AWS's quota; shown only).
const CODE_BYTES_MAX: i64 = 80_530_636_800;

pub(crate) fn get(
    view: &View<'_>,
    _: &api::GetAccountSettingsInput,
) -> Result<api::GetAccountSettingsOutput> {
    let scope = view.scope();
    let (mut bytes, mut functions) = (0, 0);
    for kind in [keys::functions(&scope), keys::all_versions(&scope)] {
        for entry in view.scan(kind.prefix_range(), Direction::Forward) {
            let function: Function = record::decode(&entry?.1)?;
            functions += i64::from(function.version == 0);
            bytes += function.package.size_bytes as i64;
        }
    }
    for entry in view.scan(keys::layers(&scope).prefix_range(), Direction::Forward) {
        bytes += record::decode::<Layer>(&entry?.1)?.size_bytes() as i64;
    }
    Ok(api::GetAccountSettingsOutput {
        account_limit: Some(api::AccountLimit {
            total_code_size: Some(CODE_BYTES_MAX),
            code_size_unzipped: Some(UNPACKED_BYTES_MAX as i64),
            code_size_zipped: Some(code::DIRECT_BYTES_MAX as i64),
            concurrent_executions: Some(concurrency::ACCOUNT_MAX as i32),
            unreserved_concurrent_executions: Some(concurrency::unreserved(&**view, &scope)? as i32),
        }),
        account_usage: Some(api::AccountUsage {
            total_code_size: Some(bytes),
            function_count: Some(functions),
        }),
    })
}
