-- Which language a village's people need is for whoever changes worker records to say; the rest of an area is not.
CREATE FUNCTION khot.set_languages(codes text[], languages text[]) RETURNS bigint
LANGUAGE plpgsql SET search_path = khot, public, pg_temp SECURITY DEFINER
SET "khot.may_outline" = '*' SET "khot.may_import" = '*' AS $$
DECLARE changed bigint;
BEGIN
    UPDATE area SET language = given.language
    FROM unnest(codes, languages) AS given (code, language)
    WHERE area.code = given.code AND area.level = 'village' AND area.language IS DISTINCT FROM given.language
      AND area.code ^@ ANY ((SELECT khot.may('people_edit'))::text[]);
    GET DIAGNOSTICS changed = ROW_COUNT;
    RETURN changed;
END $$;
REVOKE ALL ON FUNCTION khot.set_languages(text[], text[]) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION khot.set_languages(text[], text[]) TO khot_app;
