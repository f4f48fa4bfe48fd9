"""A hand-written cloud assembly with one function, one table and one state machine: all that these tests deploy."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Final

FUNCTION: Final = "small-tool"
MACHINE: Final = "small-machine"
TABLE: Final = "small-table"
STATUS_TABLE_KEY: Final = "status-events"
TIMEOUT_SECONDS: Final = 3

HANDLER: Final = """
import json, os, signal, sys, time

CALLS = 0


def lambda_handler(event, context):
    global CALLS
    CALLS += 1
    what = event.get("do", "echo") if isinstance(event, dict) else "echo"
    if what == "echo":
        return event
    if what == "sleep":
        time.sleep(event["seconds"])
        return {"pid": os.getpid()}
    if what == "pid":
        return {"pid": os.getpid(), "calls": CALLS}
    if what == "exit":
        os._exit(event.get("status", 0))
    if what == "kill":
        os.kill(os.getpid(), signal.SIGKILL)
    if what == "raise":
        raise ValueError(event.get("message", "no"))
    if what == "nan":
        return {"value": float("nan")}
    if what == "bytes":
        return b"not json"
    if what == "big":
        return "x" * event["bytes"]
    if what == "object":
        return object()
    if what == "environment":
        return dict(os.environ)
    if what == "path":
        return sys.path
    if what == "where":
        import importlib
        try:
            module = importlib.import_module(event["module"])
        except ImportError as error:
            return {"error": str(error)}
        return {"file": module.__file__}
    if what == "log":
        print(event["text"])
        return None
    if what == "context":
        return {
            "request_id": context.aws_request_id, "name": context.function_name, "arn": context.invoked_function_arn,
            "memory": str(context.memory_limit_in_mb), "remaining": context.get_remaining_time_in_millis(),
            "version": context.function_version, "client": context.client_context and context.client_context.custom,
        }
    if what == "child":
        import subprocess
        child = subprocess.Popen(["sleep", "600"])
        return {"pid": os.getpid(), "child": child.pid}
    if what == "write":
        import boto3
        boto3.client("dynamodb").put_item(TableName="small-table", Item={"id": {"S": event["id"]}})
        return None
    if event.get("detail-type") or event.get("source"):
        import boto3
        boto3.client("dynamodb").put_item(
            TableName="small-table", Item={"id": {"S": event["detail"]["name"]}, "event": {"S": json.dumps(event)}}
        )
        return None
    raise LookupError(what)
""".replace('what = event.get("do", "echo")', 'what = event.get("do", "event" if "source" in event else "echo")')

ROLE: Final = "arn:aws:iam::123456789012:role/small"

PASS_THROUGH: Final[dict[str, Any]] = {
    "QueryLanguage": "JSONata",
    "StartAt": "Call",
    "States": {
        "Call": {
            "Type": "Task",
            "Resource": "arn:aws:states:::lambda:invoke",
            "Arguments": {"FunctionName": FUNCTION, "Payload": "{% $states.input %}"},
            "Output": "{% $states.result.Payload %}",
            "End": True,
        }
    },
}


def template() -> dict[str, Any]:
    """The CloudFormation template."""
    return {
        "Resources": {
            "Role": {
                "Type": "AWS::IAM::Role",
                "Properties": {
                    "RoleName": "small",
                    "AssumeRolePolicyDocument": {"Version": "2012-10-17", "Statement": []},
                },
            },
            "Function": {
                "Type": "AWS::Lambda::Function",
                "Properties": {
                    "FunctionName": FUNCTION,
                    "Handler": "tool.lambda_handler",
                    "Runtime": "python3.13",
                    "Role": {"Fn::GetAtt": ["Role", "Arn"]},
                    "Timeout": TIMEOUT_SECONDS,
                    "MemorySize": 256,
                    "Environment": {"Variables": {"GREETING": "hello"}},
                    "Code": {"S3Bucket": "small-assets", "S3Key": "tool.zip"},
                },
            },
            "Table": {
                "Type": "AWS::DynamoDB::Table",
                "Properties": {
                    "TableName": TABLE,
                    "BillingMode": "PAY_PER_REQUEST",
                    "AttributeDefinitions": [{"AttributeName": "id", "AttributeType": "S"}],
                    "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}],
                },
            },
            "Machine": {
                "Type": "AWS::StepFunctions::StateMachine",
                "Properties": {
                    "StateMachineName": MACHINE,
                    "RoleArn": {"Fn::GetAtt": ["Role", "Arn"]},
                    "DefinitionString": json.dumps(PASS_THROUGH),
                },
            },
            "StatusRule": {
                "Type": "AWS::Events::Rule",
                "Properties": {
                    "State": "ENABLED",
                    "EventPattern": {
                        "source": ["aws.states"],
                        "detail-type": ["Step Functions Execution Status Change"],
                        "detail": {"status": ["FAILED", "TIMED_OUT", "ABORTED"]},
                    },
                    "Targets": [{"Id": "tool", "Arn": {"Fn::GetAtt": ["Function", "Arn"]}}],
                },
            },
        },
        "Outputs": {
            "StateMachineArn": {"Value": {"Ref": "Machine"}},
            "HistoryTable": {"Value": {"Ref": "Table"}},
            "Functions": {"Value": json.dumps({"small": FUNCTION})},
        },
    }


def write_assembly(folder: Path) -> Path:
    """Write the assembly into `folder` and return it."""
    code = folder / "tool"
    code.mkdir(parents=True)
    (code / "tool.py").write_text(HANDLER, "utf-8")
    (code / "tool_contract").mkdir()
    (code / "tool_contract" / "__init__.py").write_text("", "utf-8")
    (folder / "small.template.json").write_text(json.dumps(template()), "utf-8")
    destination = {"here": {"bucketName": "small-assets", "objectKey": "tool.zip"}}
    assets = {"files": {"tool": {"source": {"path": "tool", "packaging": "zip"}, "destinations": destination}}}
    (folder / "small.assets.json").write_text(json.dumps(assets), "utf-8")
    manifest = {
        "artifacts": {
            "small": {"type": "aws:cloudformation:stack", "properties": {"templateFile": "small.template.json"}},
            "small.assets": {"type": "cdk:asset-manifest", "properties": {"file": "small.assets.json"}},
        }
    }
    (folder / "manifest.json").write_text(json.dumps(manifest), "utf-8")
    return folder
