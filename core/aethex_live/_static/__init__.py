"""The static build: third-party files of the lock file and our own sources -> `static/vendor`, hashed and compressed.

Run as `python -m aethex_live._static`; it needs `npm ci` before it and the extra `static`. Nothing of it is
imported when the platform runs.
"""
