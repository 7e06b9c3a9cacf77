"""What MiniStack 1.5.33 drops when it imports the API's definition, put back from the same template.

It keeps neither the OPTIONS mocks' templates and headers nor the gateway responses. AWS takes both from the definition.
"""

import json
from pathlib import Path
from typing import Any


def put_back(apigateway: Any, template_path: Path, rest_api_id: str) -> None:
    """Lays the definition's mocks and gateway responses over the deployed API, and deploys it again."""
    api = json.loads(template_path.read_text())["Resources"]["RestAPI"]["Properties"]
    definition = api["DefinitionBody"]
    by_path = {each["path"]: each["id"] for each in _resources(apigateway, rest_api_id)}
    for path, methods in definition["paths"].items():
        if "options" in methods:
            _put_mock(apigateway, rest_api_id, by_path[path], methods["options"])
    for kind, response in definition["x-amazon-apigateway-gateway-responses"].items():
        status = {"statusCode": str(response["statusCode"])} if "statusCode" in response else {}
        apigateway.put_gateway_response(
            restApiId=rest_api_id,
            responseType=kind,
            responseParameters=response["responseParameters"],
            responseTemplates=response["responseTemplates"],
            **status,
        )
    apigateway.create_deployment(restApiId=rest_api_id, stageName=api["StageName"])


def _resources(apigateway: Any, rest_api_id: str) -> list[dict[str, Any]]:
    resources: list[dict[str, Any]] = apigateway.get_resources(restApiId=rest_api_id, limit=500)["items"]
    return resources


def _put_mock(apigateway: Any, rest_api_id: str, resource_id: str, method: dict[str, Any]) -> None:
    where = {"restApiId": rest_api_id, "resourceId": resource_id, "httpMethod": "OPTIONS"}
    integration = method["x-amazon-apigateway-integration"]
    apigateway.put_integration(**where, type="MOCK", requestTemplates=integration["requestTemplates"])
    for status, response in method["responses"].items():
        names = {f"method.response.header.{name}": False for name in response.get("headers", {})}
        apigateway.put_method_response(**where, statusCode=str(status), responseParameters=names)
    for response in integration["responses"].values():
        apigateway.put_integration_response(
            **where,
            statusCode=str(response["statusCode"]),
            responseParameters=response.get("responseParameters", {}),
            responseTemplates=response.get("responseTemplates", {}),
        )
