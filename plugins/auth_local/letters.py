"""What the mails say: plain text, who and what it is about, and what to do when it was not you."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Letter:
    """Subject and text of a mail."""

    subject: str
    text: str


def confirm(site: str, username: str, link: str) -> Letter:
    """To a new address."""
    return Letter(
        f"Confirm your address for {site}",
        f"Hello {username},\n\nopen this link to confirm that this address is yours. It works once, for two days:\n\n"
        f"{link}\n\nIf you have not asked for it, do nothing: without the link nothing happens.\n",
    )


def taken(site: str, username: str, link: str) -> Letter:
    """To an address that has an account already, when somebody wants it for another one."""
    return Letter(
        f"You have an account at {site}",
        f"Hello {username},\n\nsomebody, perhaps you, wanted to use this address for another account at {site}. It "
        f"belongs to your account {username}, so nothing was changed.\n\nIf you have forgotten your password, set a "
        f"new one here:\n\n{link}\n",
    )


def reset(site: str, username: str, link: str) -> Letter:
    """To who asked for a new password."""
    return Letter(
        f"A new password for {site}",
        f"Hello {username},\n\nopen this link to set a new password. It works once, for an hour:\n\n{link}\n\n"
        f"If you have not asked for it, do nothing: your password stays.\n",
    )


def password_changed(site: str, username: str, link: str) -> Letter:
    """After a new password."""
    return Letter(
        f"Your password at {site} was changed",
        f"Hello {username},\n\nthe password of your account was changed, and all other browsers are signed out.\n\n"
        f"If that was not you, set a new one at once:\n\n{link}\n",
    )


def address_changed(site: str, username: str, new: str, link: str, days: int) -> Letter:
    """To the address that an account had."""
    became = f"is now {new}" if new else "was taken away"
    return Letter(
        f"Your address at {site} was changed",
        f"Hello {username},\n\nthe e-mail address of your account {became}.\n\nIf that was not you, take it back "
        f"within {days} days. All browsers are signed out then, and you get a link for a new password:\n\n{link}\n",
    )


def new_device(site: str, username: str, device: str, address: str, when: str, link: str) -> Letter:
    """After a sign-in from a browser or network that is new."""
    return Letter(
        f"New sign-in to {site}",
        f"Hello {username},\n\nsomebody signed in to your account:\n\n    {device}\n    from {address}\n    {when}\n\n"
        f"If that was you, all is well. If not, set a new password at once, which signs everyone out:\n\n{link}\n",
    )


def security(site: str, username: str, what: str, link: str) -> Letter:
    """After a change of the second step or of passkeys."""
    return Letter(
        f"Security of your account at {site}",
        f"Hello {username},\n\n{what}\n\nIf that was not you, set a new password at once and look at your settings:"
        f"\n\n{link}\n",
    )


def admitted(site: str, username: str, link: str) -> Letter:
    """To who waited for an operator."""
    return Letter(
        f"Your account at {site} is open",
        f"Hello {username},\n\nan operator of {site} has let your account in. Sign in here:\n\n{link}\n",
    )


def declined(site: str, username: str) -> Letter:
    """To who waited for an operator in vain."""
    return Letter(
        f"Your account at {site}",
        f"Hello {username},\n\nthe operators of {site} have declined the account that was made with this address. "
        f"Everything that was stored of it is deleted.\n",
    )
