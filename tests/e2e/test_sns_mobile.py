"""SNS: applications of push services, and their endpoints."""

import pytest
from botocore.exceptions import ClientError
from conftest import refused

GCM = {"PlatformCredential": "secret"}
APPLE = {"PlatformCredential": "secret", "PlatformPrincipal": "public"}


@pytest.fixture
def sns(cloud):
    return cloud.client("sns")


@pytest.fixture
def application(sns, name):
    return make(sns, name)


def make(sns, name, platform="GCM", **attributes):
    credentials = GCM if platform == "GCM" else APPLE
    made = sns.create_platform_application(Name=name, Platform=platform, Attributes={**credentials, **attributes})
    return made["PlatformApplicationArn"]


def endpoint_of(sns, application, token, **more):
    return sns.create_platform_endpoint(PlatformApplicationArn=application, Token=token, **more)["EndpointArn"]


def application_attributes(sns, arn):
    return sns.get_platform_application_attributes(PlatformApplicationArn=arn)["Attributes"]


def endpoint_attributes(sns, arn):
    return sns.get_endpoint_attributes(EndpointArn=arn)["Attributes"]


def endpoints(sns, application):
    pages = sns.get_paginator("list_endpoints_by_platform_application").paginate(PlatformApplicationArn=application)
    return [endpoint["EndpointArn"] for page in pages for endpoint in page["Endpoints"]]


def invalid(reason):
    return "InvalidParameter", f"Invalid parameter: {reason}"


NO_APPLICATION = ("NotFound", "PlatformApplication does not exist")
NO_ENDPOINT = ("NotFound", "Endpoint does not exist")


def test_an_application_never_shows_its_credentials(sns, name):
    topic = sns.create_topic(Name=name)["TopicArn"]
    arn = make(sns, name, "APNS_SANDBOX", EventEndpointCreated=topic)
    assert arn == f"{topic.rsplit(':', 1)[0]}:app/APNS_SANDBOX/{name}"
    assert application_attributes(sns, arn) == {"Enabled": "true", "EventEndpointCreated": topic}
    changes = {"Enabled": "false", "EventEndpointCreated": "", "SuccessFeedbackSampleRate": "7", **APPLE}
    sns.set_platform_application_attributes(PlatformApplicationArn=arn, Attributes=changes)
    changed = {"Enabled": "false", "SuccessFeedbackSampleRate": "7"}
    assert application_attributes(sns, arn) == changed
    pages = sns.get_paginator("list_platform_applications").paginate()
    listed = [one for page in pages for one in page["PlatformApplications"]]
    assert {"PlatformApplicationArn": arn, "Attributes": changed} in listed
    assert make(sns, name, "APNS_SANDBOX") == arn
    assert make(sns, name) != arn


def test_what_applications_must_say(sns, name):
    def why(platform="GCM", attributes=GCM, name=name):
        return refused(sns.create_platform_application, Name=name, Platform=platform, Attributes=attributes)

    assert why(name="") == invalid(" Reason: cannot be empty")
    assert why(name="a" * 257) == invalid(f"{'a' * 257} Reason: must be at most 256 characters long")
    characters = "must contain only characters 'a'-'z', 'A'-'Z', '0'-'9', '_', '-', and '.'"
    assert why(name="a/b") == invalid(f"a/b Reason: {characters}")
    assert why(platform="FAX") == invalid("Platform Reason: FAX is not supported")
    for platform in ["ADM", "APNS", "APNS_VOIP", "MACOS", "WNS", "BAIDU"]:
        lonely = "Attributes Reason: PlatformCredential attribute provided without PlatformPrincipal"
        assert why(platform) == invalid(lonely)
    lonely = "Attributes Reason: PlatformPrincipal attribute provided without PlatformCredential"
    assert why("APNS", {"PlatformPrincipal": "p"}) == invalid(lonely)
    assert why(attributes={"Enabled": "true"})[0] == "InvalidParameter"
    unknown = "Attributes Reason: Invalid attribute name: Colour"
    assert why(attributes={**GCM, "Colour": "red"}) == invalid(unknown)
    empty = "Attributes Reason: Invalid value for attribute: PlatformCredential: cannot be empty"
    assert why(attributes={"PlatformCredential": ""}) == invalid(empty)
    assert refused(sns.get_platform_application_attributes, PlatformApplicationArn=absent(sns, name)) == NO_APPLICATION


def absent(sns, name):
    """The ARN of an application that is not there any more."""
    arn = make(sns, f"{name}-absent")
    sns.delete_platform_application(PlatformApplicationArn=arn)
    return arn


def test_an_endpoint(sns, application):
    arn = endpoint_of(sns, application, "t1", CustomUserData="mine")
    start, _, _ = arn.rpartition("/")
    assert start == application.replace(":app/", ":endpoint/")
    assert endpoint_attributes(sns, arn) == {"Enabled": "true", "Token": "t1", "CustomUserData": "mine"}
    sns.set_endpoint_attributes(EndpointArn=arn, Attributes={"Token": "t2", "Enabled": "False", "CustomUserData": ""})
    changed = {"Enabled": "false", "Token": "t2"}
    assert endpoint_attributes(sns, arn) == changed
    listed = sns.list_endpoints_by_platform_application(PlatformApplicationArn=application)["Endpoints"]
    assert listed == [{"EndpointArn": arn, "Attributes": changed}]
    other = endpoint_of(sns, application, "t1")
    assert other != arn
    taken = invalid("This endpoint is already registered with a different token.")
    assert refused(sns.set_endpoint_attributes, EndpointArn=arn, Attributes={"Token": "t1"}) == taken
    assert endpoint_attributes(sns, arn) == changed
    for _ in range(2):
        sns.delete_endpoint(EndpointArn=arn)
    assert refused(sns.get_endpoint_attributes, EndpointArn=arn) == NO_ENDPOINT
    assert refused(sns.set_endpoint_attributes, EndpointArn=arn, Attributes={"Enabled": "true"}) == NO_ENDPOINT
    assert endpoints(sns, application) == [other]
    assert endpoint_of(sns, application, "t2") != arn


