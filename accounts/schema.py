"""How the OpenAPI document names the ways of authentication."""

from typing import Any

from drf_spectacular.extensions import OpenApiAuthenticationExtension

from accounts import cookies


class BearerScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]  # spectacular's
    target_class = "accounts.authentication.TokenAuthentication"
    name = "bearer"

    def get_security_definition(self, auto_schema: Any) -> dict[str, str]:
        says = "A signed JWT; the algorithm follows from the key that its `kid` names, as RFC8725 advises."
        return {"type": "http", "scheme": "bearer", "bearerFormat": "JWT", "description": says}


class CookieScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]  # spectacular's
    target_class = "accounts.authentication.SignatureAuthentication"
    name = "refreshCookie"
    priority = 1

    def get_security_definition(self, auto_schema: Any) -> dict[str, str]:
        return {"type": "apiKey", "in": "cookie", "name": cookies.NAME}

    def get_security_requirement(self, auto_schema: Any) -> list[dict[str, list[str]]]:
        return [{BearerScheme.name: []}, {self.name: []}]
