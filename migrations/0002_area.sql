-- Areas of the five levels, and the units of villages.

CREATE TABLE khot.area (
    code text PRIMARY KEY CONSTRAINT area_code_form CHECK (code ~ '^(\d{2}|\d{4}|\d{6}|\d{9}|\d{12})$'),
    level text NOT NULL GENERATED ALWAYS AS (CASE length(code)
        WHEN 2 THEN 'region' WHEN 4 THEN 'league' WHEN 6 THEN 'banner' WHEN 9 THEN 'township' ELSE 'village' END) STORED,
    parent text GENERATED ALWAYS AS (CASE length(code)
        WHEN 4 THEN left(code, 2) WHEN 6 THEN left(code, 4) WHEN 9 THEN left(code, 6)
        WHEN 12 THEN left(code, 9) END) STORED
        CONSTRAINT area_parent_fkey REFERENCES khot.area (code) DEFERRABLE INITIALLY DEFERRED,
    name text NOT NULL CHECK (length(name) BETWEEN 1 AND 200),
    area_type text CHECK (area_type IN ('urban', 'agricultural', 'pastoral', 'mixed')),
    kind text CHECK (kind IN ('gacha', 'village', 'community', 'farm')),
    outline geometry(MultiPolygon, 4326) NOT NULL
        CONSTRAINT area_outline_valid CHECK (ST_IsValid(outline) AND NOT ST_IsEmpty(outline)),
    label_point geometry(Point, 4326) NOT NULL,
    -- Geodesic.
    area_m2 double precision NOT NULL CHECK (area_m2 > 0),
    -- Sums over the units and villages below, and the type that most of those villages have; kept by the
    -- import that changes them.
    main_type text CHECK (main_type IN ('urban', 'agricultural', 'pastoral', 'mixed')),
    villages integer NOT NULL DEFAULT 0 CHECK (villages >= 0),
    households bigint NOT NULL DEFAULT 0 CHECK (households >= 0),
    people bigint NOT NULL DEFAULT 0 CHECK (people >= 0),
    synthetic boolean NOT NULL,
    CONSTRAINT area_village_type CHECK ((length(code) = 12) = (kind IS NOT NULL) AND (length(code) <> 12 OR area_type IS NOT NULL))
);
CREATE INDEX area_parent ON khot.area (parent);
CREATE INDEX area_code_prefix ON khot.area (code text_pattern_ops);
CREATE INDEX area_outline ON khot.area USING gist (outline);

CREATE TABLE khot.unit (
    village text NOT NULL CONSTRAINT unit_village_fkey REFERENCES khot.area (code) ON DELETE CASCADE
        DEFERRABLE INITIALLY DEFERRED,
    code text NOT NULL CHECK (length(code) BETWEEN 1 AND 60),
    -- For tiles: equality on text may be decided before row-level security, the geometry operators may not.
    banner text NOT NULL GENERATED ALWAYS AS (left(village, 6)) STORED,
    outline geometry(Polygon, 4326) NOT NULL CONSTRAINT unit_outline_valid CHECK (ST_IsValid(outline)),
    area_m2 double precision NOT NULL CHECK (area_m2 >= 0),
    households integer NOT NULL CHECK (households >= 0),
    people integer NOT NULL CHECK (people >= 0),
    PRIMARY KEY (village, code)
);
CREATE INDEX unit_banner ON khot.unit (banner);

-- Ancestors of the scope can be read (their names stand in every breadcrumb) but not written.
ALTER TABLE khot.area ENABLE ROW LEVEL SECURITY;
ALTER TABLE khot.area FORCE ROW LEVEL SECURITY;
CREATE POLICY area_scope ON khot.area USING (code ^@ ANY ((SELECT khot.scope())::text[]));
CREATE FUNCTION khot.above_scope(code text) RETURNS boolean LANGUAGE sql STABLE PARALLEL SAFE
AS $$ SELECT EXISTS (SELECT FROM unnest(khot.scope()) AS prefix WHERE prefix ^@ code) $$;
CREATE POLICY area_above ON khot.area FOR SELECT USING (length(code) < 12 AND khot.above_scope(code));

ALTER TABLE khot.unit ENABLE ROW LEVEL SECURITY;
ALTER TABLE khot.unit FORCE ROW LEVEL SECURITY;
CREATE POLICY unit_scope ON khot.unit USING (village ^@ ANY ((SELECT khot.scope())::text[]));

GRANT SELECT, INSERT, UPDATE, DELETE ON khot.area, khot.unit TO khot_app;
