"""IAM and AssumeRole as boto3 uses them."""

import json

import pytest
from conftest import refused

ACCOUNT = "000000000000"
ALLOW = json.dumps({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "sqs:*", "Resource": "*"}]})


def trust(principal, **more):
    statement = {"Effect": "Allow", "Principal": principal, "Action": "sts:AssumeRole", **more}
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


EVERYONE = trust({"AWS": f"arn:aws:iam::{ACCOUNT}:root"})


@pytest.fixture
def iam(cloud):
    return cloud.client("iam")


@pytest.fixture
def label(name):
    """A name that is short enough for users and roles."""
    return name[-40:]


def test_the_life_of_a_user(iam, label):
    user = iam.create_user(UserName=label, Path="/team/", Tags=[{"Key": "a", "Value": "1"}])["User"]
    assert user["Arn"] == f"arn:aws:iam::{ACCOUNT}:user/team/{label}"
    assert user["UserId"].startswith("AIDA") and len(user["UserId"]) == 21
    code = ("EntityAlreadyExists", f"User with name {label.upper()} already exists.")
    assert refused(iam.create_user, UserName=label.upper()) == code
    iam.tag_user(UserName=label, Tags=[{"Key": "b", "Value": "2"}])
    iam.untag_user(UserName=label, TagKeys=["a"])
    assert iam.list_user_tags(UserName=label)["Tags"] == [{"Key": "b", "Value": "2"}]
    iam.update_user(UserName=label, NewUserName=label + "-new", NewPath="/")
    missing = ("NoSuchEntity", f"The user with name {label} cannot be found.")
    assert refused(iam.get_user, UserName=label) == missing
    renamed = iam.get_user(UserName=label + "-new")["User"]
    assert (renamed["Path"], renamed["UserId"]) == ("/", user["UserId"])
    iam.put_user_policy(UserName=label + "-new", PolicyName="p", PolicyDocument=ALLOW)
    conflict = ("DeleteConflict", "Cannot delete entity, must delete policies first.")
    assert refused(iam.delete_user, UserName=label + "-new") == conflict
    iam.delete_user_policy(UserName=label + "-new", PolicyName="p")
    iam.delete_user(UserName=label + "-new")
    assert refused(iam.get_user)[0] == "ValidationError"


def test_a_users_keys_sign_its_requests(cloud, iam, label):
    iam.create_user(UserName=label)
    key = iam.create_access_key(UserName=label)["AccessKey"]
    pair = key["AccessKeyId"], key["SecretAccessKey"]
    assert cloud.client("sts", *pair).get_caller_identity()["Arn"] == f"arn:aws:iam::{ACCOUNT}:user/{label}"
    own = cloud.client("iam", *pair)
    assert own.get_user()["User"]["UserName"] == label
    [listed] = own.list_access_keys()["AccessKeyMetadata"]
    assert (listed["AccessKeyId"], listed["Status"], "SecretAccessKey" in listed) == (pair[0], "Active", False)
    iam.create_access_key(UserName=label)
    assert refused(iam.create_access_key, UserName=label) == (
        "LimitExceeded",
        "Cannot exceed quota for AccessKeysPerUser: 2",
    )
    assert refused(cloud.client("sts", pair[0], "wrong").get_caller_identity)[0] == "SignatureDoesNotMatch"
    iam.update_access_key(UserName=label, AccessKeyId=pair[0], Status="Inactive")
    assert refused(cloud.client("sts", *pair).get_caller_identity)[0] == "InvalidClientTokenId"
    assert refused(iam.delete_user, UserName=label)[1] == "Cannot delete entity, must delete access keys first."
    for listed in iam.list_access_keys(UserName=label)["AccessKeyMetadata"]:
        iam.delete_access_key(UserName=label, AccessKeyId=listed["AccessKeyId"])
    iam.delete_user(UserName=label)


