"""What operators do in the browser: each act changes what it says, is refused to others, and stands in the audit."""

from __future__ import annotations

import re

import pytest

from aethex_live.actor import Actor
from aethex_live.errors import Forbidden
from aethex_live.ids import uuid7
from aethex_live.models import AuditEntry, Channel, Event, EventDeadLetter, Outbox, PluginState, Session, SiteFact, User
from aethex_live.settings import load_site
from sites import PASSWORD, Browser, LiveSite, OpenSite


@pytest.fixture(scope="module")
def browsers() -> dict[str, Browser]:
    return {}


async def boss_of(site: LiveSite, browsers: dict[str, Browser]) -> Browser:
    site.platform.db.bind()
    if "boss" not in browsers:
        browsers["boss"] = await site.operator()
    return browsers["boss"]


async def audited(action: str, subject: str = "") -> AuditEntry:
    rows = AuditEntry.filter(action=action)
    found = await (rows.filter(subject=subject) if subject else rows).order_by("-id").first()
    assert found is not None, f"{action} is not in the audit"
    return found


async def test_the_status_says_in_words_how_the_site_is(site: LiveSite, browsers: dict[str, Browser]) -> None:
    boss = await boss_of(site, browsers)
    page = await boss.get("/admin")
    assert "All is well" in page.text
    assert "PostgreSQL" in page.text
    status = (await boss.api("GET", "/admin/status")).json()
    assert status["verdict"] == "ok"
    assert {"plugins", "providers", "disk", "jobs", "events", "database", "redis", "clock", "versions"} <= {
        finding["check"] for finding in status["findings"]
    }


async def test_a_job_that_was_given_up_is_told_on_the_status_retried_and_discarded(
    site: LiveSite, browsers: dict[str, Browser]
) -> None:
    # Given two jobs that were given up
    boss = await boss_of(site, browsers)
    ids = [uuid7(), uuid7()]
    for row_id in ids:
        await Outbox.create(
            id=row_id, plugin="gone", topic="gone.work", state="dead", attempts=8, last_error="no such host"
        )
    assert "1 thing needs you" in (await boss.get("/admin")).text
    assert "no such host" in (await boss.get("/admin/jobs")).text
    # When one is retried and one discarded
    await boss.submit(f"/admin/jobs/{ids[0]}", page="/admin/jobs", act="retry")
    await boss.submit(f"/admin/jobs/{ids[1]}", page="/admin/jobs", act="discard")
    # Then one waits again and one is gone, and the audit says so
    assert (await Outbox.get(id=ids[0])).state == "new"
    assert not await Outbox.exists(id=ids[1])
    assert (await audited("job.retried", f"job:{ids[0]}")).detail == {"topic": "gone.work", "plugin": "gone"}
    assert (await audited("job.discarded", f"job:{ids[1]}")).actor_name == "boss"
    await Outbox.filter(id=ids[0]).delete()
    # and a second discard is refused with a sentence
    again = await boss.submit(f"/admin/jobs/{ids[1]}", page="/admin/jobs", act="discard")
    assert again.status == 404
    assert "was not given up" in again.text


async def test_an_event_that_nobody_could_handle_is_handed_over_again(
    site: LiveSite, browsers: dict[str, Browser]
) -> None:
    boss = await boss_of(site, browsers)
    await site.platform.dispatcher.settle()
    event = await Event.filter(position__isnull=False).order_by("-position").first()
    assert event is not None
    letter, lost = uuid7(), uuid7()
    kept = {"consumer": "core.hooks", "position": event.position, "error": "KeyError: 'x'", "attempts": 3}
    await EventDeadLetter.create(id=letter, event_id=event.id, **kept)
    await EventDeadLetter.create(id=lost, event_id=uuid7(), **kept)
    await boss.submit(f"/admin/letters/{letter}", page="/admin/jobs", act="retry")
    assert not await EventDeadLetter.exists(id=letter)
    assert (await audited("event.retried")).detail["consumer"] == "core.hooks"
    refused = await boss.submit(f"/admin/letters/{lost}", page="/admin/jobs", act="retry")
    assert refused.status == 409
    await boss.submit(f"/admin/letters/{lost}", page="/admin/jobs", act="discard")
    assert not await EventDeadLetter.exists()


