"""The sandbox's pages in Chromium: axe, both themes, wide and narrow."""

import pytest
from playwright.async_api import async_playwright

from aethex_live.providers.payments import CheckoutSpec, Money
from page_audit import audit
from sites import OpenSite

pytestmark = pytest.mark.slow


async def test_pages_are_right_in_both_themes_wide_and_narrow(open_site: OpenSite, need):
    chromium = str(need("chromium"))
    site = await open_site(providers={"streaming": "none", "payments": ["sandbox"]}, disable=("stream_local",))
    await site.operator()
    site.platform.db.bind()
    provider = site.platform.providers.payments()
    customer = await provider.ensure_customer(ref="ada", email=None)
    price = await provider.ensure_price(ref="fan", name="Fan", price=Money(500, "eur"), every="month")
    payee = await provider.create_payee(ref="c", country="DE", email="c@example.org", idempotency_key="1")

    def order(ref: str, **more) -> CheckoutSpec:
        back = f"{site.url}?back=1"
        return CheckoutSpec(ref=ref, description="A tip", success_url=back, cancel_url=back, **more)

    tip = await provider.create_checkout(order("a", amount=Money(1230, "eur"), promo=True), idempotency_key="1")
    asked = await provider.create_checkout(order("b", amount=Money(1230, "jpy")), idempotency_key="2")
    fan = await provider.create_checkout(order("c", price=price, customer=customer), idempotency_key="3")
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=chromium)
        page = await browser.new_page()

        async def pay(url: str, number: str) -> None:
            await page.goto(url)
            await page.fill("#number", number)
            await page.fill("#expiry", "12/34")
            await page.fill("#cvc", "123")
            await page.click("text=Pay ")

        wrong: list[str] = []
        try:
            await pay(tip.url, "4000000000000002")
            await page.click("summary")
            wrong += await audit(page, "sandbox-checkout")
            await pay(asked.url, "4000002500003155")
            await page.wait_for_url("**/bank")
            wrong += await audit(page, "sandbox-bank")
            await page.click("text=Yes, pay")
            await pay(fan.url, "4242424242424242")
            await page.goto(fan.url)
            wrong += await audit(page, "sandbox-paid")
            await page.goto(await provider.portal_url(customer, return_url=site.url))
            wrong += await audit(page, "sandbox-portal")
            await page.goto(await provider.onboarding_url(payee.id, return_url=site.url, refresh_url=site.url))
            wrong += await audit(page, "sandbox-onboarding")
            await page.goto(f"{site.url}sign-in?next=/p/payments_sandbox/control")
            await page.fill("#username", "boss")
            await page.fill("#password", "correct horse 9 battery")
            await page.click("button:has-text('Sign in')")
            await page.wait_for_url("**/control")
            wrong += await audit(page, "sandbox-control")
        finally:
            await browser.close()
    assert wrong == []
