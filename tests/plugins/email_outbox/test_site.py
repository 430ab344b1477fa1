"""Kept mails as the operator sees them."""

from aethex_live.providers.email import Email
from sites import OpenSite


async def test_the_operator_reads_kept_mails_and_nobody_else_does(open_site: OpenSite):
    # Given a site and a mail whose sender meant harm
    site = await open_site(providers={"streaming": "none"}, disable=("stream_local",))
    site.platform.db.bind()
    outbox = site.platform.providers.email()
    assert outbox is not None
    hostile = Email(
        to="ada@example.org",
        subject="Hi <img src=x onerror=a()>",
        text="Hello <script>b()</script>",
        html="<script>c()</script>",
    )
    mail_id = await outbox.send(hostile, idempotency_key="1")
    # When the operator looks
    operator = await site.operator()
    listed, opened = await operator.get("/admin/mails"), await operator.get(f"/admin/mails/{mail_id}")
    # Then the mail is there as text
    assert "ada@example.org" in listed.text
    assert "Hello &lt;script&gt;b()&lt;/script&gt;" in opened.text
    for page in (listed, opened):
        assert page.status == 200
        assert "<img src=x" not in page.text
        assert "<script>" not in page.text.replace("<script type", "")
    # And nobody else may look
    member = await site.member("ada")
    assert (await member.get("/admin/mails")).status == 403
    assert (await member.api("GET", "/admin/mails")).status in {403, 404}
