"""The codecs against botocore's own: every operation of every service, with random values, in both directions.

botocore writes a request and ours reads it; ours writes an answer and botocore reads it. The services are those that
Cloudlet has, and some of AWS's that speak the other protocols. WIRE_SEED chooses other values than the usual ones, and
WIRE_ROUNDS more of them; a failure tells both.
"""

import base64
import io
import json
import os
import random
import re
import subprocess
import tomllib
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from botocore.awsrequest import HeadersDict, create_request_object, prepare_request_dict
from botocore.eventstream import EventStreamBuffer
from botocore.loaders import Loader
from botocore.model import ServiceModel
from botocore.parsers import create_parser
from botocore.serialize import create_serializer
from wire_values import NOTHING, Values, neutral

ROOT = Path(__file__).parents[2]
ORACLE = os.environ.get("CLOUDLET_ORACLE", str(ROOT / "target/debug/examples/oracle"))
SEED = os.environ.get("WIRE_SEED", "1")
ROUNDS = int(os.environ.get("WIRE_ROUNDS", "2"))
CBOR = "smithy-rpc-v2-cbor"

# By our names: theirs.
SERVICES = tomllib.loads((ROOT / "apis/services.toml").read_text())["services"]
# S3 is tried as it is published: our facts of it leave out what another operation replaced.
OURS = sorted(SERVICES.keys() - {"s3"})
# CBOR is tried on the shapes of every service that speaks JSON by targets, as clients would once AWS announces it.
ALSO = {"dynamodb": [CBOR], "logs": [CBOR], "sqs": [CBOR]}
OTHERS = ["cloudwatch", "ec2", "route53", "s3"]
# S3's that only their host or an optional parameter tells from another, and those that another replaced.
SHARED = [
    "GetBucketLifecycle",
    "GetBucketNotification",
    "ListDirectoryBuckets",
    "PutBucketLifecycle",
    "PutBucketNotification",
]
LOADER = Loader()


def protocols(name):
    metadata = LOADER.load_service_model(SERVICES.get(name, name), "service-2")["metadata"]
    return metadata.get("protocols", [metadata["protocol"]]) + ALSO.get(name, [])


def description_of(facts, protocol):
    """Our facts as a description, for the protocol of old clients that the published one no longer tells."""
    def traits(member):
        return {**member, "locationName": member.get("queryName", member.get("locationName", member.get("name")))}

    shapes = {}
    for name, shape in facts["shapes"].items():
        members = {member["name"]: traits(member) for member in shape.get("members", [])}
        # Younger than the protocol, and under the name of an older one: whoever sends that one means both.
        members.pop("MessageSystemAttributeNames", None)
        shapes[name] = {**shape, "members": members} if shape["type"] == "structure" else shape
    operations = {}
    for name, operation in facts["operations"].items():
        operations[name] = {"name": name, "http": operation["http"]}
        if "input" in operation:
            operations[name]["input"] = {"shape": operation["input"]}
        if "output" in operation:
            output = {"shape": operation["output"], "resultWrapper": operation["outputWrapper"]}
            operations[name]["output"] = output
    metadata = {**facts, "protocol": protocol, "protocols": [protocol]}
    return {"metadata": metadata, "operations": operations, "shapes": shapes}


PAIRS = [(name, protocol) for name in OURS + OTHERS for protocol in protocols(name)] + [("sqs", "query")]


def facts_of(name, description):
    """A description in the form of apis/*.json, as far as the wire goes."""
    if name in OURS:
        return json.loads((ROOT / "apis" / f"{name}.json").read_text())
    facts = {"service": name, "shapes": {}, "operations": {}, "bareErrors": name == "s3"}
    facts["xmlNamespace"] = description["metadata"].get("xmlNamespace")
    for operation, traits in description["operations"].items():
        given, taken = traits.get("input", {}), traits.get("output", {})
        facts["operations"][operation] = {
            "http": traits["http"],
            "deprecated": traits.get("deprecated"),
            "input": given.get("shape"),
            "inputLocationName": given.get("locationName"),
            "inputXmlNamespace": given.get("xmlNamespace"),
            "output": taken.get("shape"),
            "outputWrapper": taken.get("resultWrapper"),
        }
    for shape, traits in description["shapes"].items():
        members = [{**member, "name": name} for name, member in traits.get("members", {}).items()]
        facts["shapes"][shape] = {**traits, "members": members}
    return facts


