-- Subsidies: rules, days on duty, runs of a month and what they pay. Amounts are whole fen (1/100 yuan).

-- Rules as dated documents of an area; those of the nearest ancestor hold. A document is never changed or
-- removed: what a run was worked out by stays, and another version takes its place.
CREATE TABLE khot.pay_rules (
    id uuid PRIMARY KEY,
    area text NOT NULL CONSTRAINT pay_rules_area_fkey REFERENCES khot.area (code),
    title text NOT NULL CHECK (length(title) BETWEEN 1 AND 200),
    version text NOT NULL CHECK (length(version) BETWEEN 1 AND 100),
    valid_from date NOT NULL,
    paper text NOT NULL,
    demo boolean NOT NULL,
    text text NOT NULL CHECK (octet_length(text) <= 262144),
    created_at timestamptz NOT NULL,
    created_by text NOT NULL,
    CONSTRAINT pay_rules_version_key UNIQUE (area, version)
);

-- What a township attests of a worker's month. The area is the worker's when it was attested.
CREATE TABLE khot.duty (
    worker uuid NOT NULL CONSTRAINT duty_worker_fkey REFERENCES khot.worker (id),
    month date NOT NULL CHECK (extract(day FROM month) = 1),
    area text NOT NULL,
    duty_days smallint NOT NULL,
    expected_days smallint NOT NULL CHECK (expected_days BETWEEN 1 AND 31),
    score smallint CHECK (score BETWEEN 0 AND 100),
    attested_by text NOT NULL,
    attested_at timestamptz NOT NULL,
    CONSTRAINT duty_key PRIMARY KEY (worker, month),
    CONSTRAINT duty_days_expected CHECK (duty_days BETWEEN 0 AND expected_days)
);
CREATE INDEX duty_month ON khot.duty (month, area text_pattern_ops);

-- A correction of a month that is paid: dated into a later one, never changed itself.
CREATE TABLE khot.pay_adjustment (
    id uuid PRIMARY KEY,
    worker uuid NOT NULL CONSTRAINT pay_adjustment_worker_fkey REFERENCES khot.worker (id),
    area text NOT NULL,
    about_month date NOT NULL CHECK (extract(day FROM about_month) = 1),
    pay_month date NOT NULL CHECK (extract(day FROM pay_month) = 1),
    amount_fen bigint NOT NULL CHECK (amount_fen <> 0 AND amount_fen BETWEEN -100000000 AND 100000000),
    reason text NOT NULL CHECK (length(reason) BETWEEN 4 AND 200),
    created_by text NOT NULL,
    created_at timestamptz NOT NULL,
    CONSTRAINT pay_adjustment_later CHECK (pay_month > about_month)
);
CREATE INDEX pay_adjustment_month ON khot.pay_adjustment (pay_month, area text_pattern_ops);

-- A month of an area: draft, then approved by a second person, then locked.
CREATE TABLE khot.pay_run (
    id uuid PRIMARY KEY,
    area text NOT NULL CONSTRAINT pay_run_area_fkey REFERENCES khot.area (code),
    month date NOT NULL CHECK (extract(day FROM month) = 1),
    status text NOT NULL CHECK (status IN ('draft', 'approved', 'locked')),
    made_by text NOT NULL,
    made_at timestamptz NOT NULL,
    approved_by text,
    approved_at timestamptz,
    locked_by text,
    locked_at timestamptz,
    workers integer NOT NULL CHECK (workers >= 0),
    lines integer NOT NULL CHECK (lines >= 0),
    total_fen bigint NOT NULL,
    region_fen bigint NOT NULL,
    league_fen bigint NOT NULL,
    banner_fen bigint NOT NULL,
    township_fen bigint NOT NULL,
    -- By component and by area type.
    sums jsonb NOT NULL,
    -- Beside the month before, and what to look at.
    checks jsonb NOT NULL,
    -- The documents by which it was worked out.
    rules jsonb NOT NULL,
    demo boolean NOT NULL,
    synthetic boolean NOT NULL,
    engine_version text NOT NULL,
    -- Of the days on duty and adjustments as they were read: while they are others, it is neither approved nor locked.
    inputs text NOT NULL,
    -- SHA-256 of the snapshot and of the lines that come of it.
    snapshot_hash bytea NOT NULL CHECK (length(snapshot_hash) = 32),
    lines_hash bytea NOT NULL CHECK (length(lines_hash) = 32),
    CONSTRAINT pay_run_second_person CHECK (approved_by <> made_by),
    CONSTRAINT pay_run_levels CHECK (region_fen + league_fen + banner_fen + township_fen = total_fen),
    CONSTRAINT pay_run_steps CHECK ((status = 'draft') = (approved_by IS NULL) AND (approved_by IS NULL) = (approved_at IS NULL)
        AND (status = 'locked') = (locked_by IS NOT NULL) AND (locked_by IS NULL) = (locked_at IS NULL))
);
CREATE INDEX pay_run_area ON khot.pay_run (area text_pattern_ops, month);
CREATE UNIQUE INDEX pay_run_one_locked ON khot.pay_run (area, month) WHERE status = 'locked';

