"""The set-up in the browser, after the account: each step, and the bar over all of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from aethex_live._web.views.admin import PluginRow
from aethex_live._web.views.operator import CheckRow
from aethex_live._web.views.studio import Stat
from aethex_live._web.views.things import ChannelView, PlayerView


@dataclass(frozen=True, slots=True, kw_only=True)
class StepView:
    """A step of the set-up as the bar on top shows it."""

    key: str
    label: str
    done: bool
    current: bool

    @property
    def href(self) -> str:
        """Address of the step."""
        return f"/setup/{self.key}"


@dataclass(frozen=True, slots=True, kw_only=True)
class SetupStepView:
    """setup_*.html after the account: the bar, and where back and on lead."""

    steps: Sequence[StepView]
    back: str
    skip: str
    action: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SetupSiteView:
    """setup_site.html: the site's name and address."""

    step: SetupStepView
    form: Any
    locked: Mapping[str, str]
    visited: str
    waiting: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class SetupMailView:
    """setup_mail.html: a mail to the operator and what became of it."""

    step: SetupStepView
    form: Any
    provider: str
    kept: bool
    outcome: CheckRow | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SetupPictureView:
    """setup_picture.html: a test picture that goes live."""

    step: SetupStepView
    stage: str
    sentence: str
    note: str
    why_not: str
    seconds: int
    channel: ChannelView | None = None
    player: PlayerView | None = None
    facts: Sequence[Stat] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class FeaturePhase:
    """What a phase adds; `plugins` can be turned on and off."""

    number: int
    title: str
    plugins: Sequence[PluginRow]


@dataclass(frozen=True, slots=True, kw_only=True)
class SetupFeaturesView:
    """setup_features.html."""

    step: SetupStepView
    phases: Sequence[FeaturePhase]
    empty: Sequence[str]  # titles of phases of which nothing is installed


@dataclass(frozen=True, slots=True, kw_only=True)
class NextStep:
    """What to do after the set-up."""

    icon: str
    title: str
    text: str
    href: str
    action: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SetupDoneView:
    """setup_done.html."""

    step: SetupStepView
    next_steps: Sequence[NextStep]
    restart: Sequence[str]  # what waits for the next start
    needs: Sequence[CheckRow]