def test_a_token_again(sns, application, name):
    def create(**more):
        return endpoint_of(sns, application, "t", **more)

    arn = create(CustomUserData="mine", Attributes={"Enabled": "false"})
    assert create(CustomUserData="mine") == arn
    assert create(Attributes={"CustomUserData": "mine", "Enabled": "FALSE"}) == arn
    different = invalid(
        f"Token Reason: Endpoint {arn} already exists with the same Token, but different attributes."
    )
    for more in [
        {},
        {"CustomUserData": "yours"},
        {"CustomUserData": "mine", "Attributes": {"Enabled": "true"}},
    ]:
        assert refused(create, **more) == different
    assert endpoints(sns, application) == [arn]
    # Each application has tokens of its own.
    assert endpoint_of(sns, make(sns, f"{name}-2"), "t") != arn


def test_what_endpoints_must_say(sns, application, name):
    def why(application=application, token="t", **more):
        create = sns.create_platform_endpoint
        return refused(create, PlatformApplicationArn=application, Token=token, **more)

    assert why(token="") == invalid("Token Reason: cannot be empty")
    assert why(token="t" * 8193) == invalid("Token Reason: must be at most 8192 bytes long in UTF-8 encoding")
    digits = invalid("Token Reason: iOS device tokens must be no more than 400 hexadecimal characters")
    apple = make(sns, name, "APNS")
    assert why(apple, "t") == digits
    assert why(apple, "a" * 401) == digits
    endpoint_of(sns, apple, "aF" * 200)
    long = "Invalid value for attribute: CustomUserData: must be at most 2048 bytes long in UTF-8 encoding"
    assert why(Attributes={"CustomUserData": "ü" * 1025}) == invalid(f"Attributes Reason: {long}")
    assert why(CustomUserData="ü" * 1025)[0] == "InvalidParameter"
    assert why(Attributes={"Enabled": "maybe"})[0] == "InvalidParameter"
    assert why(Attributes={"Colour": "red"}) == invalid("Attributes Reason: Invalid attribute name: Colour")
    assert why(absent(sns, name)) == NO_APPLICATION
    slashes = "Reason: Wrong number of slashes in relative portion of the ARN."
    assert why(f"{application}/x") == invalid(f"PlatformApplicationArn {slashes}")
    assert refused(sns.get_endpoint_attributes, EndpointArn=application) == invalid(f"EndpointArn {slashes}")
    elements = invalid("EndpointArn Reason: An ARN must have at least 6 elements, not 1")
    assert refused(sns.delete_endpoint, EndpointArn="x") == elements
    assert endpoints(sns, application) == []
    baidu = make(sns, name, "BAIDU")
    assert why(baidu)[0] == "InvalidParameter"
    device = {"ChannelId": "t", "UserId": "u"}
    arn = endpoint_of(sns, baidu, "t", Attributes=device)
    assert endpoint_attributes(sns, arn) == {"Enabled": "true", "Token": "t", **device}


def test_a_deleted_application_takes_its_endpoints_with_it(sns, application, name):
    arn = endpoint_of(sns, application, "t")
    for _ in range(2):
        sns.delete_platform_application(PlatformApplicationArn=application)
    assert refused(sns.get_endpoint_attributes, EndpointArn=arn) == NO_ENDPOINT
    assert refused(endpoints, sns=sns, application=application) == NO_APPLICATION
    assert make(sns, name) == application
    assert endpoints(sns, application) == []
    assert refused(sns.get_endpoint_attributes, EndpointArn=arn) == NO_ENDPOINT
    assert endpoint_of(sns, application, "t") != arn


def test_pages(sns, application, name):
    made = {endpoint_of(sns, application, f"t{number}") for number in range(205)}
    pages = list(
        sns.get_paginator("list_endpoints_by_platform_application").paginate(PlatformApplicationArn=application)
    )
    assert [len(page["Endpoints"]) for page in pages] == [100, 100, 5]
    assert {endpoint["EndpointArn"] for page in pages for endpoint in page["Endpoints"]} == made
    # One application's page token is none of another's.
    other = make(sns, f"{name}-2")
    with pytest.raises(ClientError, match="NextToken"):
        sns.list_endpoints_by_platform_application(PlatformApplicationArn=other, NextToken=pages[0]["NextToken"])


def test_accounts_and_regions_have_their_own(cloud, name):
    here, elsewhere = cloud.client("sns"), cloud.client("sns", region="eu-west-1")
    stranger = cloud.client("sns", key="123456789012")
    arns = {make(sns, name) for sns in [here, elsewhere, stranger]}
    assert len(arns) == 3
    for sns in [here, elsewhere, stranger]:
        listed = sns.list_platform_applications()["PlatformApplications"]
        assert len(arns & {one["PlatformApplicationArn"] for one in listed}) == 1


def test_a_restart_keeps_them(make_cloud, name):
    cloud = make_cloud().start()
    sns = cloud.client("sns")
    arn = endpoint_of(sns, make(sns, name), "t", CustomUserData="mine")
    cloud.kill()
    sns = cloud.start().client("sns")
    assert endpoint_attributes(sns, arn) == {"Enabled": "true", "Token": "t", "CustomUserData": "mine"}
