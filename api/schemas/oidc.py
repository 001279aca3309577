"""Signing in at an identity provider, on the wire."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from api.schemas.base import Input, Output, Text


class ProviderOut(Output):
    """A way to sign in. Send the browser to `login_url` with `return_to`, and for citizens with the
    `code_challenge` of the app that wants the tokens.
    """

    name: str
    label: str
    audience: Literal["citizens", "staff"]
    login_url: str


class ProvidersOut(Output):
    items: list[ProviderOut]


class ExchangeIn(Input):
    code: Text = Field(max_length=200)
    code_verifier: Text = Field(pattern=r"^[A-Za-z0-9._~-]{43,128}$")
