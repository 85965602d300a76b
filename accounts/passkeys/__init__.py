"""Passkeys (WebAuthn): the ceremonies in which they are made and shown, their challenges, and whom they are for."""
