"""A finding type is two files: everything else follows, and a list that was forgotten stops the build."""

import shutil
from pathlib import Path

import pytest

from spendready_pipeline.catalog import finding_types
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
    users.username || ' is frozen' as summary,
    'Thaw ' || users.username as remediation,
    cast(null as decimal(18, 2)) as annual_cost,
    evaluated.snapshot_at,
    users.alias
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
          title: Nobody is frozen
          severity: low
          controls: []
          who_acts: it
          thresholds: []
          requires: [{object: UserLogin, missing: not_evaluated, gap: "it's unknown who is frozen"}]
          risk: Cold.
          remediation: Thaw them.
"""


def test_two_files_make_a_finding_type(quiet_org: HandMadeOrg, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    project = tmp_path / "dbt_project"
    shutil.copytree(DBT_PROJECT, project, ignore=shutil.ignore_patterns("target", "logs"))
    folder = project / "models" / "findings" / "people"
    folder.mkdir()
    (folder / "finding_frozen_user.sql").write_text(SQL)
    (folder / "finding_frozen_user.yml").write_text(YML)
    org = quiet_org.copy(tmp_path)
    org.add("UserLogin", UserId=org.rows("select Id from raw.user")[0]["Id"], IsFrozen=True)

    with pytest.raises(AssertionError, match=r"python -m spendready_pipeline\.catalogue"):
        Dbt(tmp_path / "stale", project).build(org, "--select", "int_findings")

    monkeypatch.setattr(finding_types, "DBT_PROJECT", project)
    (project / "macros" / "finding_models.sql").write_text(finding_types.render_models_list())
    Dbt(tmp_path / "fresh", project).build(org)
    (found,) = org.rows("select * from marts.findings where finding_type = 'frozen_user'")
    assert (found["status"], found["who_acts"], found["evidence"]) == ("new", "it", {"alias": "person"})
    (coverage,) = org.rows("select status from marts.coverage where finding_type = 'frozen_user'")
    assert coverage["status"] == "evaluated"
