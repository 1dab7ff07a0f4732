//! A request on its way through an API: what templates, mappings and functions may know of it.

use std::collections::BTreeMap;
use std::sync::{Arc, OnceLock};

use ::service::{Cloud, Principal, Visit};
use api_apigateway as api;
use bytes::Bytes;
use http::HeaderMap;
use names::Scope;
use serde_json::{Map, Value, json};
use time::OffsetDateTime;
use time::macros::format_description;

use super::compiled::{Compiled, Method, Place};
use super::notes::Notes;

/// A request that has found its API and its stage.
pub(crate) struct Call {
    pub(crate) cloud: Arc<Cloud>,
    pub(crate) scope: Scope,
    pub(crate) api_id: String,
    pub(crate) api: Arc<Compiled>,
    pub(crate) stage: Arc<api::Stage>,
    /// What the stage sets for the method.
    pub(crate) settings: api::MethodSetting,
    pub(crate) deployment: String,
    pub(crate) is_canary: bool,
    /// Those of the stage, with what a canary has in their place.
    pub(crate) stage_variables: Vec<(String, String)>,
    pub(crate) target: Option<Target>,
    pub(crate) visit: Visit,
    /// Its headers with what a proxy says of the client, once somebody asked for them.
    pub(crate) forwarded: OnceLock<HeaderMap>,
    /// Behind the stage, as it came.
    pub(crate) path: String,
    /// What a domain of the user's own has taken off before it: `/v1`, or nothing.
    pub(crate) base: String,
    /// As the client asked for it.
    pub(crate) full_path: String,
    pub(crate) query: Vec<(String, String)>,
    pub(crate) extended_id: String,
    pub(crate) at_ms: i64,
    pub(crate) identity: Identity,
    pub(crate) notes: Notes,
}

/// The resource and the method that a request means.
#[derive(Clone)]
pub(crate) struct Target {
    pub(crate) place: Arc<Place>,
    pub(crate) method: Arc<Method>,
    pub(crate) variables: Vec<(String, String)>,
}

/// Who sent a request, as far as somebody asked.
#[derive(Default)]
pub(crate) struct Identity {
    pub(crate) signer: Option<Arc<Principal>>,
    /// The key, and its id.
    pub(crate) api_key: Option<(String, Option<String>)>,
    /// `$context.authorizer`.
    pub(crate) authorizer: Option<Map<String, Value>>,
}

/// The members of `$context`, in the order in which it is shown whole.
const CONTEXT: [&str; 18] = [
    "accountId",
    "apiId",
    "deploymentId",
    "domainName",
    "domainPrefix",
    "extendedRequestId",
    "httpMethod",
    "identity",
    "path",
    "protocol",
    "requestId",
    "requestTime",
    "requestTimeEpoch",
    "resourceId",
    "resourcePath",
    "stage",
    "authorizer",
    "isCanaryRequest",
];

