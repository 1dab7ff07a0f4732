"""Code signing configs: kept, given to functions, and what they let be deployed."""

import pytest
from conftest import refused
from functions import create, package

PROFILE = "arn:aws:signer:us-east-1:000000000000:/signing-profiles/trips/abcdefghij"
CODE = "def handler(event, context): return 1"
MISSING = "arn:aws:lambda:us-east-1:000000000000:code-signing-config:csc-00000000000000000"
UNSIGNED = (
    "CodeVerificationFailedException",
    "Lambda cannot deploy the function. The function or layer might be signed using a signature that the client is not "
    "configured to accept. Check the provided signature for unsigned.",
)


@pytest.fixture
def functions(cloud):
    return cloud.client("lambda")


def config(functions, policy=None, **parameters):
    policies = {"CodeSigningPolicies": {"UntrustedArtifactOnDeployment": policy}} if policy else {}
    publishers = {"SigningProfileVersionArns": [PROFILE]}
    made = functions.create_code_signing_config(AllowedPublishers=publishers, **policies, **parameters)
    return made["CodeSigningConfig"]


def test_the_life_of_a_config(functions):
    made = config(functions, Description="trips", Tags={"team": "a"})
    arn = made["CodeSigningConfigArn"]
    assert arn == f"arn:aws:lambda:us-east-1:000000000000:code-signing-config:{made['CodeSigningConfigId']}"
    assert made["CodeSigningPolicies"] == {"UntrustedArtifactOnDeployment": "Warn"}
    assert functions.get_code_signing_config(CodeSigningConfigArn=arn)["CodeSigningConfig"] == made
    assert functions.list_tags(Resource=arn)["Tags"] == {"team": "a"}
    policies = {"UntrustedArtifactOnDeployment": "Enforce"}
    changed = functions.update_code_signing_config(CodeSigningConfigArn=arn, CodeSigningPolicies=policies)
    assert changed["CodeSigningConfig"]["CodeSigningPolicies"] == policies
    assert changed["CodeSigningConfig"]["AllowedPublishers"] == {"SigningProfileVersionArns": [PROFILE]}
    listed = [arn for page in functions.get_paginator("list_code_signing_configs").paginate(PaginationConfig={"PageSize": 1})
              for arn in (one["CodeSigningConfigArn"] for one in page["CodeSigningConfigs"])]
    assert arn in listed
    functions.delete_code_signing_config(CodeSigningConfigArn=arn)
    message = f"The Lambda code signing configuration {arn} can not be found."
    gone = ("ResourceNotFoundException", message)
    for call in [functions.get_code_signing_config, functions.delete_code_signing_config,
                 functions.update_code_signing_config, functions.list_functions_by_code_signing_config]:
        assert refused(call, CodeSigningConfigArn=arn) == gone


def test_one_that_enforces_refuses_what_nobody_has_signed(functions, name):
    arn = config(functions, "Enforce")["CodeSigningConfigArn"]
    assert refused(create, functions, name, CODE, CodeSigningConfigArn=arn) == UNSIGNED
    create(functions, name, CODE)
    functions.put_function_code_signing_config(FunctionName=name, CodeSigningConfigArn=arn)
    shown = functions.get_function_code_signing_config(FunctionName=name)
    assert (shown["CodeSigningConfigArn"], shown["FunctionName"]) == (arn, name)
    change = {"FunctionName": name, "ZipFile": package(main__py=CODE)}
    assert refused(functions.update_function_code, **change) == UNSIGNED
    layer = functions.publish_layer_version(LayerName=name, Content={"ZipFile": package(a="b")})["LayerVersionArn"]
    assert refused(functions.update_function_configuration, FunctionName=name, Layers=[layer]) == UNSIGNED
    functions.update_function_configuration(FunctionName=name, Timeout=7)
    assert refused(functions.delete_code_signing_config, CodeSigningConfigArn=arn)[0] == "ResourceConflictException"
    functions.delete_function_code_signing_config(FunctionName=name)
    functions.update_function_code(**change)
    assert "CodeSigningConfigArn" not in functions.get_function_code_signing_config(FunctionName=name)
    functions.delete_code_signing_config(CodeSigningConfigArn=arn)


def test_one_that_warns_lets_it_pass(functions, name):
    arn = config(functions, "Warn")["CodeSigningConfigArn"]
    made = create(functions, name, CODE, CodeSigningConfigArn=arn)
    functions.update_function_code(FunctionName=name, ZipFile=package(main__py=CODE))
    by_config = functions.list_functions_by_code_signing_config
    assert by_config(CodeSigningConfigArn=arn)["FunctionArns"] == [made["FunctionArn"]]
    functions.delete_function(FunctionName=name)
    assert by_config(CodeSigningConfigArn=arn)["FunctionArns"] == []


def test_a_config_that_is_not_there_is_for_no_function(cloud, functions, name):
    message = f"The code signing configuration cannot be found. Check that the provided configuration is not deleted: {MISSING}."
    missing = ("CodeSigningConfigNotFoundException", message)
    assert refused(create, functions, name, CODE, CodeSigningConfigArn=MISSING) == missing
    create(functions, name, CODE)
    put = functions.put_function_code_signing_config
    assert refused(put, FunctionName=name, CodeSigningConfigArn=MISSING) == missing
    elsewhere = config(cloud.client("lambda", region="eu-west-1"))["CodeSigningConfigArn"]
    assert refused(put, FunctionName=name, CodeSigningConfigArn=elsewhere)[0] == missing[0]
    arn = config(functions)["CodeSigningConfigArn"]
    assert refused(put, FunctionName="none", CodeSigningConfigArn=arn)[0] == "ResourceNotFoundException"


def test_only_functions_of_capacity_providers_are_scaled(functions, name):
    create(functions, name, CODE, Publish=True)
    wish = {"FunctionName": name, "Qualifier": "1"}
    code, message = refused(functions.put_function_scaling_config, **wish)
    assert code == "InvalidParameterValueException" and "capacity provider" in message
    assert functions.get_function_scaling_config(**wish)["FunctionArn"].endswith(f"{name}:1")
    missing = {**wish, "Qualifier": "7"}
    assert refused(functions.get_function_scaling_config, **missing)[0] == "ResourceNotFoundException"
