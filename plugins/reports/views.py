"""Pages below /p/reports/: the form, one's own reports, the queues of operators and of channel moderators."""

from __future__ import annotations

from typing import Any, Literal
from uuid import UUID

from pydantic import BaseModel, Field
from quart import Blueprint, Response, request

from aethex_live.errors import Conflict, Invalid, NotFound, Refusal
from aethex_live.web import (
    Access,
    Form,
    allow,
    client_address,
    current_actor,
    current_channel,
    page,
    read_form,
    redirect_to,
    require_proof,
)
from aethex_live.web.api import page_of, uuid_of

from .acts import PROVEN, acts_for
from .queue import CHAT, CHAT_PERSON, PAGE, Case, Queue, outcome_of
from .reasons import SENTENCES, Act, Reason
from .service import LONGEST, LONGEST_NOTE, Filing, Reports
from .subjects import Subjects, kind_name


class FileForm(BaseModel):
    """The form of a report."""

    kind: str = Field(max_length=60)
    id: str = Field(max_length=64)
    reason: Reason
    text: str = Field(default="", max_length=8 * LONGEST)
    wants_news: Literal["on", ""] = ""


class CloseForm(BaseModel):
    """The form under a case."""

    kind: str = Field(max_length=60)
    id: str = Field(max_length=64)
    act: Act
    note: str = Field(default="", max_length=8 * LONGEST_NOTE)


