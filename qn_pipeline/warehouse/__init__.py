"""From valid rows to marts. Belongs here: engines, the loader, the writer's lock, the shadow swap, running dbt. Does not: SQL models (dbt_project)."""
