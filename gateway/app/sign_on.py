"""The identity provider of the settings."""

from __future__ import annotations

from gateway.services.single_sign_on import SingleSignOn
from gateway.settings import BadSettings, Settings


def sign_on_of(settings: Settings) -> SingleSignOn | None:
    """Single sign-on as it is configured; None without an issuer. Raises ``BadSettings``."""
    configured = settings.single_sign_on
    if not configured.issuer:
        return None
    from gateway.integrations.oidc import OidcProvider, Registration  # slow to import, and few installations have one

    secret = None
    if (path := configured.client_secret_file) is not None:
        try:
            secret = path.read_text("utf-8").strip()
        except OSError as problem:
            line = f"single_sign_on.client_secret_file: {path} cannot be read: {problem.strerror}"
            raise BadSettings([line]) from None
    authority = None if configured.authority is None else str(configured.authority)
    registration = Registration(
        configured.issuer, configured.client_id, secret, configured.login_claim, authority=authority
    )
    factors = frozenset(configured.second_factor)
    return SingleSignOn(OidcProvider(registration), configured.name_zh, configured.name_en, factors)
