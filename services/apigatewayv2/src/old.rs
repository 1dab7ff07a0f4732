//! What an earlier program stored of an API, and how it becomes what is stored now.

use std::collections::BTreeMap;

use names::Scope;
use serde::{Deserialize, Serialize};
use serde_json::json;
use store::{Direction, Error, Reads as _, Store, record};

use crate::api::{Api, Live};
use crate::{documents, keys};

/// An HTTP API with all that belongs to it, by id or name.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct HttpApi {
    pub(crate) scope: Scope,
    pub(crate) id: String,
    name: String,
    description: Option<String>,
    version: Option<String>,
    created_ms: i64,
    integrations: BTreeMap<String, Integration>,
    routes: BTreeMap<String, Route>,
    stages: BTreeMap<String, Stage>,
}

#[cfg(test)]
layouts::stays!(stored_http_api: HttpApi);

/// A Lambda function behind routes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Integration {
    uri: String,
    description: Option<String>,
    payload_format: String,
    timeout_ms: i32,
}

/// A route key and where it leads.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Route {
    key: String,
    integration: Option<String>,
    operation_name: Option<String>,
}

/// A stage; every change of the API is in it at once.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Stage {
    description: Option<String>,
    variables: BTreeMap<String, String>,
    created_ms: i64,
}

/// Brings the APIs of an earlier program to where they stand now. One that is there twice was brought already.
pub(crate) fn upgrade(store: &Store) -> Result<(), Error> {
    let snapshot = store.snapshot();
    for entry in snapshot.scan(keys::old_apis().prefix_range(), Direction::Forward) {
        let (key, value) = entry?;
        let old: HttpApi = record::decode(&value)?;
        store.transact_now::<_, Error>(|tx| {
            tx.delete(key.to_vec());
            tx.put_record(keys::api(&old.id), &old.renewed())
        })?;
    }
    Ok(())
}

impl HttpApi {
    fn renewed(&self) -> Api {
        let mut api = Api {
            scope: self.scope,
            id: self.id.clone(),
            protocol: "HTTP".into(),
            created_ms: self.created_ms,
            document: document(json!({
                "name": self.name, "description": self.description, "version": self.version, "protocolType": "HTTP",
                "routeSelectionExpression": crate::apis::ROUTE_SELECTION, "disableExecuteApiEndpoint": false,
            })),
            parts: self.integrations.iter().map(|(id, integration)| integration.renewed(id)).collect(),
            stages: BTreeMap::new(),
            deployments: BTreeMap::new(),
            // Its id is made of the API's, so that an upgrade that runs twice makes the same.
            live: Some(Live { id: format!("{}0", self.id), is_kept: false }),
        };
        api.parts.extend(self.routes.iter().map(|(id, route)| route.renewed(id)));
        let deployment = format!("{}0", self.id);
        let created = documents::moment(self.created_ms);
        api.stages.extend(self.stages.iter().map(|(name, stage)| {
            let created = documents::moment(stage.created_ms);
            let shown = json!({
                "stageName": name, "description": stage.description, "stageVariables": stage.variables,
                "createdDate": created, "lastUpdatedDate": created, "autoDeploy": true, "deploymentId": deployment,
                "defaultRouteSettings": { "detailedMetricsEnabled": false }, "routeSettings": {},
            });
            (name.clone(), document(shown))
        }));
        let shown = json!({
            "deploymentId": deployment, "autoDeployed": true, "createdDate": created, "deploymentStatus": "DEPLOYED",
        });
        api.deployments.insert(deployment, document(shown));
        api
    }
}

impl Integration {
    fn renewed(&self, id: &str) -> (String, String) {
        let shown = json!({
            "integrationId": id, "integrationType": "AWS_PROXY", "integrationUri": self.uri,
            "integrationMethod": "POST", "connectionType": "INTERNET", "description": self.description,
            "payloadFormatVersion": self.payload_format, "timeoutInMillis": self.timeout_ms,
        });
        (format!("integrations/{id}"), document(shown))
    }
}

impl Route {
    fn renewed(&self, id: &str) -> (String, String) {
        let target = self.integration.as_ref().map(|id| format!("integrations/{id}"));
        let shown = json!({
            "routeId": id, "routeKey": self.key, "target": target, "operationName": self.operation_name,
            "authorizationType": "NONE", "apiKeyRequired": false,
        });
        (format!("routes/{id}"), document(shown))
    }
}

/// Without what it does not have.
fn document(mut shown: serde_json::Value) -> String {
    if let Some(members) = shown.as_object_mut() {
        members.retain(|_, value| !value.is_null());
    }
    shown.to_string()
}

#[cfg(test)]
mod tests {
    use names::Account;
    use store::Options;

    use super::*;
    use crate::call::Plans;

    #[test]
    fn apis_of_earlier_programs_go_on() {
        let store = Store::open(Options::memory()).unwrap();
        let integration = Integration {
            uri: "arn:f".into(),
            description: None,
            payload_format: "1.0".into(),
            timeout_ms: 50,
        };
        let route = Route { key: "GET /a".into(), integration: Some("i".into()), operation_name: None };
        let stage = Stage { description: None, variables: BTreeMap::new(), created_ms: 1000 };
        let old = HttpApi {
            scope: Scope::new(Account::ZERO, "us-east-1".parse().unwrap()),
            id: "a".into(),
            name: "trips".into(),
            description: None,
            version: None,
            created_ms: 1000,
            integrations: BTreeMap::from([("i".into(), integration)]),
            routes: BTreeMap::from([("r".into(), route)]),
            stages: BTreeMap::from([("$default".into(), stage)]),
        };
        store.transact_now(|tx| tx.put_record(keys::old_apis().str("a"), &old)).unwrap();
        upgrade(&store).unwrap();
        upgrade(&store).unwrap();
        let api = Api::find(&store.snapshot(), &old.scope, "a").unwrap();
        assert_eq!(documents::text(&documents::read(&api.document).unwrap(), "name"), Some("trips"));
        let plans = Plans::made(&store.snapshot(), "a").unwrap();
        let plan = plans.stage("$default").unwrap();
        assert_eq!(plan.router.find("GET", "/a"), Some(0));
        assert_eq!(plan.routes[0].integration.as_ref().unwrap().document.uri, "arn:f");
        assert!(store.snapshot().get(&keys::old_apis().str("a")).unwrap().is_none());
    }
}
