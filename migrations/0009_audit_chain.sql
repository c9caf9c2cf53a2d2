-- The audit trail as a chain: each entry carries the SHA-256 of the one before. What is changed, taken out or
-- put in afterwards, by whoever owns the database even, is found by going through it (khot doctor).
--
-- An entry gets its place in the chain at the end of its transaction, when the order of commits is decided:
-- numbers given earlier would have gaps where a transaction was rolled back, and waiting for the head of the
-- chain any earlier would make every writer wait for every other one's whole transaction.

CREATE TABLE khot.audit_link (
    seq bigint PRIMARY KEY CHECK (seq > 0),
    entry bigint NOT NULL CONSTRAINT audit_link_entry_key UNIQUE,
    -- Of the link before; 32 zeros for the first.
    prev bytea NOT NULL CHECK (length(prev) = 32),
    hash bytea NOT NULL CHECK (length(hash) = 32)
);

-- The last link: without it, entries cut off at the end would not be missed. One row.
CREATE TABLE khot.audit_head (
    one boolean PRIMARY KEY DEFAULT true CHECK (one),
    seq bigint NOT NULL CHECK (seq >= 0),
    hash bytea NOT NULL CHECK (length(hash) = 32)
);
INSERT INTO khot.audit_head (seq, hash) VALUES (0, decode(repeat('00', 32), 'hex'));

-- One field of what is hashed: its length in bytes, a colon, itself and a comma; '-,' for none. No two
-- different entries are written alike.
CREATE FUNCTION khot.audit_field(value text) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE
AS $$ SELECT coalesce(octet_length(value) || ':' || value || ',', '-,') $$;

CREATE FUNCTION khot.audit_hash(prev bytea, seq bigint, e khot.audit) RETURNS bytea
LANGUAGE sql IMMUTABLE PARALLEL SAFE SET search_path = khot, pg_catalog, pg_temp
AS $$ SELECT sha256(convert_to(
        audit_field(encode(prev, 'hex')) || audit_field(seq::text) || audit_field(e.id::text)
        || audit_field(to_char(e.at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'))
        || audit_field(e.actor) || audit_field(e.action) || audit_field(e.subject) || audit_field(e.area)
        || audit_field(e.before::text) || audit_field(e.after::text) || audit_field(e.request_id), 'UTF8')) $$;

-- Runs as the owner: the program may write entries, but not links. It reads no entry, so that forced
-- row-level security has no say in it.
CREATE FUNCTION khot.audit_append() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = khot, pg_temp AS $$
DECLARE
    head khot.audit_head%ROWTYPE;
    hashed bytea;
BEGIN
    SELECT * INTO STRICT head FROM khot.audit_head FOR UPDATE;
    hashed := khot.audit_hash(head.hash, head.seq + 1, NEW);
    INSERT INTO khot.audit_link (seq, entry, prev, hash) VALUES (head.seq + 1, NEW.id, head.hash, hashed);
    UPDATE khot.audit_head SET seq = head.seq + 1, hash = hashed;
    RETURN NULL;
END $$;
REVOKE ALL ON FUNCTION khot.audit_append() FROM PUBLIC;

CREATE CONSTRAINT TRIGGER audit_chained AFTER INSERT ON khot.audit
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION khot.audit_append();
CREATE TRIGGER audit_link_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON khot.audit_link
    FOR EACH STATEMENT EXECUTE FUNCTION khot.refuse();
CREATE TRIGGER audit_head_kept BEFORE DELETE OR TRUNCATE ON khot.audit_head
    FOR EACH STATEMENT EXECUTE FUNCTION khot.refuse();

-- What is there already. The owner is bound by forced row-level security too, unless a superuser.
ALTER TABLE khot.audit NO FORCE ROW LEVEL SECURITY;
DO $$
DECLARE
    entry khot.audit%ROWTYPE;
    number bigint := 0;
    before bytea := decode(repeat('00', 32), 'hex');
    hashed bytea;
BEGIN
    FOR entry IN SELECT * FROM khot.audit ORDER BY id LOOP
        number := number + 1;
        hashed := khot.audit_hash(before, number, entry);
        INSERT INTO khot.audit_link (seq, entry, prev, hash) VALUES (number, entry.id, before, hashed);
        before := hashed;
    END LOOP;
    UPDATE khot.audit_head SET seq = number, hash = before;
END $$;
ALTER TABLE khot.audit FORCE ROW LEVEL SECURITY;

-- Links name no area and hold no more than numbers and hashes.
GRANT SELECT ON khot.audit_link, khot.audit_head TO khot_app;

CREATE INDEX audit_at ON khot.audit (at);
