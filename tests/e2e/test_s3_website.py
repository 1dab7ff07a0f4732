"""Buckets as websites, as browsers meet them."""

import hashlib
import json
import os

import pytest
from web import visit

INDEX = b"<h1>Welcome</h1>"


def host(bucket, suffix="s3-website.localhost"):
    return f"{bucket}.{suffix}"


def put(s3, bucket, **contents):
    for key, content in contents.items():
        key = key.replace("__", "/")
        s3.put_object(Bucket=bucket, Key=key, Body=content, ContentType="text/html")


def configure(s3, bucket, **configuration):
    s3.put_bucket_website(Bucket=bucket, WebsiteConfiguration=configuration)


@pytest.fixture
def site(s3, bucket):
    """A website with an index, a folder and an error document."""
    configure(s3, bucket, IndexDocument={"Suffix": "index.html"}, ErrorDocument={"Key": "error.html"})
    for key, content in {"index.html": INDEX, "docs/index.html": b"docs", "error.html": b"sorry", "a b+ü.html": b"odd"}.items():
        s3.put_object(Bucket=bucket, Key=key, Body=content, ContentType="text/html")
    return bucket


@pytest.mark.parametrize(
    "suffix",
    [
        "s3-website.localhost:4566", "s3-website-us-east-1.localhost", "s3-website.us-east-1.localhost",
        "s3-website-us-east-1.amazonaws.com", "s3-website.us-east-1.amazonaws.com", "s3-website.localhost.localstack.cloud",
    ],
)
def test_hosts_lead_to_a_website(cloud, site, suffix):
    reply = visit(cloud, "/", host(site, suffix))
    assert (reply.status, reply.body, reply.headers["content-type"]) == (200, INDEX, "text/html")


def test_index_documents_stand_for_folders(cloud, site):
    assert visit(cloud, "/docs/", host(site)).body == b"docs"
    reply = visit(cloud, "/docs", host(site))
    assert (reply.status, reply.headers["location"]) == (302, "/docs/")
    reply = visit(cloud, f"/_aws/s3-website/{site}/docs")
    assert (reply.status, reply.headers["location"]) == (302, f"/_aws/s3-website/{site}/docs/")
    assert visit(cloud, reply.headers["location"]).body == b"docs"
    assert visit(cloud, f"/_aws/s3-website/{site}").body == INDEX
    assert visit(cloud, "/a%20b%2B%C3%BC.html", host(site)).body == b"odd"


def test_what_is_missing_is_the_error_document(cloud, site):
    reply = visit(cloud, "/no/such", host(site))
    assert (reply.status, reply.body) == (404, b"sorry")
    assert reply.headers["x-amz-error-code"] == "NoSuchKey"
    reply = visit(cloud, "/no/such", host(site), "HEAD")
    assert (reply.status, reply.body, reply.headers["content-length"]) == (404, b"", "5")


def test_errors_without_a_document_are_pages(cloud, s3, site):
    s3.delete_object(Bucket=site, Key="error.html")
    reply = visit(cloud, "/%3Cb%3E", host(site))
    assert reply.status == 404 and reply.headers["content-type"].startswith("text/html")
    assert "<h1>404 Not Found</h1>" in reply.text
    assert "<li>Code: NoSuchKey</li>" in reply.text and "<li>Key: &lt;b&gt;</li>" in reply.text
    assert "Attempting to Retrieve a Custom Error Document" in reply.text and "<li>Key: error.html</li>" in reply.text
    configure(s3, site, IndexDocument={"Suffix": "none.html"})
    reply = visit(cloud, "/", host(site))
    assert reply.status == 404 and "<li>Key: none.html</li>" in reply.text and "Custom Error" not in reply.text


def test_what_is_no_website(cloud, s3, bucket):
    reply = visit(cloud, "/", host(bucket))
    assert reply.status == 404 and "<li>Code: NoSuchWebsiteConfiguration</li>" in reply.text
    assert f"<li>BucketName: {bucket}</li>" in reply.text
    reply = visit(cloud, "/", host("nobody-has-this"))
    assert reply.status == 404 and "<li>Code: NoSuchBucket</li>" in reply.text
    assert visit(cloud, "/_aws/s3-website/").status == 404


