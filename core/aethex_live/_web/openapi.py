"""The description of the API, OpenAPI 3.1, made from the views themselves."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from http import HTTPStatus
from typing import Any

import orjson
from quart import Blueprint, Quart, Response, current_app
from quart_schema import OpenAPIProvider, QuartSchema
from werkzeug.routing import Rule

from aethex_live import API_VERSION
from aethex_live._web.cookies import session_name
from aethex_live.scopes import SENTENCES, Scope
from aethex_live.settings import Site
from aethex_live.web.access import Access, access_of, allow, scope_needed
from aethex_live.web.api import Problem

API_PREFIX = "/api/v1/"
_SCOPES = "\n".join(f"- `{scope}`: {text}" for scope, text in SENTENCES.items())
_TOKENS = f"They show a personal API token; its scopes:\n{_SCOPES}"
_ARGUMENT = re.compile(r"<(?:[^<>:]*:)?([^<>]+)>")
blueprint = Blueprint("openapi", __name__)


class ApiOnly(OpenAPIProvider):
    """Describes what is below /api/v1 and leaves pages out."""

    def generate_rules(self) -> Iterable[Rule]:
        """The rules of the API, by address, so that the document is the same each time."""
        rules = (rule for rule in self._app.url_map.iter_rules() if rule.rule.startswith(API_PREFIX))
        return sorted(rules, key=lambda rule: (rule.rule, sorted(rule.methods or ())))

    def build_paths(self, rule: Rule) -> tuple[dict[str, dict[str, object]], dict[str, object]]:
        """The path, with who may call it beside what it does."""
        found, components = super().build_paths(rule)
        paths = {address(rule): operations for operations in found.values()}
        view = self._app.view_functions[rule.endpoint]
        access = access_of(view)
        for operations in paths.values():
            for method, operation in operations.items():
                describe_access(operation, access, scope_needed(view, method.upper()))
                describe_problems(operation, usual_problems(rule, method, operation))
        return paths, {**components, "Problem": Problem.model_json_schema()}


def address(rule: Rule) -> str:
    """The path as OpenAPI writes it; quart-schema takes two arguments, of which the second has a type, for one."""
    return _ARGUMENT.sub(r"{\1}", rule.rule)


def describe_access(operation: dict[str, object], access: Access | None, scope: Scope | None) -> None:
    """Say in an operation who may call it: with a session, with a token, or (an empty requirement) without either."""
    public = access in (None, Access.PUBLIC, Access.CHANNEL)
    operation["x-access"] = access.value if access else ""
    operation["security"] = [{} if public else {"session": []}, *([{"token": [scope.value]}] if scope else [])]


def usual_problems(rule: Rule, method: str, operation: Mapping[str, object]) -> set[int]:
    """The refusals that stand in front of the view: of addresses, of sign-in, of what was sent, of too much."""
    statuses = {405, 429, 503}
    if operation["security"] != [{}]:  # a token that does not hold is refused on public calls, too
        statuses |= {401, 403}
    if method not in {"get", "head"}:
        statuses |= {403, 409}
    if rule.arguments:
        statuses |= {404}
    if operation.get("requestBody"):
        statuses |= {400, 413, 415, 422}
    if operation.get("parameters"):
        statuses |= {422}
    return statuses


def describe_problems(operation: dict[str, Any], usual: Iterable[int]) -> None:
    """Every refusal is a problem of the same form, whoever answers it."""
    responses = operation.setdefault("responses", {})
    named = {int(status) for status in responses if int(status) >= HTTPStatus.BAD_REQUEST}
    for status in named | set(usual):
        content = {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}
        responses[str(status)] = {"description": HTTPStatus(status).phrase, "content": content}
        if status in responses:
            del responses[status]


def install(app: Quart, site: Site) -> None:
    """Validation by pydantic and the description of the API; its pages of other hosts stay off."""
    QuartSchema(
        app,
        openapi_path=None,
        info={
            "title": site.name,
            "version": API_VERSION,
            "description": f"The API of the pages, for programs. {_TOKENS}",
        },
        conversion_preference="pydantic",
        security_schemes={
            "session": {"type": "apiKey", "in_": "cookie", "name": session_name(site)},
            "token": {"type": "http", "scheme": "bearer", "bearer_format": "aex_…"},
        },
        openapi_provider_class=ApiOnly,
    )


@blueprint.get("/api/v1/openapi.json")
@allow(Access.PUBLIC)
async def document() -> Response:
    """This document."""
    extension: QuartSchema = current_app.extensions["QUART_SCHEMA"]
    # statuses are numbers in the extension's dictionary; in JSON every key is text
    body = orjson.dumps(extension.openapi_provider.schema(), option=orjson.OPT_NON_STR_KEYS | orjson.OPT_SORT_KEYS)
    return Response(body, content_type="application/json")
