-- Split one part of the tables that partition.sql has spread into two, because it has become larger than the others:
--
--     psql -v part=3 -f split_part.sql
--
-- Part 3 of 16 becomes parts 3 and 19 of 32; the other parts stay as they are. docs/operations.md shows how to see which part is
-- large. Run it as the owner, while nobody writes: it copies the part's rows in one transaction, and needs room for them.
\set ON_ERROR_STOP on
BEGIN;
SELECT set_config('seatsync.part', :'part', true);
SELECT set_config('lock_timeout', '10s', true);
DO $$
DECLARE
    name text;
    old regclass;
    bound text[];
    modulus int;
    remainder int;
    fresh text;
    settings text;
    named text;
BEGIN
    FOREACH name IN ARRAY ARRAY['institution','library','admin','member','license','entry','event','outbox','link','holding'] LOOP
        old := to_regclass(format('%I', name || '_' || current_setting('seatsync.part')));
        SELECT regexp_match(pg_get_expr(relpartbound, oid), 'modulus (\d+), remainder (\d+)'),
            coalesce('WITH (' || array_to_string(reloptions, ', ') || ')', '') INTO bound, settings FROM pg_class WHERE oid = old;
        IF bound IS NULL THEN
            RAISE EXCEPTION 'The table % has no part %.', name, current_setting('seatsync.part');
        END IF;
        modulus := bound[1];
        remainder := bound[2];
        EXECUTE format('ALTER TABLE %I DETACH PARTITION %s', name, old);
        EXECUTE format('ALTER TABLE %s RENAME TO %I', old, name || '_split');
        FOREACH fresh IN ARRAY ARRAY[remainder::text, (remainder + modulus)::text] LOOP
            EXECUTE format('CREATE TABLE %I PARTITION OF %I FOR VALUES WITH (MODULUS %s, REMAINDER %s) %s',
                           name || '_' || fresh, name, 2 * modulus, fresh, settings);
            -- No statistics of columns that name a person.
            FOR named IN SELECT attname FROM pg_attribute WHERE attrelid = old AND attnum > 0 AND attstattarget = 0 LOOP
                EXECUTE format('ALTER TABLE %I ALTER COLUMN %I SET STATISTICS 0', name || '_' || fresh, named);
            END LOOP;
        END LOOP;
        EXECUTE format('INSERT INTO %I SELECT * FROM %I', name, name || '_split');
        EXECUTE format('DROP TABLE %I', name || '_split');
    END LOOP;
END $$;
COMMIT;
