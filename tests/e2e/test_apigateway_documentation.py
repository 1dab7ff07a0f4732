"""What REST APIs have besides what they serve: documentation, links, certificates, templates of models, files of keys."""

import datetime
import json

import pytest
from botocore.exceptions import ClientError
from cryptography import x509
from test_apigateway import Api, refused

DOCUMENT = {
    "openapi": "3.0.1",
    "info": {"title": "t", "version": "1"},
    "paths": {},
    "x-amazon-apigateway-documentation": {
        "documentationParts": [
            {"location": {"type": "API"}, "properties": {"description": "whole", "é": ["ü"]}},
            {"location": {"type": "METHOD", "path": "/trips", "method": "GET"}, "properties": {"summary": "s"}},
            {"location": {"type": "MODEL"}, "properties": {}},
        ]
    },
}


@pytest.fixture
def gateway(cloud):
    return cloud.client("apigateway")


@pytest.fixture
def api(gateway, cloud, name):
    return Api(gateway, cloud, name)


def part(gateway, api, kind, properties='{"description": "d"}', **place):
    return gateway.create_documentation_part(restApiId=api.id, location={"type": kind, **place}, properties=properties)


def test_parts_are_of_places(gateway, api):
    made = part(gateway, api, "METHOD", path="/trips")
    assert made["location"] == {"type": "METHOD", "path": "/trips", "method": "*"}
    refused(lambda: part(gateway, api, "METHOD", path="/trips", method="*"), "ConflictException", "already exists")
    refused(lambda: part(gateway, api, "MODEL"), "BadRequestException", "name")
    refused(lambda: part(gateway, api, "API", path="/"), "BadRequestException", "path")
    refused(lambda: part(gateway, api, "API", "[]"), "BadRequestException", "JSON object")
    part(gateway, api, "MODEL", name="Trip")
    part(gateway, api, "RESPONSE_HEADER", path="/trips/{id}", name="X-Id", statusCode="200")
    list_of = lambda **wanted: [one["location"]["type"] for one in gateway.get_documentation_parts(restApiId=api.id, **wanted)["items"]]  # noqa: E731
    assert sorted(list_of()) == ["METHOD", "MODEL", "RESPONSE_HEADER"]
    assert list_of(type="MODEL") == list_of(nameQuery="Tri") == ["MODEL"]
    assert sorted(list_of(path="/trips")) == ["METHOD", "RESPONSE_HEADER"]
    refused(lambda: gateway.get_documentation_parts(restApiId=api.id, locationStatus="UNDOCUMENTED"), "NotImplemented")
    place = {"restApiId": api.id, "documentationPartId": made["id"]}
    operations = [{"op": "replace", "path": "/properties", "value": '{"a": "b"}'}]
    gateway.update_documentation_part(**place, patchOperations=operations)
    assert gateway.get_documentation_part(**place)["properties"] == '{"a": "b"}'
    gateway.delete_documentation_part(**place)
    refused(lambda: gateway.get_documentation_part(**place), "NotFoundException", "Invalid Documentation part")


def test_versions_are_copies_that_stages_show(gateway, api):
    api.mock("/trips")
    api.deploy()
    version = {"restApiId": api.id, "documentationVersion": "1.0"}
    refused(lambda: gateway.create_documentation_version(**version), "BadRequestException")
    made = part(gateway, api, "API", '{"description": "first"}')
    assert gateway.create_documentation_version(**version, stageName="dev", description="d")["description"] == "d"
    refused(lambda: gateway.create_documentation_version(**version), "ConflictException", "already exists")
    later = [{"op": "replace", "path": "/properties", "value": '{"description": "second"}'}]
    gateway.update_documentation_part(restApiId=api.id, documentationPartId=made["id"], patchOperations=later)
    body = gateway.get_export(restApiId=api.id, stageName="dev", exportType="oas30", parameters={"extensions": "documentation"})["body"]
    said = json.loads(body.read())["x-amazon-apigateway-documentation"]
    assert said["version"] == "1.0"
    assert said["documentationParts"] == [{"location": {"type": "API"}, "properties": {"description": "first"}}]
    assert gateway.get_stage(restApiId=api.id, stageName="dev")["documentationVersion"] == "1.0"
    refused(lambda: gateway.delete_documentation_version(**version), "BadRequestException")
    refused(lambda: api.patch_stage(("replace", "/documentationVersion", "2.0")), "NotFoundException")
    gateway.create_documentation_version(restApiId=api.id, documentationVersion="2.0")
    api.patch_stage(("replace", "/documentationVersion", "2.0"))
    gateway.delete_documentation_version(**version)
    assert [one["version"] for one in gateway.get_documentation_versions(restApiId=api.id)["items"]] == ["2.0"]
    operations = [{"op": "replace", "path": "/description", "value": "e"}]
    gateway.update_documentation_version(restApiId=api.id, documentationVersion="2.0", patchOperations=operations)
    assert gateway.get_documentation_version(restApiId=api.id, documentationVersion="2.0")["description"] == "e"


