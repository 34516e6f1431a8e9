"""jsforce, which knows nothing of the demo org, notices no difference from a real one.

It is installed by `npm ci --prefix tests/demo_org/foreign`; where it is not, the test is skipped.
"""

import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest

HERE = Path(__file__).parent
LOGINS = "SELECT Id, LoginTime FROM LoginHistory"


def test_jsforce(demo_org):
    node = shutil.which("node")
    if node is None:
        pytest.skip("there is no node on this machine")
    if not (HERE / "node_modules" / "jsforce").is_dir():
        pytest.skip("jsforce is not installed: npm ci --prefix tests/demo_org/foreign")
    ran = subprocess.run(
        [node, HERE / "jsforce_client.mjs"],
        env=os.environ
        | {
            "NODE_EXTRA_CA_CERTS": str(demo_org.ca_file),
            "INSTANCE_URL": demo_org.instance_url,
            "CLIENT_ID": demo_org.client_id,
            "CLIENT_SECRET": demo_org.client_secret,
            "SOQL": LOGINS,
        },
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert ran.returncode == 0, ran.stderr
    saw = json.loads(ran.stdout)
    assert saw["totalSize"] == len(set(saw["ids"])) > 4000
    assert sorted(saw["bulkIds"]) == sorted(saw["ids"])
    assert {"Id", "Username", "LastLoginDate"} <= set(saw["userFields"])
    assert {"User", "OauthToken", "AuthSession"} <= set(saw["objects"])
    assert saw["username"] == demo_org.username
    assert saw["dailyCalls"]["Max"] == saw["apiUsage"]["limit"] == 100_000
    assert saw["refusal"] == "INVALID_FIELD"
