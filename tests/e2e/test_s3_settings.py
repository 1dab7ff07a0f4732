"""What can be set for S3's buckets, with stock clients: what is put comes back, and what S3 refuses is refused."""

import json

import pytest
from botocore.exceptions import ClientError
from web import visit

from conftest import refused

RULE = {"ID": "one", "AllowedMethods": ["GET", "PUT"], "AllowedOrigins": ["https://*.example.com"]}
LIFECYCLE = {
    "Rules": [
        {
            "ID": "archive",
            "Status": "Enabled",
            "Filter": {"And": {"Prefix": "logs/", "Tags": [{"Key": "kind", "Value": "log"}]}},
            "Transitions": [{"Days": 30, "StorageClass": "STANDARD_IA"}, {"Days": 90, "StorageClass": "GLACIER"}],
            "Expiration": {"Days": 365},
        },
        {
            "ID": "versions",
            "Status": "Disabled",
            "Filter": {"ObjectSizeGreaterThan": 500},
            "NoncurrentVersionExpiration": {"NoncurrentDays": 7, "NewerNoncurrentVersions": 3},
            "AbortIncompleteMultipartUpload": {"DaysAfterInitiation": 2},
        },
    ]
}
WEBSITE = {
    "IndexDocument": {"Suffix": "index.html"},
    "ErrorDocument": {"Key": "error.html"},
    "RoutingRules": [
        {
            "Condition": {"KeyPrefixEquals": "old/", "HttpErrorCodeReturnedEquals": "404"},
            "Redirect": {"ReplaceKeyPrefixWith": "new/", "HttpRedirectCode": "302", "Protocol": "https"},
        }
    ],
}
ENCRYPTION = {
    "Rules": [
        {
            "ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": "alias/mine"},
            "BucketKeyEnabled": True,
        }
    ]
}
CLOSED = {
    "BlockPublicAcls": True,
    "IgnorePublicAcls": True,
    "BlockPublicPolicy": True,
    "RestrictPublicBuckets": True,
}

