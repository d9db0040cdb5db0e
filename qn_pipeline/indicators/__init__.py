"""The catalogue of indicators, months, and reading figures back. Belongs here: what a figure means. Does not: how it is shown (publishing)."""
