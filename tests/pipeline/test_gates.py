"""A raw table that cannot be right stops the week before a finding is made; one that is merely odd is in the report."""

from spendready_pipeline.review import read_review
from spendready_pipeline.storage.warehouse import open_warehouse


def test_a_broken_raw_table_stops_findings_and_report(a_week_later) -> None:
    company = a_week_later()
    company.org.change('insert into org."UserLicense" select * from org."UserLicense" limit 1')
    last_week = company.weekly_files()
    with open_warehouse(company.files.warehouse) as warehouse:
        findings = warehouse.execute("from marts.findings order by all").fetchall()

    ended = company.command("run")

    assert ended.returncode == 1
    assert "user_license: the check 'identity' failed" in ended.stderr
    assert "Id values to be unique" in ended.stderr
    assert "Traceback" not in ended.stderr
    assert "building the findings" not in ended.stderr
    assert company.weekly_files() == last_week
    with open_warehouse(company.files.warehouse) as warehouse:
        assert warehouse.execute("from marts.findings order by all").fetchall() == findings


def test_an_odd_value_is_in_the_report_and_stops_nothing(a_week_later) -> None:
    company = a_week_later()
    company.org.change('update org."OauthToken" set "UseCount" = -1 where "UseCount" = 0')

    ended = company.command("run")

    assert ended.returncode == 0, ended.stderr
    with open_warehouse(company.files.warehouse) as warehouse:
        review = read_review(warehouse)
    assert [(each.object, each.check_name) for each in review.warnings] == [
        ("OauthToken", "users"),  # the demo org has tokens that name no user
        ("OauthToken", "values"),
    ]
    assert company.files.report(company.org.now.date()).exists()
