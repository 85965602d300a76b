"""Every setting of Echomate, typed, read once from the environment. Nothing else reads `os.environ`."""

import re
import secrets
import sys
from base64 import urlsafe_b64encode
from functools import cached_property
from ipaddress import ip_network
from pathlib import Path
from typing import Annotated, Literal, Self
from urllib.parse import urlsplit

from pydantic import BaseModel, Field, IPvAnyNetwork, ValidationError, field_validator, model_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict, SettingsError

from echomate import production

_FERNET_KEY = re.compile(r"[A-Za-z0-9_-]{43}=", re.ASCII)

LOCAL_HOSTS = ["localhost", "127.0.0.1", "[::1]"]


def _random_secret() -> str:
    return secrets.token_urlsafe(32)


def _random_key() -> str:
    return urlsafe_b64encode(secrets.token_bytes(32)).decode()


def _words(value: object) -> object:
    return [word.strip() for word in value.split(",") if word.strip()] if isinstance(value, str) else value


def _is_rsa_private_key(text: str) -> bool:
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
    from cryptography.hazmat.primitives.serialization import load_pem_private_key

    try:
        key = load_pem_private_key(text.encode(), password=None)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        return False
    return isinstance(key, RSAPrivateKey) and key.key_size >= production.RSA_BITS


class OidcIssuer(BaseModel):
    """An OpenID provider: `issuer` is its `iss`, and its configuration lies below it at `/.well-known/…`."""

    model_config = {"extra": "forbid", "frozen": True, "hide_input_in_errors": True}

    issuer: str = Field(pattern=r"^https?://[^\s?#]+$")
    client_id: str = Field(min_length=1)
    client_secret: str = Field("", repr=False)
    name: str = ""
    algorithms: list[Literal["RS256", "PS256", "ES256", "EdDSA"]] = Field(
        ["RS256", "PS256", "ES256", "EdDSA"], min_length=1
    )
    """With which it may sign. What a token says of itself counts only among these."""
    audiences: list[str] = []
    """One of which the `aud` of a bearer token names; empty: the client id."""
    scopes: list[str] = []
    """All of which a bearer token must have."""
    token_use: Literal["access", "id"] = "access"  # noqa: S105 - a kind of token
    """Which of its tokens may be bearer tokens."""
    redirect_uris: list[str] = []
    """Where it may lead back to, beside pages of allowed origins: those of native apps."""
    email_trusted: bool = False
    """Whether its word that an address is verified makes an account's address verified, and links accounts by it."""


