"""The buttons of those who can be signed in with, as pages show them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING
from uuid import UUID

from aethex_live._web.views import LinkedRow, WayButton

if TYPE_CHECKING:
    from aethex_live.platform import Platform


def way_buttons(platform: Platform, below: str = "/sign-in/with") -> Sequence[WayButton]:
    """All of them; the forms post below this address."""
    ways = platform.domain.linking.ways()
    return [WayButton(label=way.label, action=f"{below}/{way.path}", healthy=way.healthy) for way in ways]


async def confirm_buttons(platform: Platform, user_id: UUID) -> Sequence[WayButton]:
    """Those by which this account can prove itself again: an embedded one says nothing about this moment."""
    linked = await platform.domain.linking.of(user_id)
    mine = {one.way.path for one in linked if one.way and not one.way.embedded}
    return [button for button in way_buttons(platform, "/confirm/with") if _path(button) in mine]


async def linked_rows(platform: Platform, user_id: UUID) -> tuple[Sequence[LinkedRow], Sequence[WayButton]]:
    """What an account is linked with, and what it could be."""
    found = await platform.domain.linking.of(user_id)
    rows = [
        LinkedRow(
            id=str(one.id),
            label=one.way.label if one.way else one.provider,
            linked_at=one.linked_at,
            known=one.way is not None,
        )
        for one in found
    ]
    mine = {one.way.path for one in found if one.way}
    return rows, [button for button in way_buttons(platform, "/settings/ways") if _path(button) not in mine]


def _path(button: WayButton) -> str:
    return "/".join(button.action.rsplit("/", 2)[1:])
