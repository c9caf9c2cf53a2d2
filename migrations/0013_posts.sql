-- Posts and their ceilings, workers' details, who looks after which grid, and proposals for it.

-- What a village's people need: the language that its grids' worker should speak.
ALTER TABLE khot.area ADD COLUMN language text
    CONSTRAINT area_language CHECK (language IS NULL OR language ~ '^[a-z]{2,8}$' AND length(code) = 12);

-- Of a home no more than its H3 cell of resolution 8 (about a kilometre) is ever kept.
ALTER TABLE khot.worker
    ADD COLUMN home text CONSTRAINT worker_home_cell CHECK (home ~ '^88[0-9a-f]{13}$'),
    ADD COLUMN languages text[] NOT NULL DEFAULT '{}' CONSTRAINT worker_languages CHECK (cardinality(languages) <= 10),
    ADD COLUMN skills text[] NOT NULL DEFAULT '{}' CONSTRAINT worker_skills CHECK (cardinality(skills) <= 20);

-- A worker's status, day by day; the present one is that of today.
CREATE TABLE khot.worker_status (
    worker uuid NOT NULL CONSTRAINT worker_status_worker_fkey REFERENCES khot.worker,
    status text NOT NULL CHECK (status IN ('on_post', 'seconded', 'on_leave', 'left')),
    during daterange NOT NULL CONSTRAINT worker_status_days CHECK (NOT isempty(during) AND NOT lower_inf(during)),
    set_by text NOT NULL,
    CONSTRAINT worker_status_one_a_day EXCLUDE USING gist (worker WITH =, during WITH &&)
);
ALTER TABLE khot.worker NO FORCE ROW LEVEL SECURITY;
INSERT INTO khot.worker_status (worker, status, during, set_by)
    SELECT id, status, daterange((created_at AT TIME ZONE 'Asia/Shanghai')::date, NULL), 'migration' FROM khot.worker;
ALTER TABLE khot.worker FORCE ROW LEVEL SECURITY;
ALTER TABLE khot.worker DROP COLUMN status;

ALTER TABLE khot.worker_status ENABLE ROW LEVEL SECURITY;
ALTER TABLE khot.worker_status FORCE ROW LEVEL SECURITY;
-- Seen where the worker is: the inner query stands under the worker's own policies.
CREATE POLICY worker_status_read ON khot.worker_status FOR SELECT
    USING (EXISTS (SELECT FROM khot.worker w WHERE w.id = worker));
CREATE POLICY worker_status_write ON khot.worker_status
    USING (EXISTS (SELECT FROM khot.worker w WHERE w.id = worker AND w.area ^@ ANY ((SELECT khot.may('people_edit'))::text[])));
GRANT SELECT, INSERT, UPDATE, DELETE ON khot.worker_status TO khot_app;

-- How many posts of a kind a banner or township has from day to day, and how many it may have. A banner's own posts
-- are those that no township has; its ceiling is for its own and its townships' together.
CREATE TABLE khot.ceiling (
    area text NOT NULL CONSTRAINT ceiling_area_fkey REFERENCES khot.area (code)
        CONSTRAINT ceiling_level CHECK (length(area) IN (6, 9)),
    kind text NOT NULL CHECK (kind IN ('full_time', 'part_time', 'lead')),
    during daterange NOT NULL CONSTRAINT ceiling_days CHECK (NOT isempty(during) AND NOT lower_inf(during)),
    number integer NOT NULL CONSTRAINT ceiling_number CHECK (number BETWEEN 0 AND 1000000),
    reason text NOT NULL,
    CONSTRAINT ceiling_one_a_day EXCLUDE USING gist (area WITH =, kind WITH =, during WITH &&)
);
CREATE TABLE khot.post (
    area text NOT NULL CONSTRAINT post_area_fkey REFERENCES khot.area (code)
        CONSTRAINT post_level CHECK (length(area) IN (6, 9)),
    kind text NOT NULL CHECK (kind IN ('full_time', 'part_time', 'lead')),
    during daterange NOT NULL CONSTRAINT post_days CHECK (NOT isempty(during) AND NOT lower_inf(during)),
    number integer NOT NULL CONSTRAINT post_number CHECK (number BETWEEN 0 AND 1000000),
    reason text NOT NULL,
    CONSTRAINT post_one_a_day EXCLUDE USING gist (area WITH =, kind WITH =, during WITH &&)
);
CREATE TABLE khot.post_move (
    id uuid PRIMARY KEY,
    from_area text NOT NULL REFERENCES khot.area (code),
    to_area text NOT NULL REFERENCES khot.area (code),
    kind text NOT NULL CHECK (kind IN ('full_time', 'part_time', 'lead')),
    number integer NOT NULL CHECK (number BETWEEN 1 AND 1000000),
    begins date NOT NULL,
    reason text NOT NULL,
    moved_by text NOT NULL,
    moved_at timestamptz NOT NULL,
    CONSTRAINT post_move_apart CHECK (from_area <> to_area)
);
CREATE INDEX post_move_from ON khot.post_move (from_area);

