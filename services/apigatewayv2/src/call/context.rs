//! `$context`: what mappings and notes know of a request.

use http::header::USER_AGENT;
use time::OffsetDateTime;
use time::macros::format_description;

use super::Call;

impl Call<'_> {
    /// The variable of that name; none where it has no value here.
    pub(super) fn context(&self, name: &str) -> Option<String> {
        let visit = self.visit;
        let some = |text: &str| Some(text.to_owned()).filter(|text| !text.is_empty());
        match name {
            "accountId" => some(self.plan.scope.account.as_str()),
            "apiId" => some(&self.plan.api),
            "stage" => some(&self.plan.stage.name),
            "requestId" | "extendedRequestId" => some(&visit.request_id),
            "httpMethod" => some(visit.method.as_str()),
            "path" => Some(self.place(&self.pass, "2.0").path),
            "protocol" => some("HTTP/1.1"),
            "routeKey" | "resourcePath" => self.route.map(|route| route.document.key.clone()),
            "domainName" => visit.host.split(':').next().and_then(some),
            "domainPrefix" => visit.host.split(['.', ':']).next().and_then(some),
            "customDomain.basePathMatched" => {
                self.base.as_deref().map(|base| base.trim_start_matches('/')).and_then(some)
            }
            "requestTime" => self.time(),
            "requestTimeEpoch" => Some((self.at_ms).to_string()),
            "identity.sourceIp" => Some(visit.source_ip.to_string()),
            "identity.userAgent" => visit.headers.get(USER_AGENT)?.to_str().ok().map(str::to_owned),
            "error.message"
            | "error.messageString"
            | "integrationErrorMessage"
            | "integration.error"
            | "authorizer.error" => self.error.clone(),
            "integrationLatency" | "integration.latency" => self.integration_ms.map(|ms| ms.to_string()),
            "integrationStatus" | "integration.integrationStatus" | "integration.status" => {
                self.integration_status.map(|status| status.to_string())
            }
            "integration.requestId" => self.integration_status.and(some(&visit.request_id)),
            _ => self.of_identity(name),
        }
    }

    fn of_identity(&self, name: &str) -> Option<String> {
        if let Some(name) = name.strip_prefix("authorizer.") {
            return self.pass.value(name);
        }
        let signer = self.pass.signer()?;
        match name.strip_prefix("identity.")? {
            "accountId" => Some(signer.arn.account_text().to_owned()),
            "caller" | "user" => Some(signer.id.clone()),
            "userArn" => Some(signer.arn.as_str().to_owned()),
            "accessKey" => signer.access_key_id.as_ref().map(ToString::to_string),
            _ => None,
        }
    }

    /// `12/Mar/2020:19:03:58 +0000`.
    fn time(&self) -> Option<String> {
        let format = format_description!("[day]/[month repr:short]/[year]:[hour]:[minute]:[second] +0000");
        OffsetDateTime::from_unix_timestamp(self.at_ms.div_euclid(1000)).ok()?.format(format).ok()
    }

    /// A text with what stands for `${stageVariables.name}`.
    pub(super) fn with_stage_variables(&self, text: &str) -> String {
        let variables = self.plan.stage.stage_variables.iter();
        variables.fold(text.to_owned(), |text, (name, value)| {
            text.replace(&format!("${{stageVariables.{name}}}"), value)
        })
    }

    /// The variables of the path, still encoded.
    pub(super) fn variables_as_sent(&self) -> std::collections::BTreeMap<String, String> {
        let key = self.route.map(|route| route.document.key.as_str()).unwrap_or_default();
        crate::pattern::variables_as_sent(key, &self.path)
    }
}
