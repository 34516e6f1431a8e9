"""Machines whose credentials are shared or weak: several apps, networks or countries, and passwords."""

from datetime import datetime

from demo_org.content.cast import FULL_LICENSE, Cast
from demo_org.content.members import Member

SHARED, PASSWORD = "shared_integration_credentials", "integration_user_password_login"
KNOWN_NETWORK = "192.0.2.0/24"
"""A vendor's network that the demo policy knows."""


def core(cast: Cast) -> None:
    """One password for two apps; a machine in two countries."""
    shared = cast.machine("svc.crm.feed", "CRM Feed Service")
    at = cast.ago(2)
    shared.call(at, "Warehouse Loader", sub_type="OAuth Username-Password")
    shared.found(
        SHARED, reasons=["applications"], applications=["SAP Sync", "Warehouse Loader"], networks=[], countries=["DE"]
    )
    shared.found(
        PASSWORD,
        login_count=1,
        login_types=["OAuth Username-Password", "Remote Access 2.0"],
        applications=["Warehouse Loader"],
        last_login_at=at,
    )
    travelled = cast.machine("svc.weather", "Weather Service")
    travelled.call(cast.ago(8), country="FR")
    travelled.call(cast.ago(31), "Warehouse Loader", sub_type="OAuth Username-Password", country="JP")
    travelled.harmless(SHARED, "two countries and one app in the window; the rest is 31 days old")
    travelled.harmless(PASSWORD, "its login with a password is 31 days old")


def edges(cast: Cast) -> None:
    """Each reason, each thing that does not count."""
    _passwords(cast)
    _countries_and_apps(cast)
    _networks(cast)


def _passwords(cast: Cast) -> None:
    soap = cast.machine("svc.invoices", "Invoices Service")
    on_the_edge, last = cast.ago(30, seconds=-1), cast.ago(4)
    soap.call(on_the_edge, "N/A", kind="Other Apex API")
    soap.call(last, "N/A", kind="Other Apex API", sub_type="SOAP API")
    soap.found(
        PASSWORD,
        login_count=2,
        login_types=["Other Apex API", "SOAP API"],
        applications=["N/A"],
        last_login_at=last,
    )
    other = cast.machine("svc.receipts", "Receipts Service")
    other.call(cast.ago(30), "N/A", kind="Other Apex API")
    other.call(cast.ago(3), sub_type="OAuth Username-Password", status="Invalid Password")
    other.call(cast.ago(3), sub_type="OAuth Refresh Token")
    other.harmless(PASSWORD, "a SOAP login exactly 30 days old, a failed one, and a refresh")


def _countries_and_apps(cast: Cast) -> None:
    loader = cast.machine("svc.loader", "Loader Service", calls=0, last_login=cast.ago(1))
    both = cast.machine("svc.loader.two", "Second Loader Service")
    for member in (loader, both):
        for client in ("Dataloader Partner", "Dataloader Bulk"):
            member.call(cast.ago(1), client, sub_type="OAuth Refresh Token")
    loader.harmless(SHARED, "Data Loader logs in under a name for each of its APIs")
    both.found(
        SHARED,
        reasons=["applications"],
        applications=["Dataloader Bulk", "SAP Sync"],
        networks=[],
        countries=["DE"],
    )
    everywhere = cast.machine("svc.parity", "Parity Service")
    for country in ("FR", "JP", None):
        everywhere.call(cast.ago(6), country=country)
    everywhere.found(
        SHARED, reasons=["countries"], applications=["SAP Sync"], networks=[], countries=["DE", "FR", "JP"]
    )
    same = cast.machine("svc.audit.feed", "Audit Feed Service")
    for application in ("N/A", "Browser", "", None):
        same.call(cast.ago(5), application)
    same.call(cast.ago(5), "Warehouse Loader", status="Restricted IP", country="BR")
    same.call(cast.ago(5), "Campaigns 🚀 日本語", sub_type="OAuth Web Server")
    same.harmless(SHARED, "one app: N/A, Browser and nothing are none, a failed login and an approval do not count")


def _networks(cast: Cast) -> None:
    two = cast.machine("svc.showroom", "Showroom Service", FULL_LICENSE)
    first, last = cast.ago(11), cast.ago(7)
    two.login(first, ip="198.51.100.200")
    two.login(last, ip="2001:db8:1:2::7")
    two.found(
        SHARED,
        reasons=["networks"],
        applications=["SAP Sync"],
        networks=["198.51.100.0/24", "2001:db8:1::/48"],
        countries=["DE"],
    )
    _interactive(two, first, last, ["198.51.100.200", "2001:db8:1:2::7"])
    one = cast.machine("svc.catering", "Catering Service", FULL_LICENSE)
    first, last = cast.ago(11), cast.ago(7)
    addresses = ["192.0.2.77", "2001:db8:1:2::7", "2001:db8:1:ffff::1", "Salesforce.com IP"]
    one.login(first, ip=addresses[0])
    for address in addresses[1:]:
        one.login(last, ip=address)
    one.harmless(SHARED, "one /48 network: the policy knows the other, and Salesforce.com IP is none")
    _interactive(one, first, last, addresses)
    same = cast.machine("svc.garage", "Garage Service", FULL_LICENSE)
    same.login(cast.ago(7), ip="198.51.100.1")
    same.login(cast.ago(7), ip="198.51.100.254")
    same.harmless(SHARED, "two addresses of one /24 network")
    _interactive(same, cast.ago(7), cast.ago(7), ["198.51.100.1", "198.51.100.254"])


def _interactive(machine: Member, first: datetime, last: datetime, addresses: list[str]) -> None:
    """Writes down the browser logins that come with several networks."""
    machine.found(
        "integration_user_interactive_login",
        login_count=len(addresses),
        login_types=["Application"],
        source_ips=addresses,
        countries=["DE"],
        browsers=["Chrome 141"],
        first_login_at=first,
        last_login_at=last,
    )
