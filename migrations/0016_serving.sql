-- Work that is due on a later day, and whether a grid's post is filled.

-- The moment before which a job isn't taken up; none for as soon as can be.
ALTER TABLE khot.job ADD COLUMN due timestamptz;

-- As khot.enqueue, for a moment to come.
CREATE FUNCTION khot.enqueue_at(job uuid, queue text, due timestamptz) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = graphile_worker, pg_temp AS $$
BEGIN
    PERFORM graphile_worker.add_job('run_job', json_build_object('job', job), queue_name => queue, run_at => due,
        max_attempts => 25, job_key => job::text);
END $$;
REVOKE ALL ON FUNCTION khot.enqueue_at(uuid, text, timestamptz) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION khot.enqueue_at(uuid, text, timestamptz) TO khot_app;

-- Whether somebody who is on the post looks after a grid on a day, for whoever sees its outline; never who.
CREATE FUNCTION khot.post_is_filled(code text, day date) RETURNS boolean
LANGUAGE sql STABLE SET search_path = khot, public, pg_temp SECURITY DEFINER SET "khot.may_people" = '*' AS $$
    SELECT EXISTS (SELECT FROM assignment a JOIN worker_status s ON s.worker = a.worker AND s.during @> day
                   WHERE a.grid = code AND a.role = 'worker' AND a.during @> day AND s.status = 'on_post')
    WHERE left(code, 12) ^@ ANY ((SELECT khot.may('outline'))::text[])
$$;
REVOKE ALL ON FUNCTION khot.post_is_filled(text, date) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION khot.post_is_filled(text, date) TO khot_app;

-- Whoever keeps the outlets of a township or village has its banner's links made again when they change.
CREATE POLICY job_links_seen ON khot.job FOR SELECT USING (
    kind = 'links' AND area = ANY ((SELECT khot.above('outlets'))::text[]));
CREATE POLICY job_links_add ON khot.job FOR INSERT WITH CHECK (
    kind = 'links' AND length(area) = 6 AND area = ANY ((SELECT khot.above('outlets'))::text[]));
