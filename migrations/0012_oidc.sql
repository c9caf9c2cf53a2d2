-- Signing in by an OpenID Connect provider.

-- Who this is to the provider; set by an administrator.
ALTER TABLE khot.account ADD COLUMN oidc_subject text CONSTRAINT account_oidc_subject_key UNIQUE
    CONSTRAINT account_oidc_subject_length CHECK (length(oidc_subject) BETWEEN 1 AND 255);

-- Sign-ins that have gone to the provider and not come back yet. Each is used once, by the browser that began it.
CREATE TABLE khot.oidc_attempt (
    state_hash bytea PRIMARY KEY CHECK (length(state_hash) = 32),
    browser_hash bytea NOT NULL CHECK (length(browser_hash) = 32),
    nonce text NOT NULL,
    verifier text NOT NULL,
    back text NOT NULL,
    expires_at timestamptz NOT NULL
);
CREATE INDEX oidc_attempt_expires ON khot.oidc_attempt (expires_at);
GRANT SELECT, INSERT, DELETE ON khot.oidc_attempt TO khot_app;

-- Whoever came by the provider gave no password here, and needn't change it.
ALTER TABLE khot.session ADD COLUMN by_provider boolean NOT NULL DEFAULT false;
CREATE OR REPLACE FUNCTION khot.pass(hash bytea, at timestamptz)
RETURNS TABLE (id uuid, is_token boolean, since timestamptz, last_used_at timestamptz, account uuid, username text,
               name text, area text, must_change_password boolean, grants jsonb)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = khot, pg_temp SET "khot.may_accounts" = '*'
AS $$ SELECT held.id, held.is_token, held.since, held.last_used_at, a.id, a.username, a.name, a.area,
             a.must_change_password AND NOT held.by_provider,
             coalesce((SELECT jsonb_agg(jsonb_build_object('role', g.role, 'area', g.area, 'from', g.begins, 'until', g.ends)
                                        ORDER BY g.area, g.role, g.begins)
                       FROM account_grant g WHERE g.account = a.id), '[]'::jsonb)
      FROM (SELECT s.id, false AS is_token, coalesce(s.token_since, s.created_at) AS since, s.last_used_at, s.account, s.by_provider
            FROM session s WHERE s.token_hash = hash AND s.expires_at > at
            UNION ALL
            SELECT s.id, false, at, s.last_used_at, s.account, s.by_provider
            FROM session s WHERE s.previous_hash = hash AND s.previous_until > at AND s.expires_at > at
            UNION ALL
            SELECT t.id, true, t.created_at, t.last_used_at, t.account, false
            FROM access_token t WHERE t.token_hash = hash AND t.expires_at > at) AS held
      JOIN account a ON a.id = held.account
      WHERE a.disabled_at IS NULL $$;
