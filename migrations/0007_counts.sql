-- Counts from 1 to 4 are told outside the village's own staff as sums of what stands for each small unit
-- (src/disclosure): beside each count stands what is told of it.

-- The villages whose counts this transaction sees as they are; a lone star stands for all.
CREATE FUNCTION khot.exact() RETURNS text[] LANGUAGE sql STABLE PARALLEL SAFE
AS $$ SELECT coalesce(string_to_array(nullif(current_setting('khot.exact', true), ''), ','), '{}') $$;

ALTER TABLE khot.unit ADD COLUMN households_told integer, ADD COLUMN people_told integer;
-- told: the sum of what stands for its units. few: of how many small units it is made, where it holds no larger
-- one; else 0.
ALTER TABLE khot.area
    ADD COLUMN households_told bigint NOT NULL DEFAULT 0 CHECK (households_told >= 0),
    ADD COLUMN households_few integer NOT NULL DEFAULT 0 CHECK (households_few >= 0),
    ADD COLUMN people_told bigint NOT NULL DEFAULT 0 CHECK (people_told >= 0),
    ADD COLUMN people_few integer NOT NULL DEFAULT 0 CHECK (people_few >= 0);
ALTER TABLE khot.grid
    ADD COLUMN households_told integer CHECK (households_told >= 0),
    ADD COLUMN households_few integer CHECK (households_few >= 0),
    ADD COLUMN people_told integer CHECK (people_told >= 0),
    ADD COLUMN people_few integer CHECK (people_few >= 0),
    -- What follows from counts, worked out from those that are told.
    ADD COLUMN travel_min_told double precision CHECK (travel_min_told >= 0),
    ADD COLUMN in_band_told boolean,
    ADD COLUMN reasons_told jsonb;
ALTER TABLE khot.plan ADD COLUMN scores_told jsonb, ADD COLUMN reasons_told jsonb;

-- What is there already. Row-level security holds for the tables' owner too.
ALTER TABLE khot.unit NO FORCE ROW LEVEL SECURITY;
ALTER TABLE khot.area NO FORCE ROW LEVEL SECURITY;
ALTER TABLE khot.grid NO FORCE ROW LEVEL SECURITY;
ALTER TABLE khot.plan NO FORCE ROW LEVEL SECURITY;
ALTER TABLE khot.plan DISABLE TRIGGER plan_frozen;
ALTER TABLE khot.grid DISABLE TRIGGER grid_frozen;

UPDATE khot.unit SET households_told = households, people_told = people;
-- As disclosure::told does it.
WITH small AS (
    SELECT village, code, row_number() OVER (PARTITION BY village ORDER BY code COLLATE "C") - 1 AS place,
           count(*) OVER (PARTITION BY village) AS n, sum(households) OVER (PARTITION BY village) AS sum
    FROM khot.unit WHERE households BETWEEN 1 AND 4),
held AS (
    SELECT village, code, place, n, CASE WHEN n < 5 THEN n * 5 / 2 ELSE least(greatest(sum, n + 3), 4 * n - 9) END AS held FROM small)
UPDATE khot.unit u SET households_told = (place + 1) * held / n - place * held / n
FROM held WHERE u.village = held.village AND u.code = held.code;
WITH small AS (
    SELECT village, code, row_number() OVER (PARTITION BY village ORDER BY code COLLATE "C") - 1 AS place,
           count(*) OVER (PARTITION BY village) AS n, sum(people) OVER (PARTITION BY village) AS sum
    FROM khot.unit WHERE people BETWEEN 1 AND 4),
held AS (
    SELECT village, code, place, n, CASE WHEN n < 5 THEN n * 5 / 2 ELSE least(greatest(sum, n + 3), 4 * n - 9) END AS held FROM small)
UPDATE khot.unit u SET people_told = (place + 1) * held / n - place * held / n
FROM held WHERE u.village = held.village AND u.code = held.code;

UPDATE khot.area SET households_told = s.households_told, people_told = s.people_told,
       households_few = s.households_few, people_few = s.people_few
