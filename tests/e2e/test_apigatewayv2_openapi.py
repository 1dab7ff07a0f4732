"""HTTP APIs as OpenAPI documents: they are made of them, and become the same ones again."""

import json

import pytest
from functions import create
from http_apis import ask, refused, started

CODE = """
import json

def handler(event, context):
    if event.get("type") == "REQUEST":
        return {"isAuthorized": event["headers"].get("x-token") == "yes"}
    return {"statusCode": 200, "body": json.dumps({"route": event["routeKey"], "version": event["version"]})}
"""
DEFAULT = "#/components/x-amazon-apigateway-integrations/function"


@pytest.fixture
def apis(cloud):
    return cloud.client("apigatewayv2")


@pytest.fixture
def server():
    with started() as start:
        yield start()


@pytest.fixture
def document(cloud, name, server):
    """Something of everything that a document can say."""
    function = create(cloud.client("lambda"), name, CODE)["FunctionArn"].replace("us-east-1", "${AWS::Region}")
    web = {
        "type": "http_proxy", "httpMethod": "ANY", "uri": server.url + "/{id}", "payloadFormatVersion": "1.0", "timeoutInMillis": 5000,
        "connectionType": "INTERNET", "requestParameters": {"append:header.x-id": "$request.path.id"},
        "responseParameters": {"200": {"overwrite:statuscode": "201"}},
    }
    authorizer = {
        "type": "request", "authorizerUri": function, "authorizerPayloadFormatVersion": "2.0", "enableSimpleResponses": True,
        "identitySource": "$request.header.X-Token", "authorizerResultTtlInSeconds": 0,
    }
    tokens = {"type": "jwt", "jwtConfiguration": {"issuer": server.url, "audience": ["trips"]}, "identitySource": "$request.header.Authorization"}
    return {
        "openapi": "3.0.1",
        "info": {"title": name, "description": "d", "version": "7"},
        "servers": [{"url": "https://example.com/v1"}],
        "tags": [{"name": "team", "x-amazon-apigateway-tag-value": "trips"}, {"name": "untold"}],
        "paths": {
            "/$default": {"x-amazon-apigateway-any-method": {"isDefaultRoute": True, "x-amazon-apigateway-integration": {"$ref": DEFAULT}}},
            "/trips/{id}": {
                "get": {"operationId": "getTrip", "responses": {"200": {"description": "ok"}}, "x-amazon-apigateway-integration": web},
                "put": {"security": [{"door": []}], "x-amazon-apigateway-integration": {"$ref": DEFAULT}},
                "post": {"security": [{"tokens": ["write"]}], "x-amazon-apigateway-integration": {"$ref": DEFAULT}},
                "delete": {"x-amazon-apigateway-auth": {"type": "AWS_IAM"}, "x-amazon-apigateway-integration": {"$ref": DEFAULT}},
            },
            "/{proxy+}": {"patch": {"x-amazon-apigateway-integration": {"$ref": DEFAULT}}},
        },
        "components": {
            "securitySchemes": {
                "door": {"type": "apiKey", "name": "X-Token", "in": "header", "x-amazon-apigateway-authorizer": authorizer},
                "tokens": {"type": "oauth2", "flows": {}, "x-amazon-apigateway-authorizer": tokens},
            },
            "x-amazon-apigateway-integrations": {"function": {"type": "AWS_PROXY", "httpMethod": "POST", "uri": function, "payloadFormatVersion": "2.0"}},
        },
        "x-amazon-apigateway-cors": {"allowOrigins": ["https://page"], "maxAge": 60},
        "x-amazon-apigateway-importexport-version": "1.0",
    }


def imported(apis, document, **more):
    made = apis.import_api(Body=document if isinstance(document, str) else json.dumps(document), **more)
    apis.create_stage(ApiId=made["ApiId"], StageName="$default", AutoDeploy=True)
    return made


def exported(apis, api, kind="JSON", **more):
    return apis.export_api(ApiId=api, Specification="OAS30", OutputType=kind, **more)["body"].read().decode()


def comparable(text):
    return {name: value for name, value in json.loads(text).items() if name != "servers"}