-- Everything that a run was worked out from, byte for byte.
CREATE TABLE khot.pay_input (
    run uuid PRIMARY KEY CONSTRAINT pay_input_run_fkey REFERENCES khot.pay_run (id),
    area text NOT NULL,
    snapshot bytea NOT NULL
);

-- What a run pays a worker. Statements and lines name their run and worker without foreign keys, which would be
-- looked up hundreds of thousands of times a run: triggers look at each insert as a whole.
CREATE TABLE khot.pay_statement (
    run uuid NOT NULL,
    worker uuid NOT NULL,
    area text NOT NULL,
    month date NOT NULL,
    amount_fen bigint NOT NULL,
    region_fen bigint NOT NULL,
    league_fen bigint NOT NULL,
    banner_fen bigint NOT NULL,
    township_fen bigint NOT NULL,
    CONSTRAINT pay_statement_key PRIMARY KEY (run, worker),
    CONSTRAINT pay_statement_levels CHECK (region_fen + league_fen + banner_fen + township_fen = amount_fen)
);
CREATE INDEX pay_statement_worker ON khot.pay_statement (worker, month);
CREATE TABLE khot.pay_line (
    run uuid NOT NULL,
    worker uuid NOT NULL,
    -- From 1, in the order of the statement.
    line smallint NOT NULL,
    area text NOT NULL,
    grid text,
    component text NOT NULL,
    quantity text NOT NULL,
    rate_fen bigint NOT NULL,
    amount_fen bigint NOT NULL,
    region_fen bigint NOT NULL,
    league_fen bigint NOT NULL,
    banner_fen bigint NOT NULL,
    township_fen bigint NOT NULL,
    -- Of the rules, that gave it.
    clause text NOT NULL,
    CONSTRAINT pay_line_key PRIMARY KEY (run, worker, line),
    CONSTRAINT pay_line_levels CHECK (region_fen + league_fen + banner_fen + township_fen = amount_fen)
);

-- Who is paid for a month, by which locked run: written by the lock itself, once.
CREATE TABLE khot.pay_paid (
    worker uuid NOT NULL,
    month date NOT NULL,
    area text NOT NULL,
    run uuid NOT NULL,
    CONSTRAINT pay_paid_once PRIMARY KEY (worker, month)
);
CREATE INDEX pay_paid_run ON khot.pay_paid (run);

-- The same months under two rules, side by side.
CREATE TABLE khot.pay_comparison (
    id uuid PRIMARY KEY,
    area text NOT NULL CONSTRAINT pay_comparison_area_fkey REFERENCES khot.area (code),
    result jsonb NOT NULL,
    created_by text NOT NULL,
    created_at timestamptz NOT NULL
);
CREATE INDEX pay_comparison_area ON khot.pay_comparison (area text_pattern_ops);

-- Documents, adjustments and snapshots are never changed.
CREATE TRIGGER pay_rules_kept BEFORE UPDATE OR DELETE OR TRUNCATE ON khot.pay_rules
    FOR EACH STATEMENT EXECUTE FUNCTION khot.refuse();
CREATE TRIGGER pay_adjustment_kept BEFORE UPDATE OR DELETE OR TRUNCATE ON khot.pay_adjustment
    FOR EACH STATEMENT EXECUTE FUNCTION khot.refuse();
CREATE TRIGGER pay_paid_kept BEFORE UPDATE OR DELETE OR TRUNCATE ON khot.pay_paid
    FOR EACH STATEMENT EXECUTE FUNCTION khot.refuse();
CREATE TRIGGER pay_input_kept BEFORE UPDATE OR TRUNCATE ON khot.pay_input
    FOR EACH STATEMENT EXECUTE FUNCTION khot.refuse();
