"""The wire, through a real server: connecting, topics, events, in order and answered."""

import json

from rt_support import RawClient, Site


async def test_a_guest_connects_and_hears_a_topic(site: Site) -> None:
    # Given
    client = await RawClient.connect(site.port)
    # When
    answer = await client.call("subscribe", {"topic": "chat:one"})
    site.say("chat:one", "hello")
    # Then
    assert answer == {"ok": True, "topic": "chat:one", "epoch": "e1", "seq": 0, "missed": []}
    assert await client.event("batch") == ["chat:one", "e1", [[1, "line", {"text": "hello"}]]]
    assert site.engine.subscribers("chat:one") == 1
    await client.close()


async def test_the_open_packet_has_exactly_the_keys_of_the_protocol(site: Site) -> None:
    client = await RawClient.open(site.port)
    packet = await client.text()
    assert packet[0] == "0"
    opened = json.loads(packet[1:])
    assert set(opened) == {"sid", "upgrades", "pingInterval", "pingTimeout", "maxPayload"}
    client.send("40")
    connected = json.loads((await client.text())[2:])
    assert connected["sid"] != opened["sid"], "the public id must not be the secret one"
    await client.close()


async def test_messages_within_a_tick_come_in_one_batch(site: Site) -> None:
    client = await RawClient.connect(site.port)
    await client.call("subscribe", {"topic": "chat:one"})
    site.say("chat:one", "first")
    assert len((await client.event("batch"))[2]) == 1
    for text in ("a", "b", "c"):
        site.say("chat:one", text)
    assert [seq for seq, _, _ in (await client.event("batch"))[2]] == [2, 3, 4]
    await client.close()