-- Who looks after a grid. A code that was never published is nobody's.
CREATE TABLE khot.assignment (
    id uuid PRIMARY KEY,
    grid text NOT NULL CONSTRAINT assignment_grid_fkey REFERENCES khot.grid_code (code),
    village text NOT NULL GENERATED ALWAYS AS (left(grid, 12)) STORED,
    worker uuid NOT NULL CONSTRAINT assignment_worker_fkey REFERENCES khot.worker,
    role text NOT NULL CHECK (role IN ('worker', 'lead', 'helper', 'contact')),
    during daterange NOT NULL CONSTRAINT assignment_days CHECK (NOT isempty(during) AND NOT lower_inf(during)),
    -- As many grids as one worker may hold at once, by the policy for this grid's area type when it was made.
    grids_max integer NOT NULL CHECK (grids_max BETWEEN 1 AND 1000),
    -- The post that its worker holds by it: of their township, by their employment; helpers and contacts hold none.
    post_area text NOT NULL CHECK (length(post_area) = 9),
    post_kind text CHECK (post_kind IN ('full_time', 'part_time', 'lead')),
    created_by text NOT NULL,
    created_at timestamptz NOT NULL,
    -- One main worker a grid on any day, and nobody twice the same in a grid.
    CONSTRAINT assignment_one_worker EXCLUDE USING gist (grid WITH =, during WITH &&) WHERE (role = 'worker'),
    CONSTRAINT assignment_once EXCLUDE USING gist (worker WITH =, grid WITH =, role WITH =, during WITH &&)
);
CREATE INDEX assignment_village ON khot.assignment (village text_pattern_ops);
CREATE INDEX assignment_worker ON khot.assignment (worker);
CREATE INDEX assignment_post ON khot.assignment (post_area, post_kind);
CREATE INDEX assignment_grid ON khot.assignment (grid);

ALTER TABLE khot.ceiling ENABLE ROW LEVEL SECURITY;
ALTER TABLE khot.ceiling FORCE ROW LEVEL SECURITY;
CREATE POLICY ceiling_read ON khot.ceiling FOR SELECT USING (area ^@ ANY ((SELECT khot.may('people'))::text[]));
CREATE POLICY ceiling_write ON khot.ceiling USING (area ^@ ANY ((SELECT khot.may('people_edit'))::text[]));
ALTER TABLE khot.post ENABLE ROW LEVEL SECURITY;
ALTER TABLE khot.post FORCE ROW LEVEL SECURITY;
CREATE POLICY post_read ON khot.post FOR SELECT USING (area ^@ ANY ((SELECT khot.may('people'))::text[]));
CREATE POLICY post_write ON khot.post USING (area ^@ ANY ((SELECT khot.may('people_edit'))::text[]));
ALTER TABLE khot.post_move ENABLE ROW LEVEL SECURITY;
ALTER TABLE khot.post_move FORCE ROW LEVEL SECURITY;
CREATE POLICY post_move_read ON khot.post_move FOR SELECT
    USING (from_area ^@ ANY ((SELECT khot.may('people'))::text[]) OR to_area ^@ ANY ((SELECT khot.may('people'))::text[]));
CREATE POLICY post_move_add ON khot.post_move FOR INSERT WITH CHECK (
    from_area ^@ ANY ((SELECT khot.may('people_edit'))::text[]) AND to_area ^@ ANY ((SELECT khot.may('people_edit'))::text[]));
ALTER TABLE khot.assignment ENABLE ROW LEVEL SECURITY;
ALTER TABLE khot.assignment FORCE ROW LEVEL SECURITY;
-- Everybody sees their own.
CREATE POLICY assignment_read ON khot.assignment FOR SELECT
    USING (village ^@ ANY ((SELECT khot.may('people'))::text[])
           OR worker IN (SELECT id FROM khot.worker w WHERE w.username = (SELECT khot.actor())));
CREATE POLICY assignment_write ON khot.assignment USING (village ^@ ANY ((SELECT khot.may('people_edit'))::text[]));
GRANT SELECT, INSERT, UPDATE, DELETE ON khot.ceiling, khot.post, khot.assignment TO khot_app;
GRANT SELECT, INSERT ON khot.post_move TO khot_app;

