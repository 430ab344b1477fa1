"""Rendering: the site's templates, and pages whose slots are filled all at once."""

from __future__ import annotations

import re
import secrets
from collections.abc import Callable, Mapping, MutableMapping
from contextvars import ContextVar
from dataclasses import dataclass, field
from functools import cache
from types import FunctionType, MethodType
from typing import TYPE_CHECKING, Any, Final

from jinja2 import Environment, Template
from jinja2.compiler import CodeGenerator, Frame
from jinja2.nodes import Expr
from jinja2.runtime import Context, Macro
from markupsafe import Markup, escape
from quart import Quart

from aethex_live.hookspecs.web import Slot

if TYPE_CHECKING:
    from aethex_live._runtime.slots import Asked, SlotRenderer

MOST_TEXTS = 5_000
DEEPEST = 3  # slots in parts of slots
Around = Callable[[], Mapping[str, Any]]
_SPECIAL: Final = re.compile("[&<>\"']")


def escaped(value: object) -> str:
    """What a template shows of a value: MarkupSafe's escape, without a new object for text that stays as it is."""
    kind = type(value)
    if kind is Markup:
        return value  # type: ignore[return-value]  # it is text
    if kind is str and _SPECIAL.search(value) is None:  # type: ignore[call-overload]  # as the line says
        return value  # type: ignore[return-value]
    return str(value) if kind is int else escape(value)


class SiteCode(CodeGenerator):
    """Templates' code that escapes by `escaped`: a page shows a thousand values, and most need no change."""

    def _output_child_pre(self, node: Expr, frame: Frame, finalize: Any) -> None:
        if frame.eval_ctx.volatile or not frame.eval_ctx.autoescape:
            super()._output_child_pre(node, frame, finalize)
            return
        self.write("environment.escaped(")
        if finalize.src is not None:
            self.write(finalize.src)


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
    code_generator_class = SiteCode
    escaped = staticmethod(escaped)

    def __init__(self, _app: Quart, **options: Any) -> None:
        # asked for every template and every part of it, and always the same by its name
        options["autoescape"] = cache(options["autoescape"])
        super().__init__(**options)

    def make_globals(self, d: MutableMapping[str, Any] | None) -> MutableMapping[str, Any]:
        """The globals of a template; one plain dictionary, because every include copies it."""
        return {**self.globals, **d} if d else self.globals


def texts(gettext: Callable[[str], str]) -> Callable[..., Markup]:
    """The function `_` of templates, which are all HTML: `%(name)s` is a gap for a value, which is escaped.

    Unlike Jinja's own it asks for no context and makes a text without a gap only once.
    """
    made: dict[str, Markup] = {}

    def translate(text: str, /, **values: Any) -> Markup:
        if values:
            return Markup(gettext(text)) % values  # noqa: S704  (texts are the templates' own)
        found = made.get(text)
        if found is None:
            if len(made) >= MOST_TEXTS:
                made.clear()
            found = made[text] = Markup(gettext(text)) % {}  # noqa: S704  (as above)
        return found

    return translate


@dataclass(slots=True)
class Page:
    """The page that is being rendered: what all its templates read, and the slots that they asked for."""

    around: Mapping[str, Any]
    asked: list[Asked] = field(default_factory=list)


_SLOTS: Final = {str(slot): slot for slot in Slot}


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
        # not in Quart's g: its proxy takes as long as a small part of a plugin
        self._page: ContextVar[Page] = ContextVar("page")
        # nobody's text can hold it: it is never sent
        self._mark = f"\x00{secrets.token_hex(8)}:"

    def slot(self, name: str, **context: Any) -> Markup:
        """The global `slot` of the templates. Empty, so false, where no plugin is heard at all.

        Raises ValueError for a slot that does not exist.
        """
        found = _SLOTS.get(name) or Slot(name)
        if not self._slots.is_filled(found):
            return Markup("")
        asked = self._page.get().asked
        asked.append((found, context))
        return Markup(f"{self._mark}{len(asked) - 1}\x00")  # noqa: S704  (a mark of ours and a number)

    async def page(self, template: str, context: Mapping[str, Any]) -> str:
        """A whole page or fragment, its slots filled. `context` is what the template reads besides the request's."""
        about = self._about_request()
        page = Page({**self._env.globals, **about})
        asked, mark = page.asked, self._page.set(page)
        try:
            return await self._filled(template, about, context, asked)
        finally:
            self._page.reset(mark)

    async def _filled(
        self, template: str, about: Mapping[str, Any], context: Mapping[str, Any], asked: list[Asked]
    ) -> str:
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
        everything = found.new_context({**self._page.get().around, **context}, shared=True)
        try:
            return "".join(found.root_render_func(everything))
        except Exception:  # noqa: BLE001  (Jinja raises it again, with the template's own lines)
            self._env.handle_exception()
