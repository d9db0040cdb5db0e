{#
  Dossiers that work of the post may be of, where its code, as typed, did not settle it, the best first: points, what they are made of, and in words why. Of work
  that was matched in the end, too.
#}
select
    e.unit, e.office, e.began_at, e.kind, e.scanned, e.dossier_as_typed, e.match, c.place, c.dossier_system, c.dossier_code,
    c.edits is null as is_code_typed, c.edits, c.time_fit, c.unit_fit, c.is_claimed, c.points, c.margin,
    case
        when c.edits is null then 'Đúng mã đã ghi' when c.edits = 0 then 'Mã chỉ khác ký tự dễ nhầm'
        else 'Mã khác ' || cast(c.edits as {{ dbt.type_string() }}) || ' ký tự'
    end
    || case c.unit_fit when 'agrees' then '; đúng bộ phận' when 'untold' then '; nhật ký không ghi bộ phận' else '; khác bộ phận' end
    || case c.time_fit
        when 'within' then '; khớp thời điểm' when 'near' then '; lệch vài phút' when 'day' then '; cùng ngày' when 'days' then '; lệch ngày'
        when 'unknown' then '; không có thời điểm để so' when 'before' then '; hồ sơ chưa có vào lúc đó' else '; không khớp ngày'
    end
    || case when c.is_claimed then '; đã có lượt việc khác' else '' end as why,
    e.system, e.code
from {{ ref('postal_choice') }} as c
inner join {{ ref('fct_postal_event') }} as e on e.system = c.system and e.code = c.code
