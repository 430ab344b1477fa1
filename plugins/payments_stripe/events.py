"""Stripe's webhooks: verified by ourselves, in both directions of time, and put into the words of the contract."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from aethex_live.providers.signatures import check_stamped
from aethex_live.providers.webhooks import ProviderEvent, WebhookRejected, WebhookRequest

from . import answers, told
from .told import Told

HEADER = "stripe-signature"


class Webhooks:
    """Two endpoints of one address: for the platform's own account, and for those of creators (`connect`)."""

    def __init__(self, account: Sequence[str], connect: Sequence[str], *, live: bool | None) -> None:
        """`live`: whether the key moves real money; events of the other mode are not for us. None: it does not say."""
        self._account = list(account)
        self._connect = list(connect)
        self._live = live

    def parse(self, request: WebhookRequest) -> Sequence[ProviderEvent]:
        """Verify and translate. Raises WebhookRejected."""
        header = request.headers.get(HEADER)
        check_stamped(header, request.body, [*self._account, *self._connect], request.received_at)
        try:
            event = json.loads(request.body)
            if self._live is not None and event.get("livemode") not in (self._live, None):
                return []
            if event.get("account") is not None:
                self._must_be_connect(header, request)
            return [_event(event, each) for each in _told(event)]
        except answers.MALFORMED:
            raise WebhookRejected("malformed") from None

    def _must_be_connect(self, header: str | None, request: WebhookRequest) -> None:
        """What happened at a creator's account comes by the endpoint for those alone."""
        check_stamped(header, request.body, self._connect, request.received_at)


def _told(event: Mapping[str, Any]) -> Sequence[Told]:
    kind, thing = event["type"], event["data"]["object"]
    if not isinstance(kind, str) or not isinstance(thing, Mapping):
        raise TypeError("an event has a type and an object")
    account = event.get("account")
    if account is not None:
        of_creator = told.AT_CREATORS.get(kind)
        return of_creator(thing, answers.ident(account), answers.ident(event["id"])) if of_creator else ()
    translate = told.AT_PLATFORM.get(kind)
    return translate(thing) if translate else ()


def _event(event: Mapping[str, Any], each: Told) -> ProviderEvent:
    return ProviderEvent(
        id=answers.ident(event["id"]),
        type=each.type,
        subject=each.subject,
        occurred_at=answers.moment(event["created"]),
        ref=each.ref,
        data={name: value for name, value in each.data.items() if value is not None}
        | {"fact": f"{each.thing or each.subject}:{each.became}"},
    )
