"""OAuth tokens: stale, never used, without an owner, of apps that nobody manages, and those that only look so."""

from demo_org.content.apps import APPS
from demo_org.content.cast import Cast

STALE, NEVER_USED, ORPHANED = "stale_oauth_token", "never_used_oauth_token", "orphaned_oauth_token"


def core(cast: Cast) -> None:
    """One of each kind, and one that is not quite."""
    owner = cast.person("lukasz.wozniak", "Łukasz Woźniak")
    created = cast.ago(300)
    owner.token("bi", created=created, last_used=cast.ago(90)).stale(90)
    owner.token("mail", created=created, last_used=cast.ago(90, seconds=-1)).harmless(
        STALE, "used a second less than 90 days ago"
    )
    owner.token("campaigns", created=cast.ago(7), last_used=None, uses=0).never_used()
    owner.token("warehouse", created=cast.ago(7, seconds=-1), last_used=None, uses=0).harmless(
        NEVER_USED, "granted a second less than 7 days ago"
    )
    gone = cast.person("greta.holm", "Greta Holm", active=False, last_login=cast.ago(15))
    gone.token("mail", created=created, last_used=cast.ago(20)).orphaned("user_inactive")
    gone.harmless("inactive_user", "deactivated, so it holds no licence")
    victim = cast.person("noor.haddad", "نور حداد")
    victim.token("formula", created=cast.ago(80), last_used=cast.ago(1))
    victim.token("unapproved", created=cast.ago(80), last_used=cast.ago(5))
    victim.token("client", created=cast.ago(80), last_used=cast.ago(2))
    victim.token("gone", created=cast.ago(80), last_used=None, uses=0).never_used()


def edges(cast: Cast) -> None:
    """Each edge of time, each kind of key, each reason."""
    _used(cast)
    _keys(cast)
    _owners(cast)
    _retired(cast)
    _apps(cast)
    _of_nobody(cast)
    _refused(cast)


def _used(cast: Cast) -> None:
    owner = cast.person("tanaka.hiroshi", "田中 浩")
    owner.token("mail", created=cast.ago(700), last_used=cast.ago(365.5), uses=0).stale(365)
    owner.token("bi", created=None, last_used=cast.ago(91), uses=None).stale(91)
    owner.token("campaigns", created=cast.ago(400), last_used=None, uses=17).never_used()
    owner.token("warehouse", created=None, last_used=None, uses=None).never_used()
    owner.token("sap", created=cast.ago(2), last_used=cast.ago(seconds=-120), uses=1).harmless(
        STALE, "used a little after the snapshot"
    )
    owner.token("markup", created=cast.ago(100), last_used=cast.ago(8), uses=0).harmless(
        NEVER_USED, "its last use is known, though its use count is 0"
    )
    admin = cast.person("adaeze.obi", "Adaeze Obi", "admin", raised=True)
    admin.token("markup", created=cast.ago(200), last_used=cast.ago(120)).stale(120)
    admin.token("bi", created=cast.ago(200), last_used=None, uses=0).never_used()


def _keys(cast: Cast) -> None:
    owner = cast.person("francesca.deluca", "Francesca De Luca, née Russo")
    created = cast.ago(250)
    for days, uses in ((200, 3), (150, 3), (150, 8)):
        owner.token("sap", created=created, last_used=cast.ago(days), uses=uses).stale(days)
    owner.token("sap", created=created, last_used=cast.ago(3), uses=900).harmless(
        STALE, "the fourth stalest of five equals, and in use"
    )
    owner.token("sap", created=created, last_used=None, uses=0).never_used()
    with_id = cast.ledger.ids.mint("OauthToken")
    owner.token("mail", created=created, last_used=cast.ago(95), token_id=with_id).stale(95)
    # An Id that is not unique is no key
    twice = cast.ledger.ids.mint("OauthToken")
    owner.token("bi", created=cast.ago(251), last_used=cast.ago(97), token_id=twice, own_id=False).stale(97)
    owner.token("bi", created=cast.ago(252), last_used=None, uses=0, token_id=twice, own_id=False).never_used()
    # Rows alike in everything have keys all the same
    for _ in range(2):
        owner.token("campaigns", created=created, last_used=cast.ago(110), uses=4).stale(110)


