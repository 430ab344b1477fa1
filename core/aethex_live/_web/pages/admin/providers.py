"""Providers: who does each exclusive job, where that is chosen, and a button that tries them out."""

from __future__ import annotations

from datetime import timedelta

from pydantic import BaseModel, Field
from quart import Response

from aethex_live._web.admin.plugins import KINDS
from aethex_live._web.admin.status import check_row
from aethex_live._web.pages.admin.routes import blueprint
from aethex_live._web.views.operator import AdminProvidersView, CheckRow, LiveProvider, TryRow
from aethex_live.checks.trying import try_provider
from aethex_live.domain.provider_facts import ProviderFacts, facts
from aethex_live.errors import NotFound
from aethex_live.models import User
from aethex_live.providers import Kind
from aethex_live.web import Access, allow, current_actor, limit, page, platform, read_form


class TryForm(BaseModel):
    """Where a test mail goes."""

    to: str = Field(default="", max_length=254)


@blueprint.get("/admin/providers")
@allow(Access.OPERATOR)
async def providers() -> Response:
    """All kinds."""
    return await _show({})


@blueprint.post("/admin/providers/<kind>/test")
@allow(Access.OPERATOR)
async def try_out(kind: str) -> Response:
    """Try the chosen provider of a kind; the page says what happened."""
    if kind not in set(Kind):
        raise NotFound("There is no such kind of provider.")
    await limit("provider-test", 20, timedelta(minutes=10))
    parts, form = platform(), await read_form(TryForm)
    found = await try_provider(parts, Kind(kind), mail_to=form.data.to if form.data else "")
    await parts.domain.audit.write(
        "provider.tested", actor=current_actor(), subject=f"provider:{kind}", detail={"outcome": found.sentence}
    )
    return await _show({kind: check_row(found)})


async def _show(outcomes: dict[str, CheckRow]) -> Response:
    every = await facts(platform().site, platform().providers)
    rows = [_row(kind, outcomes.get(kind.value), [one for one in every if one.kind is kind]) for kind in Kind]
    return await page("admin_providers.html", view=AdminProvidersView(rows=rows, email=await own_address()))


async def own_address() -> str:
    """The e-mail address of who asks."""
    user = await User.get_or_none(id=current_actor().user_id)
    return user.email or "" if user else ""


def _row(kind: Kind, outcome: CheckRow | None, every: list[ProviderFacts]) -> TryRow:
    parts = platform()
    title, icon = KINDS[kind]
    names = parts.site.providers.of(kind)
    live = parts.providers.names(kind)
    there = bool(names) and all(name in live for name in names)
    source = parts.site.source(f"providers.{kind.value}")
    return TryRow(
        kind=kind.value,
        title=title,
        icon=icon,
        chosen=", ".join(names) or "None",
        plugin=(parts.providers.owner(kind, names[0]) or "") if names else "",
        shape="healthy" if there else "broken" if names else "off",
        source=f"set by {source}" if source != "default" else "the default",
        others=sorted({offer for offer in _offered(kind) if offer not in names}),
        able=there,
        wants_address=kind is Kind.EMAIL,
        outcome=outcome,
        live=[_live(one) for one in every],
    )


def _live(one: ProviderFacts) -> LiveProvider:
    return LiveProvider(
        name=one.name,
        chosen=one.chosen,
        said=one.said,
        shape="healthy" if one.condition is None or one.condition.healthy else "attention",
        capabilities=[word.replace("_", " ") for word in one.capabilities],
        rows=list(one.rows.items()),
        webhook=one.webhook,
    )


def _offered(kind: Kind) -> list[str]:
    """The names of all providers of a kind that installed plugins announce."""
    prefix = f"{kind.value}:"
    offers = [offer for row in platform().plugins.rows() for offer in row.provides]
    return [offer.removeprefix(prefix) for offer in offers if offer.startswith(prefix)]
