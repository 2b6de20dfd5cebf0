"""Keeps a run from ending its own token, and from sending more requests than it may."""

import json
import os
import sys
import urllib.request

import schemathesis

MOST = 5_000
sent = 0

request = urllib.request.Request(
    os.environ["LEASEHOLD_URL"] + "/api/v1/tokens", headers={"Authorization": f"Bearer {os.environ['LEASEHOLD_TOKEN']}"}
)
with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(request) as answer:
    tokens = {token["name"] for token in json.load(answer)["items"]}


@schemathesis.hook
def filter_case(context, case):
    ends_token = case.operation.label == "DELETE /api/v1/tokens/{name}"
    return not (ends_token and case.path_parameters.get("name") in tokens)


@schemathesis.hook
def before_call(context, case, kwargs):
    global sent
    sent += 1
    if sent > MOST:
        print(f"More than {MOST} requests: lower max-examples in schemathesis.toml.", file=sys.stderr, flush=True)
        os._exit(1)