async def test_a_ban_ends_the_sessions_and_stands_with_its_reason_in_the_audit(
    site: LiveSite, browsers: dict[str, Browser]
) -> None:
    # Given somebody who is signed in
    boss = await boss_of(site, browsers)
    trouble = await site.member("trouble")
    user = await User.get(username="trouble")
    # When an operator bans them
    done = await boss.submit("/admin/people/trouble", act="ban", reason="Spam in every chat.")
    assert "trouble is banned" in done.text
    # Then they are out, and can't come back in
    assert not await Session.filter(user_id=user.id).exists()
    assert (await trouble.get("/settings")).url.endswith("next=/settings")
    refused = await trouble.submit("/sign-in", username="trouble", password=PASSWORD)
    assert "was closed by the operators" in refused.text
    assert (await audited("user.banned")).detail == {"username": "trouble", "reason": "Spam in every chat."}
    assert await Event.filter(type="user.banned", subject=f"user:{user.id}").exists()
    # and after the ban is lifted they are
    await boss.submit("/admin/people/trouble", act="unban")
    back = await trouble.submit("/sign-in", username="trouble", password=PASSWORD)
    assert back.status == 200
    assert (await User.get(id=user.id)).state == "active"
    assert (await audited("user.unbanned")).detail == {"username": "trouble"}


async def test_a_ban_needs_a_reason_and_never_hits_an_operator(site: LiveSite, browsers: dict[str, Browser]) -> None:
    boss = await boss_of(site, browsers)
    await site.member("reasonless")
    assert (await boss.submit("/admin/people/reasonless", act="ban", reason="  ")).status == 422
    own = await boss.submit("/admin/people/boss", act="ban", reason="Why not.")
    assert (own.status, "take that right away before" in own.text) == (409, True)


async def test_the_right_to_run_the_site_is_given_and_taken_and_the_last_one_keeps_it(
    site: LiveSite, browsers: dict[str, Browser]
) -> None:
    # Given a member
    boss = await boss_of(site, browsers)
    helper = await site.member("helper")
    assert (await helper.get("/admin")).status == 403
    # When they are made an operator
    await boss.submit("/admin/people/helper", act="promote")
    # Then they see the pages at once
    assert (await helper.get("/admin")).status == 200
    # and when it is taken away they don't, at once too
    await boss.submit("/admin/people/helper", act="demote")
    assert (await helper.get("/admin")).status == 403
    assert (await audited("user.role_changed")).detail["after"] == "member"
    last = await boss.submit("/admin/people/boss", act="demote")
    assert (last.status, "last operator" in last.text) == (409, True)


async def test_signing_somebody_out_everywhere_leaves_the_account_open(
    site: LiveSite, browsers: dict[str, Browser]
) -> None:
    boss = await boss_of(site, browsers)
    sleepy = await site.member("sleepy")
    said = await boss.submit("/admin/people/sleepy", act="sign-out")
    assert "1 session ended" in said.text
    assert (await sleepy.get("/settings")).url.endswith("next=/settings")
    assert (await audited("user.sessions_ended")).detail == {"username": "sleepy", "sessions": 1}


async def test_an_account_is_deleted_by_its_typed_name_and_kept_when_called_off(
    site: LiveSite, browsers: dict[str, Browser]
) -> None:
    boss = await boss_of(site, browsers)
    await site.member("goner")
    wrong = await boss.submit("/admin/people/goner", act="delete", username="somebody")
    assert (wrong.status, "to say that you mean it" in wrong.text) == (422, True)
    await boss.submit("/admin/people/goner", act="delete", username="goner")
    assert (await User.get(username="goner")).delete_at is not None
    await boss.submit("/admin/people/goner", act="keep")
    assert (await User.get(username="goner")).delete_at is None
    assert (await audited("account.stayed")).actor_name == "boss"