-- What must not be passed, on any day from `since` on: no township more posts than its ceiling, no banner more than its
-- own, and nowhere more who hold grids than there are posts. Whoever changes any of it waits here for whoever else does.
CREATE FUNCTION khot.keep_ceilings(banner text, of_kind text, since date) RETURNS void
LANGUAGE plpgsql SET search_path = khot, public, pg_temp SECURITY DEFINER SET "khot.may_people" = '*' AS $$
DECLARE
    day date;
    told text;
BEGIN
    PERFORM pg_advisory_xact_lock(hashtextextended('posts of ' || banner, 13));
    FOR day IN
        SELECT since
        UNION SELECT lower(during) FROM ceiling WHERE area ^@ banner AND kind = of_kind AND lower(during) > since
        UNION SELECT lower(during) FROM post WHERE area ^@ banner AND kind = of_kind AND lower(during) > since
        UNION SELECT lower(during) FROM assignment
              WHERE post_area >= banner AND post_area < banner || 'x' AND post_kind = of_kind AND lower(during) > since
    LOOP
        SELECT p.area INTO told FROM post p JOIN ceiling c ON c.area = p.area AND c.kind = of_kind AND c.during @> day
        WHERE p.area ^@ banner AND length(p.area) = 9 AND p.kind = of_kind AND p.during @> day AND p.number > c.number LIMIT 1;
        IF NOT FOUND THEN
            SELECT c.area INTO told FROM ceiling c
            WHERE c.area = banner AND c.kind = of_kind AND c.during @> day
              AND c.number < (SELECT sum(p.number) FROM post p WHERE p.area ^@ banner AND p.kind = of_kind AND p.during @> day);
        END IF;
        IF FOUND THEN
            RAISE EXCEPTION 'more posts than the ceiling of % on %', told, day
                USING ERRCODE = 'check_violation', CONSTRAINT = 'above_ceiling';
        END IF;
        WITH held AS (
            SELECT post_area AS township, count(DISTINCT worker) AS number FROM assignment
            WHERE post_area >= banner AND post_area < banner || 'x' AND post_kind = of_kind AND during @> day
            GROUP BY 1)
        SELECT h.township INTO told FROM held h
        LEFT JOIN post p ON p.area = h.township AND p.kind = of_kind AND p.during @> day
        LEFT JOIN ceiling c ON c.area = h.township AND c.kind = of_kind AND c.during @> day
        WHERE h.number > coalesce(p.number, c.number)
        UNION ALL
        SELECT c.area FROM ceiling c WHERE c.area = banner AND c.kind = of_kind AND c.during @> day
          AND c.number < (SELECT sum(h.number) FROM held h)
        LIMIT 1;
        IF FOUND THEN
            RAISE EXCEPTION 'more who hold grids than posts in % on %', told, day
                USING ERRCODE = 'check_violation', CONSTRAINT = 'posts_held';
        END IF;
    END LOOP;
END $$;
REVOKE ALL ON FUNCTION khot.keep_ceilings(text, text, date) FROM PUBLIC;

CREATE FUNCTION khot.posts_changed() RETURNS trigger
LANGUAGE plpgsql SET search_path = khot, public, pg_temp SECURITY DEFINER AS $$
DECLARE one record;
BEGIN
    FOR one IN SELECT left(area, 6) AS banner, kind, min(lower(during)) AS since FROM fresh GROUP BY 1, 2 ORDER BY 1, 2 LOOP
        PERFORM keep_ceilings(one.banner, one.kind, one.since);
    END LOOP;
    RETURN NULL;
END $$;
CREATE TRIGGER ceiling_added AFTER INSERT ON khot.ceiling REFERENCING NEW TABLE AS fresh
    FOR EACH STATEMENT EXECUTE FUNCTION khot.posts_changed();
CREATE TRIGGER ceiling_changed AFTER UPDATE ON khot.ceiling REFERENCING NEW TABLE AS fresh
    FOR EACH STATEMENT EXECUTE FUNCTION khot.posts_changed();
CREATE TRIGGER post_added AFTER INSERT ON khot.post REFERENCING NEW TABLE AS fresh
    FOR EACH STATEMENT EXECUTE FUNCTION khot.posts_changed();
CREATE TRIGGER post_changed AFTER UPDATE ON khot.post REFERENCING NEW TABLE AS fresh
    FOR EACH STATEMENT EXECUTE FUNCTION khot.posts_changed();

