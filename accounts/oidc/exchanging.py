"""A code of a provider's login page for the ID token that it stands for (RFC 6749, with PKCE, RFC 7636)."""

import logging
from base64 import b64encode
from dataclasses import dataclass, field
from urllib.parse import quote, urlencode, urlsplit

from accounts import cookies
from accounts.oidc import fetching
from accounts.oidc.fetching import Answer, ProviderAway
from accounts.oidc.identities import Identity
from accounts.oidc.providers import provider
from accounts.oidc.verifying import TokenRefused, verify_id_token
from echomate.config import OidcIssuer, config
from echomate.errors import DependencyAway, Unauthenticated

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class CodeGrant:
    """What a client brings back from a provider's login page."""

    issuer: OidcIssuer
    redirect_uri: str
    code: str = field(repr=False)
    code_verifier: str = field(repr=False)
    nonce: str = field(default="", repr=False)


def may_lead_back(issuer: OidcIssuer, uri: str) -> bool:
    """Whether a login may end at a URI: a page of an allowed origin, or one that the settings name."""
    try:
        origin = _origin(uri)
    except ValueError:
        return False
    is_own = bool(config.web_url) and origin == _origin(config.web_url)
    return uri in issuer.redirect_uris or is_own or cookies.is_allowed(origin)


def _origin(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"


def redeem(grant: CodeGrant) -> Identity:
    """Whom the code is of. A code is good once. Raises `Unauthenticated` (`oidc-refused`), `DependencyAway`."""
    answer = _ask(grant)
    token, access_token = (answer.document.get(name) for name in ("id_token", "access_token"))
    if answer.status >= 400 or not isinstance(token, str):
        raise _refused(grant.issuer, f"status {answer.status}")
    access = access_token if isinstance(access_token, str) else ""
    try:
        return verify_id_token(token, grant.issuer, nonce=grant.nonce, access_token=access)
    except TokenRefused as refusal:
        raise _refused(grant.issuer, str(refusal)) from refusal


def _ask(grant: CodeGrant) -> Answer:
    known = provider(grant.issuer)
    url = known.endpoint("token_endpoint")
    form = {
        "grant_type": "authorization_code",
        "code": grant.code,
        "code_verifier": grant.code_verifier,
        "redirect_uri": grant.redirect_uri,
        "client_id": grant.issuer.client_id,
    }
    headers = {}
    if grant.issuer.client_secret:
        methods = known.metadata.get("token_endpoint_auth_methods_supported") or ["client_secret_basic"]
        if "client_secret_basic" in methods:
            headers["Authorization"] = _basic(grant.issuer)
        else:
            form["client_secret"] = grant.issuer.client_secret
    try:
        return fetching.post(url, urlencode(form), headers)
    except ProviderAway as away:
        raise DependencyAway("oidc", "The login provider can't be reached at the moment.") from away


def _basic(issuer: OidcIssuer) -> str:
    both = f"{quote(issuer.client_id, safe='')}:{quote(issuer.client_secret, safe='')}"
    return f"Basic {b64encode(both.encode()).decode()}"


def _refused(issuer: OidcIssuer, why: str) -> Unauthenticated:
    logger.info("a login with %s was refused: %s", issuer.issuer, why)
    return Unauthenticated(type="oidc-refused")