async def test_a_channel_leaves_the_lists_and_comes_back(site: LiveSite, browsers: dict[str, Browser]) -> None:
    boss = await boss_of(site, browsers)
    await site.creator("listed_one", "listed-one")
    early = await boss.submit("/admin/channels/listed-one", page="/admin/channels", act="list")
    assert (early.status, "owner's choice" in early.text.replace("&#39;", "'")) == (409, True)
    await boss.submit("/admin/channels/listed-one", page="/admin/channels", act="unlist")
    channel = await Channel.get(slug="listed-one")
    assert channel.visibility == "unlisted"
    assert (await audited("channel.unlisted")).detail == {"slug": "listed-one", "before": "public"}
    shown = await boss.get("/admin/channels?show=unlisted")
    assert "/listed-one" in shown.text
    await boss.submit("/admin/channels/listed-one", page="/admin/channels", act="list")
    assert (await Channel.get(slug="listed-one")).visibility == "public"


async def test_what_an_operator_unlisted_only_an_operator_lists_again(
    site: LiveSite, browsers: dict[str, Browser]
) -> None:
    # Given a channel that an operator took out of lists, with a reason
    boss = await boss_of(site, browsers)
    owner = await site.creator("held_owner", "held-one")
    act = {"act": "unlist", "reason": "Its <b>title</b> names somebody."}
    assert (await boss.api("POST", "/admin/channels/held-one", act)).status == 200
    assert (await audited("channel.unlisted")).detail["reason"] == act["reason"]
    # When the owner looks, Then they read why and what to do, and strangers don't
    page = await owner.get("/studio/held-one/settings")
    assert "names somebody" in page.text
    assert "<b>title" not in page.text
    assert "ask the operators" in page.text
    assert "ask the operators" in (await owner.api("GET", "/channels/held-one")).json()["held"]
    assert (await boss.api("GET", "/channels/held-one")).json()["held"] == ""
    # When they list it again, by page or API, Then that is refused, and all else can be changed
    refused = await owner.api("PATCH", "/channels/held-one", {"visibility": "public"})
    assert (refused.status, refused.json()["type"]) == (409, "urn:aethex:problem:held")
    words = {"name": "New name", "slug": "held-one", "hue": "7", "about": ""}
    again = await owner.submit("/studio/held-one/settings", **words, visibility="public")
    assert (again.status, "ask the operators" in again.text) == (409, True)
    assert (await owner.submit("/studio/held-one/settings", **words, visibility="unlisted")).status == 200
    channel = await Channel.get(slug="held-one")
    assert (channel.visibility, channel.name) == ("unlisted", "New name")
    # and once an operator lifts it, it is the owner's choice again
    shown = (await boss.get("/admin/channels?q=held-one")).text
    assert "Unlisted by an operator" in shown
    await boss.submit("/admin/channels/held-one", page="/admin/channels", act="list")
    for wanted in ("unlisted", "public"):
        assert (await owner.api("PATCH", "/channels/held-one", {"visibility": wanted})).status == 200
    changes = await Event.filter(type="channel.changed", subject=f"channel:{channel.id}").count()
    assert changes == 5


async def test_people_are_found_by_parts_of_their_name_and_in_pages(
    site: LiveSite, browsers: dict[str, Browser]
) -> None:
    boss = await boss_of(site, browsers)
    for name in ("needle_in_hay", "hay_one", "hay_two", "hay_three"):
        await site.member(name)
    found = await boss.get("/admin/people?q=LE_in_H")
    assert "needle_in_hay" in found.text
    assert "/admin/people/boss" not in found.text
    assert "Nobody found" in (await boss.get("/admin/people?q=%25")).text, "a percent sign is no pattern"
    first = (await boss.api("GET", "/admin/people?limit=2")).json()
    second = (await boss.api("GET", f"/admin/people?limit=2&before={first['next']}")).json()
    names = [row["username"] for row in (*first["items"], *second["items"])]
    assert len(names) == len(set(names)) == 4


