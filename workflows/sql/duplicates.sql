-- The open cases around a case that may be the same problem, with what the two have in common: at
-- most :nearest, the nearest first. The case itself stands in every row; without any candidate in
-- one row with nothing else, and where the reader may not see it there is no row.
-- The box (degrees, a little too wide up to 30 degrees of latitude) lets the index choose, metres
-- decide. Texts are compared without the code before them and the address behind them. Without
-- :details only what the public sees at its place is looked at, and neither texts, photos nor
-- assets.
with this as materialized (
    select
        id, geom, category, opened_at, visibility, merged_into is null and parent_id is null as alone,
        left(
            substr(search, length(code) + 2,
                   greatest(length(search) - length(code) - 2 - coalesce(length(address), 0), 0)),
            :letters
        ) as words
    from cases
    where id = :case_id
      and (CAST(:sees_all AS boolean) or department = CAST(:own_department AS text)
           or CAST(:own_department AS text) = any(co_departments))
), near as (
    select
        c.id, c.code, c.category, c.department, c.process_id, c.state, c.status, c.summary,
        c.opened_at,
        ST_Distance(CAST(c.geom AS geography), CAST(this.geom AS geography)) as distance_m,
        left(
            substr(c.search, length(c.code) + 2,
                   greatest(length(c.search) - length(c.code) - 2
                            - coalesce(length(c.address), 0), 0)),
            :letters
        ) as words
    from this
    join cases as c
        on c.open
        and c.geom && ST_Expand(this.geom, CAST(:radius_m AS float8) / 90000.0)
        and ST_DWithin(CAST(c.geom AS geography), CAST(this.geom AS geography), :radius_m)
        and c.opened_at >= this.opened_at - CAST(:apart AS interval)
        and c.opened_at <= this.opened_at + CAST(:apart AS interval)
    where this.alone
      and c.id <> this.id and c.merged_into is null and c.parent_id is null
      and (:sees_all or c.department = :own_department or :own_department = any(c.co_departments))
      and (CAST(:details AS boolean) or (this.visibility = 'exact' and c.visibility = 'exact'))
      -- What somebody has looked at already: taken apart again, or of the same cause.
      and not exists (
          select from case_merges as m
          where m.undone_at is not null
            and ((m.source_id = this.id and m.target_id = c.id)
                 or (m.source_id = c.id and m.target_id = this.id))
      )
      and not exists (
          select from case_links as l
          where l.case_id = least(this.id, c.id) and l.other_id = greatest(this.id, c.id)
      )
    order by distance_m, c.id
    limit :nearest
)
select
    this.category as this_category, near.id, near.code, near.category, near.department,
    near.process_id, near.state, near.status, near.summary, near.opened_at, near.distance_m,
    abs(extract(epoch from near.opened_at - this.opened_at)) / 3600 as hours_apart,
    case
        when :details and least(length(this.words), length(near.words)) >= :least_letters then
            case
                when length(this.words) <= length(near.words)
                    then word_similarity(this.words, near.words)
                else word_similarity(near.words, this.words)
            end
    end as similarity,
    case
        when :details then (
            select count(*)
            from attachments as a
            join attachments as b
                on b.case_id = near.id and b.purpose = 'report' and b.phash is not null
            where a.case_id = this.id and a.purpose = 'report' and a.phash is not null
              and bit_count(CAST(a.phash # b.phash AS bit(64))) <= :photo_bits
        )
        else 0
    end as photo_pairs,
    CAST(:details AS boolean) and exists (
        select
        from reports as a
        join reports as b
            on b.case_id = near.id and b.asset_layer = a.asset_layer and b.asset_code = a.asset_code
        where a.case_id = this.id
    ) as same_asset
from this left join near on true
