"""Asks a reporting API as a client does that knows nothing of Leasehold: stubs made by grpcio-tools from vendor.proto.

    check.py HOST:PORT DEPLOYMENT OPERATOR [--tls CA.pem] report [COMPONENT]
    check.py … snapshot [START [END]]          times in Unix seconds
    check.py … pull
    check.py … push FILE                       FILE holds a response; - for standard input
    check.py … diagnostics [TYPE]              Undefined, Postgres, MongoDb, Redis, RabbitMq or a number
    check.py … errors                          wrong calls, and the status of each

Prints one JSON value. Exit code 0 when the call was answered (for `errors`: when each status is the right one), 1 when it was
answered with an error of gRPC, which is then printed, 2 for wrong usage.
"""

import argparse
import importlib
import json
import sys
import tempfile
from pathlib import Path

import google.rpc
import grpc
from google.protobuf.json_format import MessageToDict
from grpc_tools import protoc

SECONDS = 10
HERE = Path(__file__).resolve().parent


def stubs():
    """Makes the stubs in a folder of their own and loads them; google.rpc comes from Google's own package."""
    folder = tempfile.TemporaryDirectory(prefix="reporting-stubs-")
    includes = [HERE, Path(protoc.__file__).parent / "_proto", Path(google.rpc.__path__[0]).parents[1]]
    arguments = ["protoc", *(f"-I{path}" for path in includes)]
    arguments += [f"--python_out={folder.name}", f"--grpc_python_out={folder.name}", "vendor.proto"]
    if protoc.main(arguments) != 0:
        sys.exit("The stubs could not be made.")
    sys.path.insert(0, folder.name)
    return folder, importlib.import_module("vendor_pb2"), importlib.import_module("vendor_pb2_grpc")


FOLDER, api, api_grpc = stubs()


class Caller:
    """A channel and the ids that go with each call."""

    def __init__(self, address, deployment, operator, ca):
        options = [("grpc.enable_http_proxy", 0), ("grpc.max_send_message_length", -1)]
        if ca:
            credentials = grpc.ssl_channel_credentials(Path(ca).read_bytes())
            self.channel = grpc.secure_channel(address, credentials, options)
        else:
            self.channel = grpc.insecure_channel(address, options)
        self.stub = api_grpc.ReportingAPIServiceStub(self.channel)
        self.ids = [("x-deployment-id", deployment), ("x-operator-id", operator)]

    def call(self, name, request, ids=None):
        """The answer of one call and its initial metadata."""
        method = getattr(self.stub, name)
        answer, call = method.with_call(request, timeout=SECONDS, metadata=self.ids if ids is None else ids)
        metadata = {key: value for key, value in call.initial_metadata() if key.startswith("x-")}
        return answer, metadata

    def code(self, name, request, ids=None):
        """The status of one call."""
        try:
            self.call(name, request, ids)
        except grpc.RpcError as error:
            return {"code": error.code().name, "details": error.details()}
        return {"code": "OK", "details": ""}


def shown(message):
    """A message as JSON: names as in the interface file, numbers as numbers, fields without a value included."""
    return whole(
        MessageToDict(message, preserving_proto_field_name=True, always_print_fields_with_no_presence=True)
    )


def whole(value, key=""):
    """Protobuf's JSON writes 64-bit numbers as strings; of the fields here only ids are strings of digits."""
    if isinstance(value, dict):
        return {name: whole(inner, name) for name, inner in value.items()}
    if isinstance(value, list):
        return [whole(inner, key) for inner in value]
    numbers = {"usage_count", "usage_ms", "session_ms", "session_audio_ms", "created_date"}
    return int(value) if key in numbers else value


def report(caller, rest):
    answer, _ = caller.call("UsageReport", api.UsageReportRequest(component=rest[0] if rest else ""))
    return shown(answer)


def snapshot(caller, rest):
    request = api.UsageSnapshotRequest()
    for field, seconds in zip((request.start_timestamp, request.end_timestamp), rest):
        field.FromMilliseconds(round(float(seconds) * 1000))
    return shown(caller.call("UsageSnapshot", request)[0])


