//! Documents that are read, and written again.

use names::{Account, Scope};

use super::*;
use crate::export;

const FUNCTION: &str = "arn:aws:lambda:us-east-1:000000000000:function:f";

fn taken_from(source: &Value) -> Result<(Api, Said)> {
    taken(&Random::seeded(1), api_of(source)?, source, None, false)
}

fn api_of(source: &Value) -> Result<Api> {
    Ok(Api {
        scope: Scope::new(Account::ZERO, "us-east-1".parse().unwrap()),
        id: "a".into(),
        protocol: "HTTP".into(),
        created_ms: 0,
        document: json!(facts(source)?).to_string(),
        parts: BTreeMap::new(),
        stages: BTreeMap::new(),
        deployments: BTreeMap::new(),
        live: None,
    })
}

/// Something of everything that an import reads.
fn rich() -> Value {
    let web = json!({
        "type": "http_proxy", "httpMethod": "ANY", "uri": "https://example.com/{id}", "payloadFormatVersion": 1.0,
        "timeoutInMillis": 1000, "connectionType": "INTERNET",
        "requestParameters": { "append:header.h": "$request.path.id" },
        "responseParameters": { "200": { "overwrite:statuscode": "201" } },
    });
    let action = json!({
        "type": "AWS_PROXY", "integrationSubtype": "SQS-SendMessage", "credentials": "arn:aws:iam::000000000000:role/r",
        "payloadFormatVersion": "1.0", "requestParameters": { "QueueUrl": "u", "MessageBody": "$request.body" },
    });
    json!({
        "openapi": "3.0.1", "info": { "title": "t", "description": "d", "version": "1" },
        "paths": {
            "/$default": { "x-amazon-apigateway-any-method": { "isDefaultRoute": true,
                "x-amazon-apigateway-integration": { "$ref": "#/components/x-amazon-apigateway-integrations/f" } } },
            "/a/{id}": {
                "parameters": [{ "name": "id", "in": "path", "required": true }],
                "get": { "operationId": "o", "security": [{ "tokens": ["r"] }], "x-amazon-apigateway-integration": web,
                    "requestBody": {}, "responses": { "200": { "description": "d" } } },
                "post": { "security": [{ "door": [] }], "x-amazon-apigateway-integration": action },
                "put": { "x-amazon-apigateway-auth": { "type": "AWS_IAM" },
                    "x-amazon-apigateway-integration": { "$ref": "#/components/x-amazon-apigateway-integrations/f" } },
            },
        },
        "components": {
            "schemas": { "M": { "type": "object" } },
            "securitySchemes": {
                "tokens": { "type": "oauth2", "x-amazon-apigateway-authorizer": { "type": "jwt",
                    "jwtConfiguration": { "issuer": "https://i", "audience": ["a"] },
                    "identitySource": "$request.header.Authorization" } },
                "door": { "type": "apiKey", "name": "X", "in": "header", "x-amazon-apigateway-authorizer": {
                    "type": "request", "authorizerUri": FUNCTION, "authorizerPayloadFormatVersion": 2.0,
                    "identitySource": "$request.header.X, $context.stage", "enableSimpleResponses": true,
                    "authorizerResultTtlInSeconds": 5 } },
            },
            "x-amazon-apigateway-integrations": { "f": { "type": "AWS_PROXY", "httpMethod": "POST",
                "uri": FUNCTION, "payloadFormatVersion": "2.0" } },
        },
        "x-amazon-apigateway-cors": { "allowOrigins": ["*"], "maxAge": 5 },
        "x-amazon-apigateway-endpoint-configuration": { "disableExecuteApiEndpoint": true },
        "x-amazon-apigateway-importexport-version": "1.0",
    })
}

