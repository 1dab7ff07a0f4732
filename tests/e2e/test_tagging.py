"""Resource Groups Tagging API: resources of every service, found by their tags and tagged from one place."""

import itertools
import json

import pytest

from accounts import OWN, Accounts
from conftest import refused
from test_lambda import package

API = "resourcegroupstaggingapi"
NUMBERS = itertools.count(100_000_000_000)


class Account:
    """An account of its own, which has nothing but what a test makes."""

    def __init__(self, cloud):
        self.cloud = cloud
        self.id = str(next(NUMBERS))

    def client(self, service, **more):
        return self.cloud.client(service, self.id, **more)

    def queue(self, name="q"):
        return f"arn:aws:sqs:us-east-1:{self.id}:{name}"


@pytest.fixture
def account(cloud):
    return Account(cloud)


@pytest.fixture
def tagging(account):
    return account.client(API)


@pytest.fixture
def one_of_each(account):
    """The ARN of a tagged resource of each service, by service; each is tagged when it is made."""
    tags = {"team": "trips", "stage": "dev"}
    listed = [{"Key": key, "Value": value} for key, value in tags.items()]
    queues, functions, apis = account.client("sqs"), account.client("lambda"), account.client("apigatewayv2")
    url = queues.create_queue(QueueName="q", tags=tags)["QueueUrl"]
    tables = account.client("dynamodb")
    table = tables.create_table(
        TableName="trips",
        BillingMode="PAY_PER_REQUEST",
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        Tags=listed,
    )
    account.client("logs").create_log_group(logGroupName="/trips", tags=tags)
    function = functions.create_function(
        FunctionName="f",
        Runtime="python3.12",
        Role=f"arn:aws:iam::{account.id}:role/r",
        Handler="main.handle",
        Code={"ZipFile": package(main__py="def handle(event, context): return event")},
        Tags=tags,
    )
    attributes = queues.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]
    api = apis.create_api(Name="web", ProtocolType="HTTP", Tags=tags)["ApiId"]
    apis.create_stage(ApiId=api, StageName="dev", AutoDeploy=True, Tags=tags)
    mapping = functions.create_event_source_mapping(
        FunctionName="f", EventSourceArn=attributes["QueueArn"], Enabled=False, Tags=tags
    )
    return {
        "sqs": attributes["QueueArn"],
        "sns": account.client("sns").create_topic(Name="t", Tags=listed)["TopicArn"],
        "dynamodb:table": table["TableDescription"]["TableArn"],
        "logs:log-group": f"arn:aws:logs:us-east-1:{account.id}:log-group:/trips",
        "lambda:function": function["FunctionArn"],
        "lambda:event-source-mapping": mapping["EventSourceMappingArn"],
        "apigateway:apis": f"arn:aws:apigateway:us-east-1::/apis/{api}",
        "stage": f"arn:aws:apigateway:us-east-1::/apis/{api}/stages/dev",
    }


def found(tagging, **wanted):
    pages = tagging.get_paginator("get_resources").paginate(**wanted)
    resources = [resource for page in pages for resource in page["ResourceTagMappingList"]]
    return {
        resource["ResourceARN"]: {tag["Key"]: tag["Value"] for tag in resource["Tags"]} for resource in resources
    }


def test_what_is_tagged_when_it_is_made_is_found(account, tagging, one_of_each):
    tags = {"team": "trips", "stage": "dev"}
    assert found(tagging) == dict.fromkeys(one_of_each.values(), tags)
    assert found(account.client(API, region="eu-west-1")) == {}
    for kind, arn in one_of_each.items():
        if kind not in ("stage", "apigateway:apis"):
            assert list(found(tagging, ResourceTypeFilters=[kind])) == [arn], kind
    assert len(found(tagging, ResourceTypeFilters=["lambda"])) == 2
    assert len(found(tagging, ResourceTypeFilters=["apigateway:apis", "sqs:queue"])) == 3
    assert found(tagging, ResourceTypeFilters=["s3"]) == {}
    some = [one_of_each["sqs"], one_of_each["sns"], one_of_each["sns"] + "x"]
    assert set(found(tagging, ResourceARNList=some)) == set(some[:2])


