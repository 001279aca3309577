-- A layer with what is known of it: what is null stays as it is, or is what a new one begins with.
insert into layers as l (code, name, name_en, kind, public, categories, min_zoom)
values (
    CAST(:code AS text),
    coalesce(CAST(:name AS text), :code),
    coalesce(CAST(:name_en AS text), CAST(:name AS text), :code),
    coalesce(CAST(:kind AS text), 'other'),
    coalesce(CAST(:public AS boolean), false),
    coalesce(CAST(:categories AS text[]), '{}'),
    coalesce(CAST(:min_zoom AS smallint), 14)
)
on conflict (code) do update
set name = coalesce(:name, l.name), name_en = coalesce(:name_en, l.name_en),
    kind = coalesce(:kind, l.kind), public = coalesce(:public, l.public),
    categories = coalesce(:categories, l.categories), min_zoom = coalesce(:min_zoom, l.min_zoom)