def test_a_document_becomes_an_api(cloud, apis, document, name):
    made = imported(apis, document, FailOnWarnings=True)
    assert (made["Name"], made["Description"], made["Version"], made["ProtocolType"]) == (name, "d", "7", "HTTP")
    assert made["Tags"] == {"team": "trips"} and made["CorsConfiguration"]["AllowOrigins"] == ["https://page"]
    assert "Warnings" not in made and "ImportInfo" not in made
    api = made["ApiId"]
    assert len(apis.get_integrations(ApiId=api)["Items"]) == 2, "routes that refer to the same one share it"
    routes = {route["RouteKey"]: route for route in apis.get_routes(ApiId=api)["Items"]}
    assert set(routes) == {"$default", "GET /trips/{id}", "PUT /trips/{id}", "POST /trips/{id}", "DELETE /trips/{id}", "PATCH /{proxy+}"}
    assert routes["GET /trips/{id}"]["OperationName"] == "getTrip"
    assert routes["POST /trips/{id}"]["AuthorizationScopes"] == ["write"]
    status, headers, body = ask(cloud, api, "GET", "/trips/7", None, {"Origin": "https://page"})
    assert (status, json.loads(body)["headers"]["x-id"], headers["access-control-allow-origin"]) == (201, "7", "https://page")
    assert json.loads(ask(cloud, api, "GET", "/anywhere")[2]) == {"route": "$default", "version": "2.0"}
    assert [ask(cloud, api, "PUT", "/trips/7", None, headers)[0] for headers in [{}, {"X-Token": "no"}, {"X-Token": "yes"}]] == [401, 403, 200]
    assert ask(cloud, api, "POST", "/trips/7")[0] == 401


@pytest.mark.parametrize("kind", ["JSON", "YAML"])
def test_an_export_becomes_the_same_api(cloud, apis, document, kind):
    first = imported(apis, document)["ApiId"]
    text = exported(apis, first, kind)
    assert text.startswith("{") == (kind == "JSON")
    again = imported(apis, text, FailOnWarnings=True)
    assert again["Tags"] == {"team": "trips"}
    assert comparable(exported(apis, again["ApiId"])) == comparable(exported(apis, first))
    assert ask(cloud, again["ApiId"], "PUT", "/trips/7", None, {"X-Token": "yes"})[0] == 200


def test_what_an_export_says(apis, document):
    api = imported(apis, document)["ApiId"]
    said = json.loads(exported(apis, api))
    assert (said["openapi"], said["info"]) == ("3.0.1", {"title": document["info"]["title"], "description": "d", "version": "7"})
    assert said["paths"]["/$default"]["x-amazon-apigateway-any-method"]["isDefaultRoute"] is True
    assert [one["name"] for one in said["paths"]["/trips/{id}"]["parameters"]] == ["id"]
    assert f"{api}.execute-api.us-east-1.localhost" in said["servers"][0]["url"]
    plain = exported(apis, api, IncludeExtensions=False)
    assert "x-amazon" not in plain and set(json.loads(plain)["paths"]) == {"/trips/{id}", "/{proxy+}"}


def test_a_stage_exports_what_it_serves(apis, document):
    api = apis.import_api(Body=json.dumps(document))["ApiId"]
    deployment = apis.create_deployment(ApiId=api)["DeploymentId"]
    apis.create_stage(ApiId=api, StageName="dev", DeploymentId=deployment)
    apis.create_route(ApiId=api, RouteKey="GET /later")
    paths = [set(json.loads(exported(apis, api, **stage))["paths"]) for stage in [{}, {"StageName": "dev"}]]
    assert "/later" in paths[0] and "/later" not in paths[1]
    assert json.loads(exported(apis, api, StageName="dev"))["servers"][0]["variables"]["basePath"]["default"] == "dev"
    refused(apis.export_api, "NotFoundException", ApiId=api, Specification="OAS30", OutputType="JSON", StageName="no")


def test_reimport_puts_one_in_the_place_of_another(cloud, apis, document):
    api = imported(apis, document)["ApiId"]
    new = {**document, "info": {"title": "new", "version": "8"}, "paths": {"/new": document["paths"]["/{proxy+}"]}}
    del new["x-amazon-apigateway-cors"]
    made = apis.reimport_api(ApiId=api, Body=json.dumps(new))
    assert (made["ApiId"], made["Name"], made["Version"]) == (api, "new", "8") and "CorsConfiguration" not in made
    assert [route["RouteKey"] for route in apis.get_routes(ApiId=api)["Items"]] == ["PATCH /new"]
    assert [ask(cloud, api, "PATCH", path)[0] for path in ["/new", "/trips/7"]] == [200, 404], "its stage has it at once"
    refused(apis.reimport_api, "NotFoundException", ApiId="none", Body=json.dumps(new))


def test_base_paths_are_left_out_put_before_or_split(apis):
    document = {"openapi": "3.0.1", "info": {"title": "t", "version": "1"}, "servers": [{"url": "https://x/a/b"}], "paths": {"/c": {"get": {}}}}
    for how, wanted in [(None, "/c"), ("ignore", "/c"), ("prepend", "/a/b/c"), ("split", "/b/c")]:
        made = apis.import_api(Body=json.dumps(document), **({"Basepath": how} if how else {}))
        assert apis.get_routes(ApiId=made["ApiId"])["Items"][0]["RouteKey"] == f"GET {wanted}"
    refused(apis.import_api, "BadRequestException", Body=json.dumps(document), Basepath="else")


