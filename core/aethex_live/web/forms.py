"""Forms: what was typed, checked by a pydantic model, with a sentence per field and nothing lost."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from pydantic import BaseModel, ValidationError
from quart import request

from aethex_live.errors import Refusal
from aethex_live.web.sentences import sentence_of

M = TypeVar("M", bound=BaseModel)


@dataclass(slots=True)
class Form(Generic[M]):
    """A form as it came in: `values` are what was typed, `errors` the sentences by field ("" = the whole form)."""

    values: Mapping[str, str]
    data: M | None = None
    errors: dict[str, str] = field(default_factory=dict)

    def refuse(self, refusal: Refusal) -> None:
        """Put a refusal of the rules where the person sees it."""
        self.errors[refusal.field or ""] = str(refusal)


SECRET_FIELDS = frozenset({"password", "new_password", "current_password", "csrf"})


async def read_form(model: type[M]) -> Form[M]:
    """Read and check the posted form; secrets are never handed back to the page."""
    posted = await request.form
    typed = {name: str(value).replace("\x00", "") for name, value in posted.items() if name != "csrf"}
    shown = {name: value for name, value in typed.items() if name not in SECRET_FIELDS}
    form: Form[M] = Form(values=shown)
    try:
        form.data = model.model_validate(typed)
    except ValidationError as failure:
        form.errors = errors_by_field(failure)
    return form


def errors_by_field(failure: ValidationError) -> dict[str, str]:
    """One sentence a field, the first that failed."""
    found: dict[str, str] = {}
    for error in failure.errors(include_url=False, include_input=False):
        name = str(error["loc"][0]) if error["loc"] else ""
        found.setdefault(name, sentence_of(error))
    return found