-- Of the grids that a worker holds on a day, those of a kind that may be held N at once (or of a stricter one) are N at
-- most: three pastoral grids, say, of which one may be urban.
CREATE FUNCTION khot.assignments_changed() RETURNS trigger
LANGUAGE plpgsql SET search_path = khot, public, pg_temp SECURITY DEFINER SET "khot.may_people" = '*' AS $$
DECLARE
    one record;
    told uuid;
BEGIN
    FOR one IN SELECT left(post_area, 6) AS banner, post_kind AS kind, min(lower(during)) AS since
               FROM fresh WHERE post_kind IS NOT NULL GROUP BY 1, 2 ORDER BY 1, 2
    LOOP
        PERFORM keep_ceilings(one.banner, one.kind, one.since);
    END LOOP;
    SELECT x.worker INTO told
    FROM assignment d
    JOIN assignment x ON x.worker = d.worker AND x.role = 'worker' AND x.during @> lower(d.during)
    JOIN assignment y ON y.worker = d.worker AND y.role = 'worker' AND y.during @> lower(d.during) AND y.grids_max <= x.grids_max
    WHERE d.role = 'worker' AND d.worker IN (SELECT worker FROM fresh WHERE role = 'worker')
    GROUP BY d.id, x.id, x.worker HAVING count(*) > min(x.grids_max) LIMIT 1;
    IF FOUND THEN
        RAISE EXCEPTION 'worker % would hold more grids at once than the policy allows', told
            USING ERRCODE = 'check_violation', CONSTRAINT = 'worker_elsewhere';
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER assignment_added AFTER INSERT ON khot.assignment REFERENCING NEW TABLE AS fresh
    FOR EACH STATEMENT EXECUTE FUNCTION khot.assignments_changed();
CREATE TRIGGER assignment_changed AFTER UPDATE ON khot.assignment REFERENCING NEW TABLE AS fresh
    FOR EACH STATEMENT EXECUTE FUNCTION khot.assignments_changed();

CREATE FUNCTION khot.assignment_holds_post() RETURNS trigger
LANGUAGE plpgsql SET search_path = khot, public, pg_temp SECURITY DEFINER SET "khot.may_people" = '*' AS $$
BEGIN
    SELECT left(area, 9), CASE NEW.role WHEN 'worker' THEN employment WHEN 'lead' THEN 'lead' END
    INTO NEW.post_area, NEW.post_kind FROM worker WHERE id = NEW.worker;
    RETURN NEW;
END $$;
CREATE TRIGGER assignment_holds_post BEFORE INSERT ON khot.assignment FOR EACH ROW EXECUTE FUNCTION khot.assignment_holds_post();

-- Whoever holds a grid and moves to another township or employment takes up a post there.
CREATE FUNCTION khot.worker_moved() RETURNS trigger
LANGUAGE plpgsql SET search_path = khot, public, pg_temp SECURITY DEFINER
SET "khot.may_people" = '*' SET "khot.may_people_edit" = '*' AS $$
BEGIN
    UPDATE assignment SET post_area = left(NEW.area, 9),
        post_kind = CASE role WHEN 'worker' THEN NEW.employment WHEN 'lead' THEN 'lead' END
    WHERE worker = NEW.id AND upper_inf(during);
    RETURN NULL;
END $$;
CREATE TRIGGER worker_moved AFTER UPDATE OF area, employment ON khot.worker FOR EACH ROW
    WHEN (NEW.area <> OLD.area OR NEW.employment <> OLD.employment) EXECUTE FUNCTION khot.worker_moved();

-- When a plan is published, who looks after a grid that goes on (its code stays) goes on; with a grid that ends, they end.
-- Whoever publishes plans needn't see people: this does it for them, and tells how many.
CREATE FUNCTION khot.end_assignments_of_ended_grids(published uuid) RETURNS bigint
LANGUAGE plpgsql SET search_path = khot, public, pg_temp SECURITY DEFINER
SET "khot.may_people" = '*' SET "khot.may_people_edit" = '*' SET "khot.may_outline" = '*' AS $$
DECLARE
    held plan%ROWTYPE;
    ended bigint;
    removed bigint;
BEGIN
    SELECT * INTO held FROM plan WHERE id = published AND status = 'published';
    IF NOT FOUND THEN
        RETURN 0;
    END IF;
    -- Those that would begin later never do.
    DELETE FROM assignment a WHERE a.village ^@ held.banner AND lower(a.during) >= lower(held.during)
        AND NOT EXISTS (SELECT FROM grid g WHERE g.plan = published AND g.code = a.grid);
    GET DIAGNOSTICS removed = ROW_COUNT;
    UPDATE assignment a SET during = daterange(lower(a.during), lower(held.during))
    WHERE a.village ^@ held.banner AND a.during @> lower(held.during)
      AND NOT EXISTS (SELECT FROM grid g WHERE g.plan = published AND g.code = a.grid);
    GET DIAGNOSTICS ended = ROW_COUNT;
    RETURN ended + removed;