CREATE TRIGGER pay_statement_kept BEFORE UPDATE OR TRUNCATE ON khot.pay_statement
    FOR EACH STATEMENT EXECUTE FUNCTION khot.refuse();
CREATE TRIGGER pay_line_kept BEFORE UPDATE OR TRUNCATE ON khot.pay_line
    FOR EACH STATEMENT EXECUTE FUNCTION khot.refuse();
CREATE TRIGGER pay_comparison_kept BEFORE UPDATE OR TRUNCATE ON khot.pay_comparison
    FOR EACH STATEMENT EXECUTE FUNCTION khot.refuse();
CREATE TRIGGER pay_run_not_truncated BEFORE TRUNCATE ON khot.pay_run FOR EACH STATEMENT EXECUTE FUNCTION khot.refuse();
CREATE TRIGGER duty_not_truncated BEFORE TRUNCATE ON khot.duty FOR EACH STATEMENT EXECUTE FUNCTION khot.refuse();

-- Whether a month of a place is paid and closed. Brings its own scope: whoever attests days may not see runs.
-- Volatile, so that it sees what was committed while its caller waited for the month's turn.
CREATE FUNCTION khot.pay_locked(place text, at date) RETURNS boolean
LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = khot, pg_temp SET "khot.may_pay" = '*'
AS $$ SELECT EXISTS (SELECT FROM pay_run WHERE month = at AND status = 'locked' AND place ^@ area) $$;
REVOKE ALL ON FUNCTION khot.pay_locked(text, date) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION khot.pay_locked(text, date) TO khot_app;

-- The month's turn: shared by those who attest, held alone by whoever approves and locks.
CREATE FUNCTION khot.pay_turn(at date) RETURNS integer LANGUAGE sql IMMUTABLE AS $$ SELECT at - date '2000-01-01' $$;

CREATE FUNCTION khot.duty_frozen() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    touched khot.duty%ROWTYPE;
BEGIN
    FOREACH touched IN ARRAY CASE TG_OP WHEN 'INSERT' THEN ARRAY[NEW] WHEN 'DELETE' THEN ARRAY[OLD] ELSE ARRAY[OLD, NEW] END LOOP
        PERFORM pg_advisory_xact_lock_shared(7744, khot.pay_turn(touched.month));
        IF khot.pay_locked(touched.area, touched.month) THEN
            RAISE EXCEPTION 'the month % of % is paid and closed', touched.month, touched.area
                USING ERRCODE = 'restrict_violation', CONSTRAINT = 'pay_month_closed';
        END IF;
    END LOOP;
    RETURN CASE WHEN TG_OP = 'DELETE' THEN OLD ELSE NEW END;
END $$;
CREATE TRIGGER duty_frozen BEFORE INSERT OR UPDATE OR DELETE ON khot.duty
    FOR EACH ROW EXECUTE FUNCTION khot.duty_frozen();

CREATE FUNCTION khot.pay_adjustment_frozen() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_advisory_xact_lock_shared(7744, khot.pay_turn(NEW.pay_month));
    IF khot.pay_locked(NEW.area, NEW.pay_month) THEN
        RAISE EXCEPTION 'the month % of % is paid and closed', NEW.pay_month, NEW.area
            USING ERRCODE = 'restrict_violation', CONSTRAINT = 'pay_month_closed';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER pay_adjustment_frozen BEFORE INSERT ON khot.pay_adjustment
    FOR EACH ROW EXECUTE FUNCTION khot.pay_adjustment_frozen();

-- Whether a run's amounts are demo values: its workers are told so, who don't see the run itself.
CREATE FUNCTION khot.pay_is_demo(of_run uuid) RETURNS boolean
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = khot, pg_temp SET "khot.may_pay" = '*'
AS $$ SELECT coalesce((SELECT demo FROM pay_run WHERE id = of_run), false) $$;
REVOKE ALL ON FUNCTION khot.pay_is_demo(uuid) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION khot.pay_is_demo(uuid) TO khot_app;

-- What is attested and adjusted for a month of a place, in one value.
CREATE FUNCTION khot.pay_inputs(place text, at date) RETURNS text
LANGUAGE sql VOLATILE SET search_path = khot, pg_catalog, pg_temp
AS $$ SELECT encode(sha256(convert_to(
        coalesce((SELECT string_agg(concat_ws(' ', worker, area, duty_days, expected_days, coalesce(score::text, '-')), E'\n' ORDER BY worker)
                  FROM duty WHERE month = at AND area ^@ place), '')
        || E'\n\n' ||
        coalesce((SELECT string_agg(id::text, E'\n' ORDER BY id) FROM pay_adjustment WHERE pay_month = at AND area ^@ place), ''),
        'UTF8')), 'hex') $$;