def test_what_http_apis_do_not_have(apis, document):
    get = document["paths"]["/trips/{id}"]["get"]
    get["requestBody"] = {"content": {}}
    info = apis.import_api(Body=json.dumps(document))["ImportInfo"]
    assert info == ["requestBody of GET /trips/{id} is not supported for HTTP APIs. Ignoring."]
    get["x-amazon-apigateway-integration"] = {"type": "mock"}
    made = apis.import_api(Body=json.dumps(document))
    assert made["Warnings"] == ["Integration type MOCK of GET /trips/{id} is not supported for HTTP APIs. Ignoring."]
    before = len(apis.get_apis()["Items"])
    refused(apis.import_api, "BadRequestException", Body=json.dumps(document), FailOnWarnings=True)
    for body in ["x", "{", "{}", "[1]", '{"swagger": "2.0", "info": {"title": "t"}, "paths": {}}', '{"openapi": "3.0.0", "paths": {}}']:
        refused(apis.import_api, "BadRequestException", Body=body)
    assert len(apis.get_apis()["Items"]) == before, "nothing of it was made"
    socket = apis.create_api(Name="s", ProtocolType="WEBSOCKET", RouteSelectionExpression="$request.body.a")["ApiId"]
    refused(apis.export_api, "BadRequestException", ApiId=socket, Specification="OAS30", OutputType="JSON")
    refused(apis.reimport_api, "BadRequestException", ApiId=socket, Body=json.dumps(document))


def test_vpc_links_are_there_before_they_are_named(cloud, apis, server, name):
    link = apis.create_vpc_link(Name=name, SubnetIds=["subnet-1"], Tags={"a": "b"})
    assert (link["VpcLinkStatus"], link["VpcLinkVersion"], link["Tags"], link["SecurityGroupIds"]) == ("AVAILABLE", "V2", {"a": "b"}, [])
    api = apis.create_api(Name=name, ProtocolType="HTTP")["ApiId"]
    through = {"ApiId": api, "IntegrationType": "HTTP_PROXY", "IntegrationMethod": "ANY", "IntegrationUri": server.url, "ConnectionType": "VPC_LINK"}
    refused(apis.create_integration, "NotFoundException", **through, ConnectionId="none")
    refused(apis.create_integration, "BadRequestException", **through)
    listener = "arn:aws:elasticloadbalancing:us-east-1:000000000000:listener/app/a/b/c"
    refused(apis.create_integration, "NotImplemented", **{**through, "IntegrationUri": listener}, ConnectionId=link["VpcLinkId"])
    made = apis.create_integration(**through, ConnectionId=link["VpcLinkId"])
    apis.create_route(ApiId=api, RouteKey="GET /in", Target=f"integrations/{made['IntegrationId']}")
    apis.create_stage(ApiId=api, StageName="$default", AutoDeploy=True)
    assert ask(cloud, api, "GET", "/in")[0] == 200
    assert apis.update_vpc_link(VpcLinkId=link["VpcLinkId"], Name="other")["Name"] == "other"
    assert link["VpcLinkId"] in [one["VpcLinkId"] for one in apis.get_vpc_links()["Items"]]
    assert apis.get_tags(ResourceArn=f"arn:aws:apigateway:us-east-1::/vpclinks/{link['VpcLinkId']}")["Tags"] == {"a": "b"}
    apis.delete_vpc_link(VpcLinkId=link["VpcLinkId"])
    refused(apis.get_vpc_link, "NotFoundException", VpcLinkId=link["VpcLinkId"])


def test_documents_are_files_of_the_command_line(aws, tmp_path):
    function = "arn:aws:lambda:us-east-1:000000000000:function:f"
    (tmp_path / "trips.yaml").write_text(
        f"""openapi: 3.0.1
info: {{title: trips, version: "1"}}
paths:
  /trips:
    get:
      x-amazon-apigateway-integration:
        {{type: aws_proxy, httpMethod: POST, uri: "{function}", payloadFormatVersion: 2.0}}
"""
    )
    api = aws("apigatewayv2", "import-api", "--body", f"file://{tmp_path}/trips.yaml")["ApiId"]
    out = tmp_path / "out.json"
    aws("apigatewayv2", "export-api", "--api-id", api, "--output-type", "JSON", "--specification", "OAS30", str(out))
    said = json.loads(out.read_text())["paths"]["/trips"]["get"]["x-amazon-apigateway-integration"]
    assert (said["uri"], said["payloadFormatVersion"], said["type"]) == (function, "2.0", "aws_proxy")
