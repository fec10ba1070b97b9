"""The review page: clusters looked at and decided in a browser on this machine."""
