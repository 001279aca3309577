"""What schemathesis checks beside its own checks; it loads this file by SCHEMATHESIS_HOOKS."""

from __future__ import annotations

import os
from typing import Any

import httpx
import schemathesis
from schemathesis import GenerationMode
from schemathesis.core.failures import Failure

from core.validation import CODES, LIMITS

# What only the framework's validation says, so that all of it must stand in the description. The
# rest of its words are the domain's too: a field that another one makes necessary, a status among
# several in one text.
SHARED = {"field_required", "not_a_choice", "not_a_date", "not_an_instant"}
SHAPE = {*CODES.values(), "text_too_long", "text_too_short", "list_too_long"} - SHARED
SIGNS = tuple(LIMITS.values())
PHONE = "+84905000077"


@schemathesis.auth()
class SignedIn:
    """Somebody of the demo, who signs in anew once an operation has ended the session: what comes
    after it is to be asked by somebody too.
    """

    def get(self, case: schemathesis.Case, context: Any) -> str:
        return sign_in(os.environ["SCHEMATHESIS_URL"], os.environ["SCHEMATHESIS_ROLE"])

    def set(self, case: schemathesis.Case, data: str, context: Any) -> None:
        case.headers = {**(case.headers or {}), "Authorization": f"Bearer {data}"}


def sign_in(url: str, role: str) -> str:
    """An access token of the demo at `url`."""
    if role == "citizen":
        path, body = "otp/verify", {"phone": PHONE, "code": "000000"}
    else:
        path, body = "staff", {"username": role, "password": "demo"}
    answer = httpx.post(f"{url}/v1/auth/{path}", json=body, timeout=30)
    assert answer.status_code == 200, answer.text
    return answer.json()["access_token"]


@schemathesis.check
def schema_says_the_shape(
    ctx: Any, response: schemathesis.Response, case: schemathesis.Case
) -> None:
    """What the description allows may be refused for what it means, not for its shape."""
    if case.meta is None or case.meta.generation.mode is not GenerationMode.POSITIVE:
        return
    if response.status_code != 422:
        return
    shape = [
        error
        for error in response.json()["errors"]
        if _is_shape(error) and not _is_whole(case.body, error["pointer"])
    ]
    if shape:
        raise Failure(
            operation=case.operation.label,
            title="Refused for a shape that the schema allows",
            message="\n".join(f"{each['pointer']}: {each['code']}" for each in shape),
        )


def _is_shape(error: dict[str, str]) -> bool:
    code, detail = error["code"], error["detail"]
    return code in SHAPE or (code == "field_invalid" and detail.startswith(SIGNS))


def _is_whole(body: Any, pointer: str) -> bool:
    """Whether the value there is written `7.0`: whole to JSON Schema, and no number of ours."""
    value = body
    for part in pointer.split("/")[1:]:
        if isinstance(value, list):
            value = value[int(part)]
        else:
            value = value.get(part) if isinstance(value, dict) else None
    return isinstance(value, float) and value.is_integer()
