"""What a login by password takes."""

from accounts import names
from accounts.serializers.passkeys import AssertionSerializer
from accounts.serializers.signing_in import CodeField, SecretField, WayInSerializer
from echomate.fields import FlagField, TextField


class LoginSerializer(WayInSerializer):
    example = {"login": "ada", "password": "correct9horse", "token_delivery": "body"}

    login = TextField(max_length=names.EMAIL_MAX, help_text="Username, also as @name, or e-mail address.")
    password = SecretField()
    otp = CodeField(required=False, help_text="A one-time password or a recovery code.")
    passkey = AssertionSerializer(required=False)
    restore = FlagField(default=False, help_text="Bring back an account that is being erased.")
