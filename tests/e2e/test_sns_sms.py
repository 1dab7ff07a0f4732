"""SNS and text messages: settings, numbers that opted out, and numbers of the sandbox."""

import re

import pytest
from botocore.exceptions import ClientError
from conftest import move, refused
from test_sns_people import letters

BAD_NUMBER = ("InvalidParameter", "Invalid parameter: PhoneNumber Reason: input incorrectly formatted")
ROLE = "arn:aws:iam::000000000000:role/sms"


@pytest.fixture
def own_cloud(make_cloud):
    """One whose clock, numbers and settings are this test's own."""
    return make_cloud().start()


def numbers(sns, **parameters):
    pages = sns.get_paginator("list_sms_sandbox_phone_numbers").paginate(**parameters)
    return {one["PhoneNumber"]: one["Status"] for page in pages for one in page["PhoneNumbers"]}


def passwords(cloud, number):
    return [re.search(r"\b\d{6}\b", letter["text"]).group() for letter in letters(cloud, number)]


def verify(sns, number, password):
    return sns.verify_sms_sandbox_phone_number(PhoneNumber=number, OneTimePassword=password)


def other(password):
    return f"{(int(password) + 1) % 1_000_000:06}"


def test_attributes_are_kept_by_region(own_cloud):
    sns, elsewhere = own_cloud.client("sns"), own_cloud.client("sns", region="eu-west-1")
    assert sns.get_sms_attributes()["attributes"] == {"MonthlySpendLimit": "1"}
    sns.set_sms_attributes(attributes={"DefaultSenderID": "Trips", "DefaultSMSType": "Transactional"})
    rest = {
        "MonthlySpendLimit": "20",
        "DeliveryStatusIAMRole": ROLE,
        "DeliveryStatusSuccessSamplingRate": "50",
        "UsageReportS3Bucket": "reports",
    }
    sns.set_sms_attributes(attributes=rest)
    everything = {**rest, "DefaultSenderID": "Trips", "DefaultSMSType": "Transactional"}
    own_cloud.kill()
    own_cloud.start()
    sns, elsewhere = own_cloud.client("sns"), own_cloud.client("sns", region="eu-west-1")
    assert sns.get_sms_attributes()["attributes"] == everything
    some = sns.get_sms_attributes(attributes=["DefaultSMSType", "UsageReportS3Bucket"])["attributes"]
    assert some == {"DefaultSMSType": "Transactional", "UsageReportS3Bucket": "reports"}
    assert elsewhere.get_sms_attributes()["attributes"] == {"MonthlySpendLimit": "1"}
    sns.set_sms_attributes(attributes=dict.fromkeys(everything, ""))
    assert sns.get_sms_attributes()["attributes"] == {"MonthlySpendLimit": "1"}


@pytest.mark.parametrize(
    ("attribute", "value"),
    [
        ("MonthlySpendLimit", "much"),
        ("DeliveryStatusIAMRole", "sms"),
        ("DeliveryStatusSuccessSamplingRate", "101"),
        ("DefaultSenderID", "much too long"),
        ("DefaultSMSType", "promotional"),
        ("UsageReportS3Bucket", "My_Reports"),
    ],
)
def test_a_bad_attribute_changes_nothing(cloud, attribute, value):
    sns = cloud.client("sns", region="ap-south-1")
    fine = {"MonthlySpendLimit": "2", "DefaultSMSType": "Promotional", "UsageReportS3Bucket": "reports"}
    why = f"Invalid parameter: {attribute} is invalid"
    assert refused(sns.set_sms_attributes, attributes={**fine, attribute: value}) == ("InvalidParameter", why)
    assert sns.get_sms_attributes()["attributes"] == {"MonthlySpendLimit": "1"}


def test_unknown_attributes_are_refused(cloud):
    sns = cloud.client("sns", region="ap-south-1")
    why = "Invalid parameter: Unknown is not a valid attribute"
    attributes = {"DefaultSenderID": "Trips", "Unknown": "x"}
    assert refused(sns.set_sms_attributes, attributes=attributes) == ("InvalidParameter", why)
    assert sns.get_sms_attributes()["attributes"] == {"MonthlySpendLimit": "1"}


def test_nobody_opted_out(cloud):
    sns = cloud.client("sns")
    assert sns.check_if_phone_number_is_opted_out(phoneNumber="+15550100030")["isOptedOut"] is False
    sns.opt_in_phone_number(phoneNumber="+15550100030")
    assert sns.list_phone_numbers_opted_out()["phoneNumbers"] == []
    for number in ["15550100030", "+0155", "+1-555", "", "+1234567890123456"]:
        assert refused(sns.check_if_phone_number_is_opted_out, phoneNumber=number) == BAD_NUMBER
        assert refused(sns.opt_in_phone_number, phoneNumber=number) == BAD_NUMBER
    assert refused(sns.list_phone_numbers_opted_out, nextToken="x") == ("InvalidParameter", "Invalid parameter: NextToken")