def test_only_reading_is_allowed(cloud, site):
    for method in ["PUT", "POST", "DELETE", "PATCH"]:
        reply = visit(cloud, "/index.html", host(site), method, b"x")
        assert reply.status == 405 and "<li>Code: MethodNotAllowed</li>" in reply.text
        assert f"<li>Method: {method}</li>" in reply.text
    assert visit(cloud, "/index.html", host(site)).body == INDEX


def test_another_region_has_it(cloud, site):
    reply = visit(cloud, "/", host(site, "s3-website-eu-west-1.amazonaws.com"))
    assert reply.status == 400 and "<li>Code: IncorrectEndpoint</li>" in reply.text
    assert f"{site}.s3-website-us-east-1.amazonaws.com" in reply.text


def test_conditions_and_ranges(cloud, s3, site):
    whole = visit(cloud, "/index.html", host(site))
    etag, modified = whole.headers["etag"], whole.headers["last-modified"]
    part = visit(cloud, "/", host(site), range="bytes=4-10")
    assert (part.status, part.body, part.headers["content-range"]) == (206, INDEX[4:11], f"bytes 4-10/{len(INDEX)}")
    for path in ["/", "/index.html"]:
        for condition in [{"if_none_match": etag}, {"if_modified_since": modified}]:
            reply = visit(cloud, path, host(site), **condition)
            assert (reply.status, reply.body, reply.headers["etag"]) == (304, b"", etag)
    head = visit(cloud, "/", host(site), "HEAD")
    assert (head.status, head.body, head.headers["content-length"]) == (200, b"", str(len(INDEX)))
    assert visit(cloud, "/", host(site), if_match='"other"').status == 412
    assert visit(cloud, "/", host(site), range="bytes=999-").status == 416


def test_what_was_said_of_an_object_is_told(cloud, s3, site):
    s3.put_object(
        Bucket=site, Key="app.js", Body=b"go()", ContentType="text/javascript", CacheControl="max-age=60",
        ContentEncoding="identity", ContentLanguage="de", Metadata={"made": "here"},
    )
    headers = visit(cloud, "/app.js", host(site)).headers
    assert headers["content-type"] == "text/javascript" and headers["cache-control"] == "max-age=60"
    assert headers["content-language"] == "de" and headers["x-amz-meta-made"] == "here"


def test_a_large_object_streams(cloud, s3, site):
    content = os.urandom(9_000_000)
    s3.put_object(Bucket=site, Key="film", Body=content)
    reply = visit(cloud, "/film", host(site))
    assert hashlib.sha256(reply.body).digest() == hashlib.sha256(content).digest()
    assert visit(cloud, "/film", host(site), range="bytes=8000000-").body == content[8_000_000:]


def test_objects_lead_elsewhere(cloud, s3, site):
    for key, location in {"old": "/docs/", "away": "https://example.com/x?y=z", "gone/index.html": "/index.html"}.items():
        s3.put_object(Bucket=site, Key=key, Body=b"x", WebsiteRedirectLocation=location)
    for path, location in {"/old": "/docs/", "/away": "https://example.com/x?y=z", "/gone/": "/index.html"}.items():
        for method in ["GET", "HEAD"]:
            reply = visit(cloud, path, host(site), method)
            assert (reply.status, reply.body, reply.headers["location"]) == (301, b"", location)
    base = f"/_aws/s3-website/{site}"
    assert visit(cloud, base + "/old").headers["location"] == base + "/docs/"
    # Over the API it is an object like any other.
    assert s3.get_object(Bucket=site, Key="old")["WebsiteRedirectLocation"] == "/docs/"