def pull(caller, _rest):
    answer, metadata = caller.call("LicenseStatusReportPull", api.LicenseStatusReportPullRequest())
    return {**shown(answer), "metadata": metadata}


def push(caller, rest):
    # As bytes: reading as text would change the ends of lines.
    text = (sys.stdin.buffer.read() if rest[0] == "-" else Path(rest[0]).read_bytes()).decode()
    try:
        status_id = json.loads(text).get("license-status-id") or ""
    except (ValueError, AttributeError):
        status_id = ""
    request = api.LicenseStatusReportResponsePushRequest(
        license_status_id=status_id, license_status_report_response_json=text
    )
    return shown(caller.call("LicenseStatusReportResponsePush", request)[0])


def diagnostics(caller, rest):
    name = rest[0] if rest else "Undefined"
    kind = int(name) if name.isdigit() else api.DiagnosticsType.Value(name)
    return shown(caller.call("DiagnosticsCheck", api.DiagnosticsCheckRequest(type=kind), ids=[])[0])


def errors(caller, _rest):
    """Wrong calls: what each should be answered with, and what it was."""
    deployment, operator = caller.ids
    usage, empty = api.UsageReportRequest(), api.LicenseStatusReportPullRequest()
    stranger = ("x-deployment-id", "00000000-1111-4222-8333-444444444444")
    large = api.LicenseStatusReportResponsePushRequest(license_status_report_response_json="x" * (4 << 20))
    cases = {
        "no ids": ("INVALID_ARGUMENT", "UsageReport", usage, []),
        "no deployment": ("INVALID_ARGUMENT", "UsageReport", usage, [operator]),
        "no operator": ("INVALID_ARGUMENT", "LicenseStatusReportPull", empty, [deployment]),
        "malformed deployment": (
            "INVALID_ARGUMENT",
            "LicenseStatusReportPull",
            empty,
            [("x-deployment-id", "nonsense"), operator],
        ),
        "malformed operator": ("INVALID_ARGUMENT", "UsageReport", usage, [deployment, ("x-operator-id", "nonsense")]),
        "unknown deployment": ("NOT_FOUND", "UsageReport", usage, [stranger, operator]),
        "unknown deployment, snapshot": ("NOT_FOUND", "UsageSnapshot", api.UsageSnapshotRequest(), [stranger, operator]),
        "call that is not there": ("UNIMPLEMENTED", "AnalysisSetList", api.AnalysisSetListRequest(), None),
        "unknown diagnostics": ("INVALID_ARGUMENT", "DiagnosticsCheck", api.DiagnosticsCheckRequest(type=2), []),
        "message over 4 MiB": ("OUT_OF_RANGE", "LicenseStatusReportResponsePush", large, None),
        "a good call after all that": ("OK", "UsageReport", usage, None),
    }
    results = {}
    for name, (expected, method, request, ids) in cases.items():
        got = caller.code(method, request, ids)
        results[name] = {**got, "expected": expected, "right": got["code"] == expected}
    return results


WHAT = {
    "report": (report, 0, 1),
    "snapshot": (snapshot, 0, 2),
    "pull": (pull, 0, 0),
    "push": (push, 1, 1),
    "diagnostics": (diagnostics, 0, 1),
    "errors": (errors, 0, 0),
}


def main():
    parser = argparse.ArgumentParser(usage=__doc__)
    parser.add_argument("address")
    parser.add_argument("deployment")
    parser.add_argument("operator")
    parser.add_argument("--tls", metavar="CA.pem")
    parser.add_argument("what", choices=WHAT)
    parser.add_argument("rest", nargs="*")
    given = parser.parse_args()
    work, least, most = WHAT[given.what]
    if not least <= len(given.rest) <= most:
        parser.error(f"{given.what} takes {least} to {most} further arguments")
    caller = Caller(given.address, given.deployment, given.operator, given.tls)
    try:
        result = work(caller, given.rest)
    except grpc.RpcError as error:
        print(json.dumps({"code": error.code().name, "details": error.details()}, indent=1))
        return 1
    print(json.dumps(result, indent=1, ensure_ascii=False))
    return 0 if given.what != "errors" or all(case["right"] for case in result.values()) else 1


if __name__ == "__main__":
    sys.exit(main())
