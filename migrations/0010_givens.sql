-- What a division may not decide, stored with the plan that it made; and drafts that are changed by hand.

-- Locks, dedicated grids, ties and separations; ceilings of posts and numbers fixed by hand. A published plan
-- keeps its own for ever, and the next division takes them over.
ALTER TABLE khot.plan ADD COLUMN givens jsonb NOT NULL DEFAULT '{}' CHECK (jsonb_typeof(givens) = 'object');
ALTER TABLE khot.plan ADD COLUMN numbers jsonb NOT NULL DEFAULT '{}' CHECK (jsonb_typeof(numbers) = 'object');
-- Counts the changes of a draft: whoever changes it says which version they have seen.
ALTER TABLE khot.plan ADD COLUMN version integer NOT NULL DEFAULT 1 CHECK (version > 0);

-- The name of a dedicated grid: a market, park, school.
ALTER TABLE khot.grid ADD COLUMN name text
    CONSTRAINT grid_name CHECK (name IS NULL OR (kind = 'dedicated' AND length(name) BETWEEN 1 AND 100));

-- How a village's grids were before a change of a draft, so that it can be undone.
CREATE TABLE khot.plan_step (
    plan uuid NOT NULL REFERENCES khot.plan ON DELETE CASCADE,
    -- The version that the change made.
    version integer NOT NULL,
    village text NOT NULL CHECK (length(village) = 12),
    -- Grids by code, each with its units, name and whether a person drew it.
    before jsonb NOT NULL,
    made_by text NOT NULL,
    made_at timestamptz NOT NULL,
    PRIMARY KEY (plan, version)
);
ALTER TABLE khot.plan_step ENABLE ROW LEVEL SECURITY;
ALTER TABLE khot.plan_step FORCE ROW LEVEL SECURITY;
CREATE POLICY plan_step_scope ON khot.plan_step USING (village ^@ ANY ((SELECT khot.may('draft'))::text[]));
GRANT SELECT, INSERT, DELETE ON khot.plan_step TO khot_app;
