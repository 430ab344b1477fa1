"""The names of this plugin and of its provider."""

PLUGIN = "stream_cloudflare"
PROVIDER = "cloudflare"
TITLE = "Cloudflare"
