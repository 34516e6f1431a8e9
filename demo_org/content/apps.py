"""The apps that hold tokens in the org: installed and approved, or not, and known by which names and ids."""

from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, TypeAlias

from demo_org.content.ledger import Ledger

Kind: TypeAlias = Literal["connected", "external", "gone", "never"]


@dataclass(frozen=True)
class App:
    """An app.

    Attributes:
        label: `AppName` of its tokens.
        kind: An installed connected app, an external client app, gone (it has an id but is installed no more), or
            never installed (its tokens have no id).
        name: Its installed name, where that differs from the label.
        approved_as: How the policy's `approved_apps` names it: `label`, `name`, or its id of 15 or 18 characters.
        short_id: Its menu item holds the id with 15 characters (Object Reference, AppMenuItem).
        menu: False where its tokens have no menu item, so only the name leads to the installed app.
        unmanaged: The reasons for which it is a finding.
        decommissioned_as: How the policy's `decommissioned_apps` names it: `label` or `id15`.
        harmless: Why an app that looks unmanaged is not.
        spelling_of: The app (a key of APPS) of which this is another spelling, on tokens without a menu item.
    """

    label: str
    kind: Kind = "connected"
    name: str = ""
    approved_as: Literal["", "label", "name", "id15", "id18"] = "label"
    short_id: bool = False
    menu: bool = True
    unmanaged: tuple[str, ...] = ()
    decommissioned_as: Literal["", "label", "id15"] = ""
    harmless: str = ""
    spelling_of: str = ""

    @property
    def installed(self) -> bool:
        """It is an installed connected app or an external client app."""
        return self.kind in {"connected", "external"}


APPS = {
    # What ordinary people and machines use
    "mail": App("Salesforce for Outlook"),
    "bi": App("Tableau", short_id=True),
    "campaigns": App("Campaigns 🚀 日本語"),
    "warehouse": App("Warehouse Loader", "external"),
    "sap": App("SAP Sync", name="SAP Order Bridge", approved_as="name", short_id=True),
    "markup": App("Acme, Inc. <b>&amp; Söhne</b>", approved_as="id18"),
    # Managed, though it may not look so
    "approved_by_id": App("Ledger Bridge", name="LB Prod", approved_as="id15", harmless="approved by its id"),
    "approved_by_label": App("Ticket Relay", name="TR 2.0", harmless="approved by the label of its tokens"),
    "known_by_name": App("Survey Mailer", menu=False, harmless="joins the installed app of that name"),
    "external_by_name": App("Price Mirror", "external", menu=False, harmless="joins the external client app by name"),
    "other_case": App("survey-mailer", spelling_of="known_by_name"),
    "external_by_developer_name": App(
        "Orders_Bridge",
        "external",
        name="Bridge for Orders",
        menu=False,
        harmless="joins the external client app by its DeveloperName",
    ),
    "twin": App("Route Planner", menu=False, harmless="the app of just this name is approved, and not the other"),
    "approved_client": App("Dataloader Bulk", "never", harmless="a client of Salesforce's own, and approved"),
    # Decommissioned by the policy, but still holding tokens; the last differs from the one before in case alone
    "old_loader": App("Old Data Loader", decommissioned_as="label"),
    "retired": App("Fleet Tracker", decommissioned_as="id15", unmanaged=("not_approved",), approved_as=""),
    "not_retired": App("Fleet Tracker Next", harmless="its id differs from the decommissioned one in case"),
    # Unmanaged
    "gone": App("Quote Builder", "gone", unmanaged=("not_installed",)),
    "gone_unapproved": App("Drift <Sales>", "gone", approved_as="", unmanaged=("not_approved", "not_installed")),
    "formula": App(
        '=HYPERLINK("https://login.example.invalid/?a=1&b=2","Data Loader")',
        "never",
        approved_as="",
        unmanaged=("not_approved", "not_installed"),
    ),
    "lines": App(
        "Contacts export,\nsecond line <script>alert('x')</script>",
        "never",
        approved_as="",
        unmanaged=("not_approved", "not_installed"),
    ),
    "client": App("Salesforce CLI", "never", approved_as="", unmanaged=("not_approved", "salesforce_client")),
    "magnet": App("Lead Magnet 2000", "never", approved_as="", unmanaged=("not_approved", "not_installed")),
    "magnet_respelled": App("lead-magnet 2000", spelling_of="magnet"),
    "unapproved_twin": App("RoutePlanner", menu=False, approved_as="", unmanaged=("not_approved",)),
    "unapproved": App("My Data Loader", approved_as="", unmanaged=("not_approved",)),
    "unapproved_external": App("Lead Scraper ñ", "external", approved_as="", unmanaged=("not_approved",)),
    # Only a system user has tokens of it
    "system_only": App("Flow Orchestrator", "gone", approved_as="", harmless="only a system user has tokens of it"),
}

