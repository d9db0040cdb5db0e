-- depends_on: {{ ref('postal_changed') }}
{{ config(materialized='incremental', incremental_strategy='append', pre_hook="{{ forget('postal_changed') }}") }}
{#
  Pieces of work of the post, as they are known now, with the dossier that each is of, and how that was found (match):
    exact        the code, as typed, is the dossier's, and the work fits it
    approximate  the code is like it, and desk, day and time say that it is this dossier and no other
    ambiguous    several dossiers fit about equally, or several pieces claim one
    contradicted the code is a dossier's, which the work does not fit
    unmatched    no dossier has such a code, or one like it at that desk and time
    missing      no code was typed
  is_repeated: a reception or return of a dossier that an earlier piece received or returned already. A piece belongs to the unit that the log names, else to the
  desk of its dossier, else to the province.
#}
select d.* from {{ touched_rows(ref('postal_decided'), 'postal_changed') }} as d
