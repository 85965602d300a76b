"""Routes of the accounts app, below /api/v1."""

from django.urls import URLPattern, path

from accounts.views import erasing, me, passkeys, sessions, signing_in

urlpatterns: list[URLPattern] = [
    path("users/me", me.MeView.as_view()),
    path("users/me/restore", erasing.RestoreView.as_view()),
    path("auth/refresh-token", sessions.RefreshView.as_view()),
    path("auth/logout", sessions.LogoutView.as_view()),
    path("auth/logout-all", sessions.LogoutAllView.as_view()),
    path("auth/signup", signing_in.SignupView.as_view()),
    path("auth/login", signing_in.LoginView.as_view()),
    path("auth/passkeys", passkeys.PasskeysView.as_view()),
    path("auth/passkeys/options", passkeys.RegistrationOptionsView.as_view()),
    path("auth/passkeys/login", passkeys.PasskeyLoginView.as_view()),
    path("auth/passkeys/login/options", passkeys.LoginOptionsView.as_view()),
    path("auth/passkeys/step-up/options", passkeys.StepUpOptionsView.as_view()),
    path("auth/passkeys/<passkey>", passkeys.PasskeyView.as_view()),
]
