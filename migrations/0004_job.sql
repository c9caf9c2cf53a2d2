-- Long work as people see it. Claiming, retrying and heartbeats are the queue library's, in its own schema.

CREATE TABLE khot.job (
    id uuid PRIMARY KEY,
    kind text NOT NULL CHECK (kind IN ('division', 'import', 'publication')),
    area text NOT NULL,
    params jsonb NOT NULL,
    state text NOT NULL CHECK (state IN ('queued', 'running', 'done', 'failed', 'cancelled')),
    done integer NOT NULL DEFAULT 0,
    total integer NOT NULL DEFAULT 0,
    note jsonb,
    result jsonb,
    error jsonb,
    -- How often a worker has taken it up; what a worker saves counts only while this is still its number.
    attempt integer NOT NULL DEFAULT 0,
    cancel_requested boolean NOT NULL DEFAULT false,
    created_by text NOT NULL,
    created_at timestamptz NOT NULL,
    started_at timestamptz,
    finished_at timestamptz
);
CREATE INDEX job_area ON khot.job (area, created_at);

-- A file waiting for its import, in pieces of a megabyte; removed when the import ends.
CREATE TABLE khot.upload (
    id uuid NOT NULL,
    area text NOT NULL,
    name text NOT NULL,
    piece integer NOT NULL,
    bytes bytea NOT NULL,
    PRIMARY KEY (id, name, piece)
);

ALTER TABLE khot.job ENABLE ROW LEVEL SECURITY;
ALTER TABLE khot.job FORCE ROW LEVEL SECURITY;
CREATE POLICY job_scope ON khot.job USING (area ^@ ANY ((SELECT khot.scope())::text[]));
ALTER TABLE khot.upload ENABLE ROW LEVEL SECURITY;
ALTER TABLE khot.upload FORCE ROW LEVEL SECURITY;
CREATE POLICY upload_scope ON khot.upload USING (area ^@ ANY ((SELECT khot.scope())::text[]));
GRANT SELECT, INSERT, UPDATE ON khot.job TO khot_app;
GRANT SELECT, INSERT, DELETE ON khot.upload TO khot_app;

-- Handing a job to the queue is the one thing that the program may do to the queue's tables, and it
-- happens in the transaction that writes the job.
CREATE FUNCTION khot.enqueue(job uuid, queue text) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = graphile_worker, pg_temp AS $$
BEGIN
    PERFORM graphile_worker.add_job('run_job', json_build_object('job', job), queue_name => queue,
        max_attempts => 25, job_key => job::text);
END $$;
REVOKE ALL ON FUNCTION khot.enqueue(uuid, text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION khot.enqueue(uuid, text) TO khot_app;

-- Versions by which clients may keep tiles for long: they change when what they name changes.
CREATE TABLE khot.edition (
    what text PRIMARY KEY CHECK (what IN ('areas', 'grids')),
    number bigint NOT NULL
);
INSERT INTO khot.edition VALUES ('areas', 1), ('grids', 1);
GRANT SELECT, UPDATE ON khot.edition TO khot_app;
