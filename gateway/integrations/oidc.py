"""An OpenID Connect provider: the authorization code flow with PKCE (OpenID Connect Core 1.0, section 3.1; RFC 7636).

What it says is believed only as far as its signature reaches: the identity comes from the validated ID token alone.
"""

from __future__ import annotations

import secrets
import ssl
from dataclasses import dataclass
from typing import Any, cast

import httpx2
from authlib.integrations.base_client import OAuthError
from authlib.integrations.httpx_client import AsyncOAuth2Client
from authlib.oidc.core import CodeIDToken
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet, KeySetSerialization

from gateway.ports import Beginning, Identity, Refused, Unavailable

DISCOVERY = "/.well-known/openid-configuration"
PATIENCE_SECONDS = 10.0
LEEWAY_SECONDS = 60
ALGORITHMS = ["RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA"]
"""Signatures with public keys only: "none", or a secret that the provider shares with others, proves nothing."""


@dataclass(frozen=True, slots=True)
class Registration:
    """What the provider knows this gateway as. The secret never shows in a repr."""

    issuer: str
    client_id: str
    client_secret: str | None
    login_claim: str
    authority: str | None = None
    """A PEM file with the authority that signed the provider's certificate, where the system does not know it."""

    def __repr__(self) -> str:
        return f"Registration({self.issuer!r}, {self.client_id!r}, ***)"


class OidcProvider:
    """The provider with that registration. Its metadata is asked for at each sign-in: keys and addresses change."""

    def __init__(self, registration: Registration) -> None:
        self._registration = registration

    async def begin(self, redirect_uri: str) -> Beginning:
        """Where to send the browser, and what to remember until it comes back. Raises ``Unavailable``."""
        state, nonce, verifier = (secrets.token_urlsafe(32) for _ in range(3))
        metadata = await self._metadata()
        async with self._client(redirect_uri) as client:
            address, _ = client.create_authorization_url(
                metadata["authorization_endpoint"], state=state, nonce=nonce, code_verifier=verifier
            )
        return Beginning(str(address), state, nonce, verifier)

    async def complete(self, redirect_uri: str, code: str, nonce: str, verifier: str) -> Identity:
        """Who came back with that code. Raises ``Refused`` if provider or proof do not hold, ``Unavailable``."""
        metadata = await self._metadata()
        async with self._client(redirect_uri) as client:
            try:
                token = await client.fetch_token(metadata["token_endpoint"], code=code, code_verifier=verifier)
            except OAuthError as problem:
                raise Refused(f"the identity provider does not take the code: {problem.error}") from None
            except httpx2.HTTPError as problem:
                raise Unavailable(f"the identity provider does not answer: {problem}") from None
        keys = await self._document(metadata["jwks_uri"])
        return self._identity(dict(token), keys, nonce)

    def _client(self, redirect_uri: str) -> AsyncOAuth2Client:
        registration = self._registration
        return AsyncOAuth2Client(
            registration.client_id,
            registration.client_secret,
            token_endpoint_auth_method="none" if registration.client_secret is None else "client_secret_basic",
            scope="openid profile",
            redirect_uri=redirect_uri,
            code_challenge_method="S256",
            **self._connecting(),
        )

    async def _metadata(self) -> dict[str, Any]:
        issuer = self._registration.issuer
        metadata = await self._document(issuer.rstrip("/") + DISCOVERY)
        # OpenID Connect Discovery 1.0, 4.3: another name means that somebody else answers
        if metadata.get("issuer") != issuer:
            raise Unavailable(f"the identity provider calls itself {metadata.get('issuer')!r}, not {issuer!r}")
        return metadata

    async def _document(self, address: str) -> dict[str, Any]:
        async with httpx2.AsyncClient(**self._connecting()) as client:
            try:
                document: dict[str, Any] = (await client.get(address)).raise_for_status().json()
            except (httpx2.HTTPError, ValueError) as problem:
                raise Unavailable(f"the identity provider does not answer: {problem}") from None
        return document

    def _connecting(self) -> dict[str, Any]:
        authority = self._registration.authority
        verify = True if authority is None else ssl.create_default_context(cafile=authority)
        return {"timeout": PATIENCE_SECONDS, "follow_redirects": False, "trust_env": False, "verify": verify}

    def _identity(self, token: dict[str, Any], keys: dict[str, Any], nonce: str) -> Identity:
        registration = self._registration
        try:
            decoded = jwt.decode(
                str(token["id_token"]), KeySet.import_key_set(cast(KeySetSerialization, keys)), algorithms=ALGORITHMS
            )
            claims = CodeIDToken(
                decoded.claims,
                decoded.header,
                {
                    "iss": {"essential": True, "value": registration.issuer},
                    "aud": {"essential": True, "value": registration.client_id},
                },
                {"nonce": nonce, "client_id": registration.client_id, "access_token": token.get("access_token")},
            )
            claims.validate(leeway=LEEWAY_SECONDS)
        except (JoseError, ValueError, KeyError) as problem:
            raise Refused(f"the identity provider's answer does not hold: {problem}") from None
        login = claims.get(registration.login_claim)
        if not isinstance(login, str) or not login:
            raise Refused(f"the identity provider does not say {registration.login_claim}: add it to the ID token")
        methods = claims.get("amr") or []
        return Identity(registration.issuer, str(claims["sub"]), login, frozenset(str(one) for one in methods))
