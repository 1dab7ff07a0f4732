//! Documents that are read.

use serde_json::json;

use super::*;
use crate::export;

fn taken(source: &Value) -> Result<Definition> {
    let (random, warnings) = (Random::seeded(1), Vec::new());
    let definition = Definition::default();
    let mut import =
        Import { source, definition, warnings, random: &random, base: String::new(), api_id: "a".into() };
    import.take()?;
    Ok(import.definition)
}

/// Something of everything that an import reads.
fn rich(version: &str) -> Value {
    let integration = json!({
        "type": "aws", "httpMethod": "POST", "uri": "arn:aws:apigateway:us-east-1:sqs:path/1/q",
        "credentials": "arn:aws:iam::1:role/r", "passthroughBehavior": "never", "contentHandling": "CONVERT_TO_TEXT",
        "timeoutInMillis": 1000, "cacheKeyParameters": ["method.request.path.id"],
        "requestParameters": { "integration.request.header.h": "method.request.path.id" },
        "requestTemplates": { "application/json": "$x" },
        "responses": { "default": { "statusCode": "200", "responseTemplates": { "application/json": "x" },
            "responseParameters": { "method.response.header.H": "'h'" } }, "5..": { "statusCode": 500 } },
    });
    let operation = json!({
        "operationId": "o", "consumes": ["application/json"], "produces": ["application/json"],
        "x-amazon-apigateway-request-validator": "v", "security": [{ "door": [] }, { "key": [] }, { "sig": [] }],
        "parameters": [{ "name": "q", "in": "query", "required": true }, { "$ref": "#/parameters/p" },
            { "name": "b", "in": "body", "schema": { "$ref": "#/definitions/M" } }],
        "requestBody": { "content": { "application/json": { "schema": { "$ref": "#/components/schemas/N" } } } },
        "responses": { "200": { "headers": { "H": {} }, "schema": { "type": "string" },
            "content": { "application/json": { "schema": { "type": "array", "items": {} } } } } },
        "x-amazon-apigateway-integration": integration, "x-amazon-apigateway-auth": { "type": "AWS_IAM" },
    });
    let authorizer = json!({ "type": "token", "authorizerResultTtlInSeconds": 5, "authorizerUri":
        "arn:aws:apigateway:us-east-1:lambda:path/2015-03-31/functions/f/invocations" });
    let schemes = json!({
        "door": { "type": "apiKey", "name": "X", "in": "header", "x-amazon-apigateway-authorizer": authorizer },
        "key": { "type": "apiKey", "name": "x-api-key", "in": "header" },
        "sig": { "type": "apiKey", "name": "Authorization", "x-amazon-apigateway-authtype": "awsSigv4" },
    });
    json!({
        version: if version == "swagger" { "2.0" } else { "3.0.1" }, "info": { "title": "t", "description": "d", "version": "1" },
        "parameters": { "p": { "name": "id", "in": "path", "required": true } },
        "definitions": { "M": { "type": "object", "properties": { "m": { "$ref": "#/definitions/M" } } } },
        "components": { "schemas": { "N": { "type": "object", "description": "n" } }, "securitySchemes": schemes.clone() },
        "securityDefinitions": schemes, "security": [{ "key": [] }],
        "paths": { "/a/{id}": { "parameters": [{ "name": "z", "in": "header" }], "get": operation,
            "x-amazon-apigateway-any-method": {} } },
        "x-amazon-apigateway-request-validators": { "v": { "validateRequestBody": true } },
        "x-amazon-apigateway-gateway-responses": { "DEFAULT_4XX": { "statusCode": 418,
            "responseParameters": { "gatewayresponse.header.H": "'h'" }, "responseTemplates": { "a/b": "c" } } },
        "x-amazon-apigateway-binary-media-types": ["a/b"], "x-amazon-apigateway-minimum-compression-size": 5,
        "x-amazon-apigateway-api-key-source": "header", "x-amazon-apigateway-policy": { "Version": "2012-10-17" },
        "x-amazon-apigateway-endpoint-configuration": { "disableExecuteApiEndpoint": true },
    })
}

#[test]
fn whatever_stands_anywhere_is_taken_or_refused() {
    for version in ["swagger", "openapi"] {
        let document = rich(version);
        assert!(taken(&document).is_ok_and(|definition| definition.methods().count() == 2));
        for (which, changed) in openapi::with_something_odd(&document) {
            if let Ok(definition) = taken(&changed) {
                let written = export::whole(&definition);
                assert!(taken(&written).is_ok(), "{which}: {written}");
            }
        }
    }
}
