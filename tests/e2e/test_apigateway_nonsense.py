"""Descriptions of APIs that somebody has broken: imported as far as they make sense or refused, and never more than that."""

import copy
import json
import time

import pytest
from botocore.exceptions import ClientError
from test_apigateway_contract import DESCRIPTION
from test_apigateway_import import OPENAPI

TURNS = 150
# What an import may take, on a machine that has other work as well.
SECONDS_MAX = 10
ODD = [None, True, -1, 1e300, "", "x" * 5000, "$", "{", "{a", "/{proxy+}", "method.request.header.", "#", "*/*", [], {}, [[]], {"": {}}]
LINKS = ["#", "#/", "#/components/schemas/Trip", "#/components/schemas/none", "#/paths", "https://example.com/x", "#/components/schemas/~1~"]


def places(document, path=()):
    """All that stands in a document, by its path."""
    yield path
    inside = document.items() if isinstance(document, dict) else enumerate(document) if isinstance(document, list) else []
    for key, value in inside:
        yield from places(value, (*path, key))


def broken(chance, document):
    document = copy.deepcopy(document)
    for _ in range(chance.randint(1, 4)):
        path = chance.choice([path for path in places(document) if path])
        parent = document
        for key in path[:-1]:
            parent = parent[key]
        key, how = path[-1], chance.randrange(5)
        if how == 0:
            del parent[key]
        elif how == 1:
            parent[key] = copy.deepcopy(chance.choice(ODD))
        elif how == 2:
            parent[key] = {"$ref": chance.choice(LINKS)}
        elif how == 3 and isinstance(parent, dict):
            parent[str(chance.choice(ODD))] = parent.pop(key)
        else:
            parent[key] = [parent[key]]
    return document


def deep(levels):
    return '{"openapi": "3.0.1", "paths": ' + '{"a":' * levels + "1" + "}" * levels + "}"


@pytest.fixture(params=["apigateway", "apigatewayv2"])
def imports(request, cloud):
    client = cloud.client(request.param)

    def rest(body):
        gone = client.import_rest_api(body=body)["id"]
        client.delete_rest_api(restApiId=gone)

    def web(body):
        client.delete_api(ApiId=client.import_api(Body=body)["ApiId"])

    return rest if request.param == "apigateway" else web


def outcome(imports, body):
    begun = time.monotonic()
    try:
        imports(body)
        status = 200
    except ClientError as error:
        status = error.response["ResponseMetadata"]["HTTPStatusCode"]
    assert status < 500, f"{status}: {body}"
    assert time.monotonic() - begun < SECONDS_MAX, body
    return status


def test_broken_descriptions_are_taken_or_refused(imports, chance):
    seen = [outcome(imports, json.dumps(broken(chance, chance.choice([OPENAPI, DESCRIPTION])))) for _ in range(TURNS)]
    assert set(seen) >= {200, 400}, "some of both, or nothing was tried"


def test_descriptions_that_want_too_much(imports):
    laughs = "openapi: 3.0.1\nx-a: &a [x, x, x, x, x, x, x, x, x, x]\n"
    for one, other in zip("abcdefgh", "bcdefghi", strict=True):
        laughs += f"x-{other}: &{other} [{', '.join([f'*{one}'] * 10)}]\n"
    circle = copy.deepcopy(DESCRIPTION)
    circle["components"]["schemas"]["Trip"] = {"$ref": "#/components/schemas/Trip"}
    circle["components"]["schemas"]["Error"] = {"allOf": [{"$ref": "#/components/schemas/Error"}] * 50}
    for body in [laughs, deep(100), deep(100_000), json.dumps(circle), "[" * 100_000, "\0", "openapi: 3.0.1\npaths: *x\n"]:
        outcome(imports, body)
