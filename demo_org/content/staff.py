"""The company's own staff around the org: its administrator, and the user that the audit signs in as."""

from demo_org.content.access import READER_PERMISSIONS, SETS
from demo_org.content.cast import Cast
from demo_org.content.company import READER_USERNAME


def core(cast: Cast) -> None:
    """The administrator comes first: every record that Salesforce dates names it as its author."""
    admin = cast.person(
        "zofia.krol", "Zofia Król", "admin", created=cast.ago(2900), last_login=cast.ago(0.2), raised=True
    )
    admin.login(cast.ago(0.2), "SAML Sfdc Initiated SSO", ip="198.51.100.5", country="PL")
    admin.session("UI", touched=cast.ago(hours=1))
    admin.harmless("integration_user_ui_session", "an administrator, not a machine")
    reader = cast.machine(READER_USERNAME, "SpendReady", signal="", calls=0, last_login=cast.ago(7), raised=True)
    reader.calls(26, "SpendReady", newest=7, days=179)
    held = reader.holds("reader", assigned=cast.ago(200))
    powers = " and ".join(each for each in READER_PERMISSIONS if each in {"CustomizeApplication", "ManageUsers"})
    reader.harmless("integration_user_excess_permissions", f"the policy justifies {powers}: the audit needs them")
    cast.ledger.look_alike(
        "temporary_access_never_removed", held, f"{SETS['reader'].label}: the policy justifies what it gives"
    )