def test_routing_rules(cloud, s3, bucket):
    rules = [
        {"Condition": {"KeyPrefixEquals": "docs/"}, "Redirect": {"ReplaceKeyPrefixWith": "documents/"}},
        {"Condition": {"KeyPrefixEquals": "images/"}, "Redirect": {"ReplaceKeyWith": "folder-deleted.html"}},
        {
            "Condition": {"HttpErrorCodeReturnedEquals": "404", "KeyPrefixEquals": "far/"},
            "Redirect": {"HostName": "far.example.com", "Protocol": "https", "HttpRedirectCode": "307"},
        },
        {"Condition": {"HttpErrorCodeReturnedEquals": "404"}, "Redirect": {"ReplaceKeyPrefixWith": "#!/"}},
    ]
    configure(s3, bucket, IndexDocument={"Suffix": "index.html"}, RoutingRules=rules)
    s3.put_object(Bucket=bucket, Key="far/here", Body=b"here")
    site = host(bucket) + ":4566"
    for path, status, location in [
        ("/docs/a%20b/c", 301, f"http://{site}/documents/a%20b/c"),
        ("/docs/x?q=1", 301, f"http://{site}/documents/x?q=1"),
        ("/images/x.png", 301, f"http://{site}/folder-deleted.html"),
        ("/far/away", 307, "https://far.example.com/far/away"),
        ("/deep/link", 301, f"http://{site}/#!/deep/link"),
        ("/", 301, f"http://{site}/#!/"),
    ]:
        reply = visit(cloud, path, site)
        assert (reply.status, reply.headers["location"]) == (status, location), path
    assert visit(cloud, "/far/here", site).body == b"here"


def test_all_requests_go_elsewhere(cloud, s3, bucket):
    configure(s3, bucket, RedirectAllRequestsTo={"HostName": "www.example.com", "Protocol": "https"})
    reply = visit(cloud, "/a%20b?c=d", host(bucket))
    assert (reply.status, reply.headers["location"]) == (301, "https://www.example.com/a%20b?c=d")
    configure(s3, bucket, RedirectAllRequestsTo={"HostName": "www.example.com"})
    assert visit(cloud, "/", host(bucket)).headers["location"] == "http://www.example.com/"


def test_pages_of_other_origins(cloud, s3, site):
    rule = {"AllowedMethods": ["GET"], "AllowedOrigins": ["https://app.example.com"]}
    s3.put_bucket_cors(Bucket=site, CORSConfiguration={"CORSRules": [rule]})
    for path in ["/", "/no/such"]:
        reply = visit(cloud, path, host(site), origin="https://app.example.com")
        assert reply.headers["access-control-allow-origin"] == "https://app.example.com"
    assert visit(cloud, "/", host(site), origin="https://other").headers["access-control-allow-origin"] is None
    asked = {"origin": "https://app.example.com", "access_control_request_method": "GET"}
    reply = visit(cloud, "/", host(site), "OPTIONS", **asked)
    assert (reply.status, reply.headers["access-control-allow-methods"]) == (200, "GET")
    asked["access_control_request_method"] = "PUT"
    assert visit(cloud, "/", host(site), "OPTIONS", **asked).status == 403


def test_the_policy_says_who_may_read(make_cloud):
    cloud = make_cloud("--auth", "enforce").start()
    s3 = cloud.client("s3", *cloud.root_key())
    s3.create_bucket(Bucket="trips")
    configure(s3, "trips", IndexDocument={"Suffix": "index.html"})
    put(s3, "trips", **{"index.html": INDEX, "secret__index.html": b"secret"})
    for path in ["/", "/no/such", "/secret"]:
        reply = visit(cloud, path, host("trips"))
        assert reply.status == 403 and "<li>Code: AccessDenied</li>" in reply.text, path

    def statement(action, resource, **more):
        return {"Effect": "Allow", "Principal": "*", "Action": action, "Resource": f"arn:aws:s3:::trips{resource}", **more}

    def allow(*statements):
        policy = {"Version": "2012-10-17", "Statement": statements}
        s3.put_bucket_policy(Bucket="trips", Policy=json.dumps(policy))

    s3.delete_public_access_block(Bucket="trips")
    read = statement("s3:GetObject", "/*")
    deny = statement("s3:GetObject", "/secret/*", Effect="Deny")
    allow(read, deny)
    assert visit(cloud, "/", host("trips")).body == INDEX
    assert visit(cloud, "/secret/", host("trips")).status == 403
    # Who may not list it is not told what is not there.
    assert visit(cloud, "/no/such", host("trips")).status == 403
    allow(read, statement("s3:ListBucket", ""))
    assert visit(cloud, "/no/such", host("trips")).status == 404
    assert visit(cloud, "/secret", host("trips")).headers["location"] == "/secret/"
    s3.put_public_access_block(Bucket="trips", PublicAccessBlockConfiguration={"RestrictPublicBuckets": True})
    assert visit(cloud, "/", host("trips")).status == 403
    assert s3.get_object(Bucket="trips", Key="index.html")["Body"].read() == INDEX
