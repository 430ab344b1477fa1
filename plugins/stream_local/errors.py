"""What can go wrong with a publisher; each text is a sentence that the person at the encoder can act on."""

from __future__ import annotations


class ProtocolError(ValueError):
    """The peer does not speak RTMP as it should; the connection is closed without an answer."""


class MediaRejected(ValueError):
    """The media can't be taken; the text is sent to the encoder as the reason, then the connection closes."""
