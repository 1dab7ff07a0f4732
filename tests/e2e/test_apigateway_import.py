"""REST APIs that are made of OpenAPI documents."""

import json

import pytest
from test_apigateway import Api, refused

MOCK = {
    "type": "mock",
    "requestTemplates": {"application/json": '{"statusCode": 200}'},
    "passthroughBehavior": "when_no_match",
    "responses": {
        "default": {
            "statusCode": "200",
            "responseParameters": {"method.response.header.X-Made": "'here'"},
            "responseTemplates": {"application/json": '{"id": "$input.params(\'id\')"}'},
        }
    },
}
TRIP = {"type": "object", "required": ["to"], "properties": {"to": {"type": "string"}}}
OPENAPI = {
    "openapi": "3.0.1",
    "info": {"title": "Trips", "version": "1.2", "description": "d"},
    "x-amazon-apigateway-request-validators": {"body": {"validateRequestBody": True}},
    "x-amazon-apigateway-gateway-responses": {"DEFAULT_4XX": {"responseParameters": {"gatewayresponse.header.X-Why": "'no'"}}},
    "paths": {
        "/trips/{id}": {
            "parameters": [{"name": "id", "in": "path", "required": True, "schema": {"type": "string"}}],
            "get": {
                "operationId": "getTrip",
                "responses": {"200": {"description": "ok"}},
                "x-amazon-apigateway-integration": MOCK,
            },
        },
        "/trips": {
            "post": {
                "x-amazon-apigateway-request-validator": "body",
                "requestBody": {"content": {"application/json": {"schema": {"$ref": "#/components/schemas/Trip"}}}},
                "responses": {"200": {"description": "ok", "content": {"application/json": {"schema": TRIP}}}},
                "x-amazon-apigateway-integration": MOCK,
            }
        },
        "/keys": {"x-amazon-apigateway-any-method": {"security": [{"key": []}], "x-amazon-apigateway-integration": MOCK}},
    },
    "components": {
        "schemas": {"Trip": TRIP, "List": {"type": "array", "items": {"$ref": "#/components/schemas/Trip"}}},
        "securitySchemes": {"key": {"type": "apiKey", "name": "x-api-key", "in": "header"}},
    },
}
SWAGGER = """
swagger: "2.0"
info: {title: Old, version: "1"}
basePath: /v1
paths:
  /old/{id}:
    get:
      consumes: [application/json]
      parameters:
        - {name: id, in: path, required: true, type: string}
        - {name: q, in: query, required: true, type: string}
      responses:
        "200": {description: ok, headers: {X-Made: {type: string}}}
      x-amazon-apigateway-integration:
        type: mock
        requestTemplates: {application/json: '{"statusCode": 200}'}
        responses:
          default: {statusCode: 200, responseTemplates: {application/json: "old $input.params('id')"}}
"""


@pytest.fixture
def gateway(cloud):
    return cloud.client("apigateway")


def known(gateway, cloud, made):
    api = Api.__new__(Api)
    api.gateway, api.cloud, api.id, api.root = gateway, cloud, made["id"], made["rootResourceId"]
    return api


def paths(gateway, api_id):
    resources = gateway.get_resources(restApiId=api_id, embed=["methods"], limit=500)["items"]
    return {resource["path"]: set(resource.get("resourceMethods", {})) for resource in resources}


def test_openapi_3_becomes_an_api(gateway, cloud):
    made = gateway.import_rest_api(body=json.dumps(OPENAPI))
    assert (made["name"], made["version"], made["description"]) == ("Trips", "1.2", "d")
    assert paths(gateway, made["id"]) == {"/": set(), "/trips": {"POST"}, "/trips/{id}": {"GET"}, "/keys": {"ANY"}}
    api = known(gateway, cloud, made)
    api.deploy()
    status, headers, body = api.ask("GET", "/trips/7")
    assert (status, headers["X-Made"], json.loads(body)) == (200, "here", {"id": "7"})
    assert api.ask("POST", "/trips", '{"to": "x"}')[0] == 200
    status, headers, body = api.ask("POST", "/trips", "{}")
    assert (status, headers["X-Why"], json.loads(body)) == (400, "no", {"message": "Invalid request body"})
    assert api.ask("GET", "/keys")[0] == 403
    names = {model["name"] for model in gateway.get_models(restApiId=made["id"])["items"]}
    assert {"Trip", "List"} <= names


def test_swagger_2_in_yaml(gateway, cloud):
    made = gateway.import_rest_api(body=SWAGGER, parameters={"basepath": "prepend"})
    assert "/v1/old/{id}" in paths(gateway, made["id"])
    api = known(gateway, cloud, made)
    api.deploy()
    assert api.ask("GET", "/v1/old/7?q=1")[2] == b"old 7"


def test_put_merges_and_overwrites(gateway, cloud):
    made = gateway.import_rest_api(body=json.dumps(OPENAPI))
    merged = gateway.put_rest_api(restApiId=made["id"], mode="merge", body=SWAGGER)
    assert merged["rootResourceId"] == made["rootResourceId"]
    assert {"/trips", "/old/{id}"} <= set(paths(gateway, made["id"]))
    gateway.put_rest_api(restApiId=made["id"], mode="overwrite", body=SWAGGER)
    assert paths(gateway, made["id"]) == {"/": set(), "/old": set(), "/old/{id}": {"GET"}}


def test_what_is_not_understood_is_warned_of(gateway):
    schemes = {"securitySchemes": {"bearer": {"type": "http", "scheme": "bearer"}}}
    body = json.dumps({**OPENAPI, "components": {**OPENAPI["components"], **schemes}})
    made = gateway.import_rest_api(body=body, parameters={"endpointConfigurationTypes": "REGIONAL"})
    assert made["warnings"] == ["Unsupported security definition type 'http' for 'bearer'. Ignoring."]
    assert made["endpointConfiguration"]["types"] == ["REGIONAL"]
    refused(lambda: gateway.import_rest_api(body=body, failOnWarnings=True), "BadRequestException", "'bearer'")


def test_nonsense_makes_nothing(gateway):
    before = len(gateway.get_rest_apis(limit=500)["items"])
    wrong = json.dumps({**OPENAPI, "paths": {"/a b": {"get": {"x-amazon-apigateway-integration": MOCK}}}})
    for body in [b"x", b"{", b"{}", b"[1]", b"\xff", wrong]:
        refused(lambda body=body: gateway.import_rest_api(body=body), "BadRequestException")
    assert len(gateway.get_rest_apis(limit=500)["items"]) == before
