"""Django's settings, all derived from `config`."""

from typing import Any

from boto3.s3.transfer import TransferConfig
from botocore.config import Config as ClientConfig
from redis.backoff import NoBackoff
from redis.retry import Retry

from echomate import VERSION, logs
from echomate.config import config

DEBUG = config.debug
SECRET_KEY = config.secret_key
ALLOWED_HOSTS = config.allowed_hosts
ROOT_URLCONF = "echomate.urls"
WSGI_APPLICATION = "echomate.wsgi.application"
DATABASES: dict[str, dict[str, str]] = {}
APPEND_SLASH = False
USE_TZ = True
TIME_ZONE = "UTC"
LANGUAGE_CODE = "en"
LANGUAGES = [("en", "English"), ("de", "Deutsch")]
LOCALE_PATHS = [config.source_dir / "echomate" / "locale"]
LOGGING = logs.configuration(config.log_level)
DATA_UPLOAD_MAX_MEMORY_SIZE = 1_048_576
STATIC_URL = "/static/"
DEFAULT_FROM_EMAIL = config.mail_from
EMAIL_FILE_PATH = str(config.mail_dir)
EMAIL_BACKEND = {
    "file": "django.core.mail.backends.filebased.EmailBackend",
    "ses": "echomate.mail.SESBackend",
}[config.mail_backend]
CSRF_FAILURE_VIEW = "echomate.problems.csrf_failure"


def caches() -> dict[str, Any]:
    """`CACHES`: the state Redis, and that of the feeds, on whose connections `echomate.cache` works."""
    return {
        "default": _redis(config.redis_state_url),
        "feeds": _redis(config.redis_url, is_cluster=config.redis_cluster),
    }


def _redis(url: str, *, is_cluster: bool = False) -> dict[str, Any]:
    options: dict[str, Any] = {
        "SOCKET_CONNECT_TIMEOUT": 0.25,
        "SOCKET_TIMEOUT": 0.5,
        "CONNECTION_POOL_KWARGS": {"max_connections": 64, "retry": Retry(NoBackoff(), 0)},
        "SERIALIZER": "django_redis.serializers.json.JSONSerializer",  # a pickle could run code
    }
    if is_cluster:
        options["CONNECTION_FACTORY"] = "echomate.cache.clusters.ClusterFactory"
    elif config.redis_sentinels:
        options["CONNECTION_FACTORY"] = "django_redis.pool.SentinelConnectionFactory"
        options["SENTINELS"] = [tuple(address.rsplit(":", 1)) for address in config.redis_sentinels]
    return {
        "BACKEND": "django_redis.cache.RedisCache",
        "LOCATION": url,
        "KEY_PREFIX": "django",
        "OPTIONS": options,
    }


CACHES = caches()


def storages() -> dict[str, Any]:
    """`STORAGES`: the buckets of S3, for `echomate.objects`. There is no default: each file says where it goes."""
    scheme, _, host = config.cloudfront_url.partition("//")
    shown = {
        "bucket_name": config.media_bucket,
        "public_url": config.media_public_url,
        # For as long as a signed URL lives; a new picture is a new URL. It is never anything but what it says.
        "object_parameters": {
            "CacheControl": "private, max-age=10800, immutable",
            "ContentDisposition": "inline",
        },
    }
    signing = {
        "url_protocol": scheme,
        "custom_domain": host,
        "cloudfront_key_id": config.cloudfront_key_id,
        "cloudfront_key": config.cloudfront_private_key,
    }
    return {
        "media": _bucket("MediaBucket", **shown, **(signing if host else {})),
        "originals": _bucket("PrivateBucket", bucket_name=config.originals_bucket),
        "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
    }


def _bucket(kind: str, **options: Any) -> dict[str, Any]:
    client = ClientConfig(
        connect_timeout=1,
        read_timeout=3,
        retries={"total_max_attempts": 1},
        signature_version="s3v4",  # of links too, which would have an older one
        s3={"addressing_style": "path"},
    )
    place = {
        "endpoint_url": config.s3_url,
        "region_name": config.aws_region,
        "access_key": config.aws_access_key_id or None,
        "secret_key": config.aws_secret_access_key or None,
        "client_config": client,
        "transfer_config": TransferConfig(use_threads=False, multipart_chunksize=8 * 1024 * 1024),
    }
    return {"BACKEND": f"echomate.objects.buckets.{kind}", "OPTIONS": place | options}


STORAGES = storages()

INSTALLED_APPS = [
    "django.contrib.auth",  # its models are imported by simplejwt; none is ever asked for a row
    "django.contrib.contenttypes",  # and these by auth's
    "django.contrib.staticfiles",
    "corsheaders",
    "rest_framework",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "echomate",
    "accounts",
    "social",
    "media",
    "posts",
    "feeds",
]

