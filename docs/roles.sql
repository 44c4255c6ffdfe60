-- A role for one institution's ledger, which can see and change no other's. The owner of the tables runs it, who may make
-- roles (CREATEROLE), or a superuser:
--
--     psql -v institution=grace-seminary -v role=grace_plan  -v access=read  -f docs/roles.sql
--     psql -v institution=grace-seminary -v role=grace_apply -v access=write -f docs/roles.sql
--     psql -v institution=grace-seminary -v role=pages       -v access=pages -f docs/roles.sql
--
-- read:  plan, status, the lists, log, why, verify, dump.
-- write: besides, apply, claims, resends and sending letters. What is in the journal it can neither change nor delete.
-- pages: besides, what `seatsync serve` needs: the accounts of those who sign in, who may be of any institution. Whoever has it can
--        sign in as anybody, so there is one role of it in a database, bound to all institutions that its pages serve. The others can ask no more than whether
--        an e-mail that they know has an account.
--
-- The role is made if it is not there; give it a password with \password. It is bound by being a member of a role of the
-- institution's own, "seatsync:grace-seminary". Run twice, it changes nothing more; with another access, the role has
-- that one from then on. A role may be bound to several institutions. Roles belong to the server: do not give one role rights
-- to several ledgers of a server. To undo it: REVOKE "seatsync:…" FROM …; DROP OWNED BY …; DROP ROLE …;

\set ON_ERROR_STOP on

SELECT
    NOT EXISTS (SELECT FROM pg_roles WHERE rolname = :'role') AS is_new,
    :'access' IN ('write', 'pages') AS may_write,
    :'access' = 'pages' AS serves,
    current_schema() AS schema,
    :'access' = 'pages' AND EXISTS (
        SELECT FROM pg_roles WHERE rolname <> :'role' AND rolname <> current_user AND NOT rolsuper
            AND has_table_privilege(oid, 'account', 'UPDATE')
    ) AS is_second,
    -- As the policies have it: PostgreSQL would cut a longer name off, so two of them could be one.
    CASE WHEN octet_length(:'institution') <= 54 THEN 'seatsync:' || :'institution'
         ELSE 'seatsync::' || left(encode(sha256(convert_to(:'institution', 'UTF8')), 'hex'), 48) END AS group_role \gset
SELECT NOT EXISTS (SELECT FROM pg_roles WHERE rolname = :'group_role') AS group_is_new \gset

\if :is_second
\warn 'Another role serves pages of this database already, and whoever does can sign in as anybody: let one role serve all institutions.'
\endif

BEGIN;

\if :group_is_new
CREATE ROLE :"group_role" NOLOGIN;
COMMENT ON ROLE :"group_role" IS :'institution'; -- which a hash in its name does not say
\endif
\if :is_new
CREATE ROLE :"role" LOGIN;
\endif
GRANT :"group_role" TO :"role";

-- For programs that hang, not against malice: a role can change its own settings.
ALTER ROLE :"role" CONNECTION LIMIT 40;
ALTER ROLE :"role" SET lock_timeout = '30s';
ALTER ROLE :"role" SET statement_timeout = '10min';
ALTER ROLE :"role" SET idle_in_transaction_session_timeout = '10min';

-- Who can't make anything beside the tables can't make anything that is taken for one. Before PostgreSQL 15 everybody may in
-- "public": where this warns that nothing could be revoked, a superuser has to do it.
REVOKE CREATE ON SCHEMA :"schema" FROM PUBLIC;
GRANT USAGE ON SCHEMA :"schema" TO :"role";

-- Which rows they are is for the policies of the tables to say: those of the institutions whose roles it is a member of.
REVOKE ALL
    ON alembic_version, writer, institution, library, admin, member, license, entry, event, outbox, link, holding,
       account, identity, session, challenge
    FROM :"role";
GRANT SELECT
    ON alembic_version, writer, institution, library, admin, member, license, entry, event, outbox, link
    TO :"role";
GRANT EXECUTE ON FUNCTION known_accounts(bytea[]), bound_institutions() TO :"role";

\if :may_write
-- To lock a row takes the right to update a column of it. The right to update all of them would be one to lock the table.
GRANT INSERT, UPDATE (institution) ON writer TO :"role";
GRANT INSERT, UPDATE, DELETE ON institution, library, admin, member, license, outbox, link TO :"role";
GRANT INSERT ON entry, event TO :"role";
GRANT SELECT, DELETE ON holding TO :"role";
\endif

\if :serves
GRANT SELECT, INSERT, UPDATE, DELETE ON account, identity, session, challenge, holding TO :"role";
\endif

-- It says whose ledger this is to a role that is bound, also before the first apply.
INSERT INTO writer (institution) VALUES (:'institution') ON CONFLICT DO NOTHING;

COMMIT;
