"""Engines in another process, in any language: `remote` is our end, `serve` one for Python."""
