-- Roles by area. A policy names the capability that a row needs; which role has it is the program's to say.

-- The code prefixes for which this transaction has a capability. Set by set_config(…, is_local => true), so
-- they can't outlive the transaction in the pool. Not set: none. A lone star stands for everything.
CREATE FUNCTION khot.may(capability text) RETURNS text[]
LANGUAGE sql STABLE PARALLEL SAFE
AS $$ SELECT coalesce(array_agg(rtrim(pattern, '*')), '{}'::text[])
      FROM unnest(string_to_array(current_setting('khot.may_' || capability, true), ',')) AS pattern
      WHERE pattern <> '' $$;

-- The areas above those prefixes: their names stand in every breadcrumb.
CREATE FUNCTION khot.above(capability text) RETURNS text[]
LANGUAGE sql STABLE PARALLEL SAFE
AS $$ SELECT coalesce(array_agg(DISTINCT left(prefix, digits)), '{}'::text[])
      FROM unnest(khot.may(capability)) AS prefix, unnest(ARRAY[2, 4, 6, 9]) AS digits
      WHERE length(prefix) > digits $$;

-- In whose name.
CREATE FUNCTION khot.actor() RETURNS text LANGUAGE sql STABLE PARALLEL SAFE
AS $$ SELECT coalesce(current_setting('khot.actor', true), '') $$;

-- Accounts. Each has a home area, whose administrators manage it; all of its grants lie in that area, so
-- nobody can raise themselves by way of an account that holds more than they do.
ALTER TABLE khot.account ADD COLUMN area text NOT NULL DEFAULT '15' CHECK (area ~ '^(\d{2}|\d{4}|\d{6}|\d{9}|\d{12})$');
ALTER TABLE khot.account ALTER COLUMN area DROP DEFAULT;
ALTER TABLE khot.account ADD CONSTRAINT account_area_key UNIQUE (id, area);

CREATE TABLE khot.account_grant (
    id uuid PRIMARY KEY,
    account uuid NOT NULL,
    account_area text NOT NULL,
    role text NOT NULL CHECK (role IN ('administrator', 'planner', 'people_officer', 'finance', 'analyst', 'worker', 'auditor')),
    area text NOT NULL CHECK (area ~ '^(\d{2}|\d{4}|\d{6}|\d{9}|\d{12})$'),
    begins date NOT NULL,
    -- The first day on which it no longer holds.
    ends date,
    granted_by text NOT NULL,
    granted_at timestamptz NOT NULL,
    CONSTRAINT account_grant_days CHECK (ends > begins),
    CONSTRAINT account_grant_in_home CHECK (area ^@ account_area),
    CONSTRAINT account_grant_account_fkey FOREIGN KEY (account, account_area) REFERENCES khot.account (id, area) ON DELETE CASCADE
);
CREATE INDEX account_grant_account ON khot.account_grant (account);

INSERT INTO khot.account_grant (id, account, account_area, role, area, begins, granted_by, granted_at)
SELECT gen_random_uuid(), id, area, role, area, created_at::date, 'operator', created_at FROM khot.account;
ALTER TABLE khot.account DROP COLUMN role;

ALTER TABLE khot.account ENABLE ROW LEVEL SECURITY;
ALTER TABLE khot.account FORCE ROW LEVEL SECURITY;
CREATE POLICY account_read ON khot.account FOR SELECT
    USING (area ^@ ANY ((SELECT khot.may('accounts'))::text[]) OR username = (SELECT khot.actor()));
CREATE POLICY account_add ON khot.account FOR INSERT WITH CHECK (area ^@ ANY ((SELECT khot.may('accounts'))::text[]));
CREATE POLICY account_change ON khot.account FOR UPDATE USING (area ^@ ANY ((SELECT khot.may('accounts'))::text[]));
ALTER TABLE khot.account_grant ENABLE ROW LEVEL SECURITY;
ALTER TABLE khot.account_grant FORCE ROW LEVEL SECURITY;
CREATE POLICY account_grant_read ON khot.account_grant FOR SELECT
    USING (account_area ^@ ANY ((SELECT khot.may('accounts'))::text[]) OR account IN (SELECT id FROM khot.account));
CREATE POLICY account_grant_write ON khot.account_grant
    USING (account_area ^@ ANY ((SELECT khot.may('accounts'))::text[]));
GRANT UPDATE ON khot.account TO khot_app;
GRANT SELECT, INSERT, UPDATE, DELETE ON khot.account_grant TO khot_app;

-- Whose session a token is: asked at every request, before any scope is known, so it brings its own.
CREATE FUNCTION khot.session_account(hash bytea, at timestamptz)
RETURNS TABLE (username text, name text, grants jsonb)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = khot, pg_temp SET "khot.may_accounts" = '*'
AS $$ SELECT a.username, a.name,
             coalesce((SELECT jsonb_agg(jsonb_build_object('role', g.role, 'area', g.area, 'from', g.begins, 'until', g.ends)
                                        ORDER BY g.area, g.role, g.begins)
                       FROM account_grant g WHERE g.account = a.id), '[]'::jsonb)
      FROM session s JOIN account a ON a.id = s.account
      WHERE s.token_hash = hash AND s.expires_at > at $$;
