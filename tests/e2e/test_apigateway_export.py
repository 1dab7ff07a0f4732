"""REST APIs as OpenAPI documents: what is exported is the API, and becomes the same one again."""

import json

import pytest
from test_apigateway import Api, refused
from test_apigateway_import import known

FUNCTION = "arn:aws:apigateway:us-east-1:lambda:path/2015-03-31/functions/arn:aws:lambda:us-east-1:000000000000:function:f/invocations"
MOCK = {"application/json": '{"statusCode": 200}'}
POLICY = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": "*", "Action": "execute-api:Invoke", "Resource": "*"}]}


@pytest.fixture
def gateway(cloud):
    return cloud.client("apigateway")


@pytest.fixture
def api(gateway, cloud, name):
    """An API that has something of everything that a document can say."""
    api = Api(gateway, cloud, name, description="d", version="7", binaryMediaTypes=["image/png"], minimumCompressionSize=9, policy=json.dumps(POLICY))
    schema = {"$schema": "http://json-schema.org/draft-04/schema#", "type": "object", "required": ["to"], "properties": {"to": {"type": "string"}}}
    gateway.create_model(restApiId=api.id, name="Trip", contentType="application/json", schema=json.dumps(schema))
    items = {"$ref": f"https://apigateway.amazonaws.com/restapis/{api.id}/models/Trip"}
    gateway.create_model(restApiId=api.id, name="Trips", contentType="application/json", schema=json.dumps({"type": "array", "items": items}))
    body = gateway.create_request_validator(restApiId=api.id, name="body", validateRequestBody=True)["id"]
    authorizer = gateway.create_authorizer(
        restApiId=api.id, name="door", type="TOKEN", authorizerUri=FUNCTION, identitySource="method.request.header.X-Token"
    )["id"]
    gateway.put_gateway_response(restApiId=api.id, responseType="DEFAULT_4XX", responseParameters={"gatewayresponse.header.X-Why": "'no'"})
    parameters = {"method.request.path.id": True, "method.request.querystring.q": False, "method.request.header.X-H": True}
    api.mock("/trips/{id}", response='{"id": "$input.params(\'id\')"}', requestParameters=parameters, operationName="getTrip")
    api.mock("/trips", "POST", requestModels={"application/json": "Trip"}, requestValidatorId=body)
    place = api.place("/trips", "POST")
    gateway.update_method_response(
        **place, statusCode="200", patchOperations=[{"op": "add", "path": "/responseModels/application~1json", "value": "Trips"}]
    )
    gateway.put_integration_response(**place, statusCode="200", selectionPattern="2..", responseTemplates={"application/json": "[]"})
    api.mock("/keys", "ANY", apiKeyRequired=True)
    api.mock("/signed", authorization="AWS_IAM")
    api.mock("/guarded", authorization="CUSTOM", authorizerId=authorizer)
    web = api.method("/{proxy+}")
    gateway.put_integration(**web, type="HTTP_PROXY", uri="http://localhost:1/{proxy}", integrationHttpMethod="GET", timeoutInMillis=5000,
                            requestParameters={"integration.request.path.proxy": "method.request.path.proxy"})
    api.deploy()
    return api


def exported(gateway, api, kind, extensions="apigateway", accepts=None, stage="dev"):
    parameters = {"extensions": extensions} if extensions else {}
    more = {"accepts": accepts} if accepts else {}
    return gateway.get_export(restApiId=api.id, stageName=stage, exportType=kind, parameters=parameters, **more)


def document(gateway, api, kind, extensions="apigateway"):
    return json.loads(exported(gateway, api, kind, extensions)["body"].read())


def comparable(document):
    """Without what names the API's address, or comes in no order."""
    kept = {name: value for name, value in document.items() if name not in ["servers", "host", "basePath", "schemes"]}
    return json.loads(json.dumps(kept, sort_keys=True))