# Setting: how it is put, with what, how it is shown and deleted, and what is said without it.
SETTINGS = [
    ("bucket_cors", {"CORSConfiguration": {"CORSRules": [RULE]}}, {"CORSRules": [RULE]}, "bucket_cors",
     "NoSuchCORSConfiguration"),
    ("bucket_tagging", {"Tagging": {"TagSet": [{"Key": "b", "Value": "2"}, {"Key": "ä", "Value": ""}]}},
     {"TagSet": [{"Key": "b", "Value": "2"}, {"Key": "ä", "Value": ""}]}, "bucket_tagging", "NoSuchTagSet"),
    ("bucket_website", {"WebsiteConfiguration": WEBSITE}, WEBSITE, "bucket_website", "NoSuchWebsiteConfiguration"),
    ("bucket_lifecycle_configuration", {"LifecycleConfiguration": LIFECYCLE},
     {**LIFECYCLE, "TransitionDefaultMinimumObjectSize": "all_storage_classes_128K"}, "bucket_lifecycle",
     "NoSuchLifecycleConfiguration"),
    ("bucket_encryption", {"ServerSideEncryptionConfiguration": ENCRYPTION},
     {"ServerSideEncryptionConfiguration": ENCRYPTION}, "bucket_encryption",
     {"ServerSideEncryptionConfiguration": {"Rules": [
         {"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}, "BucketKeyEnabled": False}]}}),
    ("bucket_ownership_controls", {"OwnershipControls": {"Rules": [{"ObjectOwnership": "ObjectWriter"}]}},
     {"OwnershipControls": {"Rules": [{"ObjectOwnership": "ObjectWriter"}]}}, "bucket_ownership_controls",
     "OwnershipControlsNotFoundError"),
    ("public_access_block", {"PublicAccessBlockConfiguration": {"BlockPublicAcls": True}},
     {"PublicAccessBlockConfiguration": {**dict.fromkeys(CLOSED, False), "BlockPublicAcls": True}},
     "public_access_block", "NoSuchPublicAccessBlockConfiguration"),
    ("bucket_request_payment", {"RequestPaymentConfiguration": {"Payer": "Requester"}}, {"Payer": "Requester"}, None,
     {"Payer": "BucketOwner"}),
    ("bucket_accelerate_configuration", {"AccelerateConfiguration": {"Status": "Enabled"}}, {"Status": "Enabled"}, None, {}),
    ("bucket_versioning", {"VersioningConfiguration": {"Status": "Enabled"}}, {"Status": "Enabled"}, None, {}),
]


@pytest.fixture
def bucket(cloud, name):
    name = name.lower().strip("-")[-60:].strip("-")
    cloud.client("s3").create_bucket(Bucket=name)
    return name


def said(answer):
    return {name: value for name, value in answer.items() if name != "ResponseMetadata"}


@pytest.mark.parametrize("setting", SETTINGS, ids=lambda setting: setting[0])
def test_a_setting_comes_back_as_it_was_put(cloud, bucket, setting):
    kind, put, shown, deleted, without = setting
    s3 = cloud.client("s3")
    get, put_it = getattr(s3, f"get_{kind}"), getattr(s3, f"put_{kind}")
    if deleted:
        getattr(s3, f"delete_{deleted}")(Bucket=bucket)

    def is_without():
        if isinstance(without, str):
            with pytest.raises(ClientError) as none:
                get(Bucket=bucket)
            error = none.value.response
            assert (error["Error"]["Code"], error["Error"]["BucketName"]) == (without, bucket)
            assert error["ResponseMetadata"]["HTTPStatusCode"] == 404
        else:
            assert said(get(Bucket=bucket)) == without

    is_without()
    put_it(Bucket=bucket, **put)
    assert said(get(Bucket=bucket)) == shown
    put_it(Bucket=bucket, **put)
    stranger = {"ExpectedBucketOwner": "210987654321"}
    assert refused(get, Bucket=bucket, **stranger)[0] == "AccessDenied"
    assert refused(put_it, Bucket=bucket, **put, **stranger)[0] == "AccessDenied"
    assert refused(put_it, Bucket="nobody-has-this-bucket", **put)[0] == "NoSuchBucket"
    if deleted:
        delete = getattr(s3, f"delete_{deleted}")
        assert refused(delete, Bucket=bucket, **stranger)[0] == "AccessDenied"
        assert delete(Bucket=bucket)["ResponseMetadata"]["HTTPStatusCode"] == 204
        delete(Bucket=bucket)
        is_without()


def test_a_new_bucket_is_closed(cloud, bucket):
    s3 = cloud.client("s3")
    assert s3.get_public_access_block(Bucket=bucket)["PublicAccessBlockConfiguration"] == CLOSED
    controls = s3.get_bucket_ownership_controls(Bucket=bucket)["OwnershipControls"]
    assert controls == {"Rules": [{"ObjectOwnership": "BucketOwnerEnforced"}]}
    acl = s3.get_bucket_acl(Bucket=bucket)
    owner = s3.list_buckets()["Owner"]["ID"]
    assert acl["Owner"] == {"ID": owner}
    assert acl["Grants"] == [{"Grantee": {"ID": owner, "Type": "CanonicalUser"}, "Permission": "FULL_CONTROL"}]


def test_a_bucket_made_again_has_nothing_of_the_old_one(cloud, bucket):
    s3 = cloud.client("s3")
    s3.put_bucket_tagging(Bucket=bucket, Tagging={"TagSet": [{"Key": "a", "Value": "1"}]})
    s3.put_bucket_metrics_configuration(Bucket=bucket, Id="m", MetricsConfiguration={"Id": "m"})
    s3.delete_bucket(Bucket=bucket)
    s3.create_bucket(Bucket=bucket)
    assert refused(s3.get_bucket_tagging, Bucket=bucket)[0] == "NoSuchTagSet"
    assert "MetricsConfigurationList" not in s3.list_bucket_metrics_configurations(Bucket=bucket)


def test_a_bucket_is_made_with_settings(cloud, name):
    bucket, s3 = name.lower(), cloud.client("s3")
    bucket = bucket.replace("_", "-").strip("-")
    s3.create_bucket(
        Bucket=bucket,
        ObjectLockEnabledForBucket=True,
        ObjectOwnership="ObjectWriter",
        ACL="log-delivery-write",
        CreateBucketConfiguration={"LocationConstraint": "eu-west-1", "Tags": [{"Key": "a", "Value": "1"}]},
    )
    s3 = cloud.client("s3", region="eu-west-1")
    assert s3.get_bucket_versioning(Bucket=bucket)["Status"] == "Enabled"
    lock = s3.get_object_lock_configuration(Bucket=bucket)["ObjectLockConfiguration"]
    assert lock == {"ObjectLockEnabled": "Enabled"}
    assert s3.get_bucket_tagging(Bucket=bucket)["TagSet"] == [{"Key": "a", "Value": "1"}]
    assert len(s3.get_bucket_acl(Bucket=bucket)["Grants"]) == 3
    assert refused(s3.put_bucket_versioning, Bucket=bucket, VersioningConfiguration={"Status": "Suspended"})[0] == (
        "InvalidBucketState"
    )
    retention = {"DefaultRetention": {"Mode": "GOVERNANCE", "Days": 3}}
    s3.put_object_lock_configuration(
        Bucket=bucket, ObjectLockConfiguration={"ObjectLockEnabled": "Enabled", "Rule": retention}
    )
    lock = s3.get_object_lock_configuration(Bucket=bucket)["ObjectLockConfiguration"]
    assert lock == {"ObjectLockEnabled": "Enabled", "Rule": retention}
    for bad in ({"Mode": "GOVERNANCE"}, {"Mode": "GOVERNANCE", "Days": 1, "Years": 1}, {"Days": 1}):
        asked = {"ObjectLockEnabled": "Enabled", "Rule": {"DefaultRetention": bad}}
        code, _ = refused(s3.put_object_lock_configuration, Bucket=bucket, ObjectLockConfiguration=asked)
        assert code == "MalformedXML"


def test_object_lock_needs_versions(cloud, bucket):
    s3 = cloud.client("s3")
    assert refused(s3.get_object_lock_configuration, Bucket=bucket)[0] == "ObjectLockConfigurationNotFoundError"
    lock = {"ObjectLockEnabled": "Enabled"}
    code, _ = refused(s3.put_object_lock_configuration, Bucket=bucket, ObjectLockConfiguration=lock)
    assert code == "InvalidBucketState"
    s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
    s3.put_object_lock_configuration(Bucket=bucket, ObjectLockConfiguration=lock)


REFUSED = [
    ("cors", {"CORSRules": [{**RULE, "AllowedMethods": ["PATCH"]}]}, "InvalidRequest", "Unsupported method is PATCH"),
    ("cors", {"CORSRules": [{**RULE, "AllowedOrigins": ["*.*"]}]}, "InvalidRequest", "more than one wildcard"),
    ("cors", {"CORSRules": [{**RULE, "ExposeHeaders": ["x-*"]}]}, "InvalidRequest", "contains wildcard"),
    ("cors", {"CORSRules": []}, "MalformedXML", ""),
    ("cors", {"CORSRules": [RULE] * 101}, "InvalidRequest", "100 rules"),
    ("tagging", {"TagSet": [{"Key": "a", "Value": ""}, {"Key": "a", "Value": ""}]}, "InvalidTag", "same key"),
    ("tagging", {"TagSet": [{"Key": "aws:a", "Value": ""}]}, "InvalidTag", "System tags"),
    ("tagging", {"TagSet": [{"Key": f"k{n}", "Value": ""} for n in range(51)]}, "BadRequest", "50"),
    ("versioning", {}, "IllegalVersioningConfigurationException", "must be specified"),
    ("versioning", {"Status": "On"}, "MalformedXML", ""),
    ("versioning", {"Status": "Enabled", "MFADelete": "Enabled"}, "AccessDenied", "Mfa"),
    ("encryption", {"Rules": []}, "MalformedXML", ""),
    ("encryption", {"Rules": [{"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "rot13"}}]}, "MalformedXML", ""),
    ("encryption", {"Rules": [{"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256", "KMSMasterKeyID": "k"}}]},
     "InvalidArgument", "KMSMasterKeyID"),
    ("website", {"ErrorDocument": {"Key": "e"}}, "InvalidArgument", "IndexDocument Suffix must be provided"),
    ("website", {"IndexDocument": {"Suffix": "a/b"}}, "InvalidArgument", "not well formed"),
    ("website", {**WEBSITE, "RedirectAllRequestsTo": {"HostName": "h"}}, "MalformedXML", ""),
    ("website", {**WEBSITE, "RoutingRules": [{"Redirect": {"HttpRedirectCode": "300", "HostName": "h"}}]},
     "InvalidRequest", "(300) is not valid"),
    ("website", {**WEBSITE, "RoutingRules": [{"Redirect": {"ReplaceKeyWith": "a", "ReplaceKeyPrefixWith": "b"}}]},
     "InvalidRequest", "not both"),
    ("logging", {"LoggingEnabled": {"TargetBucket": "nobody-has-this-bucket", "TargetPrefix": ""}},
     "InvalidTargetBucketForLogging", "does not exist"),
    ("replication", {"Role": "arn:aws:iam::000000000000:role/r", "Rules": [
        {"Status": "Enabled", "Prefix": "", "Destination": {"Bucket": "arn:aws:s3:::other"}}]},
     "InvalidRequest", "Versioning must be 'Enabled'"),
    ("ownership_controls", {"Rules": []}, "MalformedXML", ""),
    ("request_payment", {"Payer": "Somebody"}, "MalformedXML", ""),
    ("accelerate_configuration", {}, "MalformedXML", ""),
]
MEMBERS = {
    "cors": "CORSConfiguration",
    "encryption": "ServerSideEncryptionConfiguration",
    "logging": "BucketLoggingStatus",
    "request_payment": "RequestPaymentConfiguration",
    "tagging": "Tagging",
    "ownership_controls": "OwnershipControls",
    "accelerate_configuration": "AccelerateConfiguration",
}


@pytest.mark.parametrize("case", range(len(REFUSED)), ids=lambda case: f"{REFUSED[case][0]}{case}")
def test_what_is_refused_changes_nothing(cloud, bucket, case):
    kind, asked, code, words = REFUSED[case]
    s3 = cloud.client("s3", parameter_validation=False)
    member = MEMBERS.get(kind, f"{kind.title()}Configuration")
    found, message = refused(getattr(s3, f"put_bucket_{kind}"), Bucket=bucket, **{member: asked})
    assert found == code and words in message


RULE_REFUSALS = [
    ({"Status": "Enabled", "Filter": {}}, "InvalidRequest", "At least one action"),
    ({"Status": "On", "Filter": {}, "Expiration": {"Days": 1}}, "MalformedXML", ""),
    ({"Status": "Enabled", "Expiration": {"Days": 1}}, "MalformedXML", ""),
    ({"Status": "Enabled", "Filter": {"Prefix": "a"}, "Prefix": "a", "Expiration": {"Days": 1}}, "MalformedXML", ""),
    ({"Status": "Enabled", "Filter": {"And": {"Prefix": "a"}}, "Expiration": {"Days": 1}}, "MalformedXML", ""),
    ({"Status": "Enabled", "Filter": {}, "Expiration": {"Days": 0}}, "InvalidArgument", "must be a positive integer"),
    ({"Status": "Enabled", "Filter": {}, "Expiration": {"Days": 1, "ExpiredObjectDeleteMarker": True}}, "MalformedXML", ""),
    ({"Status": "Enabled", "Filter": {}, "Expiration": {"Date": "2030-01-01T01:00:00Z"}}, "InvalidArgument", "midnight"),
    ({"Status": "Enabled", "Filter": {}, "Transitions": [{"Days": 29, "StorageClass": "STANDARD_IA"}]},
     "InvalidArgument", "greater than or equal to 30"),
    ({"Status": "Enabled", "Filter": {}, "Transitions": [{"Days": 40, "StorageClass": "GLACIER"}], "Expiration": {"Days": 40}},
     "InvalidArgument", "must be greater than"),
    ({"Status": "Enabled", "Filter": {"Tag": {"Key": "a", "Value": "b"}},
      "AbortIncompleteMultipartUpload": {"DaysAfterInitiation": 1}}, "InvalidRequest", "Tags"),
    ({"Status": "Enabled", "Filter": {}, "NoncurrentVersionExpiration": {"NoncurrentDays": 0}}, "InvalidArgument", "positive"),
]


@pytest.mark.parametrize("case", range(len(RULE_REFUSALS)))
def test_lifecycle_rules_that_are_refused(cloud, bucket, case):
    rule, code, words = RULE_REFUSALS[case]
    s3 = cloud.client("s3", parameter_validation=False)
    found, message = refused(
        s3.put_bucket_lifecycle_configuration, Bucket=bucket, LifecycleConfiguration={"Rules": [rule]}
    )
    assert found == code and words in message
    assert refused(s3.get_bucket_lifecycle_configuration, Bucket=bucket)[0] == "NoSuchLifecycleConfiguration"


def test_lifecycle_rules_get_names(cloud, bucket):
    s3 = cloud.client("s3")
    rules = [{"Status": "Enabled", "Prefix": "old/", "Expiration": {"Days": 1}}] * 2
    s3.put_bucket_lifecycle_configuration(
        Bucket=bucket,
        LifecycleConfiguration={"Rules": rules},
        TransitionDefaultMinimumObjectSize="varies_by_storage_class",
    )
    kept = s3.get_bucket_lifecycle_configuration(Bucket=bucket)
    assert kept["TransitionDefaultMinimumObjectSize"] == "varies_by_storage_class"
    assert len({rule.pop("ID") for rule in kept["Rules"]}) == 2 and kept["Rules"] == rules
    code, message = refused(
        s3.put_bucket_lifecycle_configuration,
        Bucket=bucket,
        LifecycleConfiguration={"Rules": [{**rules[0], "ID": "same"}, {**rules[1], "ID": "same"}]},
    )
    assert code == "InvalidArgument" and "unique" in message


def test_lists_of_access_control(cloud, bucket):
    s3 = cloud.client("s3")
    # While ownership is enforced, only the owner's own list is taken, and none by its name.
    assert refused(s3.put_bucket_acl, Bucket=bucket, ACL="private")[0] == "AccessControlListNotSupported"
    s3.put_bucket_acl(Bucket=bucket, AccessControlPolicy=said(s3.get_bucket_acl(Bucket=bucket)))
    assert refused(s3.put_bucket_acl, Bucket=bucket, ACL="public-read") == (
        "AccessControlListNotSupported",
        "The bucket does not allow ACLs",
    )
    owned = {"Rules": [{"ObjectOwnership": "BucketOwnerPreferred"}]}
    s3.put_bucket_ownership_controls(Bucket=bucket, OwnershipControls=owned)
    assert refused(s3.put_bucket_acl, Bucket=bucket, ACL="public-read")[0] == "AccessDenied"
    s3.delete_public_access_block(Bucket=bucket)
    s3.put_bucket_acl(Bucket=bucket, ACL="public-read-write")
    grants = s3.get_bucket_acl(Bucket=bucket)["Grants"]
    everybody = {"Type": "Group", "URI": "http://acs.amazonaws.com/groups/global/AllUsers"}
    assert [grant["Permission"] for grant in grants if grant["Grantee"] == everybody] == ["READ", "WRITE"]
    enforced = {"Rules": [{"ObjectOwnership": "BucketOwnerEnforced"}]}
    assert refused(s3.put_bucket_ownership_controls, Bucket=bucket, OwnershipControls=enforced)[0] == (
        "InvalidBucketAclWithObjectOwnership"
    )
    whole = said(s3.get_bucket_acl(Bucket=bucket))
    s3.put_bucket_acl(Bucket=bucket, AccessControlPolicy=whole)
    assert said(s3.get_bucket_acl(Bucket=bucket)) == whole
    s3.put_bucket_acl(Bucket=bucket, GrantRead=f'id="{"a" * 64}"', GrantWriteACP=f'uri="{everybody["URI"]}"')
    grants = s3.get_bucket_acl(Bucket=bucket)["Grants"]
    assert [grant["Permission"] for grant in grants] == ["READ", "WRITE_ACP"]
    assert refused(s3.put_bucket_acl, Bucket=bucket, GrantRead='id="x"')[0] == "InvalidArgument"
    assert refused(s3.put_bucket_acl, Bucket=bucket, GrantRead='emailAddress="a@b"')[0] == (
        "UnresolvableGrantByEmailAddress"
    )
    assert refused(s3.put_bucket_acl, Bucket=bucket, ACL="private", GrantRead=f'id="{"a" * 64}"')[0] == "InvalidRequest"
    assert refused(s3.put_bucket_acl, Bucket=bucket)[0] == "MissingSecurityHeader"
    with pytest.raises(ClientError) as unknown:
        s3.put_bucket_acl(Bucket=bucket, ACL="mine")
    error = unknown.value.response["Error"]
    assert (error["Code"], error["ArgumentName"], error["ArgumentValue"]) == ("InvalidArgument", "x-amz-acl", "mine")


def statement(bucket, **more):
    return {
        "Effect": "Allow",
        "Principal": {"AWS": "arn:aws:iam::000000000000:root"},
        "Action": "s3:GetObject",
        "Resource": f"arn:aws:s3:::{bucket}/*",
        **more,
    }


def policy(*statements):
    return json.dumps({"Version": "2012-10-17", "Statement": statements})


def test_policies(cloud, bucket):
    s3 = cloud.client("s3")
    assert refused(s3.get_bucket_policy, Bucket=bucket)[0] == "NoSuchBucketPolicy"
    assert refused(s3.get_bucket_policy_status, Bucket=bucket)[0] == "NoSuchBucketPolicy"
    text = policy(statement(bucket), statement(bucket, Action="s3:ListBucket", Resource=f"arn:aws:s3:::{bucket}"))
    s3.put_bucket_policy(Bucket=bucket, Policy=text)
    assert s3.get_bucket_policy(Bucket=bucket)["Policy"] == text
    assert s3.get_bucket_policy_status(Bucket=bucket)["PolicyStatus"] == {"IsPublic": False}
    for bad, words in [
        ("{", "invalid Json"),
        (policy(statement(bucket, Action="sqs:SendMessage")), "invalid action"),
        (policy(statement("other-bucket")), "invalid resource"),
        (policy(statement(bucket, Action="s3:ListBucket")), "Action does not apply"),
        (policy({k: v for k, v in statement(bucket).items() if k != "Principal"}), "Missing required field Principal"),
    ]:
        code, message = refused(s3.put_bucket_policy, Bucket=bucket, Policy=bad)
        assert code == "MalformedPolicy" and words in message, message
    public = policy(statement(bucket, Principal="*"))
    assert refused(s3.put_bucket_policy, Bucket=bucket, Policy=public)[0] == "AccessDenied"
    assert s3.get_bucket_policy(Bucket=bucket)["Policy"] == text
    s3.put_public_access_block(Bucket=bucket, PublicAccessBlockConfiguration={})
    s3.put_bucket_policy(Bucket=bucket, Policy=public)
    assert s3.get_bucket_policy_status(Bucket=bucket)["PolicyStatus"] == {"IsPublic": True}
    s3.delete_bucket_policy(Bucket=bucket)
    assert refused(s3.get_bucket_policy, Bucket=bucket)[0] == "NoSuchBucketPolicy"


def test_versions_and_the_second_factor(cloud, bucket):
    s3 = cloud.client("s3")
    wanted = {"Status": "Enabled", "MFADelete": "Enabled"}
    s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration=wanted, MFA="serial 123456")
    assert said(s3.get_bucket_versioning(Bucket=bucket)) == wanted
    suspended = {"Status": "Suspended"}
    assert refused(s3.put_bucket_versioning, Bucket=bucket, VersioningConfiguration=suspended)[0] == "AccessDenied"
    s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration=suspended, MFA="serial 123456")
    assert said(s3.get_bucket_versioning(Bucket=bucket)) == {**suspended, "MFADelete": "Enabled"}


def test_logs_go_to_a_bucket_nearby(cloud, bucket):
    s3 = cloud.client("s3")
    assert said(s3.get_bucket_logging(Bucket=bucket)) == {}
    near, far = f"{bucket[:40]}-near", f"{bucket[:40]}-far"
    s3.create_bucket(Bucket=near)
    s3.create_bucket(Bucket=far, CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
    logging = {"TargetBucket": near, "TargetPrefix": "log/", "TargetObjectKeyFormat": {"SimplePrefix": {}}}
    s3.put_bucket_logging(Bucket=bucket, BucketLoggingStatus={"LoggingEnabled": logging})
    assert said(s3.get_bucket_logging(Bucket=bucket)) == {"LoggingEnabled": logging}
    away = {"LoggingEnabled": {**logging, "TargetBucket": far}}
    assert refused(s3.put_bucket_logging, Bucket=bucket, BucketLoggingStatus=away)[0] == (
        "CrossLocationLoggingProhibitted"
    )
    s3.put_bucket_logging(Bucket=bucket, BucketLoggingStatus={})
    assert said(s3.get_bucket_logging(Bucket=bucket)) == {}


def test_replication_goes_to_buckets_with_versions(cloud, bucket):
    s3 = cloud.client("s3")
    other = f"{bucket[:40]}-other"
    s3.create_bucket(Bucket=other)
    s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
    rule = {
        "ID": "all",
        "Priority": 1,
        "Status": "Enabled",
        "Filter": {"Prefix": "a/"},
        "DeleteMarkerReplication": {"Status": "Disabled"},
        "Destination": {"Bucket": f"arn:aws:s3:::{other}", "StorageClass": "STANDARD_IA"},
    }
    wanted = {"Role": "arn:aws:iam::000000000000:role/copier", "Rules": [rule]}
    put = {"Bucket": bucket, "ReplicationConfiguration": wanted}
    assert "must have versioning enabled" in refused(s3.put_bucket_replication, **put)[1]
    s3.put_bucket_versioning(Bucket=other, VersioningConfiguration={"Status": "Enabled"})
    s3.put_bucket_replication(**put)
    assert said(s3.get_bucket_replication(Bucket=bucket)) == {"ReplicationConfiguration": wanted}
    assert refused(s3.put_bucket_versioning, Bucket=bucket, VersioningConfiguration={"Status": "Suspended"})[0] == (
        "InvalidBucketState"
    )
    for change, words in [({"Priority": None}, "Priority"), ({"DeleteMarkerReplication": None}, "DeleteMarkerReplication"),
                          ({"Destination": {"Bucket": "arn:aws:s3:::nobody-has-this"}}, "must exist")]:
        bad = {name: value for name, value in {**rule, **change}.items() if value is not None}
        code, message = refused(
            s3.put_bucket_replication, Bucket=bucket, ReplicationConfiguration={**wanted, "Rules": [bad]}
        )
        assert code == "InvalidRequest" and words in message
    s3.delete_bucket_replication(Bucket=bucket)
    assert refused(s3.get_bucket_replication, Bucket=bucket)[0] == "ReplicationConfigurationNotFoundError"


NUMBERED = {
    "metrics": {"Filter": {"Prefix": "a/"}},
    "analytics": {"StorageClassAnalysis": {}, "Filter": {"Tag": {"Key": "a", "Value": "b"}}},
    "intelligent_tiering": {"Status": "Enabled", "Tierings": [{"Days": 90, "AccessTier": "ARCHIVE_ACCESS"}]},
    "inventory": {
        "Destination": {"S3BucketDestination": {"Bucket": "arn:aws:s3:::lists", "Format": "CSV"}},
        "IsEnabled": True,
        "IncludedObjectVersions": "Current",
        "OptionalFields": ["Size", "ETag"],
        "Schedule": {"Frequency": "Daily"},
    },
}


@pytest.mark.parametrize("kind", NUMBERED)
def test_settings_with_ids(cloud, bucket, kind):
    s3 = cloud.client("s3")
    name = kind.title().replace("_", "") + "Configuration"
    put, get = getattr(s3, f"put_bucket_{kind}_configuration"), getattr(s3, f"get_bucket_{kind}_configuration")
    delete = getattr(s3, f"delete_bucket_{kind}_configuration")
    shown = getattr(s3, f"list_bucket_{kind}_configurations")
    assert refused(get, Bucket=bucket, Id="one")[0] == "NoSuchConfiguration"
    assert said(shown(Bucket=bucket)) == {"IsTruncated": False}
    for id in ("two", "one"):
        put(Bucket=bucket, Id=id, **{name: {"Id": id, **NUMBERED[kind]}})
    assert get(Bucket=bucket, Id="one")[name] == {"Id": "one", **NUMBERED[kind]}
    listed = shown(Bucket=bucket)[name + "List"]
    assert [found["Id"] for found in listed] == ["one", "two"]
    assert refused(put, Bucket=bucket, Id="three", **{name: {"Id": "four", **NUMBERED[kind]}})[0] == "InvalidArgument"
    delete(Bucket=bucket, Id="one")
    assert refused(delete, Bucket=bucket, Id="one")[0] == "NoSuchConfiguration"
    assert [found["Id"] for found in shown(Bucket=bucket)[name + "List"]] == ["two"]


def test_settings_with_ids_come_in_pages(cloud, bucket):
    s3 = cloud.client("s3")
    ids = [f"m{number:03}" for number in range(101)]
    for id in ids:
        s3.put_bucket_metrics_configuration(Bucket=bucket, Id=id, MetricsConfiguration={"Id": id})
    first = s3.list_bucket_metrics_configurations(Bucket=bucket)
    assert first["IsTruncated"] and len(first["MetricsConfigurationList"]) == 100
    token = first["NextContinuationToken"]
    second = s3.list_bucket_metrics_configurations(Bucket=bucket, ContinuationToken=token)
    assert not second["IsTruncated"] and second["ContinuationToken"] == token
    listed = first["MetricsConfigurationList"] + second["MetricsConfigurationList"]
    assert [found["Id"] for found in listed] == ids


def test_notifications_are_tried(cloud, bucket, name):
    s3, sqs, sns = (cloud.client(service) for service in ("s3", "sqs", "sns"))
    queue = sqs.create_queue(QueueName=name[-70:])["QueueUrl"]
    queue_arn = sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    topic = sns.create_topic(Name=name[-70:])["TopicArn"]
    assert said(s3.get_bucket_notification_configuration(Bucket=bucket)) == {}
    suffix = {"Key": {"FilterRules": [{"Name": "Suffix", "Value": ".jpg"}]}}
    wanted = {
        "QueueConfigurations": [
            {"Id": "q", "QueueArn": queue_arn, "Events": ["s3:ObjectCreated:*"], "Filter": suffix}
        ],
        "TopicConfigurations": [{"Id": "t", "TopicArn": topic, "Events": ["s3:ObjectRemoved:Delete"]}],
        "EventBridgeConfiguration": {},
    }
    s3.put_bucket_notification_configuration(Bucket=bucket, NotificationConfiguration=wanted)
    assert said(s3.get_bucket_notification_configuration(Bucket=bucket)) == wanted
    message = json.loads(sqs.receive_message(QueueUrl=queue, WaitTimeSeconds=5)["Messages"][0]["Body"])
    assert (message["Event"], message["Bucket"], message["Service"]) == ("s3:TestEvent", bucket, "Amazon S3")
    put = s3.put_bucket_notification_configuration

    def refusal(**parts):
        return refused(put, Bucket=bucket, NotificationConfiguration=parts)

    lost = {"QueueArn": queue_arn + "-not-there", "Events": ["s3:ObjectCreated:*"]}
    code, message = refusal(QueueConfigurations=[lost])
    assert code == "InvalidArgument" and message == "Unable to validate the following destination configurations"
    put(Bucket=bucket, NotificationConfiguration={"QueueConfigurations": [lost]}, SkipDestinationValidation=True)
    both = [{"QueueArn": queue_arn, "Events": [event]} for event in ("s3:ObjectCreated:*", "s3:ObjectCreated:Put")]
    assert "overlapping suffixes" in refusal(QueueConfigurations=both)[1]
    away = {"QueueArn": queue_arn.replace("us-east-1", "eu-west-1"), "Events": ["s3:ObjectCreated:*"]}
    assert "location constraint" in refusal(QueueConfigurations=[away])[1]
    assert refusal(QueueConfigurations=[{"QueueArn": topic, "Events": ["s3:ObjectCreated:*"]}])[0] == "InvalidArgument"
    function = {"LambdaFunctionArn": "arn:aws:lambda:us-east-1:000000000000:function:none", "Events": ["s3:ObjectCreated:*"]}
    assert "Unable to validate" in refusal(LambdaFunctionConfigurations=[function])[1]
    put(Bucket=bucket, NotificationConfiguration={})
    assert said(s3.get_bucket_notification_configuration(Bucket=bucket)) == {}


def test_some_settings_need_a_checksum(cloud, bucket):
    """Older clients know which: s3cmd and boto 2 send MD5 with these alone."""
    website = "<WebsiteConfiguration><IndexDocument><Suffix>i</Suffix></IndexDocument></WebsiteConfiguration>"
    without = {
        "website": website,
        "versioning": "<VersioningConfiguration><Status>Enabled</Status></VersioningConfiguration>",
        "requestPayment": "<RequestPaymentConfiguration><Payer>BucketOwner</Payer></RequestPaymentConfiguration>",
        "logging": "<BucketLoggingStatus/>",
        "policy": policy(statement(bucket)),
    }
    for kind, body in without.items():
        assert visit(cloud, f"/{bucket}?{kind}", method="PUT", body=body).status in (200, 204), kind
    # One that comes is proved.
    wrong = visit(cloud, f"/{bucket}?website", method="PUT", body=website, content_md5="1B2M2Y8AsgTpgAmY7PhCfg==")
    assert (wrong.status, "<Code>BadDigest</Code>" in wrong.text) == (400, True)
    tags = "<Tagging><TagSet><Tag><Key>a</Key><Value>1</Value></Tag></TagSet></Tagging>"
    rule = "<CORSRule><AllowedMethod>GET</AllowedMethod><AllowedOrigin>*</AllowedOrigin></CORSRule>"
    for kind, body in {"tagging": tags, "cors": f"<CORSConfiguration>{rule}</CORSConfiguration>"}.items():
        answer = visit(cloud, f"/{bucket}?{kind}", method="PUT", body=body)
        assert (answer.status, "Missing required header" in answer.text) == (400, True), kind


def test_settings_survive_the_death_of_the_server(make_cloud):
    cloud = make_cloud().start()
    s3 = cloud.client("s3")
    s3.create_bucket(Bucket="kept")
    s3.put_bucket_lifecycle_configuration(Bucket="kept", LifecycleConfiguration=LIFECYCLE)
    cloud.kill()
    s3 = cloud.start().client("s3")
    assert s3.get_bucket_lifecycle_configuration(Bucket="kept")["Rules"] == LIFECYCLE["Rules"]


def test_the_cli_sets_and_shows(aws):
    aws("s3api", "create-bucket", "--bucket", "cli")
    versioning = '{"Status": "Enabled"}'
    aws("s3api", "put-bucket-versioning", "--bucket", "cli", "--versioning-configuration", versioning)
    assert aws("s3api", "get-bucket-versioning", "--bucket", "cli") == {"Status": "Enabled"}
    aws("s3api", "put-bucket-cors", "--bucket", "cli", "--cors-configuration", json.dumps({"CORSRules": [RULE]}))
    assert aws("s3api", "get-bucket-cors", "--bucket", "cli") == {"CORSRules": [RULE]}
    aws("s3api", "delete-bucket-cors", "--bucket", "cli")
    assert "NoSuchCORSConfiguration" in aws("s3api", "get-bucket-cors", "--bucket", "cli", fails=True)
    assert "MetadataConfigurationNotFound" in aws("s3api", "get-bucket-metadata-table-configuration", "--bucket", "cli", fails=True)
