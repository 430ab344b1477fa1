from pathlib import Path
import sys
sys.path.insert(0, "tests/pages")
from chat_windows import build_theatre
from playwright.async_api import async_playwright
SMALL = """() => [...document.querySelectorAll('a, button, input:not([type=hidden]), select, summary, textarea')]
  .filter(e => e.checkVisibility({visibilityProperty: true, opacityProperty: true})
    && getComputedStyle(e).display !== 'inline' && !e.closest('.ax-skip, .ax-hidden'))
  .map(e => [e, (e.closest('label') ?? e).getBoundingClientRect()])
  .filter(([, box]) => box.width > 0 && (box.width < 23.5 || box.height < 23.5))
  .map(([e, box]) => e.outerHTML.slice(0, 90) + ` ${Math.round(box.width)}x${Math.round(box.height)}`)"""
OVERFLOW = "() => document.documentElement.scrollWidth - innerWidth"
async def test_look(site, need):
    axe = Path("/tmp/axe/package/axe.min.js").read_text()
    async with async_playwright() as pw:
        ch = await pw.chromium.launch(executable_path=str(need("chromium")), args=["--no-sandbox"])
        t = await build_theatre(site, ch, 1)
        v = await t.open("viewer")
        await v.send("hello @owner_1 see https://example.org/x?y=1 " + "w"*120)
        for i in range(30): await v.send(f"spam {i}") if i < 15 else None
        vid = await t.id_of("viewer")
        o = t.people["owner"]
        lines = (await o.api("GET","/channels/room1/chat/messages?limit=1")).json()["items"]
        await o.api("POST","/channels/room1/chat/restrictions",{"user":str(vid),"seconds":600,"reason":"Swearing a lot in the chat"})
        await o.api("DELETE",f"/channels/room1/chat/restrictions/{vid}")
        await o.api("POST","/channels/room1/chat/restrictions",{"user":str(await t.id_of('other')),"seconds":None,"reason":"Advertising"})
        n = 0
        for scheme in ("dark","light"):
          for width in (390, 1440):
            for who, path in (("owner","/p/chat/room1"),("owner","/p/chat/room1/log"),("owner","/p/chat/room1/restricted"),("owner",f"/p/chat/room1/people/{vid}?line={lines[0]['id']}"),("","/room1/live"),("other","/p/chat/room1"),("owner","/studio/room1")):
                jso = "people" not in path and "/log" not in path and "restricted" not in path
                context = await ch.new_context(viewport={"width":width,"height":844}, color_scheme=scheme)
                if who:
                    jar = t.people[who].session.cookie_jar
                    await context.add_cookies([{"name": c.key, "value": c.value, "url": site.url} for c in jar])
                page = await context.new_page()
                r = await page.goto(site.url.rstrip("/") + path)
                assert r.status == 200, (path, r.status)
                await page.wait_for_timeout(700)
                await page.evaluate(axe)
                found = await page.evaluate("async () => (await axe.run(document, {runOnly: {type:'tag', values:['wcag2a','wcag2aa','wcag21a','wcag21aa','wcag22aa','best-practice']}})).violations.map(v => v.id+': '+v.nodes.map(n=>n.html.slice(0,150)).join(' | '))")
                print(scheme, width, path, who, found, await page.evaluate(OVERFLOW), await page.evaluate(SMALL))
                n += 1
                await page.screenshot(path=f"/tmp/s{n}.png")
                await context.close()
        await t.close(); await ch.close()
    assert 0
