"""Pages of other origins: what a bucket's rules let browsers do, on the REST endpoint."""

import xml.etree.ElementTree as ET

import pytest
from web import visit

ORIGIN = "https://app.example.com"
VARY = "Origin, Access-Control-Request-Headers, Access-Control-Request-Method"


@pytest.fixture
def bucket(s3, bucket):
    s3.put_object(Bucket=bucket, Key="k", Body=b"content")
    return bucket


def rules(s3, bucket, *rules):
    s3.put_bucket_cors(Bucket=bucket, CORSConfiguration={"CORSRules": list(rules)})


def preflight(cloud, path, origin=ORIGIN, method="GET", headers=None, host=None):
    asked = {"origin": origin, "access_control_request_method": method, "access_control_request_headers": headers}
    return visit(cloud, path, host, "OPTIONS", **{name: value for name, value in asked.items() if value is not None})


def refused(reply, code, status, message=None, **elements):
    error = {element.tag: element.text for element in ET.fromstring(reply.body)}
    assert (reply.status, error["Code"]) == (status, code), reply.text
    assert message is None or error["Message"].startswith(message)
    assert {name: error[name] for name in elements} == elements
    assert reply.headers["access-control-allow-origin"] is None


def allowed(reply):
    prefix = "access-control-"
    return {name.lower()[len(prefix):]: value for name, value in reply.headers.items() if name.lower().startswith(prefix)}


def test_preflights_without_rules(cloud, bucket):
    for method in ["PUT", "GET"]:
        refused(
            preflight(cloud, f"/{bucket}/k", method=method), "AccessForbidden", 403, "CORSResponse: CORS is not enabled for this bucket.",
            Method=method, ResourceType="BUCKET",
        )
    refused(preflight(cloud, f"/{bucket}/k", None), "BadRequest", 400, "Insufficient information. Origin request header needed.")
    refused(
        preflight(cloud, "/nobody-has-this/k", method=None), "AccessForbidden", 403, "CORSResponse: Bucket not found",
        Method="OPTIONS", ResourceType="BUCKET",
    )
    assert allowed(visit(cloud, f"/{bucket}/k", origin=ORIGIN)) == {}


def test_an_origin_that_fits(cloud, s3, bucket):
    rules(
        s3, bucket,
        {"AllowedOrigins": [ORIGIN, "http://*.local"], "AllowedMethods": ["GET", "PUT"], "MaxAgeSeconds": 3000,
         "AllowedHeaders": ["*"], "ExposeHeaders": ["ETag", "x-amz-request-id"]},
    )
    expected = {
        "allow-origin": ORIGIN, "allow-methods": "GET, PUT", "allow-credentials": "true", "max-age": "3000",
        "expose-headers": "ETag, x-amz-request-id",
    }
    for path, host in [(f"/{bucket}/k", None), ("/k", f"{bucket}.s3.localhost"), (f"/{bucket}/not/there", None)]:
        reply = preflight(cloud, path, host=host)
        assert (reply.status, reply.body, allowed(reply)) == (200, b"", expected)
        assert reply.headers["vary"] == VARY
    reply = visit(cloud, f"/{bucket}/k", origin=ORIGIN)
    assert (reply.body, allowed(reply), reply.headers["vary"]) == (b"content", expected, VARY)
    # Errors may be read as well.
    reply = visit(cloud, f"/{bucket}/none", origin=ORIGIN)
    assert (reply.status, allowed(reply)) == (404, expected)
    assert allowed(preflight(cloud, f"/{bucket}", "http://a.b.local"))["allow-origin"] == "http://a.b.local"
    for origin in [ORIGIN + "/", "http://app.example.com", "null", "http://a.locally"]:
        refused(
            preflight(cloud, f"/{bucket}/k", origin), "AccessForbidden", 403, "CORSResponse: This CORS request is not allowed.",
            Method="GET", ResourceType="OBJECT",
        )
        reply = visit(cloud, f"/{bucket}/k", origin=origin)
        assert (reply.status, allowed(reply), reply.headers["vary"]) == (200, {}, None)
    refused(preflight(cloud, f"/{bucket}", method="DELETE"), "AccessForbidden", 403, Method="DELETE", ResourceType="BUCKET")


def test_all_origins(cloud, s3, bucket):
    rules(s3, bucket, {"AllowedOrigins": ["*"], "AllowedMethods": ["GET"]})
    reply = preflight(cloud, f"/{bucket}/k", "http://random:1234")
    assert allowed(reply) == {"allow-origin": "*", "allow-methods": "GET"}
    assert preflight(cloud, f"/{bucket}/k", headers="x-one").status == 403
    s3.delete_bucket_cors(Bucket=bucket)
    assert preflight(cloud, f"/{bucket}/k").status == 403


def test_headers_that_a_page_sends(cloud, s3, bucket):
    rules(s3, bucket, {"AllowedOrigins": ["*"], "AllowedMethods": ["PUT"], "AllowedHeaders": ["Content-Type", "x-amz-META-*"]})
    reply = preflight(cloud, f"/{bucket}/k", method="PUT", headers="X-Amz-Meta-One,content-TYPE")
    assert allowed(reply)["allow-headers"] == "x-amz-meta-one, content-type"
    assert preflight(cloud, f"/{bucket}/k", method="PUT", headers="content-type, x-other").status == 403
    # A request that is made is not asked for its headers.
    reply = visit(cloud, f"/{bucket}/k", None, "PUT", b"new", origin=ORIGIN, x_other="1")
    assert (reply.status, allowed(reply)["allow-origin"]) == (200, "*")


def test_the_first_rule_that_fits_decides(cloud, s3, bucket):
    rules(
        s3, bucket,
        {"AllowedOrigins": ["http://a*"], "AllowedMethods": ["GET"], "MaxAgeSeconds": 1},
        {"AllowedOrigins": ["*"], "AllowedMethods": ["GET"], "MaxAgeSeconds": 2},
        {"AllowedOrigins": ["*"], "AllowedMethods": ["DELETE"], "MaxAgeSeconds": 3},
    )
    for origin, method, seconds in [("http://a", "GET", "1"), ("http://b", "GET", "2"), ("http://a", "DELETE", "3")]:
        assert allowed(preflight(cloud, f"/{bucket}/k", origin, method))["max-age"] == seconds


def test_nobody_need_sign_a_preflight(make_cloud):
    cloud = make_cloud("--auth", "enforce").start()
    s3 = cloud.client("s3", *cloud.root_key())
    s3.create_bucket(Bucket="trips")
    rules(s3, "trips", {"AllowedOrigins": ["*"], "AllowedMethods": ["GET"]})
    assert preflight(cloud, "/trips/k").status == 200
    # A refusal may be read by the page.
    reply = visit(cloud, "/trips/k", origin=ORIGIN)
    assert (reply.status, allowed(reply)["allow-origin"]) == (403, "*")
    reply = visit(cloud, "/", f"sqs.us-east-1.localhost", "OPTIONS", origin=ORIGIN)
    assert allowed(reply) == {}
