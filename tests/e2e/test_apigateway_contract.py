"""An API under schemathesis, which is told by the API's own export what to send and what must come back."""

import json
import re
import subprocess
import sys

import pytest
from test_apigateway_import import known

CHECKS = ["not_a_server_error", "status_code_conformance", "content_type_conformance", "response_headers_conformance", "response_schema_conformance"]
TRIP = {
    "type": "object",
    "required": ["to", "seats"],
    "properties": {"to": {"type": "string", "minLength": 1}, "seats": {"type": "integer", "minimum": 1}},
}


def answer(name):
    return {"description": name, "content": {"application/json": {"schema": {"$ref": f"#/components/schemas/{name}"}}}}


def operation(template, *parameters, body=None, **more):
    responses = {"200": answer("Answer"), "400": answer("Error"), "403": answer("Error"), "415": answer("Error")}
    responses["200"]["headers"] = {"X-Method": {"schema": {"type": "string"}}}
    mock = {
        "type": "mock",
        "passthroughBehavior": "never",
        "requestTemplates": {"application/json": '{"statusCode": 200}'},
        "responses": {
            "default": {
                "statusCode": "200",
                "responseParameters": {"method.response.header.X-Method": "context.httpMethod"},
                "responseTemplates": {"application/json": template},
            }
        },
    }
    made = {"parameters": list(parameters), "responses": responses, "x-amazon-apigateway-integration": mock, **more}
    if body:
        made["requestBody"] = {"required": True, "content": {"application/json": {"schema": {"$ref": f"#/components/schemas/{body}"}}}}
    return made


def parameter(name, place, required=True):
    return {"name": name, "in": place, "required": required, "schema": {"type": "string"}}


DESCRIPTION = {
    "openapi": "3.0.1",
    "info": {"title": "Contract", "version": "1"},
    "x-amazon-apigateway-request-validator": "all",
    "x-amazon-apigateway-request-validators": {"all": {"validateRequestBody": True, "validateRequestParameters": True}},
    "paths": {
        "/trips": {
            "get": operation('{"said": "$util.escapeJavaScript($input.params(\'q\')).replaceAll("\\\\\'","\'")"}', parameter("q", "query")),
            "post": operation('{"said": "made"}', body="Trip"),
        },
        "/trips/{id}": {
            "get": operation('{"said": "$context.resourcePath"}', parameter("id", "path"), parameter("X-Trip", "header", False)),
            "delete": operation('{"said": "gone"}', parameter("id", "path")),
        },
    },
    "components": {
        "schemas": {
            "Trip": TRIP,
            "Error": {"type": "object", "required": ["message"], "properties": {"message": {"type": "string", "nullable": True}}},
            "Answer": {"type": "object", "required": ["said"], "properties": {"said": {"type": "string"}}, "additionalProperties": False},
        }
    },
}


@pytest.fixture
def gateway(cloud):
    return cloud.client("apigateway")


def test_every_contract_of_an_export_holds(gateway, cloud, chance, tmp_path):
    api = known(gateway, cloud, gateway.import_rest_api(body=json.dumps(DESCRIPTION), failOnWarnings=True))
    api.deploy()
    export = gateway.get_export(restApiId=api.id, stageName="dev", exportType="oas30", parameters={"extensions": "apigateway"})
    path = tmp_path / "api.json"
    path.write_bytes(export["body"].read())
    seed = chance.getrandbits(32)
    command = [sys.executable, "-m", "schemathesis.cli", "run", str(path), "--url", f"{cloud.url}/_aws/execute-api/{api.id}/dev"]
    command += ["--checks", ",".join(CHECKS), "--max-examples", "40", "--seed", str(seed), "--no-color", "--generation-database", "none"]
    run = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=240)
    assert run.returncode == 0, f"seed {seed}\n{run.stdout}\n{run.stderr}"
    assert re.search(r"Tested: 4\b", run.stdout), run.stdout
