"""SNS and devices: notifications, in the outbox."""

import json

from conftest import eventually, refused
from test_sns_people import letters


def test_devices_get_notifications(cloud, name):
    topics = cloud.client("sns")
    application = topics.create_platform_application(Name=name, Platform="GCM", Attributes={"PlatformCredential": "key"})["PlatformApplicationArn"]
    device = topics.create_platform_endpoint(PlatformApplicationArn=application, Token="token")["EndpointArn"]
    message = json.dumps({"default": "d", "GCM": '{"notification": {"title": "hi"}}'})
    assert topics.publish(TargetArn=device, Message=message, MessageStructure="json")["MessageId"]
    letter = eventually(lambda: letters(cloud, device))[0]
    assert (letter["carrier"], letter["text"]) == ("push", '{"notification": {"title": "hi"}}')
    topic = topics.create_topic(Name=name)["TopicArn"]
    assert topics.subscribe(TopicArn=topic, Protocol="application", Endpoint=device)["SubscriptionArn"].startswith(topic)
    topics.publish(TopicArn=topic, Message="to all")
    assert eventually(lambda: letters(cloud, device)[1:])[0]["text"] == "to all"


def test_what_devices_get_nothing(cloud, name):
    topics = cloud.client("sns")
    application = topics.create_platform_application(Name=name, Platform="GCM", Attributes={"PlatformCredential": "key"})["PlatformApplicationArn"]
    device = topics.create_platform_endpoint(PlatformApplicationArn=application, Token="token")["EndpointArn"]
    topics.set_endpoint_attributes(EndpointArn=device, Attributes={"Enabled": "false"})
    assert refused(topics.publish, TargetArn=device, Message="x") == ("EndpointDisabled", "Endpoint is disabled")
    topics.set_endpoint_attributes(EndpointArn=device, Attributes={"Enabled": "true"})
    topics.set_platform_application_attributes(PlatformApplicationArn=application, Attributes={"Enabled": "false"})
    assert refused(topics.publish, TargetArn=device, Message="x")[0] == "PlatformApplicationDisabled"
    why = "Invalid parameter: TargetArn Reason: No endpoint found for the target arn specified"
    assert refused(topics.publish, TargetArn=device + "0", Message="x") == ("InvalidParameter", why)
    topic = topics.create_topic(Name=name)["TopicArn"]
    why = "Invalid parameter: Application endpoint arn invalid: phone"
    assert refused(topics.subscribe, TopicArn=topic, Protocol="application", Endpoint="phone") == ("InvalidParameter", why)
