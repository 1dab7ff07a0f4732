"""Answers that come piece by piece."""

import base64
import json

import pytest
from conftest import refused
from functions import create, package

CODE = """
exports.handler = awslambda.streamifyResponse(async (event, stream, context) => {
  if (event.early) throw new RangeError('early');
  for (let n = 0; n < event.times; n++) {
    if (!stream.write('x'.repeat(1000))) await new Promise((go) => stream.once('drain', go));
  }
  console.log('almost done');
  if (event.late) throw new TypeError('late');
  if (event.hang) await new Promise(() => setInterval(() => {}, 1000));
  stream.end();
});
exports.plain = async (event) => event;
"""


@pytest.fixture
def functions(cloud):
    return cloud.client("lambda", read_timeout=60)


@pytest.fixture
def streams(functions, name):
    create(functions, name, "", Runtime="nodejs22.x", Code={"ZipFile": package(main__js=CODE)}, Timeout=3)
    return name


def stream(functions, name, event, **parameters):
    """The pieces that come, and how it ended."""
    answer = functions.invoke_with_response_stream(FunctionName=name, Payload=json.dumps(event), **parameters)
    assert (answer["StatusCode"], answer["ExecutedVersion"]) == (200, "$LATEST")
    assert answer["ResponseStreamContentType"] == "application/vnd.amazon.eventstream"
    events = list(answer["EventStream"])
    assert [list(event) for event in events[-1:]] == [["InvokeComplete"]]
    return [event["PayloadChunk"]["Payload"] for event in events[:-1]], events[-1]["InvokeComplete"]


def test_pieces_come_as_events(functions, streams):
    pieces, end = stream(functions, streams, {"times": 8000}, LogType="Tail")
    assert len(b"".join(pieces)) == 8_000_000 and len(pieces) > 1
    assert list(end) == ["LogResult"]
    log = base64.b64decode(end["LogResult"]).decode()
    assert log.startswith("START RequestId: ") and "almost done" in log
    assert stream(functions, streams, {"times": 0}) == ([], {})


def test_failures_are_told_at_the_end(functions, streams):
    for event, count, kind in [({"early": 1}, 0, "RangeError"), ({"late": 1, "times": 3}, 3000, "TypeError")]:
        pieces, end = stream(functions, streams, event)
        assert (len(b"".join(pieces)), end["ErrorCode"]) == (count, "Unhandled")
        assert json.loads(end["ErrorDetails"])["errorType"] == kind
    pieces, end = stream(functions, streams, {"times": 1, "hang": True})
    assert len(b"".join(pieces)) == 1000
    assert "Task timed out after 3.00 seconds" in json.loads(end["ErrorDetails"])["errorMessage"]
    assert stream(functions, streams, {"times": 1})[1] == {}, "the next one has an environment again"


def test_whoever_asks_in_the_other_way_gets_the_same(functions, streams):
    answer = functions.invoke(FunctionName=streams, Payload=json.dumps({"times": 2}))
    assert (answer["Payload"].read(), "FunctionError" in answer) == (b"x" * 2000, False)
    functions.update_function_configuration(FunctionName=streams, Handler="main.plain")
    pieces, end = stream(functions, streams, {"a": 1})
    assert (pieces, end) == ([b'{"a":1}'], {})


def test_what_is_refused_before_anything_streams(functions, streams):
    call = functions.invoke_with_response_stream
    assert refused(call, FunctionName="none-such")[0] == "ResourceNotFoundException"
    assert refused(call, FunctionName=streams, Payload=b"{")[0] == "InvalidRequestContentException"
    assert refused(call, FunctionName=streams, ClientContext="?")[0] == "InvalidRequestContentException"
    assert call(FunctionName=streams, InvocationType="DryRun")["StatusCode"] == 204
