"""Routes of the accounts app, below /api/v1, and of its pages."""

from django.urls import URLPattern, path

from accounts.pages import asking, links
from accounts.views import (
    avatars,
    changing_password,
    erasing,
    exporting,
    keys,
    mail_links,
    me,
    oidc,
    passkeys,
    second_factors,
    sessions,
    signing_in,
    stepping_up,
    usernames,
)

urlpatterns: list[URLPattern] = [
    path("users/me", me.MeView.as_view()),
    path("users/me/export", exporting.ExportView.as_view()),
    path("users/me/restore", erasing.RestoreView.as_view()),
    path("auth/refresh-token", sessions.RefreshView.as_view()),
    path("auth/logout", sessions.LogoutView.as_view()),
    path("auth/logout-all", sessions.LogoutAllView.as_view()),
    path("auth/sessions", sessions.SessionsView.as_view()),
    path("auth/sessions/<str:sid>", sessions.SessionView.as_view()),
    path("auth/change-password", changing_password.ChangePasswordView.as_view()),
    path("auth/signup", signing_in.SignupView.as_view()),
    path("auth/login", signing_in.LoginView.as_view()),
    path("auth/change-username", usernames.ChangeUsernameView.as_view()),
    path("auth/step-up", stepping_up.StepUpView.as_view()),
    path("auth/step-up/code", stepping_up.StepUpCodeView.as_view()),
    path("auth/totp", second_factors.TotpView.as_view()),
    path("auth/totp/confirm", second_factors.ConfirmTotpView.as_view()),
    path("auth/recovery-codes", second_factors.RecoveryCodesView.as_view()),
    path("auth/oidc", oidc.OidcLoginView.as_view()),
    path("auth/oidc/links", oidc.OidcLinksView.as_view()),
    path("auth/oidc/links/<link>", oidc.OidcLinkView.as_view()),
    path("auth/verify-email", mail_links.VerifyEmailView.as_view()),
    path("auth/verify-email/resend", mail_links.ResendView.as_view()),
    path("auth/forgot-password", mail_links.ForgotPasswordView.as_view()),
    path("auth/reset-password", mail_links.ResetPasswordView.as_view()),
    path("auth/change-email", mail_links.ChangeEmailView.as_view()),
    path("auth/change-email/undo", mail_links.UndoEmailView.as_view()),
    path("mail/unsubscribe", mail_links.UnsubscribeView.as_view()),
    path("auth/passkeys", passkeys.PasskeysView.as_view()),
    path("auth/passkeys/options", passkeys.RegistrationOptionsView.as_view()),
    path("auth/passkeys/login", passkeys.PasskeyLoginView.as_view()),
    path("auth/passkeys/login/options", passkeys.LoginOptionsView.as_view()),
    path("auth/passkeys/step-up/options", passkeys.StepUpOptionsView.as_view()),
    path("auth/passkeys/<passkey>", passkeys.PasskeyView.as_view()),
]

at_the_root: list[URLPattern] = [
    path(".well-known/jwks.json", keys.KeySetView.as_view(), name="jwks"),
    path("avatars/<str:user>", avatars.AvatarView.as_view(), name="default-avatar"),
]

pages: list[URLPattern] = [
    path("verify", links.VerifyPage.as_view()),
    path("reset", links.ResetPage.as_view()),
    path("undo", links.UndoPage.as_view()),
    path("restore", links.RestorePage.as_view()),
    path("unsubscribe", links.UnsubscribePage.as_view()),
    path("forgot", asking.ForgotPage.as_view()),
    path("resend", asking.ResendPage.as_view()),
]
"""Below /account, at the root."""
