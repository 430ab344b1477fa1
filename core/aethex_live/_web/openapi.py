"""The description of the API, OpenAPI 3.1, made from the views themselves."""

from __future__ import annotations

from collections.abc import Iterable

import orjson
from quart import Blueprint, Quart, Response, current_app
from quart_schema import OpenAPIProvider, QuartSchema
from werkzeug.routing import Rule

from aethex_live import API_VERSION
from aethex_live.settings import Site
from aethex_live.web.access import Access, access_of, allow

API_PREFIX = "/api/v1/"
blueprint = Blueprint("openapi", __name__)


class ApiOnly(OpenAPIProvider):
    """Describes what is below /api/v1 and leaves pages out."""

    def generate_rules(self) -> Iterable[Rule]:
        """The rules of the API, by address, so that the document is the same each time."""
        rules = (rule for rule in self._app.url_map.iter_rules() if rule.rule.startswith(API_PREFIX))
        return sorted(rules, key=lambda rule: (rule.rule, sorted(rule.methods or ())))

    def build_paths(self, rule: Rule) -> tuple[dict[str, dict[str, object]], dict[str, object]]:
        """The path, with who may call it beside what it does."""
        paths, components = super().build_paths(rule)
        access = access_of(self._app.view_functions[rule.endpoint])
        for operations in paths.values():
            for operation in operations.values():
                describe_access(operation, access)
        return paths, components


def describe_access(operation: dict[str, object], access: Access | None) -> None:
    """Say in an operation who may call it."""
    public = access in (None, Access.PUBLIC, Access.CHANNEL)
    operation["x-access"] = access.value if access else ""
    operation["security"] = [] if public else [{"session": []}]


def install(app: Quart, site: Site) -> None:
    """Validation by pydantic and the description of the API; its pages of other hosts stay off."""
    QuartSchema(
        app,
        openapi_path=None,
        info={
            "title": site.name,
            "version": API_VERSION,
            "description": "The API of the pages, for programs.",
        },
        conversion_preference="pydantic",
        security_schemes={"session": {"type": "apiKey", "in_": "cookie", "name": "aethex"}},
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