impl Call {
    /// The last value of a header, which is also the one that functions see.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        last(self.headers_with(name), name)
    }

    /// All headers, with what a proxy says of the client.
    pub(crate) fn all_headers(&self) -> &HeaderMap {
        self.forwarded.get_or_init(|| self.visit.forwarded(self.at_ms))
    }

    /// Headers in which those of that name are: what a proxy says is made only for who asks for it.
    pub(crate) fn headers_with(&self, name: &str) -> &HeaderMap {
        if Visit::is_added(name) { self.all_headers() } else { &self.visit.headers }
    }

    /// The method of the API that serves it.
    pub(crate) fn method(&self) -> Option<&Method> {
        self.target.as_ref().map(|target| &*target.method)
    }

    /// The path of its resource: `/trips/{id}`.
    pub(crate) fn resource_path(&self) -> &str {
        self.target.as_ref().map_or("", |target| &target.place.path)
    }

    pub(crate) fn stage_name(&self) -> &str {
        self.stage.stage_name.as_deref().unwrap_or_default()
    }

    pub(crate) fn variables(&self) -> &[(String, String)] {
        self.target.as_ref().map_or(&[], |target| &target.variables)
    }

    /// Headers as pairs, by the names that they came with.
    pub(crate) fn headers(&self) -> Vec<(String, String)> {
        pairs(self.all_headers())
    }

    /// The domain by which the client came.
    pub(crate) fn domain(&self) -> &str {
        self.visit.host.split(':').next().unwrap_or_default()
    }

    /// The value of a variable of the stage.
    pub(crate) fn stage_variable(&self, name: &str) -> Option<&str> {
        let found = self.stage_variables.iter().find(|(known, _)| known == name);
        found.map(|(_, value)| value.as_str())
    }

    /// `arn:aws:execute-api:region:account:api/stage/GET/path`.
    pub(crate) fn arn(&self) -> String {
        let Scope { account, region } = &self.scope;
        let partition = region.partition();
        let (api, stage, verb) = (&self.api_id, self.stage_name(), &self.visit.method);
        let path = in_arn(&self.path);
        format!("arn:{partition}:execute-api:{region}:{account}:{api}/{stage}/{verb}/{path}")
    }

    /// `$context`, whole.
    pub(crate) fn context(&self) -> Value {
        self.context_of(|_| true)
    }

    /// The members of `$context` that somebody looks at, and that there are.
    pub(crate) fn context_of(&self, is_wanted: impl Fn(&str) -> bool) -> Value {
        let wanted = CONTEXT.iter().filter(|name| is_wanted(name));
        let members = wanted.filter_map(|name| Some(((*name).to_owned(), self.context_member(name)?)));
        Value::Object(members.collect())
    }

    /// A member of `$context`.
    pub(crate) fn context_member(&self, name: &str) -> Option<Value> {
        let place = self.target.as_ref().map(|target| &*target.place);
        Some(match name {
            "accountId" => json!(self.scope.account.as_str()),
            "apiId" => json!(self.api_id),
            "authorizer" => Value::Object(self.identity.authorizer.clone()?),
            "deploymentId" => json!(self.deployment),
            "domainName" => json!(self.domain()),
            "domainPrefix" => json!(self.domain().split('.').next()),
            "extendedRequestId" => json!(self.extended_id),
            "httpMethod" => json!(self.visit.method.as_str()),
            "identity" => self.identity(),
            "isCanaryRequest" => self.is_canary.then_some(Value::Bool(true))?,
            "path" => json!(self.full_path),
            "protocol" => json!("HTTP/1.1"),
            "requestId" => json!(&*self.visit.request_id),
            "requestTime" => json!(self.time()),
            "requestTimeEpoch" => json!(self.at_ms),
            "resourceId" => json!(place.map(|place| place.id.as_str())),
            "resourcePath" => json!(place.map(|place| place.path.as_str())),
            "stage" => json!(self.stage_name()),
            _ => return None,
        })
    }

    /// `$context.identity`.
    pub(crate) fn identity(&self) -> Value {
        let signer = self.identity.signer.as_deref();
        let mut identity = json!({
            "cognitoIdentityPoolId": null,
            "accountId": signer.map(|signer| signer.arn.account_text()),
            "cognitoIdentityId": null,
            "caller": signer.map(|signer| signer.id.as_str()),
            "sourceIp": self.visit.source_ip.to_string(),
            "principalOrgId": null,
            "accessKey": signer.and_then(|signer| signer.access_key_id.as_deref()),
            "cognitoAuthenticationType": null,
            "cognitoAuthenticationProvider": null,
            "userArn": signer.map(|signer| signer.arn.as_str()),
            "userAgent": self.header("user-agent"),
            "user": signer.map(|signer| signer.id.as_str()),
        });
        if let Some((key, id)) = &self.identity.api_key {
            identity["apiKey"] = json!(key);
            identity["apiKeyId"] = json!(id);
        }
        identity
    }

    /// `09/Apr/2015:12:34:56 +0000`.
    fn time(&self) -> String {
        let format = format_description!(
            "[day]/[month repr:short]/[year]:[hour]:[minute]:[second] [offset_hour sign:mandatory][offset_minute]"
        );
        let at = OffsetDateTime::from_unix_timestamp(self.at_ms / 1000).ok();
        at.and_then(|at| at.format(&format).ok()).unwrap_or_default()
    }

    /// The event of a function behind a proxy integration, in the payload format 1.0 as REST APIs have it.
    pub(crate) fn event(&self, body: &Bytes) -> Value {
        let content_type = self.header("content-type").unwrap_or_default();
        let is_binary = self.api.is_binary(content_type) || std::str::from_utf8(body).is_err();
        let text = match (body.is_empty(), is_binary) {
            (true, _) => None,
            (false, true) => Some(super::content::base64(body)),
            (false, false) => Some(String::from_utf8_lossy(body).into_owned()),
        };
        let headers = self.headers();
        let variables: BTreeMap<&str, &str> = named(&self.stage_variables);
        json!({
            "resource": self.resource_path(),
            "path": format!("{}{}", self.base, self.path),
            "httpMethod": self.visit.method.as_str(),
            "headers": some(named(&headers)),
            "multiValueHeaders": some(listed(&headers)),
            "queryStringParameters": some(named(&self.query)),
            "multiValueQueryStringParameters": some(listed(&self.query)),
            "pathParameters": some(named(self.variables())),
            "stageVariables": some(variables),
            "requestContext": self.context(),
            "body": text,
            "isBase64Encoded": !body.is_empty() && is_binary,
        })
    }
}

