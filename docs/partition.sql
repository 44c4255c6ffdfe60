-- Spread seatsync's tables over hash partitions by institution, on one PostgreSQL:
--
--     psql -v parts=16 -f partition.sql
--
-- This is for ledgers of thousands of institutions: each part has its own indexes and is vacuumed separately.
-- Run it as the owner, right after `seatsync ledger migrate` or later, while nobody writes. It is one transaction.
-- It creates new tables, on which nobody has rights yet: run roles.sql once more for every role.
\set ON_ERROR_STOP on
\if :{?parts} \else \set parts 16 \endif
BEGIN;
SELECT set_config('seatsync.parts', :'parts', true);
DO $$
DECLARE
    name text;
    part oid;
    named text;
    settings text;
    bound text := (SELECT qual FROM pg_policies WHERE schemaname = current_schema() AND tablename = 'institution' AND policyname = 'bound');
BEGIN
    FOREACH name IN ARRAY ARRAY['institution','library','admin','member','license','entry','event','outbox','link','holding'] LOOP
        EXECUTE format('ALTER TABLE %I RENAME TO %I', name, name || '_whole');
        EXECUTE format('CREATE TABLE %I (LIKE %I INCLUDING ALL) PARTITION BY HASH (institution)', name, name || '_whole');
        settings := (SELECT 'WITH (' || array_to_string(reloptions, ', ') || ')' FROM pg_class WHERE oid = to_regclass(quote_ident(name || '_whole')));
        FOR number IN 0 .. current_setting('seatsync.parts')::int - 1 LOOP
            EXECUTE format('CREATE TABLE %I PARTITION OF %I FOR VALUES WITH (MODULUS %s, REMAINDER %s) %s',
                           name || '_' || number, name, current_setting('seatsync.parts'), number, coalesce(settings, ''));
        END LOOP;
        EXECUTE format('INSERT INTO %I SELECT * FROM %I', name, name || '_whole');
        -- No statistics of columns that name a person, as in the whole table. This includes the parts.
        FOR part, named IN
            SELECT c.oid, a.attname FROM pg_attribute a, pg_partition_tree(to_regclass(quote_ident(name))) t JOIN pg_class c ON c.oid = t.relid
            WHERE a.attrelid = to_regclass(quote_ident(name || '_whole')) AND a.attnum > 0 AND a.attstattarget = 0
        LOOP
            EXECUTE format('ALTER TABLE ONLY %s ALTER COLUMN %I SET STATISTICS 0', part::regclass, named);
        END LOOP;
        EXECUTE format('DROP TABLE %I', name || '_whole');
        EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', name);
        EXECUTE format('CREATE POLICY bound ON %I USING (%s) WITH CHECK (%s)', name, bound, bound);
        EXECUTE format('CREATE POLICY indexed ON %I AS RESTRICTIVE USING (institution = ANY (bound_institutions())) WITH CHECK (true)', name);
    END LOOP;
END $$;
COMMIT;