async def test_the_audit_is_filtered_paged_and_verified(site: LiveSite, browsers: dict[str, Browser]) -> None:
    boss = await boss_of(site, browsers)
    await boss.submit("/admin/providers/storage/test", page="/admin/providers")
    shown = await boss.get("/admin/audit?actor=boss&action=provider.")
    assert "provider.tested" in shown.text
    assert "<code>user.banned</code>" not in shown.text
    assert "No such entry" in (await boss.get("/admin/audit?until=2001-01-01")).text
    assert "Give a day such as" in (await boss.get("/admin/audit?since=now")).text
    assert (await boss.get("/admin/audit?before=17")).status == 422
    verified = await boss.submit("/admin/audit/verify", page="/admin/audit")
    assert "none is missing" in verified.text
    # and an entry that somebody changed behind the platform's back is found
    await site.platform.db.execute("alter table core_audit_entry disable trigger user")
    await site.platform.db.execute("update core_audit_entry set actor_name = 'nobody' where number = 2")
    await site.platform.db.execute("alter table core_audit_entry enable trigger user")
    assert "The chain breaks at entry 2" in (await boss.submit("/admin/audit/verify", page="/admin/audit")).text


@pytest.mark.parametrize(
    ("kind", "sentence"),
    [
        ("storage", "stored, read back unchanged and deleted"),
        ("auth", "a wrong one was refused"),
        ("streaming", "takes encoders"),
        ("email", "was not sent: see the page Mails"),
        ("payments", "There is no payments provider"),
    ],
)
async def test_each_chosen_provider_can_be_tried(
    site: LiveSite, browsers: dict[str, Browser], kind: str, sentence: str
) -> None:
    boss = await boss_of(site, browsers)
    page = await boss.submit(f"/admin/providers/{kind}/test", page="/admin/providers", to="boss@example.org")
    assert sentence in page.text
    assert sentence in (await audited("provider.tested", f"provider:{kind}")).detail["outcome"]


async def test_a_plugin_is_turned_off_after_its_page_said_what_disappears(open_site: OpenSite) -> None:
    site = await open_site()
    boss = await site.operator()
    asked = await boss.get("/admin/plugins/chat/off")
    assert "/p/chat/" in asked.text
    assert re.search(r"\b\d+ tables are kept", asked.text)
    done = await boss.submit("/admin/plugins/chat", page="/admin/plugins/chat/off", switch="off")
    assert "chat is off; its data is kept." in done.text
    assert (await PluginState.get(plugin="chat")).switched == "off"
    assert (await audited("plugin.off")).subject == "plugin:chat"
    on = await boss.submit("/admin/plugins/chat", page="/admin/plugins", switch="on", to="plugin")
    assert on.url.endswith("/admin/plugins/chat")
    assert "comes on with the next start" in on.text
    assert "1 thing needs you" in (await boss.get("/admin")).text
    locked = await boss.submit("/admin/plugins/auth_local", page="/admin/plugins", switch="off")
    assert locked.status == 409


async def test_a_name_counts_at_once_and_an_address_from_the_next_start(open_site: OpenSite) -> None:
    # Given a site whose settings nobody has said
    site = await open_site()
    boss = await site.operator()
    # When an operator chooses name and address
    saved = await boss.submit("/admin/settings", name="Radio Nord", url="https://nord.example", terms_version="")
    # Then the name stands on the page, and the address is marked as waiting
    assert "Radio Nord LIVE" in saved.text
    assert "From the next start" in saved.text
    assert site.platform.site.source("name") == "the settings page"
    assert site.platform.site.url != "https://nord.example"
    assert (await audited("site.changed")).detail["url"] == {"before": None, "after": "https://nord.example"}
    # and an empty field goes back to the default
    await boss.submit("/admin/settings", name="", url="")
    assert site.platform.site.name == "AeThex"
    assert not await SiteFact.filter(key__startswith="setting.").exists()


@pytest.mark.parametrize(
    ("field", "value", "sentence"),
    [
        ("url", "nord.example/live", "should be an address"),
        ("leaving_days", "0", "greater than or equal to 1"),
        ("terms_version", "1", "There are no terms to accept"),
        ("name", "x" * 61, "at most 60 characters"),
    ],
)
async def test_a_wrong_choice_is_refused_beside_its_field_and_nothing_changes(
    site: LiveSite, browsers: dict[str, Browser], field: str, value: str, sentence: str
) -> None:
    boss = await boss_of(site, browsers)
    refused = await boss.submit("/admin/settings", **{field: value})
    assert refused.status == 422
    assert sentence in refused.text
    assert value[:40] in refused.text
    assert not await SiteFact.filter(key=f"setting.{field}").exists()