def _owners(cast: Cast) -> None:
    frozen = cast.person("milan.novak", "Milan Novák", frozen=True)
    frozen.token("mail", created=cast.ago(60), last_used=cast.ago(4)).orphaned("user_frozen")
    both = cast.person("silvia.brandt", "Silvia Brandt", active=False, frozen=True, last_login=cast.ago(400))
    both.token("bi", created=cast.ago(600), last_used=cast.ago(100)).orphaned("user_inactive", "user_frozen").stale(100)
    both.token("mail", created=cast.ago(600), last_used=None).orphaned("user_inactive", "user_frozen").never_used()
    locked = cast.person("joao.pinto", "João Pinto", locked=True)
    locked.token("mail", created=cast.ago(60), last_used=cast.ago(4)).harmless(
        ORPHANED, "its user's password is locked: neither inactive nor frozen"
    )
    admin = cast.person("ivar.dahl", "Ivar Dahl", "admin", active=False, raised=True, last_login=cast.ago(300))
    admin.token("mail", created=cast.ago(600), last_used=cast.ago(2)).orphaned("user_inactive")
    machine = cast.machine(
        "svc.minitel", "Minitel Service", active=False, frozen=True, psl_unused=["user_inactive"], signal="name_only",
        calls=0,
    )  # fmt: skip
    machine.token("warehouse", created=cast.ago(300), last_used=cast.ago(299)).orphaned(
        "user_inactive", "user_frozen"
    ).stale(299)


def _retired(cast: Cast) -> None:
    owner = cast.person("aoife.byrne", "Aoife Byrne <aoife@example.org>")
    owner.token("old_loader", created=cast.ago(500), last_used=cast.ago(30)).orphaned("app_decommissioned")
    owner.token("retired", created=cast.ago(500), last_used=cast.ago(100)).orphaned("app_decommissioned").stale(100)
    owner.token("not_retired", created=cast.ago(500), last_used=cast.ago(30)).harmless(
        ORPHANED, APPS["not_retired"].harmless
    )
    gone = cast.person("bruno.sala", "Bruno Sala", active=False, last_login=cast.ago(77))
    gone.token("old_loader", created=cast.ago(90), last_used=None, uses=0).orphaned(
        "user_inactive", "app_decommissioned"
    ).never_used()


def _apps(cast: Cast) -> None:
    first = cast.person("kwame.asante", "Kwame Asante")
    second = cast.person("elena.petrova", "Елена Петрова")
    for owner, day in ((first, 2), (second, 9)):
        owner.token("gone_unapproved", created=cast.ago(50), last_used=cast.ago(day))
        owner.token("lines", created=cast.ago(51), last_used=cast.ago(day))
    first.token("gone_unapproved", created=cast.ago(52), last_used=cast.ago(3))
    second.token("unapproved_external", created=cast.ago(50), last_used=cast.ago(1))
    second.token("other_case", created=cast.ago(50), last_used=cast.ago(1))
    for owner in (first, second):
        owner.token("magnet", created=cast.ago(49), last_used=cast.ago(1))
    first.token("magnet_respelled", created=cast.ago(48), last_used=cast.ago(4))
    for key in (
        "approved_by_id", "approved_by_label", "known_by_name", "external_by_name", "external_by_developer_name",
        "twin", "unapproved_twin", "approved_client",
    ):  # fmt: skip
        first.token(key, created=cast.ago(40), last_used=cast.ago(2))


def _of_nobody(cast: Cast) -> None:
    cast.token_of_nobody("mail", created=cast.ago(330), last_used=cast.ago(94)).stale(94)
    cast.token_of_nobody("bi", created=cast.ago(331), last_used=None, uses=0).never_used()
    cast.token_of_nobody("old_loader", created=cast.ago(332), last_used=cast.ago(2)).orphaned("app_decommissioned")
    cast.token_of_nobody("unapproved", created=cast.ago(333), last_used=cast.ago(3))
    cast.token_of_nobody("warehouse", created=cast.ago(334), last_used=cast.ago(1)).harmless(
        ORPHANED, "nobody knows its user, who may be active"
    )


def _refused(cast: Cast) -> None:
    owner = cast.person("hugo.blanc", "Hugo Blanc")
    refused = owner.token("mail", created=cast.ago(390), last_used=cast.ago(93)).failed()
    owner.login(cast.ago(93), "Remote Access 2.0", application="salesforce for-outlook", status="Restricted IP")
    refused.stale(93)
    gone = cast.person("edda.falk", "Edda Falk", active=False, last_login=cast.ago(120))
    last_try = gone.token("campaigns", created=cast.ago(390), last_used=cast.ago(31)).failed()
    gone.login(cast.ago(31), "Remote Access 2.0", application="Campaigns 日本語", status="User is inactive")
    last_try.orphaned("user_inactive")
