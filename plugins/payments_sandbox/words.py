"""How pages write money."""

from __future__ import annotations

from decimal import Decimal

from babel.numbers import format_currency, get_currency_symbol

from aethex_live.providers.payment_checks import decimals

LOCALE = "en"


def money(amount: int, currency: str) -> str:
    """1230, eur -> €12.30"""
    places = decimals(currency)
    value = Decimal(amount).scaleb(-places)
    sign = get_currency_symbol(currency.upper(), locale=LOCALE)
    pattern = ("¤\xa0" if sign.isalpha() else "¤") + "#,##0" + ("." + "0" * places if places else "")
    return format_currency(value, currency.upper(), pattern, locale=LOCALE, currency_digits=False)