RETIRED_PLACE, NOT_RETIRED_PLACE = 62 + 10, 62 + 36
"""Numbers whose ids end in A and a: alike but for case."""


class Apps:
    """The apps with the ids they have in this org, and a count of the tokens that each was given."""

    def __init__(self, ledger: Ledger) -> None:
        self.ledger = ledger
        self.ids: dict[str, str | None] = {}
        for key, app in APPS.items():
            self.ids[key] = self.ids[app.spelling_of] if app.spelling_of else self._id(key, app)
        self.menu_ids = {key: self._menu_item(key, app) for key, app in APPS.items()}
        self._holders: dict[str, list[tuple[str | None, datetime | None]]] = defaultdict(list)
        # Not every menu item is an app with tokens, and a menu item may name no application at all
        ledger.add("AppMenuItem", ApplicationId=None, Name="Chatter", Label="Chatter", Type="TabSet")
        ledger.add("ConnectedApplication", Name="Nobody's App", OptionsAllowAdminApprovedUsersOnly=True)

    def _id(self, key: str, app: App) -> str | None:
        number = {"retired": RETIRED_PLACE, "not_retired": NOT_RETIRED_PLACE}.get(key)
        minted = {} if number is None else {"Id": self.ledger.ids.number("ConnectedApplication", number)}
        match app.kind:
            case "connected":
                return self.ledger.add(
                    "ConnectedApplication",
                    **minted,
                    Name=app.name or app.label,
                    OptionsAllowAdminApprovedUsersOnly=app.approved_as != "",
                )
            case "external":
                return self.ledger.add(
                    "ExternalClientApplication",
                    DeveloperName="".join(letter for letter in app.label if letter.isascii() and letter.isalnum()),
                    MasterLabel=app.name or app.label,
                    DistributionState="Local",
                )
            case "gone":
                return self.ledger.ids.mint("ConnectedApplication")
            case "never":
                return None

    def _menu_item(self, key: str, app: App) -> str | None:
        application = self.ids[key]
        if application is None or not app.menu or app.spelling_of:
            return None
        return self.ledger.add(
            "AppMenuItem",
            ApplicationId=application[:15] if app.short_id else application,
            Name=app.label.replace(" ", "_")[:80],
            Label=app.label,
            Type="ConnectedApplication",
        )

    def count(self, key: str, user_id: str | None, last_used: datetime | None) -> None:
        """Notes a token of an app: of a user who is no system user, or of none that is named."""
        self._holders[APPS[key].spelling_of or key].append((user_id, last_used))

    def write_down(self) -> None:
        """Writes down the unmanaged apps among those that were given tokens, and those that only look so."""
        for key, app in APPS.items():
            holders = self._holders[key]
            subject = self.ids[key] or app.label
            if app.unmanaged and holders:
                self.ledger.finding(
                    "unmanaged_app",
                    (subject, app.name or app.label),
                    {
                        "app_name": app.name or app.label,
                        "app_id": self.ids[key],
                        "reasons": list(app.unmanaged),
                        "token_count": len(holders),
                        "user_count": len({user for user, _ in holders if user}),
                        "last_used_at": max((used for _, used in holders if used), default=None),
                    },
                )
            elif app.harmless and (holders or key == "system_only"):
                self.ledger.look_alike("unmanaged_app", subject, app.harmless)
