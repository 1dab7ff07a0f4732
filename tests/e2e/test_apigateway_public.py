"""Large public OpenAPI descriptions, as packages of a registry ship them, become APIs that are served and described again."""

import json
import os
import re
from pathlib import Path

import pytest
from test_apigateway_import import known

ROOT = Path(__file__).parents[2]
MODULES = Path(os.environ.get("CLOUDLET_JS", ROOT / "target/js")) / "node_modules"
DESCRIPTIONS = {
    "star-trek": ("@readme/oas-examples/3.0/json/star-trek.json", 40),
    "readme": ("@readme/oas-examples/3.0/json/readme-legacy.json", 20),
    "blockfrost": ("@blockfrost/openapi/openapi.yaml", 90),
}
VERBS = ["get", "put", "post", "delete", "options", "head", "patch"]


@pytest.fixture
def gateway(cloud):
    return cloud.client("apigateway")


def resources(gateway, api):
    found, position = {}, {}
    while True:
        page = gateway.get_resources(restApiId=api, embed=["methods"], limit=500, **position)
        for resource in page["items"]:
            found[resource["path"]] = (resource["id"], set(resource.get("resourceMethods", {})))
        if "position" not in page:
            return found
        position = {"position": page["position"]}


def exported(gateway, api):
    body = gateway.get_export(restApiId=api, stageName="dev", exportType="oas30", parameters={"extensions": "apigateway"})["body"].read()
    document = json.loads(body)
    document.pop("servers")
    return document


@pytest.mark.parametrize("name", DESCRIPTIONS)
def test_a_public_description_becomes_an_api(gateway, cloud, name):
    path, least = DESCRIPTIONS[name]
    made = gateway.import_rest_api(body=(MODULES / path).read_bytes())
    found = resources(gateway, made["id"])
    methods = [(path, verb, one) for path, (one, verbs) in found.items() for verb in verbs]
    assert len(methods) >= least
    for path, verb, one in methods:
        place = {"restApiId": made["id"], "resourceId": one, "httpMethod": verb}
        gateway.put_integration(**place, type="MOCK", requestTemplates={"application/json": '{"statusCode": 204}'})
        if "204" not in gateway.get_method(**place).get("methodResponses", {}):
            gateway.put_method_response(**place, statusCode="204")
        gateway.put_integration_response(**place, statusCode="204")
    api = known(gateway, cloud, made)
    api.deploy()
    for path, verb, _ in methods:
        filled = re.sub(r"\{[^}]*\}", "x", path)
        status = api.ask(verb, filled, headers={"x-api-key": "none"})[0]
        assert status in [204, 400, 403], (verb, path, status)
    first = exported(gateway, made["id"])
    described = {(path, verb.upper()) for path, item in first["paths"].items() for verb in item if verb in VERBS}
    assert described == {(path, verb) for path, verb, _ in methods}
    again = known(gateway, cloud, gateway.import_rest_api(body=json.dumps(first)))
    again.deploy()
    assert exported(gateway, again.id) == first
