"""Web frameworks in functions, behind HTTP APIs with both versions of the payload and behind REST APIs: FastAPI by Mangum, Express by serverless-http, `lambda_http` of Rust."""

import http.client
import json
import subprocess
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from client_layers import layer, of_node, of_python
from functions import create, package
from http_apis import ask
from test_apigateway import Api
from test_apigateway_integrations import proxy
from test_lambda_extensions import programs

FASTAPI = """
from fastapi import FastAPI, HTTPException, Request
from fastapi.responses import Response
from mangum import Mangum
from pydantic import BaseModel
app = FastAPI()

class Trip(BaseModel):
    name: str
    seats: int = 1

@app.get("/trips/{trip}")
async def show(trip: str, request: Request, by: str = "train"):
    if trip == "none":
        raise HTTPException(404, "no such trip")
    response = Response(f'{{"trip": "{trip}", "by": "{by}", "agent": "{request.headers["user-agent"]}"}}', 200)
    response.set_cookie("a", "1")
    response.set_cookie("b", "2")
    return response

@app.post("/trips", status_code=201)
async def make(trip: Trip):
    return trip

@app.get("/image")
async def image():
    return Response(bytes(range(256)), media_type="image/png")

handler = Mangum(app, lifespan="off")
"""
EXPRESS = """
const express = require('express');
const serverless = require('serverless-http');
const app = express();
app.use(express.json());
app.get('/trips/:trip', (request, response) => {
  if (request.params.trip === 'none') return response.status(404).json({ detail: 'no such trip' });
  response.cookie('a', '1').cookie('b', '2');
  response.json({ trip: request.params.trip, by: request.query.by ?? 'train', agent: request.get('user-agent') });
});
app.post('/trips', (request, response) => {
  if (typeof request.body.name !== 'string') return response.status(422).json({});
  response.status(201).json({ seats: 1, ...request.body });
});
app.get('/image', (request, response) => response.type('image/png').send(Buffer.from([...Array(256).keys()])));
const { default: wrapped = serverless } = serverless;
exports.handler = wrapped(app, { binary: ['image/*'] });
"""
ROOT = Path(__file__).parents[2]


def built():
    """The example of a web application, as a package."""
    target = ROOT / "target/web"
    manifest = ROOT / "examples/web/Cargo.toml"
    subprocess.run(["cargo", "build", "-q", "--locked", "--manifest-path", manifest, "--target-dir", target], check=True)
    return programs(bootstrap=(target / "debug/web").read_bytes())


@pytest.fixture(scope="module")
def framework(cloud):
    """Makes a function with a framework; layers are published once."""
    functions, known = cloud.client("lambda", read_timeout=60), {}

    def make(name, kind):
        content = {"fastapi": lambda: of_python("fastapi", "mangum"), "express": lambda: of_node("express", "serverless-http")}
        # `lambda_http` takes the stage for a part of the path otherwise.
        variables = {"AWS_LAMBDA_HTTP_IGNORE_STAGE_IN_PATH": "true"}
        settings = {"MemorySize": 512, "Timeout": 60, "Environment": {"Variables": variables}}
        if kind == "rust":
            settings |= {"Runtime": "provided.al2023", "Code": {"ZipFile": built()}}
        else:
            known[kind] = known.get(kind) or layer(functions, kind, content[kind]())
            settings["Layers"] = [known[kind]]
        if kind == "express":
            settings |= {"Runtime": "nodejs22.x", "Code": {"ZipFile": package(main__js=EXPRESS)}}
        made = create(functions, name, FASTAPI, **settings)
        functions.add_permission(
            FunctionName=name, StatementId="api", Action="lambda:InvokeFunction", Principal="apigateway.amazonaws.com"
        )
        return made["FunctionArn"]

    return make


def http_api(cloud, name, function, version):
    """An HTTP API with everything behind one function, and what its paths begin with."""
    apis = cloud.client("apigatewayv2")
    api = apis.create_api(Name=name, ProtocolType="HTTP")["ApiId"]
    integration = apis.create_integration(
        ApiId=api, IntegrationType="AWS_PROXY", IntegrationUri=function, PayloadFormatVersion=version
    )
    apis.create_route(ApiId=api, RouteKey="$default", Target=f"integrations/{integration['IntegrationId']}")
    apis.create_stage(ApiId=api, StageName="$default", AutoDeploy=True)
    return api, ""


def rest_api(cloud, name, function):
    api = Api(cloud.client("apigateway"), cloud, name, binaryMediaTypes=["*/*"])
    proxy(api, "/{proxy+}", function)
    api.deploy()
    return api.id, "/dev"


@pytest.mark.parametrize("version", ["1.0", "2.0", "REST"])
@pytest.mark.parametrize("kind", ["fastapi", "express", "rust"])
def test_a_framework_answers(cloud, framework, name, kind, version):
    function = framework(name, kind)
    api, stage = rest_api(cloud, name, function) if version == "REST" else http_api(cloud, name, function, version)
    status, headers, body = ask(cloud, api, "GET", f"{stage}/trips/ams?by=f%C3%A4hre", headers={"User-Agent": "tests"})
    assert (status, json.loads(body)) == (200, {"trip": "ams", "by": "fähre", "agent": "tests"})
    assert [cookie.split(";")[0] for cookie in headers.get_all("Set-Cookie")] == ["a=1", "b=2"]
    in_json = {"Content-Type": "application/json"}
    status, _, body = ask(cloud, api, "POST", f"{stage}/trips", json.dumps({"name": "näh"}), in_json)
    assert (status, json.loads(body)) == (201, {"name": "näh", "seats": 1})
    assert ask(cloud, api, "POST", f"{stage}/trips", '{"seats": 2}', in_json)[0] == 422
    status, _, body = ask(cloud, api, "GET", f"{stage}/trips/none")
    assert (status, json.loads(body)["detail"]) == (404, "no such trip")
    assert ask(cloud, api, "GET", f"{stage}/nowhere")[0] == 404
    status, headers, body = asked(cloud, api, f"{stage}/image")
    assert (status, headers["Content-Type"], body) == (200, "image/png", bytes(range(256)))


def asked(cloud, api, path):
    """As bytes."""
    connection = http.client.HTTPConnection(urlsplit(cloud.url).netloc, timeout=60)
    connection.request("GET", path, headers={"Host": f"{api}.execute-api.localhost"})
    answer = connection.getresponse()
    return answer.status, answer.headers, answer.read()