-- A run goes from draft to approved to locked, and nothing else of it ever changes; a locked one not at all.
CREATE FUNCTION khot.pay_run_frozen() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    steps text[] := ARRAY['status', 'approved_by', 'approved_at', 'locked_by', 'locked_at'];
    sum_fen bigint;
    held bigint;
    people bigint;
BEGIN
    IF OLD.status = 'locked' THEN
        RAISE EXCEPTION 'run % is locked and stays', OLD.id USING ERRCODE = 'restrict_violation', CONSTRAINT = 'pay_frozen';
    END IF;
    IF TG_OP = 'DELETE' THEN
        RETURN OLD;
    END IF;
    IF (to_jsonb(NEW) - steps) IS DISTINCT FROM (to_jsonb(OLD) - steps)
        OR (OLD.status, NEW.status) NOT IN (('draft', 'approved'), ('approved', 'locked'))
        OR (OLD.status = 'approved' AND (NEW.approved_by, NEW.approved_at) IS DISTINCT FROM (OLD.approved_by, OLD.approved_at)) THEN
        RAISE EXCEPTION 'run % goes from draft to approved to locked and is never changed otherwise', OLD.id
            USING ERRCODE = 'restrict_violation', CONSTRAINT = 'pay_frozen';
    END IF;
    PERFORM pg_advisory_xact_lock(7744, khot.pay_turn(NEW.month));
    IF khot.pay_inputs(NEW.area, NEW.month) <> NEW.inputs THEN
        RAISE EXCEPTION 'what run % was worked out from has changed', OLD.id
            USING ERRCODE = 'restrict_violation', CONSTRAINT = 'pay_run_stale';
    END IF;
    SELECT coalesce(sum(amount_fen), 0), count(*), count(DISTINCT worker) INTO sum_fen, held, people FROM khot.pay_line WHERE run = NEW.id;
    IF (sum_fen, held) IS DISTINCT FROM (NEW.total_fen, NEW.lines::bigint) OR people > NEW.workers
        OR (SELECT (coalesce(sum(amount_fen), 0), count(*)) FROM khot.pay_statement WHERE run = NEW.id)
           IS DISTINCT FROM (NEW.total_fen::numeric, NEW.workers::bigint) THEN
        RAISE EXCEPTION 'the lines of run % do not add up to it', OLD.id
            USING ERRCODE = 'restrict_violation', CONSTRAINT = 'pay_run_sum';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER pay_run_frozen BEFORE UPDATE OR DELETE ON khot.pay_run
    FOR EACH ROW EXECUTE FUNCTION khot.pay_run_frozen();

-- The lock pays each of its workers; whoever another locked run has paid for the month makes it fail. The program
-- may not write here by itself.
CREATE FUNCTION khot.pay_run_pays() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = khot, pg_temp SET "khot.may_pay" = '*' SET "khot.may_pay_approve" = '*' AS $$
BEGIN
    INSERT INTO pay_paid (worker, month, area, run)
    SELECT worker, month, area, run FROM pay_statement WHERE run = NEW.id;
    RETURN NULL;
END $$;
REVOKE ALL ON FUNCTION khot.pay_run_pays() FROM PUBLIC;
CREATE TRIGGER pay_run_pays AFTER UPDATE ON khot.pay_run
    FOR EACH ROW WHEN (NEW.status = 'locked' AND OLD.status <> 'locked') EXECUTE FUNCTION khot.pay_run_pays();

-- Statements, lines and snapshots come with their draft and go with it.
CREATE FUNCTION khot.pay_rows_of_draft() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT FROM (SELECT DISTINCT run FROM touched) t LEFT JOIN khot.pay_run r ON r.id = t.run
               WHERE r.id IS NULL OR (TG_OP = 'INSERT' AND r.status <> 'draft') OR r.status = 'locked') THEN
        RAISE EXCEPTION '% of a run that is no draft: never changed', TG_TABLE_NAME
            USING ERRCODE = 'restrict_violation', CONSTRAINT = 'pay_frozen';
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER pay_line_added AFTER INSERT ON khot.pay_line REFERENCING NEW TABLE AS touched
    FOR EACH STATEMENT EXECUTE FUNCTION khot.pay_rows_of_draft();