def test_documentation_is_imported(gateway, api):
    body = json.dumps(DOCUMENT)
    refused(lambda: gateway.import_documentation_parts(restApiId=api.id, body=body, failOnWarnings=True), "BadRequestException", "MODEL")
    first = gateway.import_documentation_parts(restApiId=api.id, body=body)
    assert len(first["ids"]) == 2 and len(first["warnings"]) == 1
    other = part(gateway, api, "RESOURCE", path="/else")["id"]
    changed = json.loads(body)
    changed["x-amazon-apigateway-documentation"]["documentationParts"] = [{"location": {"type": "API"}, "properties": {"more": 1}}]
    merged = gateway.import_documentation_parts(restApiId=api.id, mode="merge", body=json.dumps(changed))
    assert merged["ids"] == [first["ids"][0]]
    shown = gateway.get_documentation_part(restApiId=api.id, documentationPartId=merged["ids"][0])
    assert json.loads(shown["properties"]) == {"description": "whole", "é": ["ü"], "more": 1}
    gateway.import_documentation_parts(restApiId=api.id, mode="overwrite", body=json.dumps(changed))
    assert len(gateway.get_documentation_parts(restApiId=api.id)["items"]) == 1
    refused(lambda: gateway.get_documentation_part(restApiId=api.id, documentationPartId=other), "NotFoundException")
    for parameters, count in [({}, 2), ({"ignore": "documentation"}, 0)]:
        made = gateway.import_rest_api(body=body, parameters=parameters)
        assert len(gateway.get_documentation_parts(restApiId=made["id"])["items"]) == count
    for call in [gateway.import_documentation_parts, gateway.put_rest_api]:
        refused(lambda call=call: call(restApiId=api.id, mode="replace", body=body), "BadRequestException", "mode")


def test_links_are_kept(gateway, name):
    target = "arn:aws:elasticloadbalancing:us-east-1:000000000000:loadbalancer/net/x/1"
    link = gateway.create_vpc_link(name=name, targetArns=[target], tags={"a": "b"})
    assert (link["status"], link["targetArns"], link["tags"]) == ("AVAILABLE", [target], {"a": "b"})
    refused(lambda: gateway.create_vpc_link(name=name, targetArns=[]), "BadRequestException")
    operations = [{"op": "replace", "path": "/name", "value": "other"}]
    gateway.update_vpc_link(vpcLinkId=link["id"], patchOperations=operations)
    assert gateway.get_vpc_link(vpcLinkId=link["id"])["name"] == "other"
    assert link["id"] in [one["id"] for one in gateway.get_vpc_links(limit=500)["items"]]
    gateway.delete_vpc_link(vpcLinkId=link["id"])
    refused(lambda: gateway.get_vpc_link(vpcLinkId=link["id"]), "NotFoundException")


def test_certificates_are_real(gateway):
    made = gateway.generate_client_certificate(description="d", tags={"a": "b"})
    certificate = x509.load_pem_x509_certificate(made["pemEncodedCertificate"].encode())
    assert certificate.public_key().key_size == 2048
    certificate.verify_directly_issued_by(certificate)
    assert made["expirationDate"] - made["createdDate"] == datetime.timedelta(days=365)
    assert abs(certificate.not_valid_after_utc - made["expirationDate"]) < datetime.timedelta(seconds=2)
    one = {"clientCertificateId": made["clientCertificateId"]}
    gateway.update_client_certificate(**one, patchOperations=[{"op": "replace", "path": "/description", "value": "e"}])
    shown = gateway.get_client_certificate(**one)
    assert (shown["description"], shown["tags"], shown["pemEncodedCertificate"]) == ("e", {"a": "b"}, made["pemEncodedCertificate"])
    assert one["clientCertificateId"] in [each["clientCertificateId"] for each in gateway.get_client_certificates(limit=500)["items"]]
    gateway.delete_client_certificate(**one)
    refused(lambda: gateway.get_client_certificate(**one), "NotFoundException")