REVOKE ALL ON FUNCTION khot.session_account(bytea, timestamptz) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION khot.session_account(bytea, timestamptz) TO khot_app;

-- Areas and units.
DROP POLICY area_scope ON khot.area;
DROP POLICY area_above ON khot.area;
CREATE POLICY area_read ON khot.area FOR SELECT
    USING (code ^@ ANY ((SELECT khot.may('outline'))::text[]) OR code = ANY ((SELECT khot.above('outline'))::text[]));
CREATE POLICY area_add ON khot.area FOR INSERT WITH CHECK (code ^@ ANY ((SELECT khot.may('import'))::text[]));
CREATE POLICY area_change ON khot.area FOR UPDATE USING (code ^@ ANY ((SELECT khot.may('import'))::text[]));
CREATE POLICY area_remove ON khot.area FOR DELETE USING (code ^@ ANY ((SELECT khot.may('import'))::text[]));
DROP POLICY unit_scope ON khot.unit;
CREATE POLICY unit_read ON khot.unit FOR SELECT USING (village ^@ ANY ((SELECT khot.may('figures'))::text[]));
CREATE POLICY unit_add ON khot.unit FOR INSERT WITH CHECK (village ^@ ANY ((SELECT khot.may('import'))::text[]));
CREATE POLICY unit_change ON khot.unit FOR UPDATE USING (village ^@ ANY ((SELECT khot.may('import'))::text[]));
CREATE POLICY unit_remove ON khot.unit FOR DELETE USING (village ^@ ANY ((SELECT khot.may('import'))::text[]));

-- Plans: what is or was published is there for everybody with the area, a draft for who makes drafts. Who
-- has a township or village sees the plan that it stands in.
DROP POLICY plan_scope ON khot.plan;
DROP POLICY plan_above ON khot.plan;
CREATE POLICY plan_read ON khot.plan FOR SELECT USING (
    (status <> 'draft' AND (banner ^@ ANY ((SELECT khot.may('outline'))::text[]) OR banner = ANY ((SELECT khot.above('outline'))::text[])))
    OR banner ^@ ANY ((SELECT khot.may('draft'))::text[]) OR banner = ANY ((SELECT khot.above('draft'))::text[]));
CREATE POLICY plan_add ON khot.plan FOR INSERT WITH CHECK (banner ^@ ANY ((SELECT khot.may('draft'))::text[]));
CREATE POLICY plan_change ON khot.plan FOR UPDATE USING (banner ^@ ANY ((SELECT khot.may('draft'))::text[]));
CREATE POLICY plan_remove ON khot.plan FOR DELETE USING (banner ^@ ANY ((SELECT khot.may('draft'))::text[]));
-- A grid is seen where its village is and its plan is: the inner query stands under the plan's own policy.
DROP POLICY grid_scope ON khot.grid;
CREATE POLICY grid_read ON khot.grid FOR SELECT
    USING (village ^@ ANY ((SELECT khot.may('outline'))::text[]) AND plan IN (SELECT id FROM khot.plan));
CREATE POLICY grid_add ON khot.grid FOR INSERT WITH CHECK (village ^@ ANY ((SELECT khot.may('draft'))::text[]));
CREATE POLICY grid_change ON khot.grid FOR UPDATE USING (village ^@ ANY ((SELECT khot.may('draft'))::text[]));
CREATE POLICY grid_remove ON khot.grid FOR DELETE USING (village ^@ ANY ((SELECT khot.may('draft'))::text[]));
DROP POLICY grid_code_scope ON khot.grid_code;
CREATE POLICY grid_code_read ON khot.grid_code FOR SELECT USING (village ^@ ANY ((SELECT khot.may('outline'))::text[]));
CREATE POLICY grid_code_add ON khot.grid_code FOR INSERT WITH CHECK (village ^@ ANY ((SELECT khot.may('draft'))::text[]));

-- Jobs, by what they do.
DROP POLICY job_scope ON khot.job;
CREATE POLICY job_scope ON khot.job USING (
    (kind = 'import' AND area ^@ ANY ((SELECT khot.may('import'))::text[]))
    OR (kind <> 'import' AND area ^@ ANY ((SELECT khot.may('draft'))::text[])));
DROP POLICY upload_scope ON khot.upload;
CREATE POLICY upload_scope ON khot.upload USING (area ^@ ANY ((SELECT khot.may('import'))::text[]));

-- The trail is written by whoever changes something and read by whoever audits.
DROP POLICY audit_scope ON khot.audit;
CREATE POLICY audit_read ON khot.audit FOR SELECT USING (area ^@ ANY ((SELECT khot.may('audit'))::text[]));
CREATE POLICY audit_add ON khot.audit FOR INSERT WITH CHECK (true);

DROP FUNCTION khot.above_scope(text);
DROP FUNCTION khot.scope();
