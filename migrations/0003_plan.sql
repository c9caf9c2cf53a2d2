-- Plans and their grids. A plan is draft, then published from a day, then superseded.

CREATE TABLE khot.plan (
    id uuid PRIMARY KEY,
    banner text NOT NULL CONSTRAINT plan_banner_fkey REFERENCES khot.area (code),
    title text NOT NULL CHECK (length(title) BETWEEN 1 AND 200),
    status text NOT NULL CHECK (status IN ('draft', 'published', 'superseded')),
    -- The days on which it holds; a draft has none.
    during daterange,
    seed bigint NOT NULL,
    engine_version text NOT NULL,
    policy_version text NOT NULL,
    policy_text text NOT NULL,
    scores jsonb NOT NULL,
    reasons jsonb NOT NULL,
    synthetic boolean NOT NULL,
    created_at timestamptz NOT NULL,
    created_by text NOT NULL,
    CONSTRAINT plan_banner_level CHECK (length(banner) = 6),
    CONSTRAINT plan_days CHECK ((status = 'draft') = (during IS NULL) AND (during IS NULL OR NOT isempty(during))),
    -- At most one plan of a banner holds on any day.
    CONSTRAINT plan_one_a_day EXCLUDE USING gist (banner WITH =, during WITH &&) WHERE (during IS NOT NULL)
);
CREATE INDEX plan_banner ON khot.plan (banner, created_at);

CREATE TABLE khot.grid (
    plan uuid NOT NULL REFERENCES khot.plan ON DELETE CASCADE,
    code text NOT NULL CONSTRAINT grid_code_form CHECK (code ~ '^\d{15}$' AND right(code, 3) <> '000'),
    village text NOT NULL GENERATED ALWAYS AS (left(code, 12)) STORED,
    area_type text NOT NULL CHECK (area_type IN ('urban', 'agricultural', 'pastoral', 'mixed')),
    kind text NOT NULL CHECK (kind IN ('general', 'dedicated')),
    units text[] NOT NULL CONSTRAINT grid_not_empty CHECK (cardinality(units) > 0),
    outline geometry(MultiPolygon, 4326) NOT NULL CONSTRAINT grid_outline_valid CHECK (ST_IsValid(outline)),
    label_point geometry(Point, 4326) NOT NULL,
    area_m2 double precision NOT NULL CHECK (area_m2 > 0),
    compactness double precision NOT NULL CHECK (compactness BETWEEN 0 AND 1.000001),
    travel_min double precision CHECK (travel_min >= 0),
    households integer NOT NULL CHECK (households >= 0),
    people integer NOT NULL CHECK (people >= 0),
    in_band boolean NOT NULL,
    reasons jsonb NOT NULL,
    CONSTRAINT grid_code_key PRIMARY KEY (plan, code),
    CONSTRAINT grid_out_of_band_named CHECK (in_band OR jsonb_array_length(reasons) > 0)
);
CREATE INDEX grid_village ON khot.grid (village);
CREATE INDEX grid_by_code ON khot.grid (code);

-- Every code that was ever published: a voided code is never used again.
CREATE TABLE khot.grid_code (
    code text PRIMARY KEY,
    village text NOT NULL GENERATED ALWAYS AS (left(code, 12)) STORED,
    first_plan uuid NOT NULL REFERENCES khot.plan
);
CREATE INDEX grid_code_village ON khot.grid_code (village);

-- A published plan is never changed. All that may happen to it is that it ends earlier, when the next
-- one is published.
CREATE FUNCTION khot.plan_frozen() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' THEN
        IF OLD.status <> 'draft' THEN
            RAISE EXCEPTION 'plan % is published and stays', OLD.id
                USING ERRCODE = 'restrict_violation', CONSTRAINT = 'plan_frozen';
        END IF;
        RETURN OLD;
    END IF;
    IF OLD.status <> 'draft' AND (
        NEW.status = 'draft'
        OR lower(NEW.during) IS DISTINCT FROM lower(OLD.during)
        OR NOT (NEW.during <@ OLD.during)
        OR (to_jsonb(NEW) - 'status' - 'during') IS DISTINCT FROM (to_jsonb(OLD) - 'status' - 'during')
    ) THEN
        RAISE EXCEPTION 'plan % is published and never changed', OLD.id
            USING ERRCODE = 'restrict_violation', CONSTRAINT = 'plan_frozen';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER plan_frozen BEFORE UPDATE OR DELETE ON khot.plan
    FOR EACH ROW EXECUTE FUNCTION khot.plan_frozen();