@pytest.mark.parametrize("kind", ["oas30", "swagger"])
def test_an_export_becomes_the_same_api(gateway, cloud, api, kind):
    first = document(gateway, api, kind)
    assert first["info"] == {"title": first["info"]["title"], "description": "d", "version": "7"}
    assert set(first["paths"]) == {"/trips/{id}", "/trips", "/keys", "/signed", "/guarded", "/{proxy+}"}
    assert first["paths"]["/trips/{id}"]["get"]["operationId"] == "getTrip"
    assert first["paths"]["/keys"]["x-amazon-apigateway-any-method"]["security"] == [{"api_key": []}]
    again = known(gateway, cloud, gateway.import_rest_api(body=json.dumps(first), failOnWarnings=True))
    again.deploy()
    assert comparable(document(gateway, again, kind)) == comparable(first)
    assert again.ask("GET", "/trips/7", headers={"X-H": "1"})[2] == b'{"id": "7"}'
    assert again.ask("POST", "/trips", "{}")[0] == 400
    assert [again.ask("GET", path)[0] for path in ["/keys", "/signed", "/guarded"]] == [403, 403, 401]
    assert json.loads(gateway.get_rest_api(restApiId=again.id)["policy"]) == POLICY


def test_versions_say_the_same(gateway, api):
    new, old = document(gateway, api, "oas30"), document(gateway, api, "swagger")
    assert (new["openapi"], old["swagger"]) == ("3.0.1", "2.0")
    assert new["servers"][0]["variables"] == {"basePath": {"default": "dev"}} and old["basePath"] == "/dev"
    assert set(new["paths"]) == set(old["paths"])
    assert new["components"]["schemas"]["Trips"]["items"] == {"$ref": "#/components/schemas/Trip"}
    assert old["definitions"]["Trips"]["items"] == {"$ref": "#/definitions/Trip"}
    places = {(one["name"], one["in"], one.get("required", False)) for one in new["paths"]["/trips/{id}"]["get"]["parameters"]}
    assert places == {
        ("id", "path", True), ("q", "query", False), ("X-H", "header", True)
    }


def test_extensions_are_those_that_are_asked_for(gateway, api):
    text = lambda extensions: json.dumps(document(gateway, api, "oas30", extensions))  # noqa: E731
    assert "x-amazon-apigateway-integration" not in text(None) and "x-amazon-apigateway-authorizer" not in text(None)
    assert "x-amazon-apigateway-integration" in text("integrations") and "x-amazon-apigateway-authorizer" not in text("integrations")
    assert "x-amazon-apigateway-authorizer" in text("authorizers, integrations") and "x-amazon-apigateway-policy" not in text("authorizers")
    assert "x-amazon-apigateway-gateway-responses" in text("apigateway")
    refused(lambda: exported(gateway, api, "oas30", "postman"), "NotImplemented")
    refused(lambda: exported(gateway, api, "oas30", "else"), "BadRequestException")
    refused(lambda: exported(gateway, api, "raml"), "BadRequestException")
    refused(lambda: exported(gateway, api, "oas30", stage="no"), "NotFoundException", "Invalid Stage identifier")
    refused(lambda: exported(gateway, api, "oas30", accepts="text/html"), "BadRequestException")


def test_yaml_is_the_same_document(gateway, cloud, api):
    answer = exported(gateway, api, "oas30", accepts="application/yaml")
    assert answer["contentType"] == "application/yaml" and answer["contentDisposition"].startswith('attachment; filename="oas30_')
    body = answer["body"].read()
    assert not body.startswith(b"{")
    again = known(gateway, cloud, gateway.import_rest_api(body=body))
    again.deploy()
    assert comparable(document(gateway, again, "oas30")) == comparable(document(gateway, api, "oas30"))


def test_a_stage_exports_what_it_serves(gateway, api):
    api.mock("/later")
    assert "/later" not in document(gateway, api, "oas30")["paths"]
    api.deploy("next")
    body = json.loads(exported(gateway, api, "oas30", stage="next")["body"].read())
    assert "/later" in body["paths"] and "/later" not in document(gateway, api, "oas30")["paths"]


def test_base_paths_are_left_out_put_before_or_split(gateway):
    new = {"openapi": "3.0.1", "info": {"title": "t", "version": "1"}, "servers": [{"url": "https://x/a/b"}], "paths": {"/c": {}}}
    old = {"swagger": "2.0", "info": {"title": "t", "version": "1"}, "basePath": "/a/b", "paths": {"/c": {}}}
    for document in [new, old]:
        for how, wanted in [("ignore", {"/", "/c"}), ("prepend", {"/", "/a", "/a/b", "/a/b/c"}), ("split", {"/", "/b", "/b/c"})]:
            made = gateway.import_rest_api(body=json.dumps(document), parameters={"basepath": how})
            items = gateway.get_resources(restApiId=made["id"], limit=500)["items"]
            assert {one["path"] for one in items} == wanted
