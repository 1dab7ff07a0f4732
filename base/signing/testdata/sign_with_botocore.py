"""Writes botocore.json: requests signed by botocore, as facts for the tests. Run by hand: python3 sign_with_botocore.py"""

import datetime
import json
import pathlib
import random
import urllib.parse

import botocore
from botocore import auth, credentials
from botocore.awsrequest import AWSRequest

NOW = datetime.datetime(2026, 1, 2, 3, 4, 5, tzinfo=datetime.timezone.utc)
auth.get_current_datetime = lambda remove_tzinfo=True: NOW.replace(tzinfo=None if remove_tzinfo else NOW.tzinfo)
SECRET = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"
HOSTS = ["sqs.us-east-1.amazonaws.com", "localhost:4566", "[::1]:4566", "bucket.s3.localhost:4566"]
PATHS = ["/", "/a/b", "/a%20b/c%2Fd", "/a//b/../c/.", "/%E4%BA%BA/~x_y-z.", "/key+with:colon@at=eq&amp;(x)!'*,"]
QUERIES = ["", "a=1&b=2", "b=2&a=1&a=0&A=", "uploads=", "x=%20%2B%2F%3D&y=%E4%BA%BA", "list-type=2&prefix=a%2Fb"]


def case(rng, service, signer, token):
    method = rng.choice(["GET", "PUT", "POST", "DELETE"])
    query = rng.choice(QUERIES)
    path = rng.choice(PATHS)
    if service == "s3":  # Clients encode the keys of objects fully.
        path = urllib.parse.quote(urllib.parse.unquote(path), safe="/~")
    url = "http://" + rng.choice(HOSTS) + path + ("?" + query if query else "")
    body = b"" if method in ("GET", "DELETE") else rng.randbytes(rng.randrange(64)).hex().encode()
    headers = {"Content-Type": rng.choice(["application/x-amz-json-1.0", "text/plain;  charset=utf-8"])}
    if rng.random() < 0.5:
        headers["X-Amz-Meta-Note"] = rng.choice(["a  b   c", " padded ", '"quoted  text"'])
    presigned = "Query" in signer.__name__
    if presigned:
        method, body, headers = "GET", b"", {}
    request = AWSRequest(method, url, data=body, headers=headers)
    keys = credentials.Credentials("AKIAIOSFODNN7EXAMPLE", SECRET, token)
    signer(keys, service, "us-east-1").add_auth(request)
    parts = urllib.parse.urlsplit(request.url)
    listed = [[name, value] for name, value in request.headers.items()]
    return {
        "signer": signer.__name__,
        "service": service,
        "method": method,
        "path": parts.path,
        "query": parts.query,
        "headers": [["Host", parts.netloc]] + listed,
        "body": body.decode(),
    }


def main():
    rng = random.Random(4)
    cases = []
    for service, signers in {
        "sqs": [auth.SigV4Auth, auth.SigV4QueryAuth],
        "s3": [auth.S3SigV4Auth, auth.S3SigV4QueryAuth],
    }.items():
        for signer in signers:
            for at in range(24):
                cases.append(case(rng, service, signer, "token//+=" if at % 3 == 0 else None))
    note = f"Made by sign_with_botocore.py with botocore {botocore.__version__}; a table of facts, not to be edited."
    document = {"note": note, "secret": SECRET, "unix_s": int(NOW.timestamp()), "cases": cases}
    target = pathlib.Path(__file__).with_name("botocore.json")
    target.write_text(json.dumps(document, indent=1) + "\n")


main()
