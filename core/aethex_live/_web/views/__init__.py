"""View data: what each template of the core takes, and the forms that it posts.

Every page gets `shell: ShellView` besides its own `view`. The Jinja environment gives all templates, as globals or by
a context processor: `_ ngettext` (newstyle), `icon`, `asset`, `import_map()`, `fonts()`, `slot(name, **context)`
(async), `csrf()` (hidden input), `theme` ("dark", "light" or ""), and the filters of `web.filters`.

Forms are anything with `.values` and `.errors` (`web.forms.Form`, or FormView below): `values` by field name, `errors`
sentences by field name, `errors[""]` for the whole form. All forms post `csrf`. Addresses and fields:

    POST /preferences/theme            theme (dark|light|auto), next
    POST /sign-in                      username, password, next
    POST /sign-up                      username, email, password, next
    POST /sign-in/code                 code
    POST /confirm                      password or code, next
    POST /sign-in/with/<provider>/<issuer>      next, invite
    POST /sign-in/with/<provider>/<issuer>/return    state, token       (of a provider's component in the page)
    POST /sign-up/with                 username, email, accept
    POST /setup/<token>/with/<provider>/<issuer>
    POST /confirm/with/<provider>/<issuer>      next
    POST /settings/ways/<provider>/<issuer>
    POST /settings/identities/<id>/remove
    POST /sign-out
    POST /setup/<token>                username, email, password
    POST /settings                     display_name, email                      (form `account`)
    POST /settings/password            current_password, new_password           (form `password`)
    POST /settings/sessions/<id>/end
    POST /settings/profile             owned by the plugin that fills the page
    POST /studio                       name, slug, category, hue
    POST /studio/<slug>/details        title, category, language
    POST /studio/<slug>/key            password        shows the stream key once
    POST /studio/<slug>/key/rotate     password
    POST /studio/<slug>/end
    POST /studio/<slug>/videos/<id>    title, visibility (public|unlisted|private)
    POST /studio/<slug>/videos/<id>/delete
    POST /studio/<slug>/settings       name, slug, hue, language, visibility (public|unlisted), about
    POST /studio/<slug>/moderators     username
    POST /studio/<slug>/moderators/<id>/rights     rights (several)
    POST /studio/<slug>/moderators/<id>/remove
    POST /studio/<slug>/delete         typed
    POST /studio/<slug>/desk/details   title, category, language
    POST /studio/<slug>/desk/end
    POST /settings/tokens              name, days, scopes (several)
    POST /settings/tokens/<id>/revoke
    POST /settings/leave               username
    POST /settings/sessions/end-others
    POST /leaving                      t
    POST /terms                        accept, next
    POST /mature                       next
    POST /admin/plugins/<name>         switch (on|off|resume), to (list|plugin|setup)
    POST /admin/providers/<kind>/test  to
    POST /admin/people/<username>      act, reason (ban), username (delete)
    POST /admin/channels/<slug>        act (unlist|list|end)
    POST /admin/jobs/<id>              act (retry|discard); so does /admin/letters/<id>
    POST /admin/webhooks               act (replay-dead)
    POST /admin/webhooks/<id>          act (replay|read)
    POST /admin/audit/verify
    POST /admin/settings               the names of domain.site_choices.CHOOSABLE
    POST /setup/site|mail|picture|features    go (on|skip|send|begin), name, url, to
    POST /admin/mails/<id>/retry

Topics are names for `aethex/live`; an empty topic means that nothing changes on the page by itself.
"""

from __future__ import annotations

from aethex_live._web.views.account import (
    BotRow,
    BotsView,
    GateView,
    LeaveView,
    StayView,
    TermsView,
    TokenRow,
    TokensView,
)
from aethex_live._web.views.admin import (
    AdminMailsView,
    AdminPluginsView,
    MailRow,
    PhaseView,
    PluginRow,
    ProviderRow,
)
from aethex_live._web.views.forms import EMPTY_FORM, ONE_PAGE, Choice, FormView, Option, Pager
from aethex_live._web.views.pages import (
    ChannelPageView,
    ConfirmView,
    ErrorView,
    HomeView,
    SecondStepView,
    SessionRow,
    SettingsView,
    SetupView,
    SignInView,
    VideoView,
    WatchView,
)
from aethex_live._web.views.shell import Flash, NavItem, RailItem, RailSection, ShellView, Viewer
from aethex_live._web.views.sign_in_with import EmbeddedView, LinkedRow, NameView, ReturnView, WayButton, WithView
from aethex_live._web.views.studio import (
    ChartView,
    ClosedChannel,
    ConnectionView,
    DeskView,
    Finding,
    HealthView,
    ModeratorRow,
    Series,
    Stat,
    StudioSettingsView,
    StudioStartView,
    StudioVideosView,
    StudioView,
)
from aethex_live._web.views.things import ChannelView, LiveCard, LiveView, PlayerView, Source, VideoCard
from aethex_live._web.views.words import Shape, Tone

__all__ = [
    "EMPTY_FORM",
    "ONE_PAGE",
    "AdminMailsView",
    "AdminPluginsView",
    "BotRow",
    "BotsView",
    "ChannelPageView",
    "ChannelView",
    "ChartView",
    "Choice",
    "ClosedChannel",
    "ConfirmView",
    "ConnectionView",
    "DeskView",
    "EmbeddedView",
    "ErrorView",
    "Finding",
    "Flash",
    "FormView",
    "GateView",
    "HealthView",
    "HomeView",
    "LeaveView",
    "LinkedRow",
    "LiveCard",
    "LiveView",
    "MailRow",
    "ModeratorRow",
    "NameView",
    "NavItem",
    "Option",
    "Pager",
    "PhaseView",
    "PlayerView",
    "PluginRow",
    "ProviderRow",
    "RailItem",
    "RailSection",
    "ReturnView",
    "SecondStepView",
    "Series",
    "SessionRow",
    "SettingsView",
    "SetupView",
    "Shape",
    "ShellView",
    "SignInView",
    "Source",
    "Stat",
    "StayView",
    "StudioSettingsView",
    "StudioStartView",
    "StudioVideosView",
    "StudioView",
    "TermsView",
    "TokenRow",
    "TokensView",
    "Tone",
    "VideoCard",
    "VideoView",
    "Viewer",
    "WatchView",
    "WayButton",
    "WithView",
]
