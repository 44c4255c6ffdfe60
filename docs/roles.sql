-- Create or change a role that sees and changes one institution's ledger only. Run it as the owner of the tables, who must
-- have CREATEROLE, or as a superuser:
--
--     psql -v institution=grace-seminary -v role=grace_plan  -v access=read  -f docs/roles.sql
--     psql -v institution=grace-seminary -v role=grace_apply -v access=write -f docs/roles.sql
--     psql -v institution=grace-seminary -v role=pages       -v access=pages -f docs/roles.sql
--
-- read:  plan, status, the lists, log, why, verify, dump.
-- write: also apply, claims, resends and sending letters. It can neither change nor delete what is in the journal.
-- pages: also what `seatsync serve` needs: the accounts of everybody who signs in, from any institution. A role with this
--        access can sign in as anybody. So a database has only one, bound to all institutions that its pages serve.
--        The other roles can only ask whether an e-mail that they know has an account.
--
-- The role is created if it does not exist; give it a password with \password. To bind it, the script makes it a member of
-- the institution's own role, "seatsync:grace-seminary". Running the script again changes nothing; with another access, the
-- role then has this access. A role can be bound to several institutions. Roles belong to the server: do not give one role
-- rights to several ledgers of a server. To undo it: REVOKE "seatsync:…" FROM …; DROP OWNED BY …; DROP ROLE …;

\set ON_ERROR_STOP on

SELECT
    NOT EXISTS (SELECT FROM pg_roles WHERE rolname = :'role') AS is_new,
    :'access' IN ('write', 'pages') AS may_write,
    :'access' = 'pages' AS serves,
    current_schema() AS schema,
    :'access' = 'pages' AND EXISTS (
        SELECT FROM pg_roles WHERE rolname <> :'role' AND rolname <> current_user AND NOT rolsuper AND NOT starts_with(rolname, 'pg_')
            AND oid <> (SELECT relowner FROM pg_class WHERE oid = 'account'::regclass) AND has_table_privilege(oid, 'account', 'UPDATE')
    ) AS is_second,
    -- As in the policies: PostgreSQL would cut off a longer name, so two institutions could share one.
    CASE WHEN octet_length(:'institution') <= 54 THEN 'seatsync:' || :'institution'
         ELSE 'seatsync::' || left(encode(sha256(convert_to(:'institution', 'UTF8')), 'hex'), 48) END AS group_role \gset
SELECT NOT EXISTS (SELECT FROM pg_roles WHERE rolname = :'group_role') AS group_is_new \gset

\if :is_second
\warn 'Another role has access=pages in this database already, and such a role can sign in as anybody. Use one role for all institutions.'
\endif

BEGIN;

\if :group_is_new
CREATE ROLE :"group_role" NOLOGIN;
COMMENT ON ROLE :"group_role" IS :'institution'; -- because its name may contain only a hash
\endif
\if :is_new
CREATE ROLE :"role" LOGIN;
\endif
GRANT :"group_role" TO :"role";

-- For programs that hang. This is no defence against malice: a role can change its own settings.
ALTER ROLE :"role" CONNECTION LIMIT 40;
ALTER ROLE :"role" SET lock_timeout = '30s';
ALTER ROLE :"role" SET statement_timeout = '10min';
ALTER ROLE :"role" SET idle_in_transaction_session_timeout = '10min'; -- a writing transaction sets itself 2 minutes
ALTER ROLE :"role" SET tcp_keepalives_idle = 30;
ALTER ROLE :"role" SET tcp_keepalives_interval = 10;
ALTER ROLE :"role" SET tcp_keepalives_count = 3;
ALTER ROLE :"role" SET tcp_user_timeout = '1min';

-- A role that cannot create objects next to the tables cannot create one that is mistaken for a table. Before PostgreSQL 15
-- everybody can create objects in "public". If this warns that nothing could be revoked, a superuser must run it.
REVOKE CREATE ON SCHEMA :"schema" FROM PUBLIC;
GRANT USAGE ON SCHEMA :"schema" TO :"role";

-- The policies of the tables limit the rows: those of the institutions whose roles this role is a member of.
REVOKE ALL
    ON alembic_version, writer, institution, library, admin, member, license, entry, event, outbox, link, holding,
       account, identity, session, challenge
    FROM :"role";
GRANT SELECT
    ON alembic_version, writer, institution, library, admin, member, license, entry, event, outbox, link
    TO :"role";
GRANT EXECUTE ON FUNCTION known_accounts(bytea[]), bound_institutions() TO :"role";

\if :may_write
-- Locking a row needs the right to update one of its columns. The right to update all columns would allow locking the table.
GRANT INSERT, UPDATE (institution) ON writer TO :"role";
GRANT INSERT, UPDATE, DELETE ON institution, library, admin, member, license, outbox, link TO :"role";
GRANT INSERT ON entry, event TO :"role";
GRANT SELECT, DELETE ON holding TO :"role";
\endif

\if :serves
GRANT SELECT, INSERT, UPDATE, DELETE ON account, identity, session, challenge, holding TO :"role";
\endif

-- With this row a bound role finds its institution's ledger, even before the first apply.
INSERT INTO writer (institution) VALUES (:'institution') ON CONFLICT DO NOTHING;

COMMIT;
