//! What environments have of their functions: a session of the role, and variables.

use std::collections::BTreeMap;

use names::{Arn, ids};
use service::{Context, Credential, PrincipalKind, PrincipalRecord};

use crate::function::Function;

/// How long the credentials of an environment hold.
const CREDENTIALS_MS: i64 = 12 * 3_600_000;

/// A placeholder has no id of its own.
pub(crate) fn of_role(context: &Context, function: &Function, role_id: Option<String>) -> Credential {
    let random = context.random();
    let account = function.scope.account;
    let role_id = role_id.unwrap_or_else(|| ids::unique_id(ids::Kind::Role, random.bytes()));
    let role = function.role.rsplit('/').next().unwrap_or_default();
    let session = format_args!("assumed-role/{role}/{}", function.name);
    Credential {
        access_key_id: ids::temporary_access_key_id(account, random.bytes()),
        secret_access_key: ids::secret_access_key(random.bytes()),
        session_token: Some((0..6).map(|_| ids::secret_access_key(random.bytes())).collect()),
        account,
        principal: PrincipalRecord {
            kind: PrincipalKind::AssumedRole,
            arn: Arn::global("sts", function.scope.region.partition(), &account, session),
            id: format!("{role_id}:{}", function.name),
            role: function.role.parse().ok(),
        },
        expires_ms: Some(context.now().millis() + CREDENTIALS_MS),
        active: true,
    }
}

/// All variables of an environment that are not the runtime's.
pub(crate) fn variables(
    function: &Function,
    credential: Credential,
    endpoint: String,
) -> BTreeMap<String, String> {
    let mut variables = function.environment.clone();
    let own = [
        ("AWS_ACCESS_KEY_ID", credential.access_key_id),
        ("AWS_SECRET_ACCESS_KEY", credential.secret_access_key),
        ("AWS_SESSION_TOKEN", credential.session_token.unwrap_or_default()),
    ];
    variables.extend(own.map(|(name, value)| (name.to_owned(), value)));
    if let Some(levels) = &function.settings.json_levels {
        variables.insert("AWS_LAMBDA_LOG_FORMAT".into(), "JSON".into());
        variables.insert("AWS_LAMBDA_LOG_LEVEL".into(), levels.application.clone());
    }
    // The cloud that runs the function, unless the function says that it wants another one.
    variables.entry("AWS_ENDPOINT_URL".into()).or_insert(endpoint);
    variables
}
