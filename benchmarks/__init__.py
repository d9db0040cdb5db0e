"""What the pipeline costs, beside other ways that reach the same values, and on warehouses that are full already.

| module | |
|---|---|
| `data`, `post` | a made project: two years of dossiers and of the post's work |
| `bench` | a first load, in turn with the floor; with `--pandas` and `--dbt` beside what a user would write; all values compared (`comparing`) |
| `floor`, `floor_*` | the floor: DuckDB scripts written by hand |
| `by_pandas`, `by_dbt` | what a user would write: all in memory; plain dbt on PostgreSQL |
| `night`, `refresh` | nights and refreshes in office hours on full warehouses (`filled`), on DuckDB or PostgreSQL (`postgres`) |
| `door`, `matching`, `server` | the door against landing; matching the post's log; the simulated one-stop shop |

Tests do not belong here, and nothing of `qn_pipeline` imports this. Everything made is kept in benchmarks/work, measurements as JSON there.
"""
