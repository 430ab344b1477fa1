"""Rendering: the site's templates, and pages whose slots are filled all at once."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping, MutableMapping
from types import FunctionType, MethodType
from typing import TYPE_CHECKING, Any

from jinja2 import Environment, Template, pass_context
from jinja2.runtime import Context, Macro
from markupsafe import Markup
from quart import Quart, g

from aethex_live.hookspecs.web import Slot

if TYPE_CHECKING:
    from aethex_live._runtime.slots import Asked, SlotRenderer

MOST_TEXTS = 5_000
DEEPEST = 3  # slots in parts of slots
Around = Callable[[], Mapping[str, Any]]


class SiteContext(Context):
    """Calls from templates, without asking plain functions and macros whether they want context or environment."""

    def call(self, function: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Any:
        """Call a function or macro as Jinja would."""
        kind = type(function)
        if kind is Macro:
            args = (self.eval_ctx, *args)
        elif kind is not MethodType and (kind is not FunctionType or hasattr(function, "jinja_pass_arg")):
            return super().call(function, *args, **kwargs)
        # Jinja adds these for those that want the context
        kwargs.pop("_block_vars", None)
        kwargs.pop("_loop_vars", None)
        return function(*args, **kwargs)


class SiteEnvironment(Environment):
    """Templates that render at once, without a coroutine for each expression: that halves the cost of a page."""

    context_class = SiteContext

    def __init__(self, _app: Quart, **options: Any) -> None:
        super().__init__(**options)

    def make_globals(self, d: MutableMapping[str, Any] | None) -> MutableMapping[str, Any]:
        """The globals of a template; one plain dictionary, because every include copies it."""
        return {**self.globals, **d} if d else self.globals


def plain_texts(gettext: Any) -> Callable[..., str]:
    """The function `_` of templates over Jinja's own: a text without a gap for a value is made only once."""
    made: dict[str, str] = {}

    @pass_context
    def translate(context: Context, text: str, **values: Any) -> str:
        if values:
            filled: str = gettext(context, text, **values)
            return filled
        found = made.get(text)
        if found is None:
            if len(made) >= MOST_TEXTS:
                made.clear()
            found = made[text] = gettext(context, text)
        return found

    return translate


class Rendering:
    """Renders pages of the core and parts of plugins.

    A template that asks for a slot gets a mark. When the page is rendered all slots that it asked for are filled
    together, so their plugins wait for one another's database at most once.
    """

    def __init__(self, env: Environment, slots: SlotRenderer, about_request: Around) -> None:
        self._env = env
        self._slots = slots
        self._about_request = about_request
        self._templates: dict[str, Template] = {}
        # nobody's text can hold it: it is never sent
        self._mark = f"\x00{secrets.token_hex(8)}:"

    def slot(self, name: str, **context: Any) -> Markup:
        """The global `slot` of the templates. Empty, so false, where no plugin is heard at all.

        Raises ValueError for a slot that does not exist.
        """
        if not self._slots.is_filled(Slot(name)):
            return Markup("")
        asked: list[Asked] = g.asked_slots
        asked.append((Slot(name), context))
        return Markup(f"{self._mark}{len(asked) - 1}\x00")  # noqa: S704  (a mark of ours and a number)

    async def page(self, template: str, context: Mapping[str, Any]) -> str:
        """A whole page or fragment, its slots filled. `context` is what the template reads besides the request's."""
        asked: list[Asked] = []
        about = self._about_request()
        g.asked_slots, g.about_request = asked, about
        html = self._env.get_template(template).render({**about, **context})
        operator = about["actor"].is_operator
        filled: list[str] = []
        for _ in range(DEEPEST):
            if len(filled) == len(asked):
                break
            filled += await self._slots.render_all(asked[len(filled) :], operator=operator)
        return self._put_together(html, filled)

    def _put_together(self, html: str, filled: list[str]) -> str:
        """The page with the slots in place of the marks; a slot that lies too deep stays empty."""
        first, *rest = html.split(self._mark)
        pieces = [first]
        for piece in rest:
            number, _, text = piece.partition("\x00")
            index = int(number)
            if index < len(filled):
                pieces.append(
                    self._put_together(filled[index], filled) if self._mark in filled[index] else filled[index]
                )
            pieces.append(text)
        return "".join(pieces)

    async def part(self, template: str, context: Mapping[str, Any]) -> str:
        """A plugin's part of the page that is being rendered; it needs no shell of its own."""
        found = self._templates.get(template)
        if found is None:
            found = self._templates[template] = self._env.get_template(template)
        # `render` would copy all of it once more
        everything = found.new_context({**self._env.globals, **g.about_request, **context}, shared=True)
        try:
            return "".join(found.root_render_func(everything))
        except Exception:  # noqa: BLE001  (Jinja raises it again, with the template's own lines)
            self._env.handle_exception()
