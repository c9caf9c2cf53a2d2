-- Service outlets, what they offer, and which grids they serve.

-- What an outlet is for good; what may change of it stands in its states.
CREATE TABLE khot.outlet (
    id uuid PRIMARY KEY,
    area text NOT NULL CONSTRAINT outlet_area_fkey REFERENCES khot.area (code)
        CONSTRAINT outlet_area_level CHECK (length(area) IN (6, 9, 12)),
    kind text NOT NULL CHECK (kind IN ('centre', 'station', 'agent_point', 'mobile_stop', 'enforcement_bureau', 'approval_seal')),
    -- A proposal: seen by whoever may accept it, and serving nobody yet.
    draft boolean NOT NULL,
    synthetic boolean NOT NULL,
    created_at timestamptz NOT NULL,
    CONSTRAINT outlet_area_key UNIQUE (id, area)
);
CREATE INDEX outlet_area ON khot.outlet (area text_pattern_ops);

-- What it is like, from a day until before another one.
CREATE TABLE khot.outlet_state (
    outlet uuid NOT NULL,
    area text NOT NULL,
    begins date NOT NULL,
    -- The first day on which it no longer holds.
    ends date CHECK (ends > begins),
    name text NOT NULL CHECK (length(name) BETWEEN 1 AND 100),
    place geometry(Point, 4326) NOT NULL CHECK (NOT ST_IsEmpty(place)),
    -- In the form of OpenStreetMap, by the clock of Asia/Shanghai.
    opening_hours text CHECK (length(opening_hours) BETWEEN 1 AND 255),
    -- When a mobile stop is there, in the same form.
    calendar text CHECK (length(calendar) BETWEEN 1 AND 255),
    windows integer NOT NULL CHECK (windows BETWEEN 0 AND 1000),
    -- People served in a day.
    capacity integer CHECK (capacity BETWEEN 0 AND 1000000),
    CONSTRAINT outlet_state_key PRIMARY KEY (outlet, begins),
    CONSTRAINT outlet_state_outlet_fkey FOREIGN KEY (outlet, area) REFERENCES khot.outlet (id, area) ON DELETE CASCADE,
    CONSTRAINT outlet_state_one_a_day EXCLUDE USING gist (outlet WITH =, daterange(begins, ends) WITH &&)
);
CREATE INDEX outlet_state_area ON khot.outlet_state (area text_pattern_ops);

-- The catalogue. `area` is whose list the item stands in: everybody in it and below it has the item.
CREATE TABLE khot.service_item (
    code text NOT NULL CONSTRAINT service_item_code_key PRIMARY KEY CHECK (code ~ '^[0-9A-Za-z][0-9A-Za-z._-]{0,31}$'),
    area text NOT NULL CONSTRAINT service_item_area_fkey REFERENCES khot.area (code),
    name text NOT NULL CHECK (length(name) BETWEEN 1 AND 200),
    modes text[] NOT NULL CHECK (modes <@ ARRAY['immediate', 'online', 'nearby', 'once']),
    delegated boolean NOT NULL,
    kind text NOT NULL CHECK (kind IN ('approval', 'public_service', 'utility')),
    utility text CHECK (utility IN ('water', 'electricity', 'gas', 'heating')),
    online boolean NOT NULL,
    synthetic boolean NOT NULL,
    CONSTRAINT service_item_utility CHECK ((kind = 'utility') = (utility IS NOT NULL))
);
CREATE INDEX service_item_area ON khot.service_item (area text_pattern_ops);

