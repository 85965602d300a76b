"""What a provider publishes: its configuration and its keys, remembered in the process.

Keys that are known go on while the provider is away, for a day; a `kid` that is not known asks it again, at most once
a minute however many ask at once.
"""

import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from accounts.oidc import fetching, keysets
from accounts.oidc.fetching import ProviderAway
from accounts.oidc.keysets import KeySet
from echomate.config import OidcIssuer, config
from echomate.errors import DependencyAway

FRESH_SECONDS = 3600
STALE_SECONDS = 86_400
AGAIN_SECONDS = 60
FIRST_AGAIN_SECONDS = 5
"""As long as there is nothing at all, it is asked again sooner."""
WAIT_SECONDS = 2
"""For an answer that another thread waits for; a provider that is slow must not hold them all."""


def configured_issuer(issuer: str) -> OidcIssuer | None:
    return next((one for one in config.oidc_issuers if one.issuer == issuer), None)


@dataclass
class Provider:
    """One a process and issuer."""

    issuer: OidcIssuer
    generation: int = 0
    """Moves when keys change: what was verified with earlier ones is verified again."""
    keys: KeySet = field(default_factory=dict)
    metadata: Mapping[str, Any] = field(default_factory=dict)
    fetched_at: float = float("-inf")
    attempted_at: float = float("-inf")
    _fetching: threading.Lock = field(default_factory=threading.Lock)

    @property
    def is_fresh(self) -> bool:
        """Whether the keys that are known need no look at the provider."""
        return time.monotonic() - self.fetched_at < FRESH_SECONDS

    @property
    def is_settled(self) -> bool:
        """Whether there is nothing to ask the provider now: the keys are fresh, or it was away a moment ago."""
        return self.is_fresh or bool(self._usable() and self._seconds_since_attempt < AGAIN_SECONDS)

    @property
    def _seconds_since_attempt(self) -> float:
        return time.monotonic() - self.attempted_at

    def key(self, kid: str, algorithm: str) -> Any:
        """The key of a `kid`, None where the provider has none. Raises `DependencyAway` where it can't be known."""
        if not self.is_fresh:
            self._refresh(has=(kid, algorithm))
        if (kid, algorithm) not in self._usable():
            self._refresh(has=(kid, algorithm))
        found = self._usable().get((kid, algorithm))
        if found is None and self.fetched_at < self.attempted_at:
            raise _away()
        return found

    def endpoint(self, name: str) -> str:
        """A URL of the configuration. Raises `DependencyAway`."""
        if not self.is_fresh:
            self._refresh(has=None)
        url = self.metadata.get(name)
        if not isinstance(url, str):
            raise _away()
        return url

    def _usable(self) -> KeySet:
        return self.keys if time.monotonic() - self.fetched_at < STALE_SECONDS else {}

    def _refresh(self, *, has: tuple[str, str] | None) -> None:
        """Ask the provider unless that was tried a moment ago; one thread does, those who need it wait a little."""
        is_known = has in self._usable()
        if not self._fetching.acquire(timeout=0 if is_known else WAIT_SECONDS):
            if is_known:
                return
            raise _away()
        try:
            pause = AGAIN_SECONDS if self._usable() else FIRST_AGAIN_SECONDS
            if self._seconds_since_attempt >= pause:
                self._fetch()
        finally:
            self._fetching.release()

    def _fetch(self) -> None:
        attempted_at = time.monotonic()
        try:
            metadata = self._metadata()
            keys = keysets.read(fetching.get(metadata["jwks_uri"]), self.issuer.algorithms)
        except ProviderAway:
            self.attempted_at = time.monotonic()
            return
        if keys != self.keys:
            self.generation += 1
        self.metadata, self.keys = metadata, keys
        self.attempted_at = self.fetched_at = attempted_at

    def _metadata(self) -> Mapping[str, Any]:
        """The configuration, which must be that of this very issuer. Raises `ProviderAway`."""
        found = fetching.get(self.issuer.issuer.rstrip("/") + "/.well-known/openid-configuration")
        if found.get("issuer") != self.issuer.issuer or not isinstance(found.get("jwks_uri"), str):
            fetching.logger.warning("login provider %s: its configuration is another's", self.issuer.issuer)
            raise ProviderAway("not its configuration")
        return found


def _away() -> DependencyAway:
    return DependencyAway("oidc", "The login provider can't be reached at the moment.")


_providers: dict[str, Provider] = {}
_lock = threading.Lock()


def provider(issuer: OidcIssuer) -> Provider:
    """What this process remembers of an issuer."""
    with _lock:
        known = _providers.get(issuer.issuer)
        if known is None or known.issuer != issuer:
            known = _providers[issuer.issuer] = Provider(issuer)
        return known