class Pages:
    """Views; each is marked with who may call it."""

    def __init__(self, reports: Reports, queue: Queue, subjects: Subjects) -> None:
        self._reports = reports
        self._queue = queue
        self._subjects = subjects

    def blueprint(self) -> Blueprint:
        """The routes."""
        routes = Blueprint("reports", __name__, url_prefix="/p/reports")
        routes.get("/new")(self.new)
        routes.post("/new")(self.file)
        routes.get("/sent")(self.sent)
        routes.get("/mine")(self.mine)
        routes.get("/queue")(self.queue)
        routes.post("/queue")(self.close)
        routes.get("/channels/<slug>")(self.of_channel)
        routes.post("/channels/<slug>")(self.close_of_channel)
        return routes

    # --- reporting

    @allow(Access.PUBLIC)
    async def new(self) -> Response:
        """The form about a thing."""
        given = {"kind": request.args.get("kind", ""), "id": request.args.get("id", "")}
        return await self._show_form(Form[Any](values=given))

    @allow(Access.PUBLIC)
    async def file(self) -> Response:
        """Take the report; what was typed stays when it is refused."""
        form = await read_form(FileForm)
        if form.data is None:
            return await self._show_form(form, 422)
        data = form.data
        filing = Filing(
            kind=data.kind, subject_id=data.id, reason=data.reason, text=data.text, wants_news=bool(data.wants_news)
        )
        try:
            await self._reports.file(filing, current_actor(), client_address())
        except Conflict:
            return redirect_to("/p/reports/sent?again=1")
        except Refusal as refusal:
            form.refuse(refusal)
            return await self._show_form(form, refusal.status)
        return redirect_to("/p/reports/sent")

    async def _show_form(self, form: Form[Any], status: int = 200) -> Response:
        kind, number = form.values.get("kind", ""), form.values.get("id", "")
        found = await self._subjects.get(kind[:60], number[:64])
        return await page(
            "reports/new.html",
            status=status,
            form=form,
            found=found,
            kind_name=kind_name(kind),
            reasons=[(reason.value, sentence) for reason, sentence in SENTENCES.items()],
            may_hear=await self._reports.may_hear(current_actor()),
            longest=LONGEST,
        )

    @allow(Access.PUBLIC)
    async def sent(self) -> Response:
        """Thanks."""
        return await page("reports/sent.html", again="again" in request.args)

    @allow(Access.SIGNED_IN)
    async def mine(self) -> Response:
        """What the person reported, and what became of it."""
        user_id = current_actor().user_id
        assert user_id is not None, "the guard lets signed-in people through only"
        rows, older = page_of(await self._queue.of_person(user_id, before=_cursor()), PAGE, lambda report: report.id)
        shown = [(report, kind_name(report.kind), outcome_of(report)) for report in rows]
        return await page("reports/mine.html", reports=shown, older=_older("/p/reports/mine", older))

    # --- operators

    @allow(Access.OPERATOR)
    async def queue(self) -> Response:
        """What waits, or with ?state=closed what was done."""
        return await self._show_queue(None)

    @allow(Access.OPERATOR)
    async def close(self) -> Response:
        """Act, and close all reports of the thing."""
        return await self._close(None)

    # --- moderators of a channel

    @allow(Access.CHANNEL_MODERATOR)
    async def of_channel(self, slug: str) -> Response:
        """Reports about the channel's chat."""
        channel = current_channel()
        if channel.slug != slug:
            return redirect_to(f"/p/reports/channels/{channel.slug}")
        return await self._show_queue(channel.id)

    @allow(Access.CHANNEL_MODERATOR)
    async def close_of_channel(self, slug: str) -> Response:
        """Close reports about the channel's chat."""
        return await self._close(current_channel().id)

    async def _close(self, channel_id: UUID | None) -> Response:
        form = await read_form(CloseForm)
        if form.data is None:
            field, sentence = next(iter(form.errors.items()))
            raise Invalid(sentence, field=field)
        data = form.data
        if channel_id is not None and (
            data.kind not in (CHAT, CHAT_PERSON) or data.act not in acts_for(CHAT, moderator=True, accused=False)
        ):
            raise NotFound("Moderators close reports about the chat of their channel.")
        if data.act in PROVEN:
            await require_proof(_base(channel_id))
        try:
            await self._reports.close(data.kind, data.id, data.act, data.note, current_actor(), channel_id=channel_id)
        except Refusal as refusal:
            return await self._show_queue(channel_id, refusal, (data.kind, data.id, data.note))
        return redirect_to(_base(channel_id))

    async def _show_queue(
        self, channel_id: UUID | None, refusal: Refusal | None = None, about: tuple[str, str, str] = ("", "", "")
    ) -> Response:
        base, closed = _base(channel_id), request.args.get("state") == "closed" and refusal is None
        cases, older = await (self._closed_page(channel_id, base) if closed else self._open_page(channel_id, base))
        return await page(
            "reports/queue.html",
            status=refusal.status if refusal else 200,
            area="admin" if channel_id is None else None,
            channel=current_channel() if channel_id else None,
            base=base,
            closed=closed,
            cases=cases,
            older=older,
            waiting=await self._queue.count(channel_id),
            refusal=str(refusal) if refusal else "",
            about=about,
            longest_note=LONGEST_NOTE,
        )

    async def _open_page(self, channel_id: UUID | None, base: str) -> tuple[list[Case], str | None]:
        wanted = request.args.get("page", "")
        number = int(wanted) if wanted.isascii() and wanted.isdigit() and len(wanted) < 6 else 0
        cases, more = await self._queue.open(channel_id, page=number)
        return cases, f"{base}?page={number + 1}" if more else None

    async def _closed_page(self, channel_id: UUID | None, base: str) -> tuple[list[Case], str | None]:
        cases, after = page_of(await self._queue.closed(channel_id, before=_cursor()), PAGE, lambda case: case.cursor)
        return list(cases), f"{base}?state=closed&before={after}" if after else None


def _base(channel_id: UUID | None) -> str:
    return f"/p/reports/channels/{current_channel().slug}" if channel_id else "/p/reports/queue"


def _cursor() -> UUID | None:
    wanted = request.args.get("before")
    return uuid_of(wanted, "before") if wanted else None


def _older(base: str, after: str | None) -> str | None:
    return f"{base}?before={after}" if after else None
