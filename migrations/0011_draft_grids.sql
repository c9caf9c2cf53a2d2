-- A draft's grids are for whoever makes drafts in their village. The plan's own policy is not enough: a planner of
-- one township sees the banner's draft, and could see its grids wherever they have outlines by another grant.
DROP POLICY grid_read ON khot.grid;
CREATE POLICY grid_read ON khot.grid FOR SELECT
    USING (village ^@ ANY ((SELECT khot.may('outline'))::text[])
           AND (village ^@ ANY ((SELECT khot.may('draft'))::text[])
                OR plan IN (SELECT id FROM khot.plan WHERE status <> 'draft')));
