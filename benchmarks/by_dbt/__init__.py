"""What a user would write with plain dbt on PostgreSQL: files loaded as they are, staging, newest versions, cells, figures, and tests; everything anew each night.

Belongs here: the dbt project and loading its files (`night`). Does not: measuring it, and the server (`benchmarks.bench`, `benchmarks.postgres`). The figures are
those of the dossiers, as docs/figures.md tells them; it keeps no history, seals nobody's identifier, and tells nobody which rows were left out.
"""
