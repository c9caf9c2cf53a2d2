-- Accounts: who may no longer sign in, how often a wrong password was given, how sessions are used, and tokens of
-- programs. Of a password there is only its Argon2id, of a token only its SHA-256.

ALTER TABLE khot.account
    ADD COLUMN disabled_at timestamptz,
    ADD COLUMN must_change_password boolean NOT NULL DEFAULT false,
    ADD COLUMN last_sign_in_at timestamptz;

-- Wrong passwords in a row. By the hash of the name that was given, whether there is such an account or not: what
-- can be seen from outside must not differ.
CREATE TABLE khot.sign_in_failure (
    name_hash bytea PRIMARY KEY CHECK (length(name_hash) = 32),
    wrong integer NOT NULL CHECK (wrong > 0),
    locked_until timestamptz,
    last_at timestamptz NOT NULL
);
CREATE INDEX sign_in_failure_last ON khot.sign_in_failure (last_at);
GRANT SELECT, INSERT, UPDATE, DELETE ON khot.sign_in_failure TO khot_app;

-- A session keeps its id while its token is replaced. The token before holds a moment longer, for the requests that
-- were on their way with it.
ALTER TABLE khot.session
    ADD COLUMN id uuid NOT NULL DEFAULT gen_random_uuid() CONSTRAINT session_id_key UNIQUE,
    ADD COLUMN last_used_at timestamptz,
    ADD COLUMN token_since timestamptz,
    ADD COLUMN previous_hash bytea CONSTRAINT session_previous_key UNIQUE,
    ADD COLUMN previous_until timestamptz;
GRANT UPDATE ON khot.session TO khot_app;

CREATE TABLE khot.access_token (
    id uuid PRIMARY KEY,
    account uuid NOT NULL,
    account_area text NOT NULL,
    name text NOT NULL CHECK (length(name) BETWEEN 1 AND 100),
    token_hash bytea NOT NULL CONSTRAINT access_token_hash_key UNIQUE CHECK (length(token_hash) = 32),
    created_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL,
    last_used_at timestamptz,
    CONSTRAINT access_token_days CHECK (expires_at > created_at AND expires_at <= created_at + interval '366 days'),
    CONSTRAINT access_token_account_fkey FOREIGN KEY (account, account_area) REFERENCES khot.account (id, area) ON DELETE CASCADE
);
CREATE INDEX access_token_account ON khot.access_token (account);
ALTER TABLE khot.access_token ENABLE ROW LEVEL SECURITY;
ALTER TABLE khot.access_token FORCE ROW LEVEL SECURITY;
-- One's own; whoever manages the account may end them.
CREATE POLICY access_token_read ON khot.access_token FOR SELECT
    USING (account_area ^@ ANY ((SELECT khot.may('accounts'))::text[])
           OR account IN (SELECT id FROM khot.account WHERE username = (SELECT khot.actor())));
CREATE POLICY access_token_remove ON khot.access_token FOR DELETE
    USING (account_area ^@ ANY ((SELECT khot.may('accounts'))::text[])
           OR account IN (SELECT id FROM khot.account WHERE username = (SELECT khot.actor())));
CREATE POLICY access_token_add ON khot.access_token FOR INSERT
    WITH CHECK (account IN (SELECT id FROM khot.account WHERE username = (SELECT khot.actor())));
CREATE POLICY access_token_use ON khot.access_token FOR UPDATE
    USING (account IN (SELECT id FROM khot.account WHERE username = (SELECT khot.actor())));
GRANT SELECT, INSERT, UPDATE, DELETE ON khot.access_token TO khot_app;

-- Whose a token is, of a session or of a program: asked at every request, before any scope is known, so it brings
-- its own. A disabled account has neither.
DROP FUNCTION khot.session_account(bytea, timestamptz);
CREATE FUNCTION khot.pass(hash bytea, at timestamptz)
RETURNS TABLE (id uuid, is_token boolean, since timestamptz, last_used_at timestamptz, account uuid, username text,
               name text, area text, must_change_password boolean, grants jsonb)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = khot, pg_temp SET "khot.may_accounts" = '*'
AS $$ SELECT held.id, held.is_token, held.since, held.last_used_at, a.id, a.username, a.name, a.area, a.must_change_password,
             coalesce((SELECT jsonb_agg(jsonb_build_object('role', g.role, 'area', g.area, 'from', g.begins, 'until', g.ends)
                                        ORDER BY g.area, g.role, g.begins)
                       FROM account_grant g WHERE g.account = a.id), '[]'::jsonb)
      FROM (SELECT s.id, false AS is_token, coalesce(s.token_since, s.created_at) AS since, s.last_used_at, s.account
            FROM session s WHERE s.token_hash = hash AND s.expires_at > at
            UNION ALL
            SELECT s.id, false, at, s.last_used_at, s.account
            FROM session s WHERE s.previous_hash = hash AND s.previous_until > at AND s.expires_at > at
            UNION ALL
            SELECT t.id, true, t.created_at, t.last_used_at, t.account
            FROM access_token t WHERE t.token_hash = hash AND t.expires_at > at) AS held
      JOIN account a ON a.id = held.account
      WHERE a.disabled_at IS NULL $$;
REVOKE ALL ON FUNCTION khot.pass(bytea, timestamptz) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION khot.pass(bytea, timestamptz) TO khot_app;