END $$;
REVOKE ALL ON FUNCTION khot.end_assignments_of_ended_grids(uuid) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION khot.end_assignments_of_ended_grids(uuid) TO khot_app;

-- Who leads a grid, for whoever looks after it: they needn't see other records.
CREATE FUNCTION khot.lead_of_own_grid(code text, day date) RETURNS TABLE (id uuid, name bytea)
LANGUAGE sql STABLE SET search_path = khot, public, pg_temp SECURITY DEFINER SET "khot.may_people" = '*' AS $$
    SELECT lead.id, lead.name FROM assignment l JOIN worker lead ON lead.id = l.worker
    WHERE l.grid = code AND l.role = 'lead' AND l.during @> day
      AND EXISTS (SELECT FROM assignment own JOIN worker me ON me.id = own.worker
                  WHERE own.grid = code AND own.during @> day AND me.username = current_setting('khot.actor', true))
    ORDER BY lower(l.during), l.id LIMIT 1
$$;
REVOKE ALL ON FUNCTION khot.lead_of_own_grid(text, date) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION khot.lead_of_own_grid(text, date) TO khot_app;

-- What the engine proposes, and what was taken of it.
CREATE TABLE khot.proposal (
    id uuid PRIMARY KEY,
    area text NOT NULL CONSTRAINT proposal_area_fkey REFERENCES khot.area (code),
    at date NOT NULL,
    params jsonb NOT NULL,
    status text NOT NULL CHECK (status IN ('open', 'accepted', 'discarded')),
    totals jsonb NOT NULL,
    costs jsonb NOT NULL,
    created_by text NOT NULL,
    created_at timestamptz NOT NULL
);
CREATE INDEX proposal_area ON khot.proposal (area, created_at);
CREATE TABLE khot.proposal_line (
    proposal uuid NOT NULL REFERENCES khot.proposal ON DELETE CASCADE,
    grid text NOT NULL REFERENCES khot.grid_code (code),
    village text NOT NULL GENERATED ALWAYS AS (left(grid, 12)) STORED,
    worker uuid NOT NULL REFERENCES khot.worker,
    km double precision NOT NULL CHECK (km >= 0),
    change text NOT NULL CHECK (change IN ('new', 'moved', 'kept')),
    grids_max integer NOT NULL CHECK (grids_max >= 1),
    accepted boolean NOT NULL DEFAULT false,
    PRIMARY KEY (proposal, grid)
);
ALTER TABLE khot.proposal ENABLE ROW LEVEL SECURITY;
ALTER TABLE khot.proposal FORCE ROW LEVEL SECURITY;
CREATE POLICY proposal_read ON khot.proposal FOR SELECT USING (area ^@ ANY ((SELECT khot.may('people'))::text[]));
CREATE POLICY proposal_write ON khot.proposal USING (area ^@ ANY ((SELECT khot.may('people_edit'))::text[]));
ALTER TABLE khot.proposal_line ENABLE ROW LEVEL SECURITY;
ALTER TABLE khot.proposal_line FORCE ROW LEVEL SECURITY;
CREATE POLICY proposal_line_read ON khot.proposal_line FOR SELECT USING (village ^@ ANY ((SELECT khot.may('people'))::text[]));
CREATE POLICY proposal_line_write ON khot.proposal_line USING (village ^@ ANY ((SELECT khot.may('people_edit'))::text[]));
GRANT SELECT, INSERT, UPDATE, DELETE ON khot.proposal, khot.proposal_line TO khot_app;

-- Which kinds of jobs there are is the program's to say.
ALTER TABLE khot.job DROP CONSTRAINT IF EXISTS job_kind_check;
ALTER TABLE khot.job ADD CONSTRAINT job_kind_check CHECK (kind ~ '^[a-z][a-z_]{2,39}$');
-- Proposals and rosters are for whoever changes worker records.
CREATE POLICY job_people ON khot.job USING (
    kind IN ('proposal', 'roster') AND area ^@ ANY ((SELECT khot.may('people_edit'))::text[]));
-- A roster's file has names in it: it is sealed, and its parts are nobody else's.
CREATE POLICY upload_people ON khot.upload USING (area ^@ ANY ((SELECT khot.may('people_edit'))::text[]));
