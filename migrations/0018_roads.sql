-- Roads, and what can't be crossed, as they were imported for a banner. An import replaces all that a banner had.
CREATE TABLE khot.road (
    banner text NOT NULL CONSTRAINT road_banner_fkey REFERENCES khot.area (code) ON DELETE CASCADE
        CONSTRAINT road_banner_level CHECK (length(banner) = 6),
    -- In the order of its file.
    number integer NOT NULL,
    kind text NOT NULL CHECK (kind IN ('expressway', 'first', 'second', 'third', 'fourth', 'track', 'barrier')),
    name text CHECK (length(name) BETWEEN 1 AND 200),
    source text NOT NULL CHECK (length(source) BETWEEN 1 AND 255),
    course geometry(MultiLineString, 4326) NOT NULL CHECK (NOT ST_IsEmpty(course)),
    synthetic boolean NOT NULL,
    imported_at timestamptz NOT NULL,
    CONSTRAINT road_key PRIMARY KEY (banner, number)
);

-- The same as H3 cells of the sizes in which travel times are searched, so that no question has to walk along a road:
-- of each cell the best road (1 expressway, 2 first, 3 second, 4 third, 5 fourth, 6 track, 0 none), 8 more with a barrier.
CREATE TABLE khot.road_cells (
    banner text NOT NULL CONSTRAINT road_cells_banner_fkey REFERENCES khot.area (code) ON DELETE CASCADE
        CONSTRAINT road_cells_banner_level CHECK (length(banner) = 6),
    resolution smallint NOT NULL CHECK (resolution BETWEEN 0 AND 15),
    cells bigint[] NOT NULL,
    roads smallint[] NOT NULL,
    CONSTRAINT road_cells_key PRIMARY KEY (banner, resolution),
    CONSTRAINT road_cells_pairs CHECK (cardinality(cells) = cardinality(roads))
);

-- Public, as outlines are; whoever keeps a township sees its banner's, over which its ways lead.
DO $$
DECLARE
    held text;
BEGIN
    FOREACH held IN ARRAY ARRAY['road', 'road_cells'] LOOP
        EXECUTE format('ALTER TABLE khot.%I ENABLE ROW LEVEL SECURITY', held);
        EXECUTE format('ALTER TABLE khot.%I FORCE ROW LEVEL SECURITY', held);
        EXECUTE format('CREATE POLICY %I ON khot.%I FOR SELECT USING (banner ^@ ANY ((SELECT khot.may(''outline''))::text[])
                            OR banner = ANY ((SELECT khot.above(''outline''))::text[]))', held || '_read', held);
        EXECUTE format('CREATE POLICY %I ON khot.%I FOR INSERT WITH CHECK (banner ^@ ANY ((SELECT khot.may(''import''))::text[]))',
                       held || '_add', held);
        EXECUTE format('CREATE POLICY %I ON khot.%I FOR DELETE USING (banner ^@ ANY ((SELECT khot.may(''import''))::text[]))',
                       held || '_remove', held);
        EXECUTE format('GRANT SELECT, INSERT, DELETE ON khot.%I TO khot_app', held);
    END LOOP;
END $$;

-- By which lands that are held in memory are told to be old.
ALTER TABLE khot.edition DROP CONSTRAINT edition_what_check;
ALTER TABLE khot.edition ADD CONSTRAINT edition_what_check CHECK (what IN ('areas', 'grids', 'roads'));
INSERT INTO khot.edition VALUES ('roads', 1);
