"""Translates calls (JSON lines) for aliyun-python-sdk-core with aliyun-python-sdk-green, and its answers back."""

import importlib
import json
import sys
from urllib.parse import urlsplit

from aliyunsdkcore.acs_exception.exceptions import ClientException, ServerException
from aliyunsdkcore.auth.credentials import StsTokenCredential
from aliyunsdkcore.client import AcsClient
from aliyunsdkcore.http.protocol_type import HTTP, HTTPS
from aliyunsdkcore.request import CommonRequest

REGION = "cn-shanghai"
# The SDK writes these itself while it signs, after the caller's.
OWN_HEADERS = {"content-md5", "date", "x-acs-signature-method", "x-acs-signature-version"}


class Impossible(Exception):
    """Something that this SDK offers no means for."""


def open_client(call, endpoint):
    key = call["key"]
    if key is None:
        raise Impossible("the SDK signs every request")
    options = {
        "region_id": REGION,
        "port": endpoint.port or (443 if endpoint.scheme == "https" else 80),
        "timeout": call["timeoutMs"] / 1000,
        # A retry would hide the refusal that it follows.
        "auto_retry": False,
    }
    if "token" in key:
        return AcsClient(credential=StsTokenCredential(key["id"], key["secret"], key["token"]), **options)
    return AcsClient(key["id"], key["secret"], **options)


def typed_request(call):
    """The SDK's class for an operation, or None where it has none at that path and version."""
    try:
        module = importlib.import_module("aliyunsdkgreen.request.v20180509." + call["action"] + "Request")
    except ImportError:
        return None
    request = getattr(module, call["action"] + "Request")()
    is_same = request.get_uri_pattern() == call["path"] and request.get_version() == call["version"]
    return request if is_same else None


def common_request(call):
    return CommonRequest(
        version=call["version"],
        action_name=call["action"],
        uri_pattern=call["path"],
        product="Green",
    )


def make_request(call, endpoint):
    request = typed_request(call) or common_request(call)
    request.set_endpoint(endpoint.hostname)
    # The very constants: the SDK compares them by identity.
    request.set_protocol_type(HTTPS if endpoint.scheme == "https" else HTTP)
    request.set_method(call["method"])
    for name, value in call["query"].items():
        if name == "ClientInfo" and hasattr(request, "set_ClientInfo"):
            request.set_ClientInfo(value)
        else:
            request.add_query_param(name, value)
    for name, value in call["headers"].items():
        if name in OWN_HEADERS:
            raise Impossible("the SDK writes the header " + name + " itself")
        request.add_header(name, value)
    if call["body"] is not None:
        request.set_content(call["body"].encode("utf-8"))
    return request


def answer(call):
    endpoint = urlsplit(call["endpoint"])
    try:
        client = open_client(call, endpoint)
        body = client.do_action_with_exception(make_request(call, endpoint))
    except Impossible as impossible:
        return {"cannot": str(impossible)}
    except ServerException as error:
        return {
            "error": {
                "class": "ServerException",
                "code": error.get_error_code(),
                "message": error.get_error_msg(),
                "requestId": error.get_request_id(),
            }
        }
    except ClientException as error:
        return {
            "error": {
                "class": "ClientException",
                "code": error.get_error_code(),
                "message": error.get_error_msg(),
                "requestId": None,
            }
        }
    return {"body": body.decode("utf-8")}


def main():
    for line in sys.stdin.buffer:
        call = json.loads(line)
        reply = {"id": call["id"], **answer(call)}
        sys.stdout.buffer.write(json.dumps(reply).encode("utf-8") + b"\n")
        sys.stdout.buffer.flush()


main()