class Oracle:
    """Our codecs, behind a pipe."""

    def __init__(self):
        self.process = subprocess.Popen([ORACLE], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.learnt = {}

    def ask(self, **command):
        self.process.stdin.write(json.dumps(command) + "\n")
        self.process.stdin.flush()
        answer = json.loads(self.process.stdout.readline())
        assert "failure" not in answer, answer["failure"]
        return answer

    def learn(self, name, protocol=None):
        if (name, protocol) not in self.learnt:
            description = LOADER.load_service_model(SERVICES.get(name, name), "service-2")
            facts = facts_of(name, description)
            if protocol == "query" and name == "sqs":
                description = description_of(facts, protocol)
            self.ask(do="learn", service=name, facts=facts)
            self.learnt[name, protocol] = ServiceModel(description, name)
        return self.learnt[name, protocol]


@pytest.fixture(scope="module")
def oracle():
    oracle = Oracle()
    yield oracle
    oracle.process.stdin.close()
    assert oracle.process.wait(10) == 0


def without_empty_payload(shape, document):
    """No body and an empty one are the same: on the wire nobody can tell them apart."""
    members = shape.members if shape else {}
    payload = shape.serialization.get("payload") if shape else None
    payloads = [payload] + [name for name, member in members.items() if member.serialization.get("eventpayload")]
    kept = {name: value for name, value in document["m"].items()
            if name not in payloads or value not in ("", {"b": ""}, {"m": {}})}
    return {"m": kept}


def assert_equal(shape, found, expected, where):
    found, expected = without_empty_payload(shape, found), without_empty_payload(shape, expected)
    different = [name for name in {**found["m"], **expected["m"]} if found["m"].get(name) != expected["m"].get(name)]
    told = [f"{name}:\n    found    {found['m'].get(name)}\n    expected {expected['m'].get(name)}" for name in different]
    assert not different, where + "\n" + "\n".join(told)


def told(name, protocol, operation, number):
    return f"{name} {protocol} {operation} round {number}, WIRE_SEED={SEED}"


def each_operation(oracle, name, protocol, extra):
    """Every operation of a service, several times, with its own source of chance."""
    model = oracle.learn(name, protocol)
    for operation in model.operation_names:
        for number in range(ROUNDS):
            chance = random.Random(f"{SEED}/{name}/{protocol}/{operation}/{number}/{extra}")
            yield model.operation_model(operation), chance, told(name, protocol, operation, number)


def command(name, protocol, operation, what):
    version = operation.service_model.metadata.get("jsonVersion")
    return dict(do=what, service=name, protocol=protocol, jsonVersion=version, operation=operation.name)


@pytest.mark.parametrize("name, protocol", PAIRS)
def test_what_botocore_writes_is_read(oracle, name, protocol, record_property):
    covered = set()
    serializer = create_serializer(protocol, include_validation=False)
    for operation, chance, where in each_operation(oracle, name, protocol, "read"):
        shape = operation.input_shape
        value = Values(chance, protocol, answer=False).structure(shape) if shape else {}
        for label in re.findall(r"\{(\w+)\}", (operation.endpoint or {}).get("hostPrefix", "")):
            value[label] = "host-1"
        request = serializer.serialize_to_request(dict(value), operation)
        prepare_request_dict(request, endpoint_url="http://localhost", context={})
        request = create_request_object(request).prepare()
        body = request.body.read() if hasattr(request.body, "read") else request.body or b""
        address = urlsplit(request.url)
        headers = [(key, item.decode() if isinstance(item, bytes) else str(item)) for key, item in request.headers.items()]
        answer = oracle.ask(
            **command(name, protocol, operation, "read"),
            method=request.method,
            path=address.path,
            query=address.query or None,
            headers=headers,
            body=base64.b64encode(body.encode() if isinstance(body, str) else body).decode(),
        )
        for member_name, member in (shape.members if shape else {}).items():
            if member_name not in value and member.serialization.get("name", "").lower() == "content-length":
                # Of HTTP, not of the caller.
                answer["document"]["m"].pop(member_name, None)
        if protocol == "query":
            answer.get("document", {"m": {}})["m"].pop("MessageSystemAttributeNames", None)
        assert "fault" not in answer, f"{where}: {answer['fault']} for {value}\n{request.url}\n{body}"
        expected = neutral(shape, value) if shape else {"m": {}}
        assert_equal(shape, answer["document"], expected, f"{where}\n{request.url}\n{body}")
        if protocol.startswith("rest") and operation.name not in SHARED:
            assert answer["routed"] == operation.name, where
        covered.add(operation.name)
    assert covered == set(operation.service_model.operation_names)
    record_property("covered", f"{name} {protocol}: {len(covered)} operations read, WIRE_SEED={SEED}")


@pytest.mark.parametrize("name, protocol", PAIRS)
def test_botocore_reads_what_is_written(oracle, name, protocol, record_property):
    covered = set()
    parser = create_parser(protocol)
    for operation, chance, where in each_operation(oracle, name, protocol, "written"):
        shape = operation.output_shape
        if operation.has_event_stream_output:
            # The body is a stream; its events are tried on their own.
            covered.add(operation.name)
            continue
        value = Values(chance, protocol, answer=True).structure(shape) if shape else {}
        expected = neutral(shape, value) if shape else {"m": {}}
        answer = oracle.ask(**command(name, protocol, operation, "write"), document=expected)
        body = base64.b64decode(answer["body"])
        response = {
            "headers": HeadersDict(answer["headers"]),
            "status_code": answer["status"],
            "body": io.BytesIO(body) if operation.has_streaming_output else body,
            "context": {"operation_name": operation.name},
        }
        parsed = parser.parse(response, shape)
        assert parsed.pop("ResponseMetadata")["HTTPStatusCode"] == answer["status"], where
        for member_name, member in (shape.members if shape else {}).items():
            traits = member.serialization
            is_type = traits.get("name", "").lower() == "content-type"
            if member_name not in value and (is_type or traits.get("location") in ("headers", "statusCode")):
                # botocore always gives these, and every body has a type.
                parsed.pop(member_name, None)
        if operation.has_streaming_output:
            payload = shape.serialization["payload"]
            body = parsed.pop(payload).read()
            assert body == value.pop(payload, b""), where
            expected["m"].pop(payload, None)
        found = neutral(shape, parsed) if shape else {"m": {}}
        assert_equal(shape, found, expected, f"{where}\n{answer['headers']}\n{body}")
        covered.add(operation.name)
    assert covered == set(operation.service_model.operation_names)
    record_property("covered", f"{name} {protocol}: {len(covered)} operations written, WIRE_SEED={SEED}")


@pytest.mark.parametrize("name, protocol", PAIRS)
def test_botocore_reads_errors(oracle, name, protocol):
    parser = create_parser(protocol)
    model = oracle.learn(name, protocol)
    operation = model.operation_model(model.operation_names[0])
    for status, code in [(400, "ThrottlingException"), (404, "Not.Found"), (503, "ServiceUnavailable")]:
        message = "It is <gone> & \"away\" é"
        answer = oracle.ask(**command(name, protocol, operation, "fault"), status=status, code=code, message=message)
        response = {
            "headers": HeadersDict(answer["headers"]),
            "status_code": answer["status"],
            "body": base64.b64decode(answer["body"]),
            "context": {"operation_name": operation.name},
        }
        parsed = parser.parse(response, operation.output_shape)
        error = parsed["Error"]
        assert (error["Code"], error["Message"]) == (code, message), answer
        assert parsed["ResponseMetadata"]["HTTPStatusCode"] == status


@pytest.mark.parametrize("name, operation_name", [
    ("lambda", "InvokeWithResponseStream"),
    ("logs", "StartLiveTail"),
    ("logs", "GetLogObject"),
    ("s3", "SelectObjectContent"),
])
def test_botocore_reads_events(oracle, name, operation_name):
    operation = oracle.learn(name).operation_model(operation_name)
    protocol = operation.service_model.metadata["protocol"]
    stream = operation.get_event_stream_output()
    parser = create_parser(protocol)._event_stream_parser
    for number in range(20 * ROUNDS):
        chance = random.Random(f"{SEED}/{name}/{operation_name}/{number}")
        for event_name, event in stream.members.items():
            where = f"{told(name, protocol, operation_name, number)}: {event_name}"
            value = Values(chance, protocol, answer=True).value(event, ())
            if value is NOTHING:
                continue
            expected = {"m": {event_name: neutral(event, value)}}
            answer = oracle.ask(**command(name, protocol, operation, "event"), document=expected)
            assert_equal(event, answer["document"]["m"][event_name], expected["m"][event_name], where)
            buffer = EventStreamBuffer()
            buffer.add_data(base64.b64decode(answer["body"]))
            message = next(iter(buffer))
            response = message.to_response_dict(200)
            response["context"] = {}
            if response["status_code"] == 200:
                parsed = parser.parse(response, stream)
                found = neutral(event, parsed[event_name])
                assert_equal(event, found, neutral(event, value), f"{where}\n{message.payload}")
            else:
                error = parser.parse(response, stream)["Error"]
                assert error["Code"] == event_name, where