CREATE FUNCTION khot.grid_frozen() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    touched uuid := CASE WHEN TG_OP = 'INSERT' THEN NEW.plan ELSE OLD.plan END;
    held khot.plan%ROWTYPE;
BEGIN
    IF TG_OP = 'UPDATE' AND NEW.plan <> OLD.plan THEN
        RAISE EXCEPTION 'a grid of plan % stays in it', OLD.plan
            USING ERRCODE = 'restrict_violation', CONSTRAINT = 'plan_frozen';
    END IF;
    SELECT * INTO held FROM khot.plan WHERE id = touched;
    IF TG_OP = 'DELETE' AND NOT FOUND THEN
        RETURN OLD; -- its draft is being discarded
    END IF;
    IF NOT FOUND OR held.status <> 'draft' THEN
        RAISE EXCEPTION 'plan % is published: its grids are never changed', touched
            USING ERRCODE = 'restrict_violation', CONSTRAINT = 'plan_frozen';
    END IF;
    IF TG_OP <> 'DELETE' AND left(NEW.code, 6) <> held.banner THEN
        RAISE EXCEPTION 'grid % lies outside %', NEW.code, held.banner
            USING ERRCODE = 'check_violation', CONSTRAINT = 'grid_in_banner';
    END IF;
    RETURN CASE WHEN TG_OP = 'DELETE' THEN OLD ELSE NEW END;
END $$;
CREATE TRIGGER grid_frozen BEFORE INSERT OR UPDATE OR DELETE ON khot.grid
    FOR EACH ROW EXECUTE FUNCTION khot.grid_frozen();
CREATE TRIGGER grid_code_kept BEFORE UPDATE OR DELETE OR TRUNCATE ON khot.grid_code
    FOR EACH STATEMENT EXECUTE FUNCTION khot.refuse();
CREATE TRIGGER plan_not_truncated BEFORE TRUNCATE ON khot.plan FOR EACH STATEMENT EXECUTE FUNCTION khot.refuse();
CREATE TRIGGER grid_not_truncated BEFORE TRUNCATE ON khot.grid FOR EACH STATEMENT EXECUTE FUNCTION khot.refuse();

ALTER TABLE khot.plan ENABLE ROW LEVEL SECURITY;
ALTER TABLE khot.plan FORCE ROW LEVEL SECURITY;
CREATE POLICY plan_scope ON khot.plan USING (banner ^@ ANY ((SELECT khot.scope())::text[]));
-- Who is in charge of a township or village sees the plan that it stands in.
CREATE POLICY plan_above ON khot.plan FOR SELECT USING (khot.above_scope(banner));
ALTER TABLE khot.grid ENABLE ROW LEVEL SECURITY;
ALTER TABLE khot.grid FORCE ROW LEVEL SECURITY;
CREATE POLICY grid_scope ON khot.grid USING (village ^@ ANY ((SELECT khot.scope())::text[]));
ALTER TABLE khot.grid_code ENABLE ROW LEVEL SECURITY;
ALTER TABLE khot.grid_code FORCE ROW LEVEL SECURITY;
CREATE POLICY grid_code_scope ON khot.grid_code USING (village ^@ ANY ((SELECT khot.scope())::text[]));

GRANT SELECT, INSERT, UPDATE, DELETE ON khot.plan, khot.grid TO khot_app;
GRANT SELECT, INSERT ON khot.grid_code TO khot_app;
