"""The one table from what can go wrong to what is answered."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

import structlog
from fastapi import FastAPI, Request
from fastapi.encoders import jsonable_encoder
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException

from gateway.domain.exports import IllegalExport
from gateway.domain.inquiries import IllegalInquiry
from gateway.domain.tickets import IllegalMove
from gateway.ports import Refused, Unavailable
from gateway.services import errors
from gateway.storage.paging import BadCursor
from gateway.storage.versioned import Stale

log = structlog.get_logger(__name__)

ErrorTable = Mapping[type[Exception], tuple[int, str]]
"""Status and code of every kind of exception that a route may raise."""

TABLE: dict[type[Exception], tuple[int, str]] = {
    errors.NotSignedIn: (401, "not_signed_in"),
    errors.WrongPassword: (401, "wrong_password"),
    errors.LockedOut: (429, "locked_out"),
    errors.AccountLapsed: (403, "account_lapsed"),
    errors.WrongCode: (401, "wrong_code"),
    errors.NotReleased: (409, "not_released"),
    errors.WrongReleaseCode: (422, "wrong_release_code"),
    errors.WrongPasskey: (401, "wrong_passkey"),
    errors.SecondFactorNeeded: (403, "second_factor_needed"),
    errors.Locked: (423, "locked"),
    errors.NotMapped: (403, "not_mapped"),
    errors.KeptInDirectory: (409, "kept_in_directory"),
    errors.DirectoryUnavailable: (503, "directory_unavailable"),
    errors.NotFound: (404, "not_found"),
    errors.Forbidden: (403, "forbidden"),
    errors.Conflict: (409, "conflict"),
    errors.PasswordNeeded: (422, "password_needed"),
    errors.Invalid: (422, "invalid"),
    errors.NotPlayable: (422, "unplayable"),
    errors.Gone: (410, "gone"),
    IllegalMove: (409, "illegal_move"),
    IllegalExport: (409, "illegal_move"),
    IllegalInquiry: (409, "illegal_move"),
    Stale: (409, "conflict"),
    BadCursor: (422, "invalid"),
    Unavailable: (503, "unavailable"),
    Refused: (502, "refused"),
}

_CODES = {401: "not_signed_in", 403: "forbidden", 404: "not_found", 405: "method_not_allowed", 413: "too_large"}
_SENTENCES = {
    404: "there is no such thing",
    405: "this address does not take that method",
    413: "the request is too large",
}


def answer(status: int, code: str, message: str, detail: Any = None) -> JSONResponse:
    """The body every error has."""
    body = {"error": {"code": code, "message": message, "detail": detail or {}}}
    return JSONResponse(jsonable_encoder(body), status_code=status, headers={"Cache-Control": "no-store"})


def install(app: FastAPI, more: ErrorTable) -> None:
    """Registers the table, and what FastAPI itself refuses, with the application."""
    for kind, (status, code) in {**TABLE, **more}.items():
        app.add_exception_handler(kind, _handler(status, code))
    app.add_exception_handler(RequestValidationError, _bad_input)
    app.add_exception_handler(HTTPException, _framework)
    app.add_exception_handler(Exception, _unexpected)


def _handler(status: int, code: str) -> Callable[[Request, Exception], Awaitable[JSONResponse]]:
    async def handle(request: Request, problem: Exception) -> JSONResponse:
        detail = problem.detail if isinstance(problem, errors.Failed) else {}
        response = answer(status, code, str(problem), detail)
        if isinstance(problem, errors.LockedOut):
            response.headers["Retry-After"] = str(problem.detail["seconds"])
        return response

    return handle


async def _bad_input(request: Request, problem: Exception) -> JSONResponse:
    assert isinstance(problem, RequestValidationError)
    # the input itself is not repeated: it may be a password
    fields = [{"field": ".".join(map(str, item["loc"][1:])), "message": item["msg"]} for item in problem.errors()]
    where = fields[0]["field"] if fields else ""
    return answer(
        422, "invalid", f"the request is not valid: {where} {fields[0]['message']}".strip(), {"fields": fields}
    )


async def _framework(request: Request, problem: Exception) -> JSONResponse:
    assert isinstance(problem, HTTPException)
    status = problem.status_code
    sentence = _SENTENCES.get(status, str(problem.detail))
    response = answer(status, _CODES.get(status, "refused"), sentence)
    response.headers.update(problem.headers or {})
    return response


async def _unexpected(request: Request, problem: Exception) -> JSONResponse:
    request_id = getattr(request.state, "request_id", "")
    log.error("request failed", request_id=request_id, path=request.url.path, exc_info=problem)
    return answer(500, "internal", "something went wrong in the gateway", {"request_id": request_id})