class Config(BaseSettings):
    """Names are those of the environment variables in lower case; an empty one is as one that isn't there.

    `.env.example` is generated from this class.
    """

    model_config = SettingsConfigDict(
        case_sensitive=False, frozen=True, extra="ignore", hide_input_in_errors=True, env_ignore_empty=True
    )

    environment: Literal["local", "test", "production"] = Field(
        "production",
        description="local, test or production. Production, which is what a process is that isn't told, refuses to "
        "start with secrets that are missing or weak and with open doors; `make run` and the tests say their own.",
    )
    debug: bool = Field(False, description="Django's DEBUG. Error answers stay problem documents either way.")
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL"] = Field(
        "INFO", description="Lowest level that is logged."
    )
    instance_name: str = Field(
        "Echomate", max_length=200, description="The name of this community, shown by GET /instance."
    )

    secret_key: str = Field(
        default_factory=_random_secret,
        repr=False,
        description="Secret of Django, of links in mails and of page cursors. Empty (not in production): each process "
        "makes its own.",
    )
    jwt_secret: str = Field(
        default_factory=_random_secret,
        repr=False,
        description="Secret of HS256 tokens (local runs and tests only). Empty: each process makes its own.",
    )
    jwt_algorithm: Literal["HS256", "EdDSA", "RS256"] = Field(
        "HS256", description="How access and refresh tokens are signed; production refuses HS256."
    )
    jwt_private_key: str = Field(
        "", repr=False, description="PEM private key that signs, for EdDSA and RS256."
    )
    jwt_public_key: str = Field("", description="PEM public key that verifies, for EdDSA and RS256.")
    jwt_key_id: str = Field("1", description="The `kid` of the signing key.")
    jwt_former_keys: dict[str, str] = Field(
        {}, description="Verifying keys of earlier `kid`s as JSON, while tokens signed with them are about."
    )
    access_token_seconds: int = Field(1800, ge=1, description="Life of an access token.")
    refresh_token_seconds: int = Field(604800, ge=1, description="Life of a refresh token and its session.")
    session_seconds: int = Field(
        7776000, ge=1, description="Longest life of a session, however often it is refreshed."
    )
    encryption_keys: Annotated[list[str], NoDecode] = Field(
        default_factory=lambda: [_random_key()],
        repr=False,
        description="Fernet keys of secrets at rest (32 bytes in URL-safe base64), comma-separated: the first "
        "encrypts, all decrypt. After a new first one: manage.py rotate_encryption_keys. Empty (not in production): "
        "each process makes its own.",
    )
    oidc_issuers: list[OidcIssuer] = Field(
        [],
        description='Login providers as JSON: [{"issuer": "https://…", "client_id": "…"}]; more in docs/operations.md.',
    )
    password_hashes_at_once: int = Field(
        2, ge=1, description="Argon2id hashes a process computes side by side."
    )

    allowed_hosts: Annotated[list[str], NoDecode] = Field(
        LOCAL_HOSTS, description="Host names the server answers to, comma-separated."
    )
    cors_allowed_origins: Annotated[list[str], NoDecode] = Field(
        [],
        description="Origins of browser clients, comma-separated; local runs allow any port of this machine.",
    )
    public_url: str = Field(
        "http://localhost:8000", description="Where clients reach this server; no trailing slash."
    )
    web_url: str = Field("", description="Where the web client lives; links in mail lead there. Empty: here.")
    passkey_rp_id: str = Field(
        "",
        description="The domain that passkeys are bound to. Empty: the host of WEB_URL, else of PUBLIC_URL.",
    )
    trusted_proxies: int = Field(
        0,
        ge=0,
        le=10,
        description="How many proxies in front append to X-Forwarded-For, and say by X-Forwarded-Proto how they were "
        "called. 0: nobody's word counts.",
    )
    metrics_networks: Annotated[list[IPvAnyNetwork], NoDecode] = Field(
        [ip_network("127.0.0.0/8"), ip_network("::1/128")],
        description="Networks that may read /metrics, and ask /health/… anew each time; comma-separated.",
    )

    aws_region: str = Field("us-east-1", description="Region of the table, the buckets and the queues.")
    aws_access_key_id: str = Field("", description="Empty: the instance's role.")
    aws_secret_access_key: str = Field("", repr=False, description="Empty: the instance's role.")
    aws_endpoint_url: str = Field("", description="An emulator's address; empty: AWS.")
    dynamodb_endpoint_url: str = Field("", description="Address of DynamoDB if not the one above.")
    table_name: str = Field("echomate", description="The one table.")
    lease_table_name: str = Field("echomate-leases", description="Leases and checkpoints of the projectors.")
    media_bucket: str = Field("echomate-media", description="Bucket of what is shown.")
    originals_bucket: str = Field("echomate-originals", description="Private bucket of what was uploaded.")
    media_public_url: str = Field(
        "",
        description="Where pictures of public posts and profiles may be read by all; empty: signed as all others.",
    )
    cloudfront_url: str = Field(
        "", description="CloudFront's address before MEDIA_BUCKET; empty: URLs of S3. No trailing slash."
    )
    cloudfront_key_id: str = Field("", description="Id of the public key that CloudFront knows.")
    cloudfront_private_key: str = Field(
        "", repr=False, description="PEM private key (RSA) that signs CloudFront's URLs."
    )
    public_shards: int = Field(1, ge=1, le=64, description="Partitions of the public timeline.")
    test_index_delay_seconds: float = Field(
        0, description="Tests only: how long the indexes hide what is new, as AWS's may."
    )

    redis_url: str = Field(
        "redis://127.0.0.1:6379/0", description="Redis of feeds and caches; may be emptied."
    )
    redis_cluster: bool = Field(False, description="Whether REDIS_URL is a Redis Cluster.")
    redis_state_url: str = Field(
        "redis://127.0.0.1:6380/0", description="Redis of admin sessions, broker and sockets; persistent."
    )
    redis_sentinels: Annotated[list[Annotated[str, Field(pattern=r"^\S+:[0-9]+$")]], NoDecode] = Field(
        [],
        description="Sentinels as host:port, comma-separated, where they know both Redis: the hosts in the URLs above "
        "are then names of services. A cluster needs none.",
    )
    celery_broker_url: str = Field("", description="Celery's broker; empty: REDIS_STATE_URL. SQS in AWS.")

    lease_seconds: float = Field(
        8, gt=0, description="After how long a silent projector's leases are taken over."
    )
    projector_metrics_port: int = Field(
        0, description="Port on which a projector shows its metrics; 0 is none."
    )

    feed_depth: int = Field(400, ge=1, description="How many posts a home feed reaches back.")
    feed_cap: int = Field(800, ge=2, description="How many ids a timeline list holds.")
    fan_out_page: int = Field(1000, ge=1, description="Followers that one fan-out step serves.")

    rate_limit_factor: float = Field(1, gt=0, description="Multiplies every rate limit; `make run` sets 100.")
    rate_limits: dict[str, Annotated[str, Field(pattern=r"^[1-9][0-9]*/[1-9][0-9]*$")]] = Field(
        {}, description='Overrides by policy name as JSON, e.g. {"posts": "300/10800"} (count/seconds).'
    )

    erasure_delay_seconds: int = Field(
        1_209_600, ge=1, description="How long one who has asked to be erased may come back."
    )
    erasure_settle_seconds: float = Field(
        300,
        gt=0,
        description="How long an erasure waits for what was under way before it looks again; no request takes longer.",
    )

    mail_backend: Literal["file", "ses"] = Field("file", description="Where mail goes: files, or Amazon SES.")
    mail_dir: Path = Field(Path(".local/mail"), description="Directory of the mail files.")
    mail_from: str = Field("Echomate <no-reply@localhost>", description="Sender of all mail.")

    @model_validator(mode="before")
    @classmethod
    def _split_lists(cls, values: dict[str, object]) -> dict[str, object]:
        for name in (
            *("allowed_hosts", "cors_allowed_origins", "metrics_networks", "encryption_keys"),
            "redis_sentinels",
        ):
            if name in values:
                values[name] = _words(values[name])
        return values

    @field_validator("cors_allowed_origins")
    @classmethod
    def _refuse_what_is_no_origin(cls, origins: list[str]) -> list[str]:
        if not all(production.is_origin(origin, "https", "http") for origin in origins):
            raise ValueError("each must be an origin: scheme, host, perhaps a port; no null, no *, no path")
        return origins

    @field_validator("encryption_keys")
    @classmethod
    def _refuse_what_is_no_key(cls, keys: list[str]) -> list[str]:
        if not keys or not all(_FERNET_KEY.fullmatch(key) for key in keys):
            raise ValueError("each must be a Fernet key: 32 bytes in URL-safe base64, 44 characters")
        return keys

    @model_validator(mode="after")
    def _refuse_lists_that_hold_no_feed(self) -> Self:
        if self.feed_cap < self.feed_depth:
            raise ValueError("FEED_CAP must be at least FEED_DEPTH")
        return self

    @model_validator(mode="after")
    def _refuse_sentinels_without_a_broker(self) -> Self:
        if self.redis_sentinels and not self.celery_broker_url:
            raise ValueError("REDIS_SENTINELS asks for CELERY_BROKER_URL: Celery doesn't ask the sentinels")
        return self

    @model_validator(mode="after")
    def _refuse_an_issuer_twice(self) -> Self:
        if len({one.issuer for one in self.oidc_issuers}) < len(self.oidc_issuers):
            raise ValueError("OIDC_ISSUERS names an issuer twice")
        return self

    @model_validator(mode="after")
    def _refuse_passkeys_of_another_domain(self) -> Self:
        host = urlsplit(self.web_url or self.public_url).hostname or ""
        if self.passkey_rp_id and not f".{host}".endswith(f".{self.passkey_rp_id}"):
            raise ValueError(
                "PASSKEY_RP_ID must be the host of WEB_URL (else of PUBLIC_URL), or a domain above it"
            )
        return self

    @model_validator(mode="after")
    def _refuse_cloudfront_without_keys(self) -> Self:
        if self.cloudfront_url and not (
            self.cloudfront_key_id and _is_rsa_private_key(self.cloudfront_private_key)
        ):
            raise ValueError(
                "CLOUDFRONT_URL asks for CLOUDFRONT_KEY_ID and CLOUDFRONT_PRIVATE_KEY, an RSA key"
            )
        return self

    @model_validator(mode="after")
    def _refuse_weak_production(self) -> Self:
        if self.environment == "production" and (problems := list(production.weaknesses(self))):
            untold = (
                "" if self.is_given("environment") else " (ENVIRONMENT is not set, so this is production)"
            )
            raise ValueError(f"production refuses to start{untold}: " + "; ".join(problems))
        return self

    def is_given(self, name: str) -> bool:
        """Whether the environment says what a setting is."""
        return name in self.model_fields_set

    @property
    def source_dir(self) -> Path:
        """The directory that holds `manage.py`."""
        return Path(__file__).resolve().parent.parent

    @property
    def is_local(self) -> bool:
        return self.environment != "production"

    @cached_property
    def dynamodb_url(self) -> str:
        """The endpoint of DynamoDB: an emulator's, or the region's."""
        return (
            self.dynamodb_endpoint_url
            or self.aws_endpoint_url
            or f"https://dynamodb.{self.aws_region}.amazonaws.com"
        )

    @property
    def streams_url(self) -> str:
        """The endpoint of DynamoDB's streams, which is another one at AWS; emulators have one for both."""
        at_aws = f"https://streams.dynamodb.{self.aws_region}.amazonaws.com"
        return self.dynamodb_endpoint_url or self.aws_endpoint_url or at_aws

    @property
    def s3_url(self) -> str:
        """The endpoint of S3: an emulator's, or the region's."""
        return self.aws_endpoint_url.rstrip("/") or f"https://s3.{self.aws_region}.amazonaws.com"


def load() -> Config:
    """The settings of this process. What is wrong with them is said, and the process ends with 78 (EX_CONFIG)."""
    try:
        return Config()
    except ValidationError as error:
        for problem in error.errors(include_input=False, include_url=False):
            name = ".".join(str(part) for part in problem["loc"]).upper()
            sys.stderr.write(f"settings: {name + ': ' if name else ''}{problem['msg']}\n")
    except SettingsError as error:  # what should be JSON is none
        sys.stderr.write(f"settings: {error}\n")
    raise SystemExit(78)


def example() -> str:
    """The content of `.env.example`: each setting with its comment and its default."""
    lines = [
        "# The settings of Echomate with their defaults. Made by: python -m echomate.config > .env.example"
    ]
    for name, field in Config.model_fields.items():
        default = "" if field.default_factory else field.default
        shown = ",".join(map(str, default)) if isinstance(default, list) else str(default)
        lines += [
            "",
            f"# {field.description}",
            f"{name.upper()}={shown}",
        ]
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    sys.stdout.write(example())
else:
    config = load()
