"""Layers, and code that comes from S3."""

import base64
import hashlib
import io
import json
import stat
import urllib.request
import zipfile
from urllib.error import HTTPError

import pytest
from accounts import OTHER, OWN, Accounts
from conftest import move, refused
from functions import ROLE, create, invoke, package

WORDS = """
import os, subprocess, words
def handler(event, context):
    return {"word": words.WORD, "opt": sorted(os.listdir("/opt")), "tool": subprocess.getoutput("tool")}
"""


@pytest.fixture
def functions(cloud):
    return cloud.client("lambda", read_timeout=60)


def layer_arn(name, account=OWN):
    return f"arn:aws:lambda:us-east-1:{account}:layer:{name}"


def fetched(location):
    with urllib.request.urlopen(location) as answer:
        return answer.read()


def test_the_life_of_a_layer(functions, name):
    content = package(python___words__py="WORD = 'one'")
    wish = {"LayerName": name, "Content": {"ZipFile": content}, "Description": "words", "LicenseInfo": "MIT"}
    made = functions.publish_layer_version(**wish, CompatibleRuntimes=["python3.12"], CompatibleArchitectures=["x86_64"])
    sha256 = base64.b64encode(hashlib.sha256(content).digest()).decode()
    assert (made["LayerArn"], made["LayerVersionArn"], made["Version"]) == (layer_arn(name), f"{layer_arn(name)}:1", 1)
    assert (made["Content"]["CodeSha256"], made["Content"]["CodeSize"]) == (sha256, len(content))
    assert (made["CompatibleRuntimes"], made["LicenseInfo"], made["Description"]) == (["python3.12"], "MIT", "words")
    assert functions.publish_layer_version(LayerName=layer_arn(name), Content={"ZipFile": content})["Version"] == 2
    shown = functions.get_layer_version(LayerName=name, VersionNumber=1)
    by_arn = functions.get_layer_version_by_arn(Arn=f"{layer_arn(name)}:1")
    for one in [shown, by_arn]:
        assert fetched(one.pop("Content")["Location"]) == content
        one.pop("ResponseMetadata")
    assert shown == by_arn
    versions = functions.list_layer_versions(LayerName=name)["LayerVersions"]
    assert [one["Version"] for one in versions] == [2, 1]
    paged = functions.get_paginator("list_layer_versions").paginate(LayerName=name, PaginationConfig={"PageSize": 1})
    assert paged.build_full_result()["LayerVersions"] == versions
    suiting = functions.list_layer_versions(LayerName=name, CompatibleRuntime="python3.12")["LayerVersions"]
    assert [one["Version"] for one in suiting] == [1]
    latest = {one["LayerName"]: one["LatestMatchingVersion"]["Version"] for one in functions.list_layers()["Layers"]}
    assert latest[name] == 2
    functions.delete_layer_version(LayerName=name, VersionNumber=2)
    functions.delete_layer_version(LayerName=name, VersionNumber=2)
    assert functions.publish_layer_version(**wish)["Version"] == 3
    missing = ("ResourceNotFoundException", "The resource you requested does not exist.")
    assert refused(functions.get_layer_version, LayerName=name, VersionNumber=2) == missing
    assert refused(functions.get_layer_version_by_arn, Arn=f"{layer_arn(name)}:2") == missing
    assert refused(functions.publish_layer_version, LayerName=name, Content={"ZipFile": b"x"})[0] == "InvalidParameterValueException"
    assert functions.list_layer_versions(LayerName=name + "-none")["LayerVersions"] == []


def layer(functions, name, **files):
    return functions.publish_layer_version(LayerName=name, Content={"ZipFile": package(**files)})["LayerVersionArn"]


