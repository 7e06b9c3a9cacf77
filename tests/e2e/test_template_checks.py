"""The template's checks find what is wrong: their skips are few, explained, and needed."""

import json
import subprocess
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from infra import build, template_checks


@pytest.fixture
def template() -> dict[str, Any]:
    read: dict[str, Any] = json.loads(build.ensure_package("check")[1].read_text())
    return read


def _skips(template: dict[str, Any]) -> list[tuple[str, dict[str, str]]]:
    return [
        (name, skip)
        for name, resource in template["Resources"].items()
        for skip in resource.get("Metadata", {}).get("checkov", {}).get("skip", ())
    ]


def _checkov(template: dict[str, Any], folder: Path) -> set[tuple[str, str]]:
    path = folder / "template.json"
    path.write_text(json.dumps(template))
    checkov = str(build.ROOT / ".venv-checkov" / "bin" / "checkov")
    command = [checkov, "--file", str(path), "--framework", "cloudformation", "--skip-download", "--output", "json"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    failed = json.loads(done.stdout)["results"]["failed_checks"]
    return {(each["resource"].rpartition(".")[2], each["check_id"]) for each in failed}


def test_every_skipped_check_says_why_and_would_fail_without_its_skip(template: dict[str, Any], tmp_path: Path) -> None:
    skips = {(name, skip["id"]) for name, skip in _skips(template)}
    assert all(len(skip["comment"]) > 30 for _, skip in _skips(template))
    for resource in template["Resources"].values():
        resource.get("Metadata", {}).pop("checkov", None)
    assert _checkov(template, tmp_path) == skips


def test_a_public_bucket_is_found(template: dict[str, Any], tmp_path: Path) -> None:
    assert _checkov(template, tmp_path) == set()
    del template["Resources"]["AttachmentsBucket"]["Properties"]["PublicAccessBlockConfiguration"]
    assert {"CKV_AWS_53", "CKV_AWS_54"} <= {check for _, check in _checkov(template, tmp_path)}


def test_a_misspelt_resource_is_found(template: dict[str, Any], tmp_path: Path) -> None:
    template["Resources"]["TicketsTabel"] = {"Properties": template["Resources"]["TicketsTable"]["Properties"]}
    path = tmp_path / "template.json"
    path.write_text(json.dumps(template))
    with pytest.raises(SystemExit, match="cfn-lint found"):
        template_checks._check(str(build.ROOT / ".venv" / "bin" / "cfn-lint"), str(path))


def _of_type(template: dict[str, Any], type_: str) -> list[dict[str, Any]]:
    return [each for each in template["Resources"].values() if each["Type"] == type_]


def test_the_api_is_regional_throttled_and_logs_neither_queries_nor_bodies(template: dict[str, Any]) -> None:
    api = template["Resources"]["RestAPI"]["Properties"]
    assert api["EndpointConfiguration"] == "REGIONAL"
    (settings,) = api["MethodSettings"]
    assert settings["ThrottlingRateLimit"] > 0
    assert settings["ThrottlingBurstLimit"] > 0
    assert settings["DataTraceEnabled"] is False, "it would log bodies"
    logged = json.loads(api["AccessLogSetting"]["Format"])
    allowed = {"requestId", "requestTime", "httpMethod", "resourcePath", "status", "responseLatency"}
    allowed |= {"integrationLatency", "error.responseType", "authorizer.requestId"}
    assert {value.removeprefix("$context.") for value in logged.values()} == allowed


def test_every_log_group_ends_some_day(template: dict[str, Any]) -> None:
    groups = _of_type(template, "AWS::Logs::LogGroup")
    assert len(groups) == len(_of_type(template, "AWS::Serverless::Function")) + 1
    assert {each["Properties"]["RetentionInDays"] for each in groups} == {90}


def test_the_bucket_is_private_encrypted_and_tls_only(template: dict[str, Any]) -> None:
    bucket = template["Resources"]["AttachmentsBucket"]["Properties"]
    assert set(bucket["PublicAccessBlockConfiguration"].values()) == {True}
    assert bucket["BucketEncryption"]
    assert bucket["LifecycleConfiguration"]["Rules"]
    (rule,) = bucket["CorsConfiguration"]["CorsRules"]
    assert "PUT" in rule["AllowedMethods"]
    assert rule["AllowedOrigins"] == {"Ref": "AllowedOrigins"}
    (statement,) = template["Resources"]["AttachmentsBucketPolicy"]["Properties"]["PolicyDocument"]["Statement"]
    assert (statement["Effect"], statement["Condition"]) == ("Deny", {"Bool": {"aws:SecureTransport": "false"}})


def test_the_pages_bucket_is_private_and_only_the_distribution_reads_it(template: dict[str, Any]) -> None:
    bucket = template["Resources"]["PagesBucket"]["Properties"]
    assert set(bucket["PublicAccessBlockConfiguration"].values()) == {True}
    assert bucket["BucketEncryption"]
    assert bucket["OwnershipControls"]["Rules"] == [{"ObjectOwnership": "BucketOwnerEnforced"}]
    tls_only, reading = template["Resources"]["PagesBucketPolicy"]["Properties"]["PolicyDocument"]["Statement"]
    assert (tls_only["Effect"], tls_only["Condition"]) == ("Deny", {"Bool": {"aws:SecureTransport": "false"}})
    assert (reading["Principal"], reading["Action"]) == ({"Service": "cloudfront.amazonaws.com"}, "s3:GetObject")
    assert "distribution/${Distribution}" in str(reading["Condition"]["StringEquals"]["aws:SourceArn"])


def _site(template: dict[str, Any]) -> dict[str, Any]:
    site: dict[str, Any] = template["Resources"]["Distribution"]["Properties"]["DistributionConfig"]
    return site


def test_no_error_page_stands_in_the_way_of_an_answer_of_the_api(template: dict[str, Any]) -> None:
    """CloudFront's error pages count for every path, so only a status that the API never gives may have one."""
    errors = (build.ROOT / "chalicelib" / "errors.py").read_text()
    answers = template["Resources"]["RestAPI"]["Properties"]["DefinitionBody"]
    by_gateway = {each.get("statusCode") for each in answers["x-amazon-apigateway-gateway-responses"].values()}
    (page,) = (each for each in _site(template)["CustomErrorResponses"] if "ResponsePagePath" in each)
    status = page["ErrorCode"]
    assert (page["ResponseCode"], page["ResponsePagePath"]) == (404, "/404.html")
    assert "status = 404" in errors
    assert f"status = {status}" not in errors
    assert status not in by_gateway


def test_a_page_that_is_not_there_is_asked_for_where_that_status_is_given(template: dict[str, Any]) -> None:
    site = _site(template)
    (group,) = site["OriginGroups"]["Items"]
    assert site["DefaultCacheBehavior"]["TargetOriginId"] == group["Id"]
    assert set(group["FailoverCriteria"]["StatusCodes"]["Items"]) == {403, 404}
    origins = {each["Id"]: each for each in site["Origins"]}
    first, second = (origins[each["OriginId"]] for each in group["Members"]["Items"])
    assert first["OriginAccessControlId"] == {"Fn::GetAtt": ["PagesAccess", "Id"]}
    path = f"{second['OriginPath'].removeprefix('/api')}/{{proxy+}}"
    method = template["Resources"]["RestAPI"]["Properties"]["DefinitionBody"]["paths"][path][
        "x-amazon-apigateway-any-method"
    ]
    mock = method["x-amazon-apigateway-integration"]
    given = json.loads(mock["requestTemplates"]["application/json"])["statusCode"]
    assert mock["type"] == "mock"
    assert given == site["CustomErrorResponses"][0]["ErrorCode"] == int(mock["responses"]["default"]["statusCode"])
    assert "security" not in method


def test_an_error_of_the_api_is_not_kept_for_the_next_caller(template: dict[str, Any]) -> None:
    """These CloudFront keeps for 10 seconds by itself, whatever the cache policy says (HTTP status codes it caches)."""
    kept = {each["ErrorCode"]: each["ErrorCachingMinTTL"] for each in _site(template)["CustomErrorResponses"]}
    assert {code for code, seconds in kept.items() if seconds == 0} == {404, 414, 500, 501, 502, 503, 504}


def test_the_api_is_passed_on_whole_and_never_kept(template: dict[str, Any]) -> None:
    api, socket = _site(template)["CacheBehaviors"]
    disabled, as_it_came = "4135ea2d-6df8-44a3-9df3-4b5a84be39ad", "b689b0a8-53d0-40ab-baf2-68738e2966ac"
    assert (api["PathPattern"], socket["PathPattern"]) == ("/v1/*", "/socket")
    for behaviour in (api, socket):
        assert (behaviour["CachePolicyId"], behaviour["OriginRequestPolicyId"]) == (disabled, as_it_came)
        assert behaviour["ViewerProtocolPolicy"] == "https-only"
        assert "ResponseHeadersPolicyId" not in behaviour
    assert set(api["AllowedMethods"]) == {"GET", "HEAD", "OPTIONS", "PUT", "PATCH", "POST", "DELETE"}
    assert "FunctionAssociations" not in api
    assert socket["FunctionAssociations"] == _site(template)["DefaultCacheBehavior"]["FunctionAssociations"]


def test_pages_come_over_https_with_headers_that_keep_them_to_themselves(template: dict[str, Any]) -> None:
    site = _site(template)
    assert site["DefaultCacheBehavior"]["ViewerProtocolPolicy"] == "redirect-to-https"
    assert site["DefaultCacheBehavior"]["ResponseHeadersPolicyId"] == {"Ref": "PagesHeaders"}
    assert site["ViewerCertificate"]["MinimumProtocolVersion"] == "TLSv1.2_2021"
    policy = template["Resources"]["PagesHeaders"]["Properties"]["ResponseHeadersPolicyConfig"]["SecurityHeadersConfig"]
    assert all(each["Override"] for each in policy.values())
    assert policy["StrictTransportSecurity"]["AccessControlMaxAgeSec"] >= 31_536_000
    assert "unsafe" not in policy["ContentSecurityPolicy"]["ContentSecurityPolicy"]
    assert "http" not in policy["ContentSecurityPolicy"]["ContentSecurityPolicy"]


def test_each_function_has_a_role_of_its_own(template: dict[str, Any]) -> None:
    functions = _of_type(template, "AWS::Serverless::Function")
    roles = {json.dumps(each["Properties"]["Role"]) for each in functions}
    assert len(roles) == len(functions) > 1


def test_every_answer_that_the_gateway_gives_by_itself_has_the_one_shape(template: dict[str, Any]) -> None:
    definition = template["Resources"]["RestAPI"]["Properties"]["DefinitionBody"]
    answers = definition["x-amazon-apigateway-gateway-responses"]
    assert {"DEFAULT_4XX", "DEFAULT_5XX", "UNAUTHORIZED", "ACCESS_DENIED", "MISSING_AUTHENTICATION_TOKEN"} <= set(
        answers
    )
    for answer in answers.values():
        body = json.loads(answer["responseTemplates"]["application/json"])
        assert set(body) == {"code", "message", "request_id"}
        assert answer["responseParameters"]["gatewayresponse.header.Access-Control-Allow-Origin"]
        if answer.get("statusCode") in {429, 503}:
            assert answer["responseParameters"]["gatewayresponse.header.Retry-After"]


def test_the_gateway_tells_an_unknown_path_alike_with_a_bearer_token_and_without(template: dict[str, Any]) -> None:
    """Where no method says otherwise AWS reads a bearer token as a signature of its own, and refuses it as one."""
    definition = template["Resources"]["RestAPI"]["Properties"]["DefinitionBody"]
    kinds = {each["x-amazon-apigateway-authtype"] for each in definition["securityDefinitions"].values()}
    assert kinds == {"custom"}, "no method takes AWS's own signatures"
    answers = definition["x-amazon-apigateway-gateway-responses"]
    unknown, *others = (
        answers[kind] for kind in ("MISSING_AUTHENTICATION_TOKEN", "INVALID_SIGNATURE", "EXPIRED_TOKEN")
    )
    assert unknown["statusCode"] == 404
    assert others == [unknown, unknown]


def _transformed(template: dict[str, Any]) -> dict[str, Any]:
    from samtranslator.translator.transform import transform

    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("AWS_DEFAULT_REGION", "eu-central-1")
        transformed: dict[str, Any] = transform(template, {}, SimpleNamespace(load=dict))
    return transformed


def test_whoever_calls_a_function_is_let_in_and_nobody_else(template: dict[str, Any]) -> None:
    permissions = [each["Properties"] for each in _of_type(_transformed(template), "AWS::Lambda::Permission")]
    let_in = {(json.dumps(each["FunctionName"]).split('"')[3], each["Principal"]) for each in permissions}
    gateway, clock = "apigateway.amazonaws.com", "events.amazonaws.com"
    sockets = {(f"Websocket{event}", gateway) for event in ("Connect", "Message", "Disconnect")}
    assert let_in == {("APIHandler", gateway), ("Authorize", gateway), ("Sweep", clock), ("Tick", clock), *sockets}
    assert all(each["SourceArn"] for each in permissions), "not from anybody's API and rules"


def test_no_frame_is_traced_and_a_changed_route_is_served(template: dict[str, Any]) -> None:
    (stage,) = _of_type(template, "AWS::ApiGatewayV2::Stage")
    settings = stage["Properties"]["DefaultRouteSettings"]
    assert (settings["DataTraceEnabled"], settings["LoggingLevel"]) == (False, "OFF")
    assert stage["Properties"]["AutoDeploy"]
    assert not list(_of_type(template, "AWS::ApiGatewayV2::Deployment")), "Chalice's would be made once and never again"


def test_every_queue_that_a_function_takes_from_has_dead_letters_and_an_alarm(template: dict[str, Any]) -> None:
    resources = template["Resources"]
    sources = [each["Properties"] for each in _of_type(template, "AWS::Lambda::EventSourceMapping")]
    queues = {each["EventSourceArn"]["Fn::GetAtt"][0] for each in sources if "FunctionResponseTypes" in each}
    assert queues == {"PushesQueue", "TimersQueue"}
    dead = {resources[each]["Properties"]["RedrivePolicy"]["deadLetterTargetArn"]["Fn::GetAtt"][0] for each in queues}
    watched = {
        each["Properties"]["Dimensions"][0]["Value"]["Fn::GetAtt"][0]
        for each in _of_type(template, "AWS::CloudWatch::Alarm")
    }
    assert dead == watched == {"PushesDeadLetters", "TimersDeadLetters"}


def test_after_sams_transform_there_is_one_stage_and_it_is_the_guarded_one(template: dict[str, Any]) -> None:
    transformed = _transformed(template)
    (stage,) = _of_type(transformed, "AWS::ApiGateway::Stage")
    assert stage["Properties"]["StageName"] == "api"
    assert stage["Properties"]["AccessLogSetting"]
    (deployment,) = _of_type(transformed, "AWS::ApiGateway::Deployment")
    assert "StageName" not in deployment["Properties"], "it would be a second, unguarded stage"
    (api,) = _of_type(transformed, "AWS::ApiGateway::RestApi")
    assert api["DependsOn"] == "ApiAccount", "the account's log role must be there before the stage"