async def test_what_the_environment_says_is_locked_and_says_so(open_site: OpenSite, tmp_path) -> None:
    config = tmp_path / "aethex.toml"
    config.write_text('name = "Said by the file"\n')
    site = await open_site(config_file=config)
    boss = await site.operator()
    page = await boss.get("/admin/settings")
    assert "Set by aethex.toml." in page.text
    refused = await boss.submit("/admin/settings", name="Mine")
    assert (refused.status, "is set by aethex.toml" in refused.text) == (409, True)
    assert "Set by aethex.toml." in (await boss.get("/setup/site")).text


async def test_a_choice_is_taken_at_the_next_start_but_a_variable_beats_it() -> None:
    choices = {"name": "Chosen", "url": "https://chosen.example"}
    plain, said = load_site({}), load_site({"AETHEX_URL": "https://said.example"})
    for site in (plain, said):
        site.adopt(choices, ["name", "url"])
    assert (plain.name, plain.url, plain.source("url")) == ("Chosen", "https://chosen.example", "the settings page")
    assert (said.name, said.url, said.source("url")) == ("Chosen", "https://said.example", "AETHEX_URL")
    plain.adopt({}, ["name", "url"])
    assert (plain.name, plain.url, plain.source("name")) == ("AeThex", "http://127.0.0.1:8000", "default")


async def test_secrets_are_masked_on_the_settings_page_and_in_the_api(
    site: LiveSite, browsers: dict[str, Browser]
) -> None:
    boss = await boss_of(site, browsers)
    dsn = site.platform.site.database_url
    assert dsn is not None
    page, answer = await boss.get("/admin/settings"), await boss.api("GET", "/admin/settings")
    assert dsn.get_secret_value() not in page.text + answer.text
    assert "••••••" in page.text
    values = {row["name"]: row["value"] for row in answer.json()["items"]}
    assert values["database_url"] == "••••••"
    assert values["plugins.chat.max_length"] == "500"


async def test_the_rules_refuse_members_whoever_calls_them(site: LiveSite, browsers: dict[str, Browser]) -> None:
    await boss_of(site, browsers)
    await site.member("climber")
    user = await User.get(username="climber")
    climber = Actor(user_id=user.id, username="climber", role="member")
    channel = await site.platform.domain.channels.create(user.id, "climbers", "Climbers")
    operators = site.platform.domain.operators
    for act in (
        operators.set_role(user.id, "operator", climber),
        operators.ban(user.id, "Because.", climber),
        operators.unban(user.id, climber),
        operators.end_sessions(user.id, climber),
        operators.list_channel(channel, "public", climber),
        operators.end_broadcast(channel, climber),
    ):
        with pytest.raises(Forbidden):
            await act
    assert (await User.get(username="climber")).role == "member"


async def test_the_api_acts_as_the_pages_do(site: LiveSite, browsers: dict[str, Browser]) -> None:
    # Given a channel and its owner
    boss = await boss_of(site, browsers)
    await site.creator("api_owner", "api-owned")
    # When operators act by the API
    assert (await boss.api("POST", "/admin/channels/api-owned", {"act": "unlist"})).status == 200
    banned = await boss.api("POST", "/admin/people/api_owner", {"act": "ban", "reason": "Bots."})
    # Then rows, lists and the audit say so
    assert banned.json()["state"] == "banned"
    listed = (await boss.api("GET", "/admin/channels?q=api-owned&visibility=unlisted")).json()
    assert [row["owner"] for row in listed["items"]] == ["api_owner"]
    entries = (await boss.api("GET", "/admin/audit?actor=boss&action=user.banned&limit=1")).json()
    assert entries["items"][0]["detail"] == {"username": "api_owner", "reason": "Bots."}
    assert (await boss.api("PATCH", "/admin/settings", {"url": "no address"})).status == 422
    tried = await boss.api("POST", "/admin/providers/storage/test", {})
    assert (tried.json()["level"], tried.json()["check"]) == ("ok", "storage")
    assert (await boss.api("GET", "/admin/jobs")).json()["items"] == []
    assert (await boss.api("GET", "/admin/letters")).json()["items"] == []
