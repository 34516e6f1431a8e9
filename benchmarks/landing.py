"""A whole snapshot (17 objects, evidence, DuckDB), against the logins alone through simple-salesforce and pandas."""

import resource
import sys
import tempfile
import time
from pathlib import Path

import pandas as pd
import requests
from simple_salesforce import Salesforce

from spendready_pipeline.demo_org.serve import DemoOrg
from spendready_pipeline.files import OrgFiles
from spendready_pipeline.salesforce.snapshot import take_snapshot
from spendready_pipeline.settings import load_settings


def logins_through_pandas(org: DemoOrg) -> int:
    """Reads LoginHistory as most scripts do: every page into Python objects, then one frame."""
    token = requests.post(
        f"{org.instance_url}/services/oauth2/token",
        data={
            "grant_type": "client_credentials",
            "client_id": org.environment["DEMO_CLIENT_ID"],
            "client_secret": org.environment["DEMO_CLIENT_SECRET"],
        },
        verify=str(org.ca_file),
        timeout=60,
    ).json()["access_token"]
    session = requests.Session()
    session.trust_env = False
    session.verify = str(org.ca_file)
    salesforce = Salesforce(instance_url=org.instance_url, session_id=token, session=session, version="67.0")
    fields = (
        "Id, UserId, LoginTime, LoginType, LoginSubType, Status, Application, Browser, Platform, SourceIp, CountryIso"
    )
    return len(pd.DataFrame(salesforce.query_all(f"SELECT {fields} FROM LoginHistory")["records"]))


def main(users: int) -> None:
    """Times both against one demo org, in one process."""
    with tempfile.TemporaryDirectory() as folder, DemoOrg(users, seed=1) as org:
        path = Path(folder) / "spendready.yml"
        path.write_text(org.configuration())
        settings = load_settings(path, org.environment)
        started = time.perf_counter()
        read = list(take_snapshot(settings.org("demo"), OrgFiles(Path(folder) / "demo"), "benchmark", lambda _: None))
        whole = time.perf_counter() - started
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
        logins = next(each.rows for each in read if each.object == "LoginHistory")
        started = time.perf_counter()
        assert logins_through_pandas(org) == logins
        pandas = time.perf_counter() - started
        after = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    print(f"{logins:,} logins; whole snapshot {whole:.1f} s, logins through pandas {pandas:.1f} s")
    print(f"ratio snapshot / pandas: {whole / pandas:.2f}")
    print(f"peak memory with the demo org in the same process: {peak} MB, after pandas {after} MB")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 5_000)
