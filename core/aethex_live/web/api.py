"""Public pieces of a JSON API: problem models for the description, pages of a list with a cursor."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Generic, TypeVar
from uuid import UUID

from pydantic import BaseModel, Field
from quart_schema import document_response

from aethex_live.errors import Invalid

T = TypeVar("T")
F = TypeVar("F", bound=Callable[..., Any])


class Problem(BaseModel):
    """A refusal as RFC 9457 says it; `errors` are sentences by field."""

    type: str = Field(description="a URN that names the kind of problem")
    title: str
    status: int
    detail: str = Field(description="a sentence for a person")
    request_id: str = ""
    errors: dict[str, str] | None = None
    retry_after_s: float | None = Field(default=None, description="seconds until the next try is taken")
    retry_after: float | None = Field(default=None, description="the same figure, by its older name")


class Page(BaseModel, Generic[T]):
    """A part of a list, newest first."""

    items: Sequence[T]
    next: str | None = Field(default=None, description="give it as `before` for the next page; null: that was all")


class PageQuery(BaseModel):
    """Which part of a list."""

    before: UUID | None = Field(default=None, description="`next` of the page before")
    limit: int = Field(default=20, ge=1, le=100)


class Done(BaseModel):
    """It is done, and there is nothing more to say."""

    ok: bool = True


def refuses(*statuses: int) -> Callable[[F], F]:
    """Describe the problems that a view answers with."""

    def describe(view: F) -> F:
        for status in statuses:
            view = document_response(Problem, status)(view)
        return view

    return describe


def page_of(rows: Sequence[T], limit: int, cursor: Callable[[T], object]) -> tuple[Sequence[T], str | None]:
    """The page and its `next`, from `limit + 1` rows that were asked for."""
    if len(rows) <= limit:
        return rows, None
    return rows[:limit], str(cursor(rows[limit - 1]))


def uuid_of(value: str, field: str) -> UUID:
    """A UUID out of a request. Raises Invalid about `field`."""
    try:
        return UUID(value)
    except ValueError:
        raise Invalid("This is not an id of ours.", field=field) from None
