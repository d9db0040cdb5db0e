{{ config(materialized='view') }}
{# Rows that may be counted, typed, each with its file's day and its place among all. #}
with told as (
    select
        row_no, file_day, nullif(trim("Mã hồ sơ"), '') as code, "Mã TTHC" as procedure, "Bộ phận tiếp nhận" as receiving_unit, "Đơn vị giải quyết" as resolving_unit,
        {{ coded('"Kênh"', {'Trực tiếp': 'direct', 'Trực tuyến': 'online', 'Bưu điện': 'post'}) }} as channel,
        case when "Trạng thái" ~ '^([1-9]|10)$' then cast("Trạng thái" as integer) end as status,
        {{ moment('"Ngày nộp"') }} as submitted_at, "Ngày nộp" as raw_submitted_at,
        {{ moment('"Ngày tiếp nhận"') }} as received_at, "Ngày tiếp nhận" as raw_received_at,
        {{ moment('"Ngày hẹn trả"') }} as due_at, "Ngày hẹn trả" as raw_due_at,
        {{ moment('"Ngày kết thúc"') }} as ended_at, "Ngày kết thúc" as raw_ended_at,
        {{ moment('"Ngày trả"') }} as returned_at, "Ngày trả" as raw_returned_at,
        {{ moment('"Cập nhật"') }} as updated_at, "Cập nhật" as raw_updated_at,
        {{ coded('coalesce("Mức độ", \'Không\')', {'Không': 'none', 'Một phần': 'partial', 'Toàn trình': 'full'}) }} as online_level,
        {{ flag('"Số hóa"') }} as components_digitized, {{ flag('"Tái sử dụng"') }} as components_reused, {{ flag('"KQ điện tử"') }} as result_digitized, "KQ điện tử" as raw_result,
        case when "Lệ phí" ~ '^[0-9]{1,13}$' then cast("Lệ phí" as bigint) end as fee, "Lệ phí" as raw_fee,
        {{ coded('"Thanh toán"', {'0': 'none', '1': 'national', '2': 'local'}) }} as online_payment
    from {{ source('raw', 'dossiers') }}
)

select
    row_no, file_day, code, procedure, receiving_unit, resolving_unit, channel, status, submitted_at, received_at, due_at, ended_at, returned_at, updated_at,
    online_level, components_digitized, components_reused, result_digitized, fee, online_payment
from told
where code ~ '^([0-9]{3}\.[0-9]{2}\.[0-9]{2}\.[A-Z][0-9]{2}|[A-Z][0-9]{2}(\.[0-9]{2}){0,3})-[0-9]{6}-[0-9]+(-[0-9]{6}-[0-9]{5})?$'
    and procedure is not null and resolving_unit is not null and channel is not null and status is not null and online_level is not null
    {%- for name in ('submitted_at', 'received_at', 'due_at', 'ended_at', 'returned_at', 'updated_at', 'fee') %}
    and (raw_{{ name }} is null or {{ name }} is not null)
    {%- endfor %}
    and (raw_result is null or result_digitized is not null)
    and (received_at is not null or status in (1, 3))
    and (ended_at is not null or status not in (7, 8, 9, 10))
    and coalesce(ended_at >= received_at, true) and coalesce(due_at >= received_at, true)
    and coalesce(greatest(received_at, ended_at, returned_at) < file_day + 1, true) and coalesce(updated_at < file_day + 2, true)