def test_the_life_of_a_role(iam, label):
    role = iam.create_role(
        RoleName=label, Path="/service-role/", AssumeRolePolicyDocument=EVERYONE, Description="grüße", MaxSessionDuration=7200
    )["Role"]
    assert role["Arn"] == f"arn:aws:iam::{ACCOUNT}:role/service-role/{label}"
    shown = iam.get_role(RoleName=label)["Role"]
    assert shown["AssumeRolePolicyDocument"] == json.loads(EVERYONE)
    assert (shown["Description"], shown["MaxSessionDuration"]) == ("grüße", 7200)
    other = trust({"Service": "lambda.amazonaws.com"})
    iam.update_assume_role_policy(RoleName=label, PolicyDocument=other)
    iam.update_role(RoleName=label, MaxSessionDuration=3600)
    assert iam.get_role(RoleName=label)["Role"]["AssumeRolePolicyDocument"] == json.loads(other)
    iam.put_role_policy(RoleName=label, PolicyName="inline", PolicyDocument=ALLOW)
    assert iam.get_role_policy(RoleName=label, PolicyName="inline")["PolicyDocument"] == json.loads(ALLOW)
    assert iam.list_role_policies(RoleName=label)["PolicyNames"] == ["inline"]
    basic = "arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole"
    iam.attach_role_policy(RoleName=label, PolicyArn=basic)
    attached = [{"PolicyName": "AWSLambdaBasicExecutionRole", "PolicyArn": basic}]
    assert iam.list_attached_role_policies(RoleName=label)["AttachedPolicies"] == attached
    assert refused(iam.delete_role, RoleName=label)[1] == "Cannot delete entity, must detach all policies first."
    iam.detach_role_policy(RoleName=label, PolicyArn=basic)
    iam.delete_role_policy(RoleName=label, PolicyName="inline")
    iam.delete_role(RoleName=label)
    assert refused(iam.get_role, RoleName=label) == ("NoSuchEntity", f"The role with name {label} cannot be found.")
    pages = iam.get_paginator("list_roles").paginate(PaginationConfig={"PageSize": 1})
    assert label not in [role["RoleName"] for page in pages for role in page["Roles"]]