-- Which outlet offers which item, under what authority, and since when.
CREATE TABLE khot.service_offer (
    outlet uuid NOT NULL,
    area text NOT NULL,
    item text NOT NULL CONSTRAINT service_offer_item_fkey REFERENCES khot.service_item (code),
    authority text NOT NULL CHECK (length(authority) BETWEEN 1 AND 200),
    begins date NOT NULL,
    ends date CHECK (ends > begins),
    CONSTRAINT service_offer_key PRIMARY KEY (outlet, item, begins),
    CONSTRAINT service_offer_outlet_fkey FOREIGN KEY (outlet, area) REFERENCES khot.outlet (id, area) ON DELETE CASCADE,
    CONSTRAINT service_offer_one_a_day EXCLUDE USING gist (outlet WITH =, item WITH =, daterange(begins, ends) WITH &&)
);
CREATE INDEX service_offer_area ON khot.service_offer (area text_pattern_ops);

-- Organs and institutions of a township from a day on, as the reform's rule counts them.
CREATE TABLE khot.township_body (
    area text NOT NULL CONSTRAINT township_body_area_fkey REFERENCES khot.area (code)
        CONSTRAINT township_body_level CHECK (length(area) = 9),
    begins date NOT NULL,
    organs integer NOT NULL CHECK (organs BETWEEN 0 AND 100),
    institutions integer NOT NULL CHECK (institutions BETWEEN 0 AND 100),
    synthetic boolean NOT NULL,
    CONSTRAINT township_body_key PRIMARY KEY (area, begins)
);

-- Which outlet is nearest to a grid in force, and which is answerable for it; made again as a whole for a banner.
CREATE TABLE khot.service_link (
    grid text NOT NULL CHECK (grid ~ '^\d{15}$'),
    village text NOT NULL GENERATED ALWAYS AS (left(grid, 12)) STORED,
    kind text NOT NULL CHECK (kind IN ('centre', 'station', 'agent_point', 'mobile_stop', 'enforcement_bureau', 'approval_seal')),
    nearest uuid REFERENCES khot.outlet (id) ON DELETE CASCADE,
    responsible uuid REFERENCES khot.outlet (id) ON DELETE CASCADE,
    -- To the nearest, for the household in the middle; none where it can't be reached.
    minutes double precision CHECK (minutes >= 0),
    -- Of the grid's households as they are told, those within the standard of its area type; none where that isn't told.
    share_within double precision CHECK (share_within BETWEEN 0 AND 1),
    made_at timestamptz NOT NULL,
    CONSTRAINT service_link_key PRIMARY KEY (grid, kind)
);
CREATE INDEX service_link_village ON khot.service_link (village text_pattern_ops);

-- What a person decided instead; it outlives the making of links.
CREATE TABLE khot.service_link_choice (
    grid text NOT NULL CHECK (grid ~ '^\d{15}$'),
    village text NOT NULL GENERATED ALWAYS AS (left(grid, 12)) STORED,
    kind text NOT NULL CHECK (kind IN ('centre', 'station', 'agent_point', 'mobile_stop', 'enforcement_bureau', 'approval_seal')),
    outlet uuid NOT NULL CONSTRAINT service_link_choice_outlet_fkey REFERENCES khot.outlet (id) ON DELETE CASCADE,
    reason text NOT NULL CHECK (length(reason) BETWEEN 1 AND 200),
    made_by text NOT NULL,
    made_at timestamptz NOT NULL,
    CONSTRAINT service_link_choice_key PRIMARY KEY (grid, kind)
);
CREATE INDEX service_link_choice_village ON khot.service_link_choice (village text_pattern_ops);

-- Where the next outlets would do most: a proposal that a person accepts.
CREATE TABLE khot.placement (
    id uuid PRIMARY KEY,
    area text NOT NULL CONSTRAINT placement_area_fkey REFERENCES khot.area (code),
    status text NOT NULL CHECK (status IN ('open', 'accepted')),
    params jsonb NOT NULL,
    result jsonb NOT NULL,
    synthetic boolean NOT NULL,
    made_by text NOT NULL,
    made_at timestamptz NOT NULL
);
CREATE INDEX placement_area ON khot.placement (area text_pattern_ops, made_at);

