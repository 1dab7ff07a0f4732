"""Names of the user's own: one set of domains for both versions of API Gateway, and the way by them into APIs."""

import json

import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from http_apis import started, to_web
from test_apigateway import Api, ask, refused

CERTIFICATE = "arn:aws:acm:us-east-1:000000000000:certificate/1"


@pytest.fixture
def old(cloud):
    return cloud.client("apigateway")


@pytest.fixture
def new(cloud):
    return cloud.client("apigatewayv2")


@pytest.fixture
def domain(name):
    return f"{name.lower()[:60].strip('-')}.example.com"


@pytest.fixture
def api(old, cloud, name):
    api = Api(old, cloud, name)
    body = '{"stage": "$context.stage", "path": "$context.path", "id": "$input.params(\'id\')", "domain": "$context.domainName"}'
    api.mock("/trips/{id}", response=body)
    api.deploy()
    return api


@pytest.fixture
def server():
    with started() as start:
        yield start()


def seen(cloud, domain, path):
    status, _, body = ask(cloud, "GET", path, host=domain)
    return status, json.loads(body)


def test_one_set_of_domains(old, new, domain):
    made = old.create_domain_name(
        domainName=domain, regionalCertificateArn=CERTIFICATE, endpointConfiguration={"types": ["REGIONAL"]}, tags={"a": "b"}
    )
    assert made["domainNameStatus"] == "AVAILABLE" and made["securityPolicy"] == "TLS_1_2"
    assert made["regionalDomainName"].startswith("d-") and made["regionalHostedZoneId"]
    assert made["domainNameArn"] == f"arn:aws:apigateway:us-east-1::/domainnames/{domain}"
    shown = new.get_domain_name(DomainName=domain)
    configuration = shown["DomainNameConfigurations"][0]
    assert configuration["ApiGatewayDomainName"] == made["regionalDomainName"]
    assert (configuration["EndpointType"], configuration["CertificateArn"]) == ("REGIONAL", CERTIFICATE)
    assert (shown["ApiMappingSelectionExpression"], shown["Tags"]) == ("$request.basepath", {"a": "b"})
    assert configuration["CertificateUploadDate"] == made["certificateUploadDate"].replace(microsecond=0)
    changes = [{"DomainNameConfigurations": [{"CertificateArn": CERTIFICATE + "2"}]}, {"MutualTlsAuthentication": {"TruststoreUri": "s3://b/k"}}]
    changes.append({"MutualTlsAuthentication": {"TruststoreVersion": "1"}})
    for change in changes:
        new.update_domain_name(DomainName=domain, **change)
    again = old.get_domain_name(domainName=domain)
    assert again["regionalCertificateArn"] == CERTIFICATE + "2"
    assert again["mutualTlsAuthentication"] == {"truststoreUri": "s3://b/k", "truststoreVersion": "1"}
    arn = made["domainNameArn"]
    old.tag_resource(resourceArn=arn, tags={"c": "d"})
    assert new.get_tags(ResourceArn=arn)["Tags"] == {"a": "b", "c": "d"}
    assert domain in [one["domainName"] for one in old.get_domain_names(limit=500)["items"]]
    assert domain in [one["DomainName"] for one in new.get_domain_names()["Items"]]
    new.delete_domain_name(DomainName=domain)
    refused(lambda: old.get_domain_name(domainName=domain), "NotFoundException", "Invalid domain name identifier specified")
    refused(lambda: new.get_domain_name(DomainName=domain), "NotFoundException")


def test_what_a_domain_may_not_be(old, new, domain, cloud):
    old.create_domain_name(domainName=domain)
    refused(lambda: old.create_domain_name(domainName=domain), "BadRequestException", "already exists")
    refused(lambda: cloud.client("apigateway", region_name="eu-west-1").create_domain_name(domainName=domain), "BadRequestException")
    taken = ["sqs.us-east-1.localhost", "x.execute-api.localhost", "a.s3.amazonaws.com", "a.localhost.localstack.cloud"]
    taken += ["amazonaws.com", "localhost.localstack.cloud", "*.localstack.cloud", "*.us-east-1.localhost", "*.s3.localhost"]
    taken += ["*.execute-api.us-east-1.localhost", "*.lambda-url.us-east-1.localhost"]
    for wrong in ["", "a", "A.example.com", "a..b", "a b.example.com", *taken]:
        refused(lambda wrong=wrong: old.create_domain_name(domainName=wrong), "BadRequestException")
    refused(lambda: new.update_domain_name(DomainName=domain), "BadRequestException", "Only REGIONAL domain names")
    edge = old.get_domain_name(domainName=domain)
    assert edge["endpointConfiguration"]["types"] == ["EDGE"] and "cloudfront" in edge["distributionDomainName"]
    tls = [{"op": "add", "path": "/mutualTlsAuthentication/truststoreUri", "value": "s3://b/k"}]
    refused(lambda: old.update_domain_name(domainName=domain, patchOperations=tls), "BadRequestException", "Mutual TLS")
    to_regional = [{"op": "replace", "path": "/endpointConfiguration/types/EDGE", "value": "REGIONAL"}, *tls]
    changed = old.update_domain_name(domainName=domain, patchOperations=to_regional)
    assert "regionalDomainName" in changed and "distributionDomainName" not in changed
    private = {"types": ["PRIVATE"]}
    refused(lambda: old.create_domain_name(domainName="p." + domain, endpointConfiguration=private), "NotImplemented")