#[test]
fn what_a_document_says_is_there() {
    let (api, said) = taken_from(&rich()).unwrap();
    assert!(said.warnings.is_empty(), "{:?}", said.warnings);
    assert_eq!(said.info.len(), 2, "a body, and models: {:?}", said.info);
    let of = |folder: &str| {
        api.parts_in(folder).map(|(_, text)| documents::read(text).unwrap()).collect::<Vec<_>>()
    };
    assert_eq!(of("integrations").len(), 3, "two routes share one");
    let keys: BTreeSet<_> =
        of("routes").iter().map(|route| route["routeKey"].as_str().unwrap().to_owned()).collect();
    assert_eq!(keys, ["$default", "GET /a/{id}", "POST /a/{id}", "PUT /a/{id}"].map(str::to_owned).into());
    let sources =
        of("authorizers").into_iter().find(|one| one["name"] == "door").unwrap()["identitySource"].clone();
    assert_eq!(sources, json!(["$request.header.X", "$context.stage"]));
}

#[test]
fn an_issuer_is_known_by_its_discovery_document() {
    let mut source = rich();
    source["components"]["securitySchemes"]["tokens"] = json!({
        "type": "openIdConnect", "openIdConnectUrl": "https://j/.well-known/openid-configuration",
        "x-amazon-apigateway-authorizer": { "type": "jwt", "jwtConfiguration": { "audience": ["a"] },
            "identitySource": "$request.header.Authorization" },
    });
    let (api, _) = taken_from(&source).unwrap();
    let issuer = api.parts_in("authorizers").find_map(|(_, text)| {
        documents::read(text).unwrap().get("jwtConfiguration").map(|said| said["issuer"].clone())
    });
    assert_eq!(issuer, Some(json!("https://j")));
}

#[test]
fn what_cannot_be_is_refused_or_warned_of() {
    let with = |place: &str, value: Value| {
        let mut source = rich();
        *source.pointer_mut(place).unwrap() = value;
        taken_from(&source)
    };
    let get = "/paths/~1a~1{id}/get";
    let twice = with(&format!("{get}/security"), json!([{ "tokens": [] }, { "door": [] }]));
    assert!(twice.is_err_and(|error| error.to_string().contains("Multiple security requirements")));
    assert!(with(&format!("{get}/x-amazon-apigateway-integration/uri"), json!("ftp://a")).is_err());
    assert!(with(&format!("{get}/x-amazon-apigateway-integration/timeoutInMillis"), json!("x")).is_err());
    let (api, said) =
        with(&format!("{get}/x-amazon-apigateway-integration/type"), json!("mock")).ok().unwrap();
    assert_eq!(
        said.warnings,
        ["Integration type MOCK of GET /a/{id} is not supported for HTTP APIs. Ignoring."]
    );
    assert_eq!(api.parts_in("routes").count(), 4, "the route is there, and nothing behind it");
}

#[test]
fn the_root_behind_a_base_is_the_base() {
    let source = json!({
        "openapi": "3.0.1", "info": { "title": "t", "version": "1" }, "servers": [{ "url": "https://x/v1" }],
        "paths": { "/": { "get": {} }, "/a": { "get": {} } },
    });
    let keys_of = |how: Option<&str>| {
        let (api, _) = taken(&Random::seeded(1), api_of(&source).unwrap(), &source, how, false).unwrap();
        let routes = api.parts_in("routes").map(|(_, text)| documents::read(text).unwrap());
        routes.map(|route| route["routeKey"].as_str().unwrap().to_owned()).collect::<BTreeSet<_>>()
    };
    assert_eq!(keys_of(None), ["GET /", "GET /a"].map(str::to_owned).into());
    assert_eq!(keys_of(Some("prepend")), ["GET /v1", "GET /v1/a"].map(str::to_owned).into());
}

/// What is taken is written, read again, and then written as the same.
#[test]
fn whatever_stands_anywhere_is_taken_or_refused() {
    for (which, changed) in openapi::with_something_odd(&rich()) {
        if let Ok((api, _)) = taken_from(&changed) {
            let written = export::whole(&api);
            let again = taken_from(&written).map(|(api, _)| export::whole(&api));
            assert!(again.is_ok_and(|again| again == written), "{which}: {written}");
        }
    }
}
