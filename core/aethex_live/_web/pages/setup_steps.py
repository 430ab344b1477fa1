"""The set-up after the account: name and address, mail, a test picture, features. Each step can be skipped."""

from __future__ import annotations

from datetime import timedelta
from typing import Any, Literal

from pydantic import BaseModel, Field
from quart import Blueprint, Response

from aethex_live._web.admin.setup import done_view, features_view, mail_view, picture_view, site_view
from aethex_live._web.admin.status import check_row
from aethex_live._web.pages.admin.providers import own_address
from aethex_live.checks.trying import try_provider
from aethex_live.errors import Invalid, Refusal
from aethex_live.providers import Kind
from aethex_live.web import (
    Access,
    Form,
    allow,
    current_actor,
    limit,
    page,
    platform,
    read_form,
    redirect_to,
    require_proof,
    say,
)

blueprint = Blueprint("setup_steps", __name__)


class StepForm(BaseModel):
    """The buttons at the foot of a step."""

    go: Literal["on", "skip"]


class SiteForm(BaseModel):
    """Name and address; what is locked is not in it."""

    go: Literal["on", "skip"]
    name: str | None = None
    url: str | None = None


class MailForm(BaseModel):
    """The test mail, or on to the next step."""

    go: Literal["on", "skip", "send"]
    to: str = Field(default="", max_length=254)


class PictureForm(BaseModel):
    """The test picture, or on to the next step."""

    go: Literal["on", "skip", "begin"]


@blueprint.get("/setup")
@allow(Access.OPERATOR)
async def begin() -> Response:
    """Where the set-up goes on."""
    return redirect_to(f"/setup/{await platform().domain.setup_steps.open()}")


@blueprint.get("/setup/site")
@allow(Access.OPERATOR)
async def site() -> Response:
    """The site's name and address."""
    return await page("setup_site.html", view=await site_view(platform()))


@blueprint.post("/setup/site")
@allow(Access.OPERATOR)
async def site_posted() -> Response:
    """Keep name and address."""
    form = await read_form(SiteForm)
    if form.data is None:
        return await page("setup_site.html", status=422, view=await site_view(platform(), form))
    if form.data.go == "skip":
        return await _on("site")
    await require_proof("/setup/site")
    given = {name: text for name, text in (("name", form.data.name), ("url", form.data.url)) if text is not None}
    try:
        await platform().domain.choices.change(_unlike_now(given), current_actor())
    except Refusal as refusal:
        form.refuse(refusal)
        return await page("setup_site.html", status=refusal.status, view=await site_view(platform(), form))
    return await _on("site")


def _unlike_now(given: dict[str, str]) -> dict[str, str]:
    """What differs from what holds without a choice: a default that was only confirmed is no choice."""
    now = platform().site
    return {
        name: text
        for name, text in given.items()
        if text.strip() != getattr(now, name) or now.source(name) != "default"
    }


@blueprint.get("/setup/mail")
@allow(Access.OPERATOR)
async def mail() -> Response:
    """A mail to the operator."""
    form = Form[Any](values={"to": await own_address()})
    return await page("setup_mail.html", view=await mail_view(platform(), form))


@blueprint.post("/setup/mail")
@allow(Access.OPERATOR)
async def mail_posted() -> Response:
    """Send it, and say what became of it."""
    form = await read_form(MailForm)
    if form.data is None:
        return await page("setup_mail.html", status=422, view=await mail_view(platform(), form))
    if form.data.go != "send":
        return await _on("mail")
    await limit("provider-test", 20, timedelta(minutes=10))
    found = await try_provider(platform(), Kind.EMAIL, mail_to=form.data.to)
    await platform().domain.audit.write(
        "provider.tested", actor=current_actor(), subject="provider:email", detail={"outcome": found.sentence}
    )
    return await page("setup_mail.html", view=await mail_view(platform(), form, check_row(found)))


@blueprint.get("/setup/picture")
@allow(Access.OPERATOR)
async def picture() -> Response:
    """The test picture, as it stands."""
    return await page("setup_picture.html", player=True, view=await picture_view(platform()))


@blueprint.post("/setup/picture")
@allow(Access.OPERATOR)
async def picture_posted() -> Response:
    """Begin one, or go on."""
    form = await read_form(PictureForm)
    if form.data is None:
        raise Invalid("Choose what to do.", field="go")
    if form.data.go != "begin":
        return await _on("picture")
    await limit("test-picture", 10, timedelta(minutes=10))
    try:
        await platform().test_picture.begin(current_actor())
    except Refusal as refusal:
        return say(redirect_to("/setup/picture"), str(refusal), "danger")
    return redirect_to("/setup/picture")


@blueprint.get("/setup/features")
@allow(Access.OPERATOR)
async def features() -> Response:
    """What is on, by phase."""
    return await page("setup_features.html", view=await features_view(platform()))


@blueprint.post("/setup/features")
@allow(Access.OPERATOR)
async def features_posted() -> Response:
    """Go on; the switches act by themselves."""
    if (await read_form(StepForm)).data is None:
        raise Invalid("Choose what to do.", field="go")
    return await _on("features")


@blueprint.get("/setup/done")
@allow(Access.OPERATOR)
async def done() -> Response:
    """What to do next."""
    return await page("setup_done.html", view=await done_view(platform()))


async def _on(step: str) -> Response:
    return redirect_to(f"/setup/{await platform().domain.setup_steps.finish(step)}")