def test_base_paths_lead_to_rest_apis(cloud, old, domain, api):
    old.create_domain_name(domainName=domain, endpointConfiguration={"types": ["REGIONAL"]})
    assert seen(cloud, domain, "/v1/trips/7") == (403, {"message": "Forbidden"})
    made = old.create_base_path_mapping(domainName=domain, basePath="v1", restApiId=api.id, stage="dev")
    made.pop("ResponseMetadata")
    assert made == {"basePath": "v1", "restApiId": api.id, "stage": "dev"}
    wanted = {"stage": "dev", "path": "/v1/trips/7", "id": "7", "domain": domain}
    assert seen(cloud, domain, "/v1/trips/7") == (200, wanted)
    assert seen(cloud, domain.upper() + ":4566", "/v1/trips/7")[0] == 200
    assert seen(cloud, domain, "/v10/trips/7") == (403, {"message": "Forbidden"})
    old.create_base_path_mapping(domainName=domain, restApiId=api.id)
    assert seen(cloud, domain, "/dev/trips/8")[1] == {**wanted, "path": "/dev/trips/8", "id": "8"}
    items = old.get_base_path_mappings(domainName=domain)["items"]
    assert items == [{"basePath": "(none)", "restApiId": api.id}, {"basePath": "v1", "restApiId": api.id, "stage": "dev"}]
    page = old.get_base_path_mappings(domainName=domain, limit=1)
    assert [one["basePath"] for one in old.get_base_path_mappings(domainName=domain, position=page["position"])["items"]] == ["v1"]
    operations = [{"op": "replace", "path": "/basePath", "value": "v2"}]
    old.update_base_path_mapping(domainName=domain, basePath="v1", patchOperations=operations)
    assert [seen(cloud, domain, f"/{path}/trips/7")[0] for path in ["v1", "v2"]] == [403, 200]
    refused(lambda: old.get_base_path_mapping(domainName=domain, basePath="v1"), "NotFoundException", "Invalid base path mapping")
    hidden = [{"op": "replace", "path": "/disableExecuteApiEndpoint", "value": "true"}]
    old.update_rest_api(restApiId=api.id, patchOperations=hidden)
    api.deploy()
    host = f"{api.id}.execute-api.us-east-1.localhost"
    assert ask(cloud, "GET", "/dev/trips/7", host=host)[0] == 403
    for path in [f"/_aws/execute-api/{api.id}/dev", f"/restapis/{api.id}/dev/_user_request_"]:
        assert ask(cloud, "GET", path + "/trips/7")[0] == 403, path
    assert seen(cloud, domain, "/v2/trips/7")[0] == 200
    old.delete_base_path_mapping(domainName=domain, basePath="v2")
    old.delete_base_path_mapping(domainName=domain, basePath="(none)")
    assert seen(cloud, domain, "/v2/trips/7")[0] == 403


def test_mappings_are_checked(old, new, domain, api):
    old.create_domain_name(domainName=domain, endpointConfiguration={"types": ["REGIONAL"]})
    to = {"domainName": domain, "basePath": "a", "restApiId": api.id, "stage": "dev"}
    old.create_base_path_mapping(**to)
    refused(lambda: old.create_base_path_mapping(**to), "ConflictException", "Base path already exists for this domain name")
    refused(lambda: old.create_base_path_mapping(**{**to, "basePath": "a/b"}), "BadRequestException", "use API Gateway V2")
    refused(lambda: old.create_base_path_mapping(**{**to, "basePath": "b", "stage": "no"}), "BadRequestException", "Invalid stage")
    refused(lambda: old.create_base_path_mapping(**{**to, "basePath": "b", "restApiId": "no"}), "BadRequestException", "Invalid REST API")
    refused(lambda: old.create_base_path_mapping(**{**to, "domainName": "x" + domain}), "NotFoundException")
    for key in ["/x", "x//y", "x/", "x y"]:
        wrong = {"DomainName": domain, "ApiMappingKey": key, "ApiId": api.id, "Stage": "dev"}
        refused(lambda wrong=wrong: new.create_api_mapping(**wrong), "BadRequestException")
    text = f"Please remove all base path mappings related to the RestApi in your domains: {domain}"
    refused(lambda: old.delete_rest_api(restApiId=api.id), "BadRequestException", text)
    refused(lambda: old.delete_stage(restApiId=api.id, stageName="dev"), "BadRequestException", "Deleting stage dev failed")
    old.delete_domain_name(domainName=domain)
    old.delete_rest_api(restApiId=api.id)