-- Outlets and their services are public: whoever sees an area's outline sees them, and those of the areas above, which
-- serve it. Proposals are for whoever may accept them.
DO $$
DECLARE
    held record;
BEGIN
    FOR held IN SELECT * FROM (VALUES
        ('outlet', 'area', true), ('outlet_state', 'area', true), ('service_item', 'area', true), ('service_offer', 'area', true),
        ('township_body', 'area', false), ('service_link', 'village', false), ('service_link_choice', 'village', false),
        ('placement', 'area', false)) AS held (name, of_area, above)
    LOOP
        EXECUTE format('ALTER TABLE khot.%I ENABLE ROW LEVEL SECURITY', held.name);
        EXECUTE format('ALTER TABLE khot.%I FORCE ROW LEVEL SECURITY', held.name);
        EXECUTE format('CREATE POLICY %I ON khot.%I FOR INSERT WITH CHECK (%I ^@ ANY ((SELECT khot.may(''outlets''))::text[]))',
                       held.name || '_add', held.name, held.of_area);
        EXECUTE format('CREATE POLICY %I ON khot.%I FOR UPDATE USING (%I ^@ ANY ((SELECT khot.may(''outlets''))::text[]))',
                       held.name || '_change', held.name, held.of_area);
        EXECUTE format('CREATE POLICY %I ON khot.%I FOR DELETE USING (%I ^@ ANY ((SELECT khot.may(''outlets''))::text[]))',
                       held.name || '_remove', held.name, held.of_area);
        EXECUTE format('GRANT SELECT, INSERT, UPDATE, DELETE ON khot.%I TO khot_app', held.name);
    END LOOP;
END $$;

CREATE POLICY outlet_read ON khot.outlet FOR SELECT USING (
    area ^@ ANY ((SELECT khot.may('outlets'))::text[])
    OR (NOT draft AND (area ^@ ANY ((SELECT khot.may('outline'))::text[]) OR area = ANY ((SELECT khot.above('outline'))::text[]))));
-- The inner queries stand under the outlet's own policy.
CREATE POLICY outlet_state_read ON khot.outlet_state FOR SELECT USING (
    area ^@ ANY ((SELECT khot.may('outlets'))::text[])
    OR ((area ^@ ANY ((SELECT khot.may('outline'))::text[]) OR area = ANY ((SELECT khot.above('outline'))::text[]))
        AND outlet IN (SELECT id FROM khot.outlet)));
CREATE POLICY service_offer_read ON khot.service_offer FOR SELECT USING (
    area ^@ ANY ((SELECT khot.may('outlets'))::text[])
    OR ((area ^@ ANY ((SELECT khot.may('outline'))::text[]) OR area = ANY ((SELECT khot.above('outline'))::text[]))
        AND outlet IN (SELECT id FROM khot.outlet)));
CREATE POLICY service_item_read ON khot.service_item FOR SELECT USING (
    area ^@ ANY ((SELECT khot.may('outline'))::text[]) OR area = ANY ((SELECT khot.above('outline'))::text[]));
CREATE POLICY township_body_read ON khot.township_body FOR SELECT
    USING (area ^@ ANY ((SELECT khot.may('outline'))::text[]));
-- Shares of households are figures, and so is what a placement counts.
CREATE POLICY service_link_read ON khot.service_link FOR SELECT
    USING (village ^@ ANY ((SELECT khot.may('outline'))::text[]));
CREATE POLICY service_link_choice_read ON khot.service_link_choice FOR SELECT
    USING (village ^@ ANY ((SELECT khot.may('outline'))::text[]));
CREATE POLICY placement_read ON khot.placement FOR SELECT
    USING (area ^@ ANY ((SELECT khot.may('outlets'))::text[]));

-- Jobs that make links and placements.
CREATE POLICY job_outlets ON khot.job USING (
    kind IN ('links', 'placement') AND area ^@ ANY ((SELECT khot.may('outlets'))::text[]));