def test_each_service_has_its_tags_changed_from_one_place(account, tagging, one_of_each):
    arns = list(one_of_each.values())
    assert tagging.tag_resources(ResourceARNList=arns, Tags={"stage": "prod", "owner": "ada"})["FailedResourcesMap"] == {}
    assert tagging.untag_resources(ResourceARNList=arns, TagKeys=["team", "none"])["FailedResourcesMap"] == {}
    tags = {"stage": "prod", "owner": "ada"}
    assert found(tagging) == dict.fromkeys(arns, tags)
    queues, tables, topics = account.client("sqs"), account.client("dynamodb"), account.client("sns")
    url = queues.get_queue_url(QueueName="q")["QueueUrl"]
    assert queues.list_queue_tags(QueueUrl=url)["Tags"] == tags
    listed = [{"Key": "owner", "Value": "ada"}, {"Key": "stage", "Value": "prod"}]
    assert tables.list_tags_of_resource(ResourceArn=one_of_each["dynamodb:table"])["Tags"] == listed
    assert topics.list_tags_for_resource(ResourceArn=one_of_each["sns"])["Tags"] == listed
    assert account.client("lambda").get_function(FunctionName="f")["Tags"] == tags
    assert account.client("logs").list_tags_for_resource(resourceArn=one_of_each["logs:log-group"])["tags"] == tags
    apis = account.client("apigatewayv2")
    assert apis.get_apis()["Items"][0]["Tags"] == tags
    assert apis.get_tags(ResourceArn=one_of_each["stage"])["Tags"] == tags


def test_a_resource_has_one_name_whatever_its_arn_says(account, tagging, one_of_each):
    arn = one_of_each["logs:log-group"] + ":*"
    assert tagging.tag_resources(ResourceARNList=[arn], Tags={"a": "1"})["FailedResourcesMap"] == {}
    assert list(found(tagging, TagFilters=[{"Key": "a"}])) == [one_of_each["logs:log-group"]]
    # Versions and aliases have no tags.
    arn = one_of_each["lambda:function"] + ":$LATEST"
    failed = tagging.tag_resources(ResourceARNList=[arn], Tags={"a": "1"})["FailedResourcesMap"]
    assert failed[arn]["ErrorMessage"] == "Tags on function aliases and versions are not supported. Please specify a function ARN."


def test_what_is_deleted_has_no_tags_left(account, tagging, one_of_each):
    queues, functions, apis = account.client("sqs"), account.client("lambda"), account.client("apigatewayv2")
    url = queues.get_queue_url(QueueName="q")["QueueUrl"]
    queues.delete_queue(QueueUrl=url)
    account.client("sns").delete_topic(TopicArn=one_of_each["sns"])
    account.client("dynamodb").delete_table(TableName="trips")
    account.client("logs").delete_log_group(logGroupName="/trips")
    functions.delete_event_source_mapping(UUID=one_of_each["lambda:event-source-mapping"].split(":")[-1])
    functions.delete_function(FunctionName="f")
    apis.delete_api(ApiId=apis.get_apis()["Items"][0]["ApiId"])
    assert found(tagging) == {}
    queues.create_queue(QueueName="q")
    assert "Tags" not in queues.list_queue_tags(QueueUrl=url)


def test_what_was_tagged_once_is_shown_without_tags(account, tagging):
    url = account.client("sqs").create_queue(QueueName="q", tags={"a": "1"})["QueueUrl"]
    account.client("sqs").untag_queue(QueueUrl=url, TagKeys=["a"])
    account.client("sqs").create_queue(QueueName="never")
    assert found(tagging) == {account.queue(): {}}
    assert found(tagging, TagFilters=[{"Key": "a"}]) == {}


