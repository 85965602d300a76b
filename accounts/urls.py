"""Routes of the accounts app, below /api/v1."""

from django.urls import URLPattern, path

from accounts.views import erasing, mail_links, me, passkeys, sessions, signing_in

urlpatterns: list[URLPattern] = [
    path("users/me", me.MeView.as_view()),
    path("users/me/restore", erasing.RestoreView.as_view()),
    path("auth/refresh-token", sessions.RefreshView.as_view()),
    path("auth/logout", sessions.LogoutView.as_view()),
    path("auth/logout-all", sessions.LogoutAllView.as_view()),
    path("auth/signup", signing_in.SignupView.as_view()),
    path("auth/login", signing_in.LoginView.as_view()),
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
