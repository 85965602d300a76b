"""What a username and an e-mail address may be, and the form in which they are unique."""

import re
import unicodedata

from django.core.exceptions import ValidationError
from django.core.validators import EmailValidator

USERNAME_MIN, USERNAME_MAX = 3, 30
EMAIL_MAX = 254
EMAIL_LOCAL_MAX, DOMAIN_MAX = 64, 253
AMBIGUOUS = frozenset("\u00df\u1e9e\u03c2\u200c\u200d")
USERNAME_RULE = "From 3 to 30 letters a to z, digits and underscores, at least one of them a letter."

_WORDS = """
    about abuse account accounts activity actor admin administration administrator admins adverts all android
    announcement announcements anonymous anyone api app appeals apps assets auth authorize autoconfig autodiscover
    avatar backup billing block blocks blog bookmarks bot bots broadcasthost business career careers channel comment
    comments compose config contact conversation conversations cookie cookies copyright cover create dashboard
    default delete deleted deleted_user demo_account dev developer developers device devices dmca docs documentation
    domain download downloads echomate edit editor email emails embed error everybody everyone example explore export
    export_account favicon faq federation feed feedback feeds file files follow follower followers following forgot
    forgot_password friend friends ftp ghost graphql group groups guest guidelines hashtag hashtags health help
    helpdesk here hidden home host hostmaster image images imap import inbox info instance internal invite invites
    ios jobs jwks legal like likes list lists live local localhost login logout mail mailer_daemon mailerdaemon
    manage manager me media mention mentions message messages metrics mod moderation moderator moderators mods mute
    mutes my myself new news newsletter no_reply nobody noreply notification notifications null oauth official
    offline oidc onboarding online operator org outbox owner page pages passkeys passwd password passwords payment
    payments people photos ping policies policy pop3 post postmaster posts press pricing privacy profile profiles
    promo public push realtime recovery refresh register registration relations report reports reset reset_password
    restore robots root rss rules safety sales schema search secure security self server service services session
    sessions settings share signin signout signup sitemap smtp spam ssl ssladmin ssladministrator sslwebmaster staff
    static status store subscribe suggestions super superuser support sysadmin sysop system tag tags team teams
    terms terms_of_service timeline tos totp trending trust undefined undo unknown unsubscribe unverified update
    updates upload uploads user username users verification verified verify video videos void webfinger webhook
    webhooks webmaster well_known wpad ws www www_data xmpp
"""
RESERVED = frozenset(_WORDS.split())

_USERNAME = re.compile(r"[A-Za-z0-9_]{3,30}", re.ASCII)
_is_email = EmailValidator(allowlist=[])


def username(text: str) -> str | None:
    """A username in its one form, lower case; None where the text can't be one."""
    if not _USERNAME.fullmatch(text) or not re.search("[A-Za-z]", text):
        return None
    return text.lower()


def email(text: str) -> str | None:
    """The canonical form of an address, by which it is claimed; None where the text can't be one.

    Letters' case and Unicode form don't count, an international domain is in ASCII; `+` and dots do count. What comes
    before the `@` is ASCII, since many servers take nothing else.
    Mail goes to names of hosts only, not to their numbers. What the older and the newer rules of international domains
    take for different hosts (ß, ς, joiners) is not taken but in ASCII: the mail could reach another's.
    """
    if len(text) > 2 * EMAIL_MAX:  # before it is normalised, which costs the square of a pile of marks
        return None
    local, at, domain = unicodedata.normalize("NFKC", text.strip()).rpartition("@")
    if (
        not at
        or not local.isascii()
        or '"' in local
        or len(local) > EMAIL_LOCAL_MAX
        or domain.startswith("[")
    ):
        return None
    if len(domain) > DOMAIN_MAX or AMBIGUOUS & set(
        domain
    ):  # before it is encoded, which takes long for a long one
        return None
    try:
        address = f"{local.lower()}@{domain.lower().encode('idna').decode()}"
        _is_email(address)
    except (UnicodeError, ValidationError):
        return None
    return address if len(address) <= EMAIL_MAX else None


def login(text: str) -> str:
    """What somebody typed to log in, in the form of the claim that it would be: however it is written, it is one.

    A username may stand behind an `@`, and anything be typed in full-width letters.
    """
    typed = unicodedata.normalize("NFKC", text).strip()
    return username(typed.removeprefix("@")) or email(typed) or typed.casefold()