def test_a_template_shows_a_model(gateway, api):
    schema = {"type": "object", "properties": {"id": {"type": "integer"}, "to": {"type": "string"}}}
    gateway.create_model(restApiId=api.id, name="Trip", contentType="application/json", schema=json.dumps(schema))
    value = gateway.get_model_template(restApiId=api.id, modelName="Trip")["value"]
    assert value == "#set($inputRoot = $input.path('$'))\n{\n  \"id\" : 42,\n  \"to\" : \"foo\"\n}"
    refused(lambda: gateway.get_model_template(restApiId=api.id, modelName="No"), "NotFoundException")
    many = {"type": "array", "items": {"$ref": f"https://apigateway.amazonaws.com/restapis/{api.id}/models/Trip"}}
    gateway.create_model(restApiId=api.id, name="Trips", contentType="application/json", schema=json.dumps(many))
    assert json.loads(gateway.get_model(restApiId=api.id, modelName="Trips")["schema"]) == many
    flat = json.loads(gateway.get_model(restApiId=api.id, modelName="Trips", flatten=True)["schema"])
    assert flat == {"type": "array", "items": {"$ref": "#/definitions/Trip"}, "definitions": {"Trip": schema}}


def test_keys_come_in_files(gateway, name):
    plan = gateway.create_usage_plan(name=name)["id"]
    value = f"{name}-0123456789-0123456789"
    body = f"Name,key,description,Enabled,usageplanIds\n{name},{value},\"a, b\",FALSE,{plan}\nshort,x,,TRUE,\nlost,{value}2,,TRUE,nowhere"
    refused(lambda: gateway.import_api_keys(body=body, format="csv", failOnWarnings=True), "BadRequestException", "Row 2")
    made = gateway.import_api_keys(body=body, format="csv")
    assert len(made["ids"]) == 1 and [warning.split(":")[0] for warning in made["warnings"]] == ["Row 2", "Row 3"]
    key = gateway.get_api_key(apiKey=made["ids"][0], includeValue=True)
    assert (key["name"], key["value"], key["description"], key["enabled"]) == (name, value, "a, b", False)
    assert [one["id"] for one in gateway.get_usage_plan_keys(usagePlanId=plan)["items"]] == made["ids"]
    refused(lambda: gateway.import_api_keys(body="a,b\n1,2\n", format="csv"), "BadRequestException", "'name'")


def test_integrations_name_links_that_are_there(gateway, api):
    place = api.method("/linked")
    through = {"type": "HTTP_PROXY", "integrationHttpMethod": "GET", "uri": "http://localhost:1/", "connectionType": "VPC_LINK"}
    refused(lambda: gateway.put_integration(**place, **through, connectionId="none"), "NotFoundException", "Vpc Link")
    assert gateway.put_integration(**place, **through, connectionId="${stageVariables.link}")["connectionId"] == "${stageVariables.link}"
    target = "arn:aws:elasticloadbalancing:us-east-1:000000000000:loadbalancer/net/a/b"
    link = gateway.create_vpc_link(name="l", targetArns=[target])["id"]
    assert gateway.put_integration(**place, **through, connectionId=link)["connectionId"] == link
    operations = [{"op": "replace", "path": "/connectionId", "value": "none"}]
    refused(lambda: gateway.update_integration(**place, patchOperations=operations), "NotFoundException")


def test_kinds_of_sdks_are_told_and_none_is_made(gateway, api):
    kinds = {one["id"]: one for one in gateway.get_sdk_types()["items"]}
    assert {"java", "javascript", "android", "objectivec", "swift", "ruby"} == set(kinds)
    assert gateway.get_sdk_type(id="java")["configurationProperties"] == kinds["java"]["configurationProperties"]
    refused(lambda: gateway.get_sdk_type(id="cobol"), "NotFoundException")
    with pytest.raises(ClientError) as refusal:
        gateway.get_sdk(restApiId=api.id, stageName="dev", sdkType="javascript")
    assert refusal.value.response["Error"]["Code"] == "NotImplemented"