/// The last value of a header, if it is a text.
pub(crate) fn last<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    let value = headers.get_all(name).iter().next_back()?;
    std::str::from_utf8(value.as_bytes()).ok()
}

/// A path as policies name it: a slash at the end leads to the same method, and must not lead past what denies it.
fn in_arn(path: &str) -> &str {
    let path = path.trim_start_matches('/');
    path.strip_suffix('/').unwrap_or(path)
}

/// Headers as pairs.
pub(crate) fn pairs(headers: &HeaderMap) -> Vec<(String, String)> {
    let pair = |(name, value): (&http::HeaderName, &http::HeaderValue)| {
        (name.as_str().to_owned(), String::from_utf8_lossy(value.as_bytes()).into_owned())
    };
    headers.iter().map(pair).collect()
}

/// The last value of each name.
pub(crate) fn named(pairs: &[(String, String)]) -> BTreeMap<&str, &str> {
    pairs.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect()
}

/// All values of each name.
pub(crate) fn listed(pairs: &[(String, String)]) -> BTreeMap<&str, Vec<&str>> {
    let mut all = BTreeMap::<&str, Vec<&str>>::new();
    for (name, value) in pairs {
        all.entry(name).or_default().push(value);
    }
    all
}

/// Nothing where there is nothing.
fn some<V>(map: BTreeMap<&str, V>) -> Option<BTreeMap<&str, V>> {
    (!map.is_empty()).then_some(map)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slash_at_the_end_names_the_same_method() {
        for (path, wanted) in
            [("/admin", "admin"), ("/admin/", "admin"), ("/", ""), ("", ""), ("/a//b/", "a//b")]
        {
            assert_eq!(in_arn(path), wanted, "{path}");
        }
    }

    #[test]
    fn what_is_looked_at_is_what_functions_see() {
        let mut headers = HeaderMap::new();
        headers.append("token", "first".parse().unwrap());
        headers.append("token", "sécond".parse().unwrap());
        let pairs = pairs(&headers);
        assert_eq!(last(&headers, "token"), Some("sécond"));
        assert_eq!(last(&headers, "token"), named(&pairs).get("token").copied());
        assert_eq!(last(&headers, "none"), None);
    }
}