CREATE TRIGGER pay_line_removed AFTER DELETE ON khot.pay_line REFERENCING OLD TABLE AS touched
    FOR EACH STATEMENT EXECUTE FUNCTION khot.pay_rows_of_draft();
CREATE TRIGGER pay_statement_added AFTER INSERT ON khot.pay_statement REFERENCING NEW TABLE AS touched
    FOR EACH STATEMENT EXECUTE FUNCTION khot.pay_rows_of_draft();
CREATE TRIGGER pay_statement_removed AFTER DELETE ON khot.pay_statement REFERENCING OLD TABLE AS touched
    FOR EACH STATEMENT EXECUTE FUNCTION khot.pay_rows_of_draft();
CREATE TRIGGER pay_input_added AFTER INSERT ON khot.pay_input REFERENCING NEW TABLE AS touched
    FOR EACH STATEMENT EXECUTE FUNCTION khot.pay_rows_of_draft();
CREATE TRIGGER pay_input_removed AFTER DELETE ON khot.pay_input REFERENCING OLD TABLE AS touched
    FOR EACH STATEMENT EXECUTE FUNCTION khot.pay_rows_of_draft();

-- Who sees and does what. Whoever has the pay of an area sees the rules above it, which hold there.
ALTER TABLE khot.pay_rules ENABLE ROW LEVEL SECURITY;
ALTER TABLE khot.pay_rules FORCE ROW LEVEL SECURITY;
CREATE POLICY pay_rules_read ON khot.pay_rules FOR SELECT
    USING (area ^@ ANY ((SELECT khot.may('pay'))::text[]) OR area = ANY ((SELECT khot.above('pay'))::text[]));
CREATE POLICY pay_rules_add ON khot.pay_rules FOR INSERT WITH CHECK (area ^@ ANY ((SELECT khot.may('pay_edit'))::text[]));
ALTER TABLE khot.duty ENABLE ROW LEVEL SECURITY;
ALTER TABLE khot.duty FORCE ROW LEVEL SECURITY;
CREATE POLICY duty_read ON khot.duty FOR SELECT
    USING (area ^@ ANY ((SELECT khot.may('people_edit'))::text[]) OR area ^@ ANY ((SELECT khot.may('pay'))::text[]));
CREATE POLICY duty_add ON khot.duty FOR INSERT WITH CHECK (area ^@ ANY ((SELECT khot.may('people_edit'))::text[]));
CREATE POLICY duty_change ON khot.duty FOR UPDATE USING (area ^@ ANY ((SELECT khot.may('people_edit'))::text[]));
ALTER TABLE khot.pay_adjustment ENABLE ROW LEVEL SECURITY;
ALTER TABLE khot.pay_adjustment FORCE ROW LEVEL SECURITY;
CREATE POLICY pay_adjustment_read ON khot.pay_adjustment FOR SELECT USING (area ^@ ANY ((SELECT khot.may('pay'))::text[]));
CREATE POLICY pay_adjustment_add ON khot.pay_adjustment FOR INSERT WITH CHECK (area ^@ ANY ((SELECT khot.may('pay_edit'))::text[]));
ALTER TABLE khot.pay_run ENABLE ROW LEVEL SECURITY;
ALTER TABLE khot.pay_run FORCE ROW LEVEL SECURITY;
CREATE POLICY pay_run_read ON khot.pay_run FOR SELECT USING (area ^@ ANY ((SELECT khot.may('pay'))::text[]));
CREATE POLICY pay_run_add ON khot.pay_run FOR INSERT
    WITH CHECK (status = 'draft' AND area ^@ ANY ((SELECT khot.may('pay_edit'))::text[]));
CREATE POLICY pay_run_change ON khot.pay_run FOR UPDATE USING (area ^@ ANY ((SELECT khot.may('pay_approve'))::text[]));
CREATE POLICY pay_run_remove ON khot.pay_run FOR DELETE USING (area ^@ ANY ((SELECT khot.may('pay_edit'))::text[]));
ALTER TABLE khot.pay_input ENABLE ROW LEVEL SECURITY;
ALTER TABLE khot.pay_input FORCE ROW LEVEL SECURITY;
CREATE POLICY pay_input_read ON khot.pay_input FOR SELECT USING (area ^@ ANY ((SELECT khot.may('pay'))::text[]));
CREATE POLICY pay_input_add ON khot.pay_input FOR INSERT WITH CHECK (area ^@ ANY ((SELECT khot.may('pay_edit'))::text[]));
CREATE POLICY pay_input_remove ON khot.pay_input FOR DELETE USING (area ^@ ANY ((SELECT khot.may('pay_edit'))::text[]));
-- Everybody sees what they themselves are paid, once it is locked.
ALTER TABLE khot.pay_paid ENABLE ROW LEVEL SECURITY;
ALTER TABLE khot.pay_paid FORCE ROW LEVEL SECURITY;
CREATE POLICY pay_paid_read ON khot.pay_paid FOR SELECT
    USING (area ^@ ANY ((SELECT khot.may('pay'))::text[])
           OR worker IN (SELECT id FROM khot.worker WHERE username = (SELECT khot.actor())));