def test_mappings_of_many_levels_lead_to_apis_of_both_versions(cloud, new, old, domain, api, name, server):
    new.create_domain_name(DomainName=domain, DomainNameConfigurations=[{"CertificateArn": CERTIFICATE, "EndpointType": "REGIONAL"}])
    http = new.create_api(Name=name, ProtocolType="HTTP")["ApiId"]
    to_web(new, http, "ANY /{proxy+}", server.url + "/{proxy}")
    new.create_stage(ApiId=http, StageName="test", AutoDeploy=True)
    first = new.create_api_mapping(DomainName=domain, ApiMappingKey="orders/v1", ApiId=http, Stage="test")
    new.create_api_mapping(DomainName=domain, ApiMappingKey="orders/v1/items", ApiId=api.id, Stage="dev")
    new.create_api_mapping(DomainName=domain, ApiId=http, Stage="test")
    assert seen(cloud, domain, "/orders/v1/x/y?z=1")[1]["path"] == "/x/y?z=1"
    assert seen(cloud, domain, "/orders/v1/items/trips/7")[1]["path"] == "/orders/v1/items/trips/7"
    assert seen(cloud, domain, "/orders/v2")[1]["path"] == "/orders/v2"
    shown = {one["basePath"]: one["restApiId"] for one in old.get_base_path_mappings(domainName=domain)["items"]}
    assert shown == {"(none)": http, "orders/v1": http, "orders/v1/items": api.id}
    got = new.get_api_mapping(DomainName=domain, ApiMappingId=first["ApiMappingId"])
    assert (got["ApiMappingKey"], got["Stage"], got["ApiId"]) == ("orders/v1", "test", http)
    new.update_api_mapping(DomainName=domain, ApiMappingId=first["ApiMappingId"], ApiId=http, ApiMappingKey="o/w")
    assert seen(cloud, domain, "/o/w/x")[1]["path"] == "/x"
    refused(lambda: new.delete_api(ApiId=http), "BadRequestException", "Please remove all API mappings")
    refused(lambda: new.delete_stage(ApiId=http, StageName="test"), "BadRequestException")
    refused(lambda: new.create_api_mapping(DomainName=domain, ApiMappingKey="x", ApiId=http, Stage="no"), "BadRequestException")
    for one in new.get_api_mappings(DomainName=domain)["Items"]:
        new.delete_api_mapping(DomainName=domain, ApiMappingId=one["ApiMappingId"])
    assert ask(cloud, "GET", "/o/w/x", host=domain)[0] == 403
    new.delete_api(ApiId=http)


def test_a_star_stands_for_one_label(cloud, old, domain, api):
    old.create_domain_name(domainName=f"*.{domain}")
    old.create_base_path_mapping(domainName=f"*.{domain}", restApiId=api.id, stage="dev")
    assert seen(cloud, f"eu.{domain}", "/trips/1")[1]["domain"] == f"eu.{domain}"
    for host in [domain, f"a.b.{domain}"]:
        assert ask(cloud, "GET", "/trips/1", host=host)[2] != b"", host
        assert b'"id"' not in ask(cloud, "GET", "/trips/1", host=host)[2], host


def test_domains_survive_a_kill(make_cloud, name, domain):
    cloud = make_cloud().start()
    old = cloud.client("apigateway")
    api = Api(old, cloud, name)
    api.mock("/t", response='{"id": 1}')
    api.deploy()
    for one in [domain, f"other.{domain}"]:
        old.create_domain_name(domainName=one)
        old.create_base_path_mapping(domainName=one, basePath="v1", restApiId=api.id, stage="dev")
    old.delete_domain_name(domainName=f"other.{domain}")
    cloud.kill()
    cloud.start()
    assert seen(cloud, domain, "/v1/t") == (200, {"id": 1})
    assert b'"id"' not in ask(cloud, "GET", "/v1/t", host=f"other.{domain}")[2]


def test_signed_methods_are_reached_by_domains(cloud, old, domain, name):
    api = Api(old, cloud, name)
    api.mock("/t", response='"$context.identity.userArn"', authorization="AWS_IAM")
    api.deploy()
    old.create_domain_name(domainName=domain)
    old.create_base_path_mapping(domainName=domain, basePath="v1", restApiId=api.id, stage="dev")
    assert ask(cloud, "GET", "/v1/t", host=domain)[0] == 403
    request = AWSRequest("GET", f"http://{domain}/v1/t")
    SigV4Auth(Credentials("test", "test"), "execute-api", "us-east-1").add_auth(request)
    status, _, body = ask(cloud, "GET", "/v1/t", host=domain, headers=dict(request.headers))
    assert (status, body) == (200, b'"arn:aws:iam::000000000000:root"')