def test_nothing_is_rented_and_no_sandbox_holds(cloud):
    sns = cloud.client("sns")
    assert sns.get_sms_sandbox_account_status()["IsInSandbox"] is False
    assert sns.list_origination_numbers(MaxResults=30)["PhoneNumbers"] == []
    assert refused(sns.list_origination_numbers, NextToken="x")[0] == "InvalidParameter"


def test_a_number_is_verified_by_its_password(own_cloud):
    sns, number = own_cloud.client("sns"), "+15550100031"
    sns.create_sms_sandbox_phone_number(PhoneNumber=number, LanguageCode="en-US")
    assert numbers(sns) == {number: "Pending"}
    [password] = passwords(own_cloud, number)
    with pytest.raises(sns.exceptions.VerificationException) as wrong:
        verify(sns, number, other(password))
    answer = wrong.value.response
    assert (answer["ResponseMetadata"]["HTTPStatusCode"], answer["Error"]["Code"]) == (400, "VerificationException")
    assert answer["Error"]["Message"] and numbers(sns) == {number: "Pending"}
    verify(sns, number, password)
    assert numbers(sns) == {number: "Verified"}
    own_cloud.kill()
    own_cloud.start()
    sns = own_cloud.client("sns")
    assert numbers(sns) == {number: "Verified"}
    assert numbers(own_cloud.client("sns", region="eu-west-1")) == {}
    sns.delete_sms_sandbox_phone_number(PhoneNumber=number)
    assert numbers(sns) == {}


def test_a_password_is_good_for_15_minutes_and_until_the_next(own_cloud):
    sns, number = own_cloud.client("sns"), "+15550100032"
    sns.create_sms_sandbox_phone_number(PhoneNumber=number)
    move(own_cloud, advance_seconds=15 * 60)
    [late] = passwords(own_cloud, number)
    assert refused(verify, sns=sns, number=number, password=late)[0] == "VerificationException"
    sns.create_sms_sandbox_phone_number(PhoneNumber=number)
    new = passwords(own_cloud, number)[1]
    if new != late:
        assert refused(verify, sns=sns, number=number, password=late)[0] == "VerificationException"
    move(own_cloud, advance_seconds=14 * 60)
    verify(sns, number, new)
    assert numbers(sns) == {number: "Verified"}


def test_a_sandbox_has_ten_numbers_in_pages(own_cloud):
    sns = own_cloud.client("sns")
    given = [f"+1555010004{digit}" for digit in range(10)]
    for number in given:
        sns.create_sms_sandbox_phone_number(PhoneNumber=number)
    with pytest.raises(sns.exceptions.UserErrorException):
        sns.create_sms_sandbox_phone_number(PhoneNumber="+15550100050")
    assert letters(own_cloud, "+15550100050") == []
    first = sns.list_sms_sandbox_phone_numbers(MaxResults=4)
    assert [one["PhoneNumber"] for one in first["PhoneNumbers"]] == given[:4]
    assert list(numbers(sns, PaginationConfig={"PageSize": 5})) == given
    assert "NextToken" not in sns.list_sms_sandbox_phone_numbers(MaxResults=10)
    why = ("InvalidParameter", "Invalid parameter: NextToken")
    assert refused(sns.list_sms_sandbox_phone_numbers, NextToken="x") == why


def test_bad_and_missing_numbers_of_the_sandbox(cloud):
    sns, absent = cloud.client("sns"), "+15550100060"
    for call in [
        lambda: sns.delete_sms_sandbox_phone_number(PhoneNumber=absent),
        lambda: verify(sns, absent, "123456"),
    ]:
        with pytest.raises(sns.exceptions.ResourceNotFoundException) as missing:
            call()
        assert missing.value.response["ResponseMetadata"]["HTTPStatusCode"] == 404
    assert refused(sns.create_sms_sandbox_phone_number, PhoneNumber="+01234567890") == BAD_NUMBER
    assert refused(sns.delete_sms_sandbox_phone_number, PhoneNumber="123456789") == BAD_NUMBER
    for number in ["words", "+1555", "+155501000600000000000"]:
        with pytest.raises(ClientError) as bad:
            sns.create_sms_sandbox_phone_number(PhoneNumber=number)
        assert bad.value.response["ResponseMetadata"]["HTTPStatusCode"] == 400
    assert refused(verify, sns=sns, number=absent, password="abcdef")[0] == "ValidationError"
    assert numbers(sns) == {}
