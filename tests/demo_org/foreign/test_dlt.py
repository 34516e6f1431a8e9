"""dlt's generic REST source, pointed at the demo org by configuration alone, loads an object whole."""

import dlt
import pytest
from dlt.sources.rest_api import rest_api_source


@pytest.fixture
def quiet_dlt(tmp_path, monkeypatch):
    monkeypatch.setenv("RUNTIME__DLTHUB_TELEMETRY", "false")
    monkeypatch.setenv("DLT_DATA_DIR", str(tmp_path / "dlt"))
    monkeypatch.chdir(tmp_path)


@pytest.mark.usefixtures("quiet_dlt")
def test_dlt(demo_org, tmp_path, monkeypatch):
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(demo_org.ca_file))
    source = rest_api_source(
        {
            "client": {
                "base_url": f"{demo_org.instance_url}/services/data/v67.0/",
                "auth": {
                    "type": "oauth2_client_credentials",
                    "access_token_url": f"{demo_org.instance_url}/services/oauth2/token",
                    "client_id": demo_org.client_id,
                    "client_secret": demo_org.client_secret,
                },
                "paginator": {"type": "json_link", "next_url_path": "nextRecordsUrl"},
            },
            "resources": [
                {
                    "name": "login_history",
                    "endpoint": {
                        "path": "query",
                        "params": {"q": "SELECT Id, LoginTime, Status FROM LoginHistory"},
                        "data_selector": "records",
                    },
                }
            ],
        }
    )
    pipeline = dlt.pipeline("demo_org", destination=dlt.destinations.duckdb(str(tmp_path / "landed.duckdb")))
    pipeline.run(source)
    with pipeline.sql_client() as warehouse:
        [[rows, distinct]] = warehouse.execute_sql("select count(*), count(distinct id) from login_history")
    assert rows == distinct > 4000