CREATE POLICY pay_paid_add ON khot.pay_paid FOR INSERT WITH CHECK (area ^@ ANY ((SELECT khot.may('pay_approve'))::text[]));
ALTER TABLE khot.pay_statement ENABLE ROW LEVEL SECURITY;
ALTER TABLE khot.pay_statement FORCE ROW LEVEL SECURITY;
CREATE POLICY pay_statement_read ON khot.pay_statement FOR SELECT
    USING (area ^@ ANY ((SELECT khot.may('pay'))::text[])
           OR (run, worker) IN (SELECT run, worker FROM khot.pay_paid
                                WHERE worker IN (SELECT id FROM khot.worker WHERE username = (SELECT khot.actor()))));
CREATE POLICY pay_statement_add ON khot.pay_statement FOR INSERT WITH CHECK (area ^@ ANY ((SELECT khot.may('pay_edit'))::text[]));
CREATE POLICY pay_statement_remove ON khot.pay_statement FOR DELETE USING (area ^@ ANY ((SELECT khot.may('pay_edit'))::text[]));
ALTER TABLE khot.pay_line ENABLE ROW LEVEL SECURITY;
ALTER TABLE khot.pay_line FORCE ROW LEVEL SECURITY;
CREATE POLICY pay_line_read ON khot.pay_line FOR SELECT
    USING (area ^@ ANY ((SELECT khot.may('pay'))::text[])
           OR (run, worker) IN (SELECT run, worker FROM khot.pay_paid
                                WHERE worker IN (SELECT id FROM khot.worker WHERE username = (SELECT khot.actor()))));
CREATE POLICY pay_line_add ON khot.pay_line FOR INSERT WITH CHECK (area ^@ ANY ((SELECT khot.may('pay_edit'))::text[]));
CREATE POLICY pay_line_remove ON khot.pay_line FOR DELETE USING (area ^@ ANY ((SELECT khot.may('pay_edit'))::text[]));
ALTER TABLE khot.pay_comparison ENABLE ROW LEVEL SECURITY;
ALTER TABLE khot.pay_comparison FORCE ROW LEVEL SECURITY;
CREATE POLICY pay_comparison_read ON khot.pay_comparison FOR SELECT USING (area ^@ ANY ((SELECT khot.may('pay'))::text[]));
CREATE POLICY pay_comparison_add ON khot.pay_comparison FOR INSERT
    WITH CHECK (area ^@ ANY ((SELECT khot.may('pay_edit'))::text[]));

GRANT SELECT, INSERT ON khot.pay_rules, khot.pay_adjustment, khot.pay_comparison TO khot_app;
GRANT SELECT, INSERT, UPDATE ON khot.duty TO khot_app;
GRANT SELECT, INSERT, DELETE ON khot.pay_run, khot.pay_input, khot.pay_statement, khot.pay_line TO khot_app;
GRANT UPDATE (status, approved_by, approved_at, locked_by, locked_at) ON khot.pay_run TO khot_app;
GRANT SELECT ON khot.pay_paid TO khot_app;

-- Jobs of pay are for those who have the pay, and for nobody else: what they are named by is the program's to say.
ALTER TABLE khot.job DROP CONSTRAINT IF EXISTS job_kind_check;
ALTER TABLE khot.job ADD CONSTRAINT job_kind_check CHECK (kind ~ '^[a-z][a-z_]{1,39}$');
CREATE POLICY job_of_pay ON khot.job
    USING (kind IN ('pay_run', 'pay_comparison') AND area ^@ ANY ((SELECT khot.may('pay_edit'))::text[]));
CREATE POLICY job_of_pay_only ON khot.job AS RESTRICTIVE
    USING (kind NOT IN ('pay_run', 'pay_comparison') OR area ^@ ANY ((SELECT khot.may('pay_edit'))::text[]));
