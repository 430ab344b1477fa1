"""The payment provider "stripe": Checkout, Billing and Connect, with the platform as merchant."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal
from uuid import uuid4

from aethex_live.providers import Invalid
from aethex_live.providers.payment_checks import (
    LONGEST_REF,
    check_address,
    check_checkout,
    check_key,
    check_money,
)
from aethex_live.providers.payments import (
    Balance,
    Checkout,
    CheckoutSpec,
    Money,
    PayCap,
    Payee,
    Subscription,
)
from aethex_live.providers.webhooks import ProviderEvent, WebhookRequest

from . import answers, requests
from .answers import ident
from .client import Client
from .currencies import to_stripe
from .errors import NAME
from .events import Webhooks

CAPABILITIES = frozenset(PayCap) - {PayCap.CLOCK}


class StripePayments:
    """Takes payments by Stripe's pages; creators are express accounts that get destination charges."""

    name = NAME
    capabilities = CAPABILITIES

    def __init__(
        self, client: Client, webhooks: Webhooks, *, automatic_tax: bool = False, portal_configuration: str = ""
    ) -> None:
        self._client = client
        self._webhooks = webhooks
        self._automatic_tax = automatic_tax
        self._portal_configuration = portal_configuration
        self.calls = client.calls

    async def ensure_customer(self, *, ref: str, email: str | None) -> str:
        """The customer of our `ref`: looked for by address, else made; without one found again for a day alone."""
        _check_ref(ref, "ensure_customer")
        customers = self._client.v1.customers
        params: dict[str, Any] = {"metadata": {"ref": ref}}
        if email is not None:
            params["email"] = email

            def known(found: Mapping[str, Any]) -> str | None:
                return next((ident(each["id"]) for each in found["data"] if answers.ref_of(each) == ref), None)

            wanted: Any = {"email": email, "limit": 100}
            if number := await self._client.ask("ensure_customer", lambda: customers.list_async(wanted), known):
                return number
        options = _options(f"customer:{requests.digest(ref, email)}")
        return await self._client.ask(
            "ensure_customer", lambda: customers.create_async(_any(params), options), lambda made: ident(made["id"])
        )

    async def ensure_price(self, *, ref: str, name: str, price: Money, every: Literal["month", "year"]) -> str:
        """The recurring price of our `ref`."""
        _check_ref(ref, "ensure_price")
        check_money(price, NAME, "ensure_price")
        prices, params = self._client.v1.prices, requests.price(ref, name, price, every)
        wanted: Any = {"lookup_keys": [params["lookup_key"]], "active": True, "limit": 1}

        def known(found: Mapping[str, Any]) -> str | None:
            rows = [row for row in found["data"] if row.get("lookup_key") == params["lookup_key"]]
            return ident(rows[0]["id"]) if rows else None

        if number := await self._client.ask("ensure_price", lambda: prices.list_async(wanted), known):
            return number
        options = _options(f"price:{params['lookup_key']}:{requests.digest(name)}")
        return await self._client.ask(
            "ensure_price", lambda: prices.create_async(_any(params), options), lambda made: ident(made["id"])
        )

    async def create_checkout(self, spec: CheckoutSpec, *, idempotency_key: str) -> Checkout:
        """Begin a payment or a subscription."""
        check_checkout(spec, NAME)
        check_key(idempotency_key, NAME, "create_checkout")
        params = requests.session(spec, automatic_tax=self._automatic_tax)
        sessions, options = self._client.v1.checkout.sessions, _options(idempotency_key)
        return await self._client.ask(
            "create_checkout", lambda: sessions.create_async(_any(params), options), answers.checkout
        )

    async def get_checkout(self, checkout_id: str) -> Checkout:
        """How a checkout stands."""
        sessions = self._client.v1.checkout.sessions
        return await self._client.ask("get_checkout", lambda: sessions.retrieve_async(checkout_id), answers.checkout)

    async def portal_url(self, customer: str, *, return_url: str) -> str:
        """The address of the customer's page."""
        check_address(return_url, NAME, "portal_url")
        params = {"customer": customer, "return_url": return_url}
        if self._portal_configuration:
            params["configuration"] = self._portal_configuration
        portals, options = self._client.v1.billing_portal.sessions, _options()
        return await self._client.ask("portal_url", lambda: portals.create_async(_any(params), options), _url)

    async def get_subscription(self, subscription_id: str) -> Subscription:
        """What is true of one."""
        return await self._get_subscription(subscription_id, "get_subscription")

    async def _get_subscription(self, subscription_id: str, operation: str) -> Subscription:
        subscriptions = self._client.v1.subscriptions
        return await self._client.ask(
            operation, lambda: subscriptions.retrieve_async(subscription_id), answers.subscription
        )

    async def cancel_subscription(self, subscription_id: str, *, at_period_end: bool = True) -> Subscription:
        """End it, now or later; one that has ended is looked at alone."""
        operation, subscriptions, options = "cancel_subscription", self._client.v1.subscriptions, _options()
        now = await self._get_subscription(subscription_id, operation)
        if now.status == "ended" or (at_period_end and now.ends_at_period_end):
            return now
        if not at_period_end:
            return await self._client.ask(
                operation, lambda: subscriptions.cancel_async(subscription_id, {}, options), answers.subscription
            )
        params: Any = {"cancel_at_period_end": True}
        return await self._client.ask(
            operation, lambda: subscriptions.update_async(subscription_id, params, options), answers.subscription
        )

    async def refund(self, payment_id: str, amount: Money | None, *, reverse_split: bool, idempotency_key: str) -> str:
        """Give money back; `reverse_split` also gives back the platform's fee, where there was one."""
        check_key(idempotency_key, NAME, "refund")
        intent = await self.resolve_payment(payment_id)
        params: dict[str, Any] = {"payment_intent": intent}
        if amount is not None:
            check_money(amount, NAME, "refund")
            params["amount"] = to_stripe(amount, "refund")
        if reverse_split:
            params |= await self._reversal(intent)
        refunds, options = self._client.v1.refunds, _options(idempotency_key)
        return await self._client.ask(
            "refund", lambda: refunds.create_async(_any(params), options), lambda made: ident(made["id"])
        )

    async def resolve_payment(self, payment_id: str) -> str:
        """The payment intent of what `subscription.active` told: an invoice's event does not name it."""
        if not payment_id.startswith("in_"):
            return payment_id
        invoices, wanted = self._client.v1.invoices, _any({"expand": ["payments"]})
        return await self._client.ask(
            "resolve_payment", lambda: invoices.retrieve_async(payment_id, wanted), answers.intent_of_invoice
        )

    async def _reversal(self, payment_id: str) -> dict[str, bool]:
        """Stripe refuses to take back what there never was, so the payment is looked at first."""
        intents = self._client.v1.payment_intents

        def parts(intent: Mapping[str, Any]) -> dict[str, bool]:
            split = {"reverse_transfer": True} if intent.get("transfer_data") else {}
            return split | ({"refund_application_fee": True} if intent.get("application_fee_amount") else {})

        return await self._client.ask("refund", lambda: intents.retrieve_async(payment_id), parts)

    async def create_payee(self, *, ref: str, country: str, email: str, idempotency_key: str) -> Payee:
        """An account for a creator."""
        _check_ref(ref, "create_payee")
        check_key(idempotency_key, NAME, "create_payee")
        if len(country) != 2 or not country.isascii() or not country.isupper():
            raise Invalid("A country is two capital letters, as in DE.", provider=NAME, operation="create_payee")
        accounts, options = self._client.v1.accounts, _options(idempotency_key)
        params = _any(requests.account(ref, country, email))
        return await self._client.ask("create_payee", lambda: accounts.create_async(params, options), answers.payee)

    async def get_payee(self, payee_id: str) -> Payee:
        """How it stands."""
        accounts = self._client.v1.accounts
        return await self._client.ask("get_payee", lambda: accounts.retrieve_async(payee_id), answers.payee)

    async def onboarding_url(self, payee_id: str, *, return_url: str, refresh_url: str) -> str:
        """The address where the creator gives what is due, once."""
        check_address(return_url, NAME, "onboarding_url")
        check_address(refresh_url, NAME, "onboarding_url")
        links, options = self._client.v1.account_links, _options()
        params: Any = {
            "account": payee_id,
            "type": "account_onboarding",
            "return_url": return_url,
            "refresh_url": refresh_url,
        }
        return await self._client.ask("onboarding_url", lambda: links.create_async(params, options), _url)

    async def balance(self, payee_id: str) -> Balance:
        """The payee's money."""
        balances = self._client.v1.balance
        return await self._client.ask(
            "balance", lambda: balances.retrieve_async(options={"stripe_account": payee_id}), answers.balance
        )

    async def pay_out(self, payee_id: str, amount: Money, *, idempotency_key: str) -> str:
        """Send money to the creator's bank."""
        check_money(amount, NAME, "pay_out")
        check_key(idempotency_key, NAME, "pay_out")
        params: Any = {"amount": to_stripe(amount, "pay_out"), "currency": amount.currency}
        payouts, options = self._client.v1.payouts, _options(idempotency_key)
        options["stripe_account"] = payee_id
        return await self._client.ask(
            "pay_out", lambda: payouts.create_async(params, options), lambda made: ident(made["id"])
        )

    def parse_webhook(self, request: WebhookRequest) -> Sequence[ProviderEvent]:
        """Verify and translate."""
        return self._webhooks.parse(request)

    async def aclose(self) -> None:
        """Give connections back."""
        await self._client.aclose()


def _options(key: str | None = None) -> Any:
    """Options of one call, with its idempotency key: made once, so that every repeat carries the same."""
    return {"idempotency_key": key or uuid4().hex}


def _any(params: dict[str, Any]) -> Any:
    """Parameters as the SDK's typed dictionaries take them."""
    return params


def _url(made: Mapping[str, Any]) -> str:
    url = made["url"]
    if not isinstance(url, str) or not url:
        raise TypeError("an address is a text")
    return url


def _check_ref(ref: str, operation: str) -> None:
    if not 0 < len(ref) <= LONGEST_REF or not ref.isprintable():
        raise Invalid(f"A reference has 1 to {LONGEST_REF} characters.", provider=NAME, operation=operation)
