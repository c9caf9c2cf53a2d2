-- Worker records. Names, phones and bank references are sealed before they come here, with keys that the
-- database never sees: 1 byte version, 8 bytes key id, 24 bytes nonce, ciphertext with its 16-byte tag.

CREATE TABLE khot.worker (
    id uuid PRIMARY KEY,
    area text NOT NULL CONSTRAINT worker_area_fkey REFERENCES khot.area (code)
        CONSTRAINT worker_area_level CHECK (length(area) IN (9, 12)),
    -- The account that is theirs, if they have one.
    username text CONSTRAINT worker_username_key UNIQUE
        CONSTRAINT worker_username_fkey REFERENCES khot.account (username) ON UPDATE CASCADE ON DELETE SET NULL,
    employment text NOT NULL CHECK (employment IN ('full_time', 'part_time')),
    status text NOT NULL CHECK (status IN ('on_post', 'seconded', 'on_leave', 'left')),
    name bytea NOT NULL CONSTRAINT worker_name_sealed CHECK (length(name) BETWEEN 49 AND 1000 AND get_byte(name, 0) = 1),
    phone bytea CONSTRAINT worker_phone_sealed CHECK (length(phone) BETWEEN 49 AND 1000 AND get_byte(phone, 0) = 1),
    bank bytea CONSTRAINT worker_bank_sealed CHECK (length(bank) BETWEEN 49 AND 1000 AND get_byte(bank, 0) = 1),
    synthetic boolean NOT NULL,
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL
);
CREATE INDEX worker_area ON khot.worker (area text_pattern_ops, id);

ALTER TABLE khot.worker ENABLE ROW LEVEL SECURITY;
ALTER TABLE khot.worker FORCE ROW LEVEL SECURITY;
-- Everybody sees their own record.
CREATE POLICY worker_read ON khot.worker FOR SELECT
    USING (area ^@ ANY ((SELECT khot.may('people'))::text[]) OR username = (SELECT khot.actor()));
CREATE POLICY worker_add ON khot.worker FOR INSERT WITH CHECK (area ^@ ANY ((SELECT khot.may('people_edit'))::text[]));
-- Before and after: nobody moves a record out of or into an area that isn't theirs.
CREATE POLICY worker_change ON khot.worker FOR UPDATE USING (area ^@ ANY ((SELECT khot.may('people_edit'))::text[]));
-- A record isn't removed: whoever leaves has left.
GRANT SELECT, INSERT, UPDATE ON khot.worker TO khot_app;

-- The keys by name, never themselves: which one seals now is decided here, for every process at once.
CREATE TABLE khot.sealing_key (
    id text PRIMARY KEY CHECK (id ~ '^[0-9a-f]{16}$'),
    current boolean NOT NULL,
    known_since timestamptz NOT NULL,
    retired_at timestamptz
);
CREATE UNIQUE INDEX sealing_key_current ON khot.sealing_key (current) WHERE current;
GRANT SELECT ON khot.sealing_key TO khot_app;