FROM (SELECT a.code,
             sum(u.households_told) AS households_told, sum(u.people_told) AS people_told,
             CASE WHEN max(u.households) < 5 THEN count(*) FILTER (WHERE u.households > 0) ELSE 0 END AS households_few,
             CASE WHEN max(u.people) < 5 THEN count(*) FILTER (WHERE u.people > 0) ELSE 0 END AS people_few
      FROM khot.area a JOIN khot.unit u ON u.village ^@ a.code GROUP BY a.code) s
WHERE area.code = s.code;

-- The profile of such a plan isn't here to judge by: where small units are part of a grid, nothing is said
-- against it.
UPDATE khot.grid SET households_told = s.households_told, people_told = s.people_told,
       households_few = s.households_few, people_few = s.people_few,
       in_band_told = in_band OR s.small, travel_min_told = CASE WHEN NOT s.small THEN travel_min END,
       reasons_told = CASE WHEN s.small THEN '[]' ELSE reasons END
FROM (SELECT g.plan, g.code,
             coalesce(sum(u.households_told), 0) AS households_told, coalesce(sum(u.people_told), 0) AS people_told,
             CASE WHEN max(u.households) < 5 THEN count(*) FILTER (WHERE u.households > 0) ELSE 0 END AS households_few,
             CASE WHEN max(u.people) < 5 THEN count(*) FILTER (WHERE u.people > 0) ELSE 0 END AS people_few,
             coalesce(bool_or(u.households BETWEEN 1 AND 4 OR u.people BETWEEN 1 AND 4), true) AS small
      FROM khot.grid g LEFT JOIN khot.unit u ON u.village = g.village AND u.code = ANY (g.units)
      GROUP BY g.plan, g.code) s
WHERE grid.plan = s.plan AND grid.code = s.code;
UPDATE khot.plan SET scores_told = scores - 'worst_deviation' - 'by_area_type' || jsonb_build_object(
        'by_area_type', '[]'::jsonb, 'in_band', s.in_band, 'out_of_band_named', s.grids - s.in_band,
        'in_band_share', s.in_band::double precision / nullif(s.grids, 0), 'households', s.households, 'people', s.people),
    reasons_told = s.reasons
FROM (SELECT p.id, count(g.code) AS grids, count(g.code) FILTER (WHERE g.in_band_told) AS in_band,
             coalesce(sum(g.households_told), 0) AS households, coalesce(sum(g.people_told), 0) AS people,
             coalesce((SELECT jsonb_agg(reason) FROM khot.grid r, jsonb_array_elements(r.reasons_told) AS reason
                       WHERE r.plan = p.id), '[]') AS reasons
      FROM khot.plan p LEFT JOIN khot.grid g ON g.plan = p.id GROUP BY p.id) s
WHERE plan.id = s.id;

ALTER TABLE khot.plan ENABLE TRIGGER plan_frozen;
ALTER TABLE khot.grid ENABLE TRIGGER grid_frozen;
ALTER TABLE khot.unit FORCE ROW LEVEL SECURITY;
ALTER TABLE khot.area FORCE ROW LEVEL SECURITY;
ALTER TABLE khot.grid FORCE ROW LEVEL SECURITY;
ALTER TABLE khot.plan FORCE ROW LEVEL SECURITY;

-- Only small counts have something else stand for them, and always something small.
ALTER TABLE khot.unit
    ALTER COLUMN households_told SET NOT NULL, ALTER COLUMN people_told SET NOT NULL,
    ADD CONSTRAINT unit_households_told CHECK (CASE WHEN households BETWEEN 1 AND 4 THEN households_told BETWEEN 1 AND 4 ELSE households_told = households END),
    ADD CONSTRAINT unit_people_told CHECK (CASE WHEN people BETWEEN 1 AND 4 THEN people_told BETWEEN 1 AND 4 ELSE people_told = people END);
ALTER TABLE khot.grid
    ALTER COLUMN households_told SET NOT NULL, ALTER COLUMN households_few SET NOT NULL,
    ALTER COLUMN people_told SET NOT NULL, ALTER COLUMN people_few SET NOT NULL,
    ALTER COLUMN in_band_told SET NOT NULL, ALTER COLUMN reasons_told SET NOT NULL,
    ADD CONSTRAINT grid_told_out_of_band_named CHECK (in_band_told OR jsonb_array_length(reasons_told) > 0);
ALTER TABLE khot.plan ALTER COLUMN scores_told SET NOT NULL, ALTER COLUMN reasons_told SET NOT NULL;