@pytest.fixture
def queues(account):
    """Queues whose tags are digits of their numbers."""
    sqs = account.client("sqs")
    for number in range(25):
        sqs.create_queue(QueueName=f"q{number:02}", tags={"tens": str(number // 10), "ones": str(number % 10)})


def names(resources):
    return [arn.rsplit(":", 1)[-1] for arn in resources]


def test_filters_are_all_needed_and_values_are_any(tagging, queues):
    def named(*filters):
        return names(found(tagging, TagFilters=[{"Key": key, "Values": values} for key, values in filters]))

    assert named(("tens", ["2"]), ("ones", ["1", "3", "9"])) == ["q21", "q23"]
    assert len(named(("tens", []))) == 25
    assert named(("tens", ["1"]), ("Tens", [])) == []
    assert named(("ones", ["0"]), ("ones", ["0", "1"])) == ["q00", "q10", "q20"]


def test_pages_show_everything_once(tagging, queues):
    first = tagging.get_resources(ResourcesPerPage=7, TagFilters=[{"Key": "tens", "Values": ["0", "1"]}])
    assert len(first["ResourceTagMappingList"]) == 7
    assert first["PaginationToken"]
    wanted = {"TagFilters": [{"Key": "tens", "Values": ["0", "1"]}], "ResourcesPerPage": 7}
    assert names(found(tagging, **wanted)) == [f"q{number:02}" for number in range(20)]
    last = tagging.get_resources(ResourcesPerPage=100, PaginationToken=first["PaginationToken"])
    assert last["PaginationToken"] == ""
    assert len(last["ResourceTagMappingList"]) == 18


def test_a_page_of_tags_does_not_split_a_resource(account, tagging):
    sqs = account.client("sqs")
    for number in range(5):
        sqs.create_queue(QueueName=f"q{number}", tags={f"k{tag}": "" for tag in range(40)})
    page = tagging.get_resources(TagsPerPage=100)
    assert len(page["ResourceTagMappingList"]) == 2
    assert len(found(tagging, TagsPerPage=100)) == 5


def test_keys_and_values_are_listed_once(account, tagging, queues):
    assert tagging.get_tag_keys() | {"ResponseMetadata": None} == {
        "PaginationToken": "",
        "TagKeys": ["ones", "tens"],
        "ResponseMetadata": None,
    }
    assert tagging.get_tag_values(Key="tens")["TagValues"] == ["0", "1", "2"]
    assert tagging.get_tag_values(Key="none")["TagValues"] == []
    url = account.client("sqs").get_queue_url(QueueName="q00")["QueueUrl"]
    for part in range(3):
        account.client("sqs").tag_queue(QueueUrl=url, Tags={f"k{part}": "x"})
    for number in range(3):
        made = account.client("sqs").create_queue(
            QueueName=f"many{number}", tags={f"m{number}-{tag:02}": "" for tag in range(45)}
        )
        assert made
    pages = list(tagging.get_paginator("get_tag_keys").paginate())
    assert [len(page["TagKeys"]) for page in pages] == [100, 40]
    keys = [key for page in pages for key in page["TagKeys"]]
    assert keys == sorted(set(keys))


def test_each_resource_that_refuses_says_why(account, tagging):
    account.client("sqs").create_queue(QueueName="q")
    arn = account.queue()
    there = {
        "none": (arn + "x", "QueueDoesNotExist"),
        "region": (arn.replace("us-east-1", "eu-west-1"), "InvalidParameterException"),
        "account": (arn.replace(account.id, OWN), "InvalidParameterException"),
    }
    arns = [arn] + [other for other, _ in there.values()]
    failed = tagging.tag_resources(ResourceARNList=arns, Tags={"a": "é"})["FailedResourcesMap"]
    assert {other: why["ErrorCode"] for other, why in failed.items()} == dict(there.values())
    assert all(why["StatusCode"] == 400 and why["ErrorMessage"] for why in failed.values())
    assert found(tagging) == {arn: {"a": "é"}}
    failed = tagging.tag_resources(ResourceARNList=[arn], Tags={"aws:a": "1", "b": "1"})["FailedResourcesMap"]
    assert list(failed) == [arn]
    many = {f"k{number}": "" for number in range(50)}
    assert list(tagging.tag_resources(ResourceARNList=[arn], Tags=many)["FailedResourcesMap"]) == [arn]
    assert found(tagging) == {arn: {"a": "é"}}


def test_what_nobody_can_tag_refuses_the_whole_request(account, tagging):
    account.client("sqs").create_queue(QueueName="q")
    arn = account.queue()
    for wrong in ("q", "arn:aws:iam::000000000000:role/r", "arn:aws:ec2:us-east-1:000000000000:instance/i-1"):
        code, message = refused(tagging.tag_resources, ResourceARNList=[arn, wrong], Tags={"a": "1"})
        assert (code, message) == ("InvalidParameterException", f"{wrong} is not a valid AmazonResourceName (ARN)")
    assert found(tagging) == {}
    code, _ = refused(tagging.untag_resources, ResourceARNList=[arn] * 21, TagKeys=["a"])
    assert code == "InvalidParameterException"


def test_requests_that_contradict_themselves_are_refused(tagging):
    arn = ["arn:aws:sqs:us-east-1:000000000000:q"]
    for request in (
        {"ResourceARNList": arn, "TagFilters": [{"Key": "a"}]},
        {"ResourceARNList": arn, "ResourceTypeFilters": ["sqs"]},
        {"ResourceARNList": arn, "ResourcesPerPage": 5},
        {"ResourceARNList": arn, "TagsPerPage": 100},
        {"ResourcesPerPage": 0},
        {"ResourcesPerPage": 101},
        {"ResourcesPerPage": -1},
        {"TagsPerPage": 99},
        {"TagsPerPage": 501},
        {"TagFilters": [{"Values": ["a"]}]},
        {"PaginationToken": "rubbish"},
        {"ExcludeCompliantResources": True},
    ):
        assert refused(tagging.get_resources, **request)[0] == "InvalidParameterException", request


def test_what_is_not_built_says_so(tagging):
    compliant = {"IncludeComplianceDetails": True, "ExcludeCompliantResources": True}
    code, message = refused(tagging.get_resources, **compliant)
    assert (code, message) == ("NotImplemented", "tagging: ExcludeCompliantResources is not implemented.")
    assert refused(tagging.get_resources, IncludeComplianceDetails=True)[0] == "NotImplemented"
    assert refused(tagging.get_compliance_summary) == (
        "NotImplemented",
        "tagging:GetComplianceSummary is not implemented.",
    )
    assert refused(tagging.start_report_creation, S3Bucket="reports")[0] == "NotImplemented"


def test_a_resource_that_denies_its_own_tagging_is_not_tagged(make_cloud):
    place = Accounts(make_cloud, API)
    queues = place.cloud.client("sqs", *place.cloud.root_key())
    arn = f"arn:aws:sqs:us-east-1:{OWN}:q"
    ada = {"AWS": f"arn:aws:iam::{OWN}:user/ada"}
    statement = {"Effect": "Deny", "Principal": ada, "Action": "sqs:TagQueue", "Resource": arn}
    policy = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    queues.create_queue(QueueName="q", Attributes={"Policy": policy})
    request = {"ResourceARNList": [arn], "Tags": {"a": "1"}}
    failed = place.own.tag_resources(**request)["FailedResourcesMap"]
    assert "not authorized to perform: sqs:tagqueue" in failed[arn]["ErrorMessage"]
    assert found(place.root) == {}
    assert place.root.tag_resources(**request)["FailedResourcesMap"] == {}
    assert place.own.untag_resources(ResourceARNList=[arn], TagKeys=["a"])["FailedResourcesMap"] == {}
    assert found(place.root) == {arn: {}}


def test_the_cli_finds_and_tags(aws):
    aws("sqs", "create-queue", "--queue-name", "q")
    arn = f"arn:aws:sqs:us-east-1:{OWN}:q"
    assert aws(API, "tag-resources", "--resource-arn-list", arn, "--tags", "a=1,b=2") == {"FailedResourcesMap": {}}
    shown = aws(API, "get-resources", "--tag-filters", "Key=a,Values=1", "--resource-type-filters", "sqs")
    assert shown["ResourceTagMappingList"][0]["ResourceARN"] == arn
    assert aws(API, "get-tag-values", "--key", "b")["TagValues"] == ["2"]