def tool():
    """A program, and a link to it, as zips of layers often have them."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        program = zipfile.ZipInfo("bin/real-tool")
        program.external_attr = (stat.S_IFREG | 0o755) << 16
        archive.writestr(program, "#!/bin/sh\necho tool of a layer")
        link = zipfile.ZipInfo("bin/tool")
        link.create_system = 3
        link.external_attr = (stat.S_IFLNK | 0o777) << 16
        archive.writestr(link, "real-tool")
    return buffer.getvalue()


def test_layers_lie_over_one_another(functions, name):
    first = layer(functions, f"{name}-1", python___words__py="WORD = 'first'", one__txt="")
    second = layer(functions, f"{name}-2", python___words__py="WORD = 'second'", two__txt="")
    tools = functions.publish_layer_version(LayerName=f"{name}-t", Content={"ZipFile": tool()})["LayerVersionArn"]
    made = create(functions, name, WORDS, Layers=[first, second, tools])
    assert [one["Arn"] for one in made["Layers"]] == [first, second, tools]
    assert all(one["CodeSize"] > 0 for one in made["Layers"])
    expected = {"word": "second", "opt": ["bin", "one.txt", "python", "two.txt"], "tool": "tool of a layer"}
    assert invoke(functions, name)[1] == expected
    functions.publish_version(FunctionName=name)
    functions.update_function_configuration(FunctionName=name, Layers=[second, first])
    assert invoke(functions, name)[1]["word"] == "first"
    assert invoke(functions, name, Qualifier="1")[1] == expected
    # Who has a layer keeps it.
    for arn in [first, second, tools]:
        functions.delete_layer_version(LayerName=arn.rsplit(":", 1)[0], VersionNumber=1)
    functions.update_function_configuration(FunctionName=name, Description="other")
    assert invoke(functions, name)[1]["word"] == "first"
    assert invoke(functions, name, Qualifier="1")[1] == expected
    shown = functions.update_function_configuration(FunctionName=name, Layers=[])
    assert "Layers" not in shown
    assert "No module named 'words'" in invoke(functions, name)[1]["errorMessage"]


def test_a_number_with_zeros_before_it_is_the_same_version(functions, name):
    arn = layer(functions, name, python___words__py="WORD = 'kept'", bin__tool="")
    create(functions, name, WORDS, Layers=[arn])
    zeros = functions.update_function_configuration(FunctionName=name, Layers=[f"{arn[:-1]}01"])
    assert [one["Arn"] for one in zeros["Layers"]] == [arn]
    functions.delete_layer_version(LayerName=name, VersionNumber=1)
    assert invoke(functions, name)[1]["word"] == "kept"


def test_site_packages_and_node_modules(functions, name):
    files = {"python/lib/python3.12/site-packages/words.py": "WORD = 'deep'", "nodejs/node_modules/words/index.js": "module.exports = 'js';"}
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for path, text in files.items():
            archive.writestr(path, text)
    arn = functions.publish_layer_version(LayerName=name, Content={"ZipFile": buffer.getvalue()})["LayerVersionArn"]
    create(functions, name, "import words\ndef handler(event, context): return words.WORD", Layers=[arn])
    assert invoke(functions, name)[1] == "deep"
    code = "const words = require('words');\nexports.handler = async () => words;"
    functions.create_function(
        FunctionName=f"{name}-js",
        Runtime="nodejs20.x",
        Role=ROLE,
        Handler="index.handler",
        Code={"ZipFile": package(index__js=code)},
        Layers=[arn],
    )
    assert invoke(functions, f"{name}-js")[1] == "js"


def test_what_layers_cannot_be(functions, name):
    arns = [layer(functions, f"{name}-{number}", a__txt="") for number in range(6)]
    code = "def handler(event, context): pass"

    def refusal(layers):
        return refused(create, functions, name, code, Layers=layers)

    assert refusal(arns) == ("InvalidParameterValueException", "Cannot reference more than 5 layers.")
    again = layer(functions, f"{name}-0", b__txt="")
    assert refusal([arns[0], again])[1].startswith("Two different versions of the same layer are not allowed")
    none = f"{layer_arn(name)}-none:1"
    assert refusal([none]) == ("InvalidParameterValueException", f"Layer version {none} does not exist.")
    assert "are expected to be in region us-east-1" in refusal([arns[0].replace("us-east-1", "eu-west-1")])[1]
    large = io.BytesIO()
    with zipfile.ZipFile(large, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("zeros", bytes(200_000_000))
    content = {"ZipFile": large.getvalue()}
    large = [functions.publish_layer_version(LayerName=f"{name}-l{n}", Content=content)["LayerVersionArn"] for n in [1, 2]]
    code, message = refusal(large)
    assert code == "InvalidParameterValueException"
    assert message.startswith("Function code combined with layers exceeds the maximum allowed size of 262144000 bytes.")


def test_permissions_of_layers(make_cloud):
    place = Accounts(make_cloud, "lambda")
    arn = place.root.publish_layer_version(LayerName="l", Content={"ZipFile": package(a__txt="")})["LayerVersionArn"]
    assert refused(place.other.get_layer_version_by_arn, Arn=arn)[0] == "AccessDeniedException"
    assert refused(place.other.list_layer_versions, LayerName=layer_arn("l"))[0] == "AccessDeniedException"
    assert place.root.list_layer_versions(LayerName=layer_arn("l"))["LayerVersions"][0]["LayerVersionArn"] == arn
    version = {"LayerName": "l", "VersionNumber": 1}
    assert refused(place.root.get_layer_version_policy, **version) == (
        "ResourceNotFoundException",
        "No policy is associated with the given resource.",
    )
    wish = {**version, "StatementId": "s", "Action": "lambda:GetLayerVersion", "Principal": OTHER}
    added = place.root.add_layer_version_permission(**wish)
    statement = {
        "Sid": "s",
        "Effect": "Allow",
        "Principal": {"AWS": f"arn:aws:iam::{OTHER}:root"},
        "Action": "lambda:GetLayerVersion",
        "Resource": arn,
    }
    assert json.loads(added["Statement"]) == statement
    assert refused(place.root.add_layer_version_permission, **wish)[0] == "ResourceConflictException"
    stale = {**wish, "StatementId": "t", "RevisionId": "00000000-0000-4000-8000-000000000000"}
    assert refused(place.root.add_layer_version_permission, **stale)[0] == "PreconditionFailedException"
    assert place.other.get_layer_version_by_arn(Arn=arn)["LayerVersionArn"] == arn
    shown = place.root.get_layer_version_policy(**version)
    assert json.loads(shown["Policy"])["Statement"] == [statement]
    place.root.remove_layer_version_permission(**version, StatementId="s", RevisionId=shown["RevisionId"])
    assert refused(place.root.remove_layer_version_permission, **version, StatementId="s")[0] == "ResourceNotFoundException"
    assert refused(place.other.get_layer_version_by_arn, Arn=arn)[0] == "AccessDeniedException"
    missing = refused(place.root.add_layer_version_permission, **{**wish, "VersionNumber": 7})
    assert missing == ("ResourceNotFoundException", f"Layer version {arn[:-2]}:7 does not exist.")


def test_code_comes_from_an_object(cloud, functions, name, versioned):
    s3 = cloud.client("s3")
    zips = [package(main__py=f"def handler(event, context): return {number}") for number in range(2)]
    ids = [s3.put_object(Bucket=versioned, Key="code.zip", Body=one)["VersionId"] for one in zips]
    source = {"S3Bucket": versioned, "S3Key": "code.zip"}
    create(functions, name, "", Code={**source, "S3ObjectVersion": ids[0]})
    assert invoke(functions, name)[1] == 0
    functions.update_function_code(FunctionName=name, **source)
    assert invoke(functions, name)[1] == 1
    assert fetched(functions.get_function(FunctionName=name)["Code"]["Location"]) == zips[1]
    arn = functions.publish_layer_version(LayerName=name, Content=source)["LayerVersionArn"]
    functions.update_function_configuration(FunctionName=name, Layers=[arn])
    none = refused(create, functions, name + "-2", "", Code={**source, "S3Key": "none"})
    message = "Error occurred while GetObject. S3 Error Code: NoSuchKey. S3 Error Message: The specified key does not exist."
    assert none == ("InvalidParameterValueException", message)
    none = refused(create, functions, name + "-2", "", Code={**source, "S3Bucket": versioned + "-none"})
    assert none[1].startswith("Error occurred while GetObject. S3 Error Code: NoSuchBucket.")
    s3.put_object(Bucket=versioned, Key="code.zip", Body=b"no zip")
    assert refused(functions.update_function_code, FunctionName=name, **source) == (
        "InvalidParameterValueException",
        "Could not unzip uploaded file. Please check your file, then try to upload again.",
    )
    both = refused(functions.update_function_code, FunctionName=name, ZipFile=zips[0], **source)
    assert both[1].startswith("Please do not provide other FunctionCode parameters")
    assert refused(create, functions, name + "-2", "", Code={})[0] == "InvalidParameterValueException"
    assert invoke(functions, name)[1] == 1


def test_an_address_holds_for_ten_minutes(own_cloud):
    functions = own_cloud.client("lambda")
    create(functions, "f", "def handler(event, context): pass")
    location = functions.get_function(FunctionName="f")["Code"]["Location"]
    assert zipfile.ZipFile(io.BytesIO(fetched(location))).namelist() == ["main.py"]
    with pytest.raises(HTTPError) as garbled:
        fetched(location[:-1] + ("A" if location[-1] != "A" else "B"))
    assert garbled.value.code == 403
    move(own_cloud, advance_seconds=601)
    with pytest.raises(HTTPError) as late:
        fetched(location)
    assert late.value.code == 403
