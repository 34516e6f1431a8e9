"""A finding type is two files: everything else follows."""

import re
import shutil
from pathlib import Path

import pytest

from tests.dbt.orgs import DBT_PROJECT, Dbt, HandMadeOrg

SQL = """
select
    {{ finding_id('users.user_id15') }} as finding_id,
    evaluated.finding_type,
    evaluated.severity,
    'user' as subject_type,
    users.user_id as subject_id,
    users.name as subject_name,
    users.user_id,
    users.username,
    cast(null as decimal(18, 2)) as annual_cost,
    evaluated.snapshot_at,
    users.alias,
    {{ sentences() }}
from {{ ref('int_users') }} as users
inner join {{ ref('int_coverage') }} as evaluated
    on evaluated.finding_type = 'frozen_user' and evaluated.status <> 'not_evaluated'
where users.is_frozen
"""
YML = """
models:
  - name: finding_frozen_user
    description: Users that are frozen.
    config:
      contract: {enforced: false}
      meta:
        finding:
          title: Frozen users
          severity: low
          controls: []
          who_acts: it
          thresholds: []
          requires: [{object: UserLogin, missing: not_evaluated, gap: "it's unknown who is frozen"}]
          risk: Cold.
          summary: "{username} is frozen"
          detail: Frozen
          evidence: [alias]
          steps: [Unfreeze the user., "Tell {alias}."]
    columns:
      - {name: username, data_type: varchar}
      - {name: alias, data_type: varchar}
"""


def test_two_files_make_a_finding_type(quiet_org: HandMadeOrg, tmp_path: Path) -> None:
    project = tmp_path / "dbt_project"
    shutil.copytree(DBT_PROJECT, project, ignore=shutil.ignore_patterns("target", "logs"))
    folder = project / "models" / "findings" / "people"
    folder.mkdir()
    (folder / "finding_frozen_user.sql").write_text(SQL)
    (folder / "finding_frozen_user.yml").write_text(YML)
    org = quiet_org.copy(tmp_path)
    org.add("UserLogin", UserId=org.rows("select Id from raw.user")[0]["Id"], IsFrozen=True)

    Dbt(tmp_path / "target", project).build(org)
    (found,) = org.rows("select * from marts.findings where finding_type = 'frozen_user'")
    assert (found["status"], found["who_acts"], found["evidence"]) == ("new", "it", {"alias": "person"})
    assert (found["summary"], found["detail"]) == ("person@acme.example is frozen", "Frozen")
    assert (found["remediation"], found["own_steps"]) == ("Unfreeze the user. Tell person.", "Tell person.")
    (coverage,) = org.rows("select status from marts.coverage where finding_type = 'frozen_user'")
    assert coverage["status"] == "evaluated"


@pytest.mark.parametrize(
    ("detail", "told"),
    [
        ("{nobody} is late", "No column nobody: {nobody}"),
        ("{username|loud} is late", "No format loud: {username|loud}"),
    ],
)
def test_a_mistake_in_a_sentence_stops_the_build(
    dbt: Dbt, quiet_org: HandMadeOrg, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, detail: str, told: str
) -> None:
    meta = dbt.manifest.nodes["model.spendready.finding_stale_oauth_token"].config.meta
    monkeypatch.setitem(meta["finding"], "detail", detail)
    with pytest.raises(AssertionError, match=re.escape(told)):
        dbt.build(quiet_org.copy(tmp_path), "--select", "finding_stale_oauth_token")


def test_a_build_without_the_names_of_the_models_says_how_to_give_them(
    dbt: Dbt, quiet_org: HandMadeOrg, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dbt, "variables", "{}")
    with pytest.raises(AssertionError, match="make dbt"):
        dbt.build(quiet_org.copy(tmp_path), "--select", "int_findings")
