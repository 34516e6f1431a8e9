"""The weekly run carries its report out: once over two runs of a day, and what failed is retried by a command."""

import pytest

from tests.delivery.conftest import Hook, Mailbox, hook, mailbox  # noqa: F401 - the fixtures
from tests.pipeline.companies import Company

ACTIVE = "select count(*) as active from findings where status in ('new', 'open')"


@pytest.mark.slow  # a whole audit, and two deliveries by themselves
def test_a_day_is_delivered_once_and_a_failure_is_retried_alone(
    a_week_later,
    hook: Hook,  # noqa: F811
    mailbox: Mailbox,  # noqa: F811
    tmp_path,
) -> None:
    company: Company = a_week_later()
    archive = tmp_path / "archive"
    configuration = company.folder / "spendready.yml"
    destinations = (
        f"delivery:\n- {{name: hook, to: '${{HOOK}}'}}\n- {{name: archive, to: {archive}}}\n"
        "- {name: mail, to: '${MAIL}'}\n"
    )
    configuration.write_text(f"{configuration.read_text()}\n{destinations}")
    hook.answers = [503, 503, 503]
    mailbox.refused = {"ciso@acme.example"}
    company.environment |= {"HOOK": hook.to, "MAIL": mailbox.to("ciso@acme.example")}

    first = company.command("run")

    assert first.returncode == 1, first.stderr
    assert "hook: the service answered 503" in first.stderr, first.stderr
    assert "mail (ciso@acme.example): the recipient was refused (550)" in first.stderr
    assert "demo: published, but not delivered everywhere" in first.stderr
    assert "demo: delivered: archive (sent)\n" in first.stderr
    ((active,),) = (each.values() for each in company.published(ACTIVE))
    assert f"\ndemo: {active} findings need action, " in first.stderr
    warnings = [each["warning"] for each in company.published("select warning from policy_warnings")]
    assert warnings
    assert all(f"\ndemo: policy: {each}" in first.stderr for each in warnings)
    date = company.org.now.date().isoformat()
    (report,) = archive.rglob("*.pdf")
    assert report == archive / "demo" / date / f"demo-{date}.pdf"
    assert report.read_bytes() == company.files.report(company.org.now.date()).read_bytes()

    for name, put in {"findings.csv": "findings.csv", "findings.parquet": "tables/findings.parquet"}.items():
        assert not (report.parent / put).is_symlink()
        assert (report.parent / put).read_bytes() == (company.files.published / name).read_bytes()

    company.files.warehouse.unlink()  # what a later run leaves there that fails is of no concern
    mailbox.refused = set()
    retried = company.command("deliver")
    assert retried.returncode == 0, retried.stderr
    assert not company.files.warehouse.exists()
    assert mailbox.recipients == ["ciso@acme.example"], "a person asked, so what was refused is sent again"
    again = company.command("deliver")
    assert again.returncode == 0, again.stderr
    assert "delivered: hook (sent before), archive (sent before), mail (sent before)" in again.stderr
    assert len(hook.posted) == 4
    for path in company.folder.rglob("*"):
        if path.is_file():
            content = path.read_bytes()
            assert b"S3CRET-WORD" not in content, path
            assert b"T0KEN-PATH" not in content, path
