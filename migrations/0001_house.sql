-- The role that the program works as, the scope, and the audit trail.
-- The program owns nothing here: migrations run as the owner, everything else as khot_app.

CREATE EXTENSION IF NOT EXISTS postgis;
CREATE EXTENSION IF NOT EXISTS btree_gist;

-- Roles belong to the whole server, and several databases (tests, say) may be made at once.
DO $$
BEGIN
    CREATE ROLE khot_app NOLOGIN NOBYPASSRLS;
EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL;
END $$;
DO $$
BEGIN
    IF NOT pg_has_role(current_user, 'khot_app', 'MEMBER') THEN
        EXECUTE format('GRANT khot_app TO %I', current_user);
    END IF;
EXCEPTION WHEN OTHERS THEN
    RAISE EXCEPTION 'the database user % may not act as khot_app: GRANT khot_app TO % as a superuser', current_user, current_user;
END $$;

CREATE SCHEMA khot;
GRANT USAGE ON SCHEMA khot TO khot_app;

-- The code prefixes that this transaction may touch. Set with set_config(…, is_local => true), so it
-- can't outlive the transaction in the pool. Not set: none. A lone star stands for everything.
CREATE FUNCTION khot.scope() RETURNS text[]
LANGUAGE sql STABLE PARALLEL SAFE
AS $$ SELECT coalesce(array_agg(rtrim(pattern, '*')), '{}'::text[])
      FROM unnest(string_to_array(current_setting('khot.scope', true), ',')) AS pattern
      WHERE pattern <> '' $$;

CREATE TABLE khot.audit (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    at timestamptz NOT NULL DEFAULT now(),
    actor text NOT NULL,
    action text NOT NULL,
    subject text NOT NULL,
    area text NOT NULL,
    before jsonb,
    after jsonb,
    request_id text
);
CREATE INDEX audit_area ON khot.audit (area, id);

CREATE FUNCTION khot.refuse() RETURNS trigger LANGUAGE plpgsql
AS $$ BEGIN
    RAISE EXCEPTION '% of % is not allowed', TG_OP, TG_TABLE_NAME USING ERRCODE = 'restrict_violation';
END $$;
CREATE TRIGGER audit_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON khot.audit
    FOR EACH STATEMENT EXECUTE FUNCTION khot.refuse();

ALTER TABLE khot.audit ENABLE ROW LEVEL SECURITY;
ALTER TABLE khot.audit FORCE ROW LEVEL SECURITY;
CREATE POLICY audit_scope ON khot.audit USING (area ^@ ANY ((SELECT khot.scope())::text[]));
GRANT SELECT, INSERT ON khot.audit TO khot_app;

-- One built-in administrator until accounts come; sessions hold only the hash of a token.
CREATE TABLE khot.account (
    id uuid PRIMARY KEY,
    username text NOT NULL CONSTRAINT account_username_key UNIQUE CHECK (username ~ '^[a-z0-9][a-z0-9-]{1,62}$'),
    name text NOT NULL,
    password_hash text NOT NULL,
    role text NOT NULL CHECK (role IN ('administrator')),
    created_at timestamptz NOT NULL
);
CREATE TABLE khot.session (
    token_hash bytea PRIMARY KEY,
    account uuid NOT NULL REFERENCES khot.account ON DELETE CASCADE,
    created_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL
);
CREATE INDEX session_account ON khot.session (account);
GRANT SELECT, INSERT ON khot.account TO khot_app;
GRANT SELECT, INSERT, DELETE ON khot.session TO khot_app;
