"""The page of one recording."""

from __future__ import annotations

from uuid import UUID

from quart import Blueprint, Response

from aethex_live._web.cards import Cards
from aethex_live._web.mature import gate
from aethex_live._web.views import VideoView
from aethex_live.web import Access, allow, current_actor, page, platform
from aethex_live.web.subject import Subject

blueprint = Blueprint("videos", __name__)
NOTES = {
    "processing": "This video is being made ready. It will be here in a moment.",
    "failed": "This video could not be kept whole, so there is nothing to play.",
    "ready": "The plugin that keeps this video is switched off at the moment.",
}
MORE = 6


@blueprint.get("/videos/<uuid:video_id>")
@allow(Access.PUBLIC)
async def video(video_id: UUID) -> Response:
    """A recording with its player; private ones only for the channel's owner."""
    parts = platform()
    row = await parts.domain.recordings.get(video_id, current_actor())
    if closed := await gate(row.channel):
        return closed
    cards = Cards(parts)
    others = await parts.domain.recordings.of_channel(row.channel_id, limit=MORE + 1)
    more = await cards.video_cards([other for other in others if other.id != row.id][:MORE])
    await cards.know([row.channel])
    player = cards.player_of_recording(row)
    view = VideoView(
        video=cards.video(row),
        player=player,
        note="" if player else NOTES.get(row.state, ""),
        more=more,
    )
    subject = Subject(kind="recording", path=f"/videos/{row.id}", channel=row.channel, recording=row)
    return await page("video.html", player=True, subject=subject, view=view)