def test_bad_documents_change_nothing(iam, label):
    code, _ = refused(iam.create_role, RoleName=label, AssumeRolePolicyDocument="{}")
    assert code == "MalformedPolicyDocument"
    assert refused(iam.get_role, RoleName=label)[0] == "NoSuchEntity"
    iam.create_role(RoleName=label, AssumeRolePolicyDocument=EVERYONE)
    for text in ["no json", EVERYONE, ALLOW.replace("sqs:*", "sqs")]:
        assert refused(iam.put_role_policy, RoleName=label, PolicyName="p", PolicyDocument=text)[0] == "MalformedPolicyDocument"
    resources = [f"arn:aws:sqs:us-east-1:{ACCOUNT}:queue-{number}" for number in range(300)]
    large = json.dumps({"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "sqs:*", "Resource": resources}})
    assert refused(iam.put_role_policy, RoleName=label, PolicyName="p", PolicyDocument=large) == (
        "LimitExceeded",
        f"Maximum policy size of 10240 bytes exceeded for role {label}",
    )
    assert iam.list_role_policies(RoleName=label)["PolicyNames"] == []


def test_the_life_of_a_managed_policy(iam, label):
    policy = iam.create_policy(PolicyName=label, PolicyDocument=ALLOW, Path="/team/", Description="d")["Policy"]
    arn = policy["Arn"]
    assert (arn, policy["DefaultVersionId"]) == (f"arn:aws:iam::{ACCOUNT}:policy/team/{label}", "v1")
    assert refused(iam.create_policy, PolicyName=label, PolicyDocument=ALLOW)[0] == "EntityAlreadyExists"
    other = ALLOW.replace("sqs", "sns")
    for _ in range(4):
        iam.create_policy_version(PolicyArn=arn, PolicyDocument=other)
    assert refused(iam.create_policy_version, PolicyArn=arn, PolicyDocument=other)[0] == "LimitExceeded"
    iam.set_default_policy_version(PolicyArn=arn, VersionId="v5")
    assert iam.get_policy_version(PolicyArn=arn, VersionId="v5")["PolicyVersion"]["Document"] == json.loads(other)
    assert refused(iam.delete_policy_version, PolicyArn=arn, VersionId="v5")[0] == "DeleteConflict"
    assert refused(iam.delete_policy, PolicyArn=arn)[0] == "DeleteConflict"
    for version in ["v1", "v2", "v3", "v4"]:
        iam.delete_policy_version(PolicyArn=arn, VersionId=version)
    assert [version["VersionId"] for version in iam.list_policy_versions(PolicyArn=arn)["Versions"]] == ["v5"]

    iam.create_user(UserName=label)
    iam.attach_user_policy(UserName=label, PolicyArn=arn)
    assert iam.get_policy(PolicyArn=arn)["Policy"]["AttachmentCount"] == 1
    local = iam.list_policies(Scope="Local", PathPrefix="/team/", OnlyAttached=True)["Policies"]
    assert arn in [policy["Arn"] for policy in local]
    assert refused(iam.delete_policy, PolicyArn=arn)[1] == "Cannot delete a policy attached to entities."
    iam.update_user(UserName=label, NewUserName=label[1:])
    iam.detach_user_policy(UserName=label[1:], PolicyArn=arn)
    iam.delete_policy(PolicyArn=arn)
    assert refused(iam.attach_user_policy, UserName=label[1:], PolicyArn=arn)[0] == "NoSuchEntity"
    aws = [policy["PolicyName"] for policy in iam.list_policies(Scope="AWS")["Policies"]]
    assert "AdministratorAccess" in aws


def test_a_role_is_assumed_by_whom_it_trusts(cloud, iam, label):
    ada = iam.create_user(UserName=label)["User"]
    key = iam.create_access_key(UserName=label)["AccessKey"]
    sts = cloud.client("sts", key["AccessKeyId"], key["SecretAccessKey"])
    condition = {"StringEquals": {"sts:ExternalId": "secret"}}
    role = iam.create_role(
        RoleName=label, AssumeRolePolicyDocument=trust({"AWS": ada["Arn"]}, Condition=condition), MaxSessionDuration=7200
    )["Role"]
    wish = {"RoleArn": role["Arn"], "RoleSessionName": "one"}
    denied = (
        "AccessDenied",
        f"User: {ada['Arn']} is not authorized to perform: sts:AssumeRole on resource: {role['Arn']}",
    )
    assert refused(sts.assume_role, **wish) == denied
    assert refused(sts.assume_role, **{**wish, "RoleArn": role["Arn"] + "-none"})[0] == "AccessDenied"
    assert refused(sts.assume_role, **wish, ExternalId="secret", DurationSeconds=7201)[0] == "ValidationError"
    assert refused(sts.assume_role, **wish, ExternalId="secret", Policy=ALLOW)[0] == "NotImplemented"
    answer = sts.assume_role(**wish, ExternalId="secret", DurationSeconds=7200)
    arn = f"arn:aws:sts::{ACCOUNT}:assumed-role/{label}/one"
    assert answer["AssumedRoleUser"] == {"AssumedRoleId": f"{role['RoleId']}:one", "Arn": arn}

    def session(credentials):
        return cloud.client(
            "sts", credentials["AccessKeyId"], credentials["SecretAccessKey"], credentials["SessionToken"]
        )

    assumed = session(answer["Credentials"])
    assert assumed.get_caller_identity()["Arn"] == arn
    # A role that trusts the first role: a chain of one hour at most.
    second = iam.create_role(RoleName=label + "2", AssumeRolePolicyDocument=trust({"AWS": role["Arn"]}), MaxSessionDuration=7200)
    wish = {"RoleArn": second["Role"]["Arn"], "RoleSessionName": "two"}
    assert refused(sts.assume_role, **wish)[0] == "AccessDenied"
    assert "role chaining" in refused(assumed.assume_role, **wish, DurationSeconds=3601)[1]
    chained = session(assumed.assume_role(**wish)["Credentials"])
    assert chained.get_caller_identity()["Arn"].endswith(f"assumed-role/{label}2/two")


def test_keys_and_roles_survive_a_sigkill(make_cloud):
    cloud = make_cloud("--auth", "enforce").start()
    root = cloud.root_key()
    iam = cloud.client("iam", *root)
    iam.create_user(UserName="ada")
    key = iam.create_access_key(UserName="ada")["AccessKey"]
    role = iam.create_role(RoleName="r", AssumeRolePolicyDocument=EVERYONE)["Role"]
    cloud.kill()
    cloud.start()
    sts = cloud.client("sts", key["AccessKeyId"], key["SecretAccessKey"])
    assert sts.get_caller_identity()["Arn"].endswith(":user/ada")
    assert sts.assume_role(RoleArn=role["Arn"], RoleSessionName="now")["AssumedRoleUser"]["Arn"].endswith("/r/now")


def test_principals_of_the_account_must_be_there(iam, label):
    wish = {"RoleName": label}
    user = f"arn:aws:iam::{ACCOUNT}:user/{label}"
    refusal = ("MalformedPolicyDocument", f'Invalid principal in policy: "AWS":"{user}"')
    assert refused(iam.create_role, **wish, AssumeRolePolicyDocument=trust({"AWS": user})) == refusal
    iam.create_user(UserName=label)
    iam.create_role(**wish, AssumeRolePolicyDocument=trust({"AWS": [user, "arn:aws:iam::123456789012:user/other"]}))
    elsewhere = user.replace("user/", "user/path/")
    assert refused(iam.update_assume_role_policy, **wish, PolicyDocument=trust({"AWS": elsewhere}))[0] == refusal[0]
    own = f"arn:aws:iam::{ACCOUNT}:role/{label}"
    iam.update_assume_role_policy(**wish, PolicyDocument=trust({"AWS": own}))
