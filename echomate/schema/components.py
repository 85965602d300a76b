"""The components that belong to no serializer: problems, the answers that hold them, headers."""

from typing import Any

from echomate import problems
from echomate.fields import URL_AT_MOST

REFUSALS: dict[int, tuple[str, list[str]]] = {
    400: (
        "The request, its input or its cursor is not valid.",
        [
            "invalid",
            "invalid-cursor",
            "malformed",
            "bad-request",
            "link-invalid",
            "otp-invalid",
            "passkey-invalid",
        ],
    ),
    401: (
        "Who calls is not known, or their session has ended.",
        [
            "not-authenticated",
            "bad-credentials",
            "oidc-refused",
            "otp-invalid",
            "otp-required",
            "passkey-invalid",
            "session-revoked",
            "token-expired",
            "token-invalid",
        ],
    ),
    403: ("The caller may not do this.", ["forbidden", "csrf", "erasing", "step-up-required", "suspended"]),
    404: ("It is not there, or the caller may not know of it.", ["not-found"]),
    406: ("The answer is JSON, which `Accept` rules out.", ["not-acceptable"]),
    409: (
        "It contradicts the present state.",
        [
            "conflict",
            "email-taken",
            "in-progress",
            "last-credential",
            "media-attached",
            "media-not-ready",
            "upload-missing",
            "username-taken",
        ],
    ),
    412: ("Someone edited it in the meantime: it has none of the versions in `If-Match`.", ["edit-conflict"]),
    413: ("The body is too large.", ["too-large"]),
    415: ("The body is not `application/json`, or it is compressed.", ["unsupported-media-type"]),
    422: ("The idempotency key came with another request.", ["idempotency-key-reused"]),
    429: ("Too many calls: come back after `Retry-After` seconds.", ["rate-limited"]),
    503: ("A dependency is away: come back after `Retry-After` seconds.", ["unavailable"]),
}
"""What each status says, and the types of its problems."""

ORIGIN = "Access-Control-Allow-Origin"
_TEXT = {"type": "string", "maxLength": problems.TEXT_AT_MOST}
_URL = {"type": "string", "format": "uri-reference", "maxLength": URL_AT_MOST}
_POLICY = {
    "description": "The policy that binds: its name, calls and seconds.",
    "example": '"default";q=300;w=300',
}
_LEFT = {
    "description": "What is left of it, and for how many seconds.",
    "example": '"default";r=299;t=300',
}

HEADERS: dict[str, dict[str, Any]] = {
    "X-Request-ID": {"description": "Names the request in logs; the client's own where it sent one."},
    "RateLimit-Policy": _POLICY,
    "RateLimit": _LEFT,
    "RateLimit-Policy-IfCounted": {**_POLICY, "required": False},
    "RateLimit-IfCounted": {**_LEFT, "required": False},
    ORIGIN: {
        "description": "The page's own origin, where it is one that may make credentialed calls.",
        "example": "https://app.example.org",
        "required": False,
    },
    "Retry-After": {"description": "Seconds.", "schema": {"type": "integer", "minimum": 0}},
    "WWW-Authenticate": {"description": "How to authenticate.", "example": 'Bearer realm="api"'},
    "Location": {
        "description": "Where the new thing is.",
        "schema": _URL,
    },
    "Idempotency-Replayed": {
        "description": "This is the answer that the first call with the key got.",
        "schema": {"const": "true"},
        "required": False,
    },
    "Link": {
        "description": "The `next` and `prev` pages.",
        "schema": {"type": "string", "maxLength": 2 * URL_AT_MOST + 50},
        "example": '<https://example.org/api/v1/timeline?cursor=…>; rel="next"',
    },
    "ETag": {
        "description": '`"<version>.<hash>"`, for If-None-Match and If-Match.',
        "example": '"3.5d41402abc4b2a76"',
    },
}

PROBLEM: dict[str, Any] = {
    "type": "object",
    "description": "A problem document (RFC 9457). `type` is stable, `title` follows `Accept-Language`.",
    "properties": {
        "type": {"$ref": "#/components/schemas/ProblemType"},
        "title": _TEXT,
        "status": {"type": "integer", "minimum": 400, "maximum": 599},
        "detail": _TEXT,
        "instance": {**_TEXT, "description": "The path of the request."},
        "request_id": _TEXT,
        "errors": {
            "type": "object",
            "description": "What is wrong with each field, of 400 and 409.",
            "additionalProperties": {
                "type": "array",
                "items": _TEXT,
                "maxItems": problems.MESSAGES_AT_MOST,
            },
            "maxProperties": problems.ERRORS_AT_MOST,
        },
    },
    "required": ["type", "title", "status", "detail", "instance", "request_id"],
    "additionalProperties": True,
}


def header_refs(*names: str) -> dict[str, Any]:
    return {name: _header_ref(name) for name in names}


def _header_ref(name: str) -> dict[str, str]:
    return {"$ref": f"#/components/headers/{name}"}


def refusal_ref(status: str, description: str = "") -> dict[str, Any]:
    """A reference to the answer of a status; OpenAPI 3.1 lets it have a description of its own."""
    reference = {"$ref": f"#/components/responses/Problem{status}"}
    return {**reference, "description": description} if description else reference


def add_components(result: dict[str, Any], **_: Any) -> dict[str, Any]:
    """A hook of spectacular's."""
    components = result["components"]
    components["schemas"]["Problem"] = PROBLEM
    components["schemas"]["ProblemType"] = {
        "type": "string",
        "enum": [_uri(name) for name in problems.TITLES],
    }
    components["responses"] = {f"Problem{status}": _answer(status) for status in REFUSALS}
    components["headers"] = {
        name: {"required": True, "schema": _TEXT, **header} for name, header in HEADERS.items()
    }
    return result


def _answer(status: int) -> dict[str, Any]:
    description, types = REFUSALS[status]
    narrowed = {"type": {"enum": [_uri(name) for name in types]}, "status": {"const": status}}
    schema = {"allOf": [{"$ref": "#/components/schemas/Problem"}, {"properties": narrowed}]}
    more = {401: ["WWW-Authenticate"], 429: ["Retry-After"], 503: ["Retry-After"]}.get(status, [])
    return {
        "description": description,
        "headers": {
            **header_refs("X-Request-ID", ORIGIN, *more),
            "RateLimit-Policy": _header_ref("RateLimit-Policy-IfCounted"),
            "RateLimit": _header_ref("RateLimit-IfCounted"),
        },
        "content": {problems.CONTENT_TYPE: {"schema": schema, "example": _example(status, types[0])}},
    }


def _example(status: int, type_: str) -> dict[str, Any]:
    title = str(problems.TITLES[type_])
    errors = {"errors": {"content": ["This field is required."]}} if status == 400 else {}
    return {
        "type": _uri(type_),
        "title": title,
        "status": status,
        "detail": title,
        "instance": "/api/v1/posts",
        "request_id": "5f0c2a7be1d94c36",
        **errors,
    }


def _uri(name: str) -> str:
    return f"/problems/{name}"