MIDDLEWARE = [
    "echomate.middleware.RequestMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "echomate.middleware.OriginMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
]

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "DIRS": [],
        "OPTIONS": {},
    }
]

SECURE_HSTS_SECONDS = 0 if config.is_local else 31_536_000
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if config.trusted_proxies else None
SECURE_CONTENT_TYPE_NOSNIFF = False  # RequestMiddleware says it, of refused hosts too

WHITENOISE_USE_FINDERS = True
WHITENOISE_AUTOREFRESH = False

CORS_ALLOWED_ORIGINS = config.cors_allowed_origins
CORS_ALLOWED_ORIGIN_REGEXES = [r"^http://(localhost|127\.0\.0\.1)(:\d+)?$"] if config.is_local else []
CORS_ALLOW_CREDENTIALS = True
CORS_PREFLIGHT_MAX_AGE = 7200
CORS_ALLOW_HEADERS = [
    *(
        "accept",
        "authorization",
        "content-type",
        "if-match",
        "if-none-match",
        "idempotency-key",
        "x-request-id",
    ),
]
CORS_EXPOSE_HEADERS = [
    *(
        "Link",
        "ETag",
        "Location",
        "Idempotency-Replayed",
        "Retry-After",
        "RateLimit",
        "RateLimit-Policy",
        "X-Request-ID",
        "WWW-Authenticate",
    ),
]

REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": ["accounts.authentication.TokenAuthentication"],
    "DEFAULT_PERMISSION_CLASSES": [],
    "DEFAULT_RENDERER_CLASSES": ["echomate.bodies.PassThroughRenderer"],
    "DEFAULT_CONTENT_NEGOTIATION_CLASS": "echomate.bodies.Negotiation",
    "DEFAULT_PARSER_CLASSES": ["echomate.bodies.BoundedJSONParser"],
    "DEFAULT_SCHEMA_CLASS": "echomate.schema.inspector.Inspector",
    "DEFAULT_METADATA_CLASS": None,
    "EXCEPTION_HANDLER": "echomate.problems.handle",
    "UNAUTHENTICATED_USER": None,
    "UNAUTHENTICATED_TOKEN": None,
    "URL_FORMAT_OVERRIDE": None,
    "COERCE_DECIMAL_TO_STRING": False,
}

SPECTACULAR_SETTINGS = {
    "TITLE": "Echomate",
    "DESCRIPTION": "The backend of a social network: accounts, posts, follows and feeds.",
    "VERSION": VERSION,
    "OAS_VERSION": "3.1.1",
    "SERVE_INCLUDE_SCHEMA": False,
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "REDOC_DIST": "SIDECAR",
    "SERVE_AUTHENTICATION": [],
    "SERVE_PERMISSIONS": [],
    "COMPONENT_SPLIT_REQUEST": True,
    "SCHEMA_PATH_PREFIX": "/api/v1",
    "SERVERS": [{"url": "/", "x-internal": False}],
    "TAGS": [
        {"name": "auth", "description": "Signup, login, tokens and sessions."},
        {"name": "users", "description": "Users and the graph between them."},
        {"name": "posts", "description": "Posts, likes and bookmarks."},
        {"name": "comments", "description": "Comments, and the threads that they make."},
        {"name": "media", "description": "Pictures and videos: uploads, and what becomes of them."},
        {"name": "feeds", "description": "The home feed and the public timeline."},
        {"name": "jobs", "description": "Work that takes longer than a request."},
        {"name": "instance", "description": "This installation."},
        {"name": "health", "description": "Whether it works."},
    ],
    "ENUM_SUFFIX": "",
    "ENUM_GENERATE_CHOICE_DESCRIPTION": False,
    "ENUM_NAME_OVERRIDES": {
        "CredentialType": "accounts.serializers.passkeys.CREDENTIAL_TYPES",
        "DefaultVisibility": "accounts.serializers.profile.VISIBILITIES",
        "FeedState": "feeds.serializers.STATES",
        "HealthStatus": "echomate.health.STATUSES",
        "JobState": "echomate.jobs.serializers.STATES",
        "MediaPurpose": "media.serializers.MEDIA_PURPOSES",
        "MediaState": "media.serializers.MEDIA_STATES",
        "ReplyPolicy": "posts.serializers.REPLY_POLICIES",
        "Role": "accounts.serializers.ROLES",
        "UserType": "accounts.serializers.TYPES",
        "Visibility": "posts.serializers.VISIBILITIES",
    },
    "POSTPROCESSING_HOOKS": [
        "drf_spectacular.hooks.postprocess_schema_enums",
        "echomate.schema.components.add_components",
        "echomate.schema.bounds.add_bounds",
    ],
}
