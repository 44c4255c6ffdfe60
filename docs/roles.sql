-- A role for one institution's ledger, which can see and change no other's. The owner of the tables runs it:
--
--     psql -v institution=grace-seminary -v role=grace_plan  -v access=read  -f docs/roles.sql
--     psql -v institution=grace-seminary -v role=grace_apply -v access=write -f docs/roles.sql
--     psql -v institution=grace-seminary -v role=pages       -v access=pages -f docs/roles.sql
--
-- read:  plan, status, the lists, log, why, verify, dump.
-- write: besides, apply, claims, resends and sending letters. What is in the journal it can neither change nor delete.
-- pages: besides, what `seatsync serve` needs: the accounts of those who sign in. The others can ask no more than whether
--        an e-mail that they know has an account.
--
-- The role is made if it is not there; give it a password with \password. Run twice, it changes nothing more. A role may be
-- bound to several institutions. To undo it: DELETE FROM binding WHERE role = '…'; DROP OWNED BY …; DROP ROLE …;

\set ON_ERROR_STOP on

SELECT NOT EXISTS (SELECT FROM pg_roles WHERE rolname = :'role') AS is_new, :'access' IN ('write', 'pages') AS may_write, :'access' = 'pages' AS serves \gset

BEGIN;

\if :is_new
CREATE ROLE :"role" LOGIN;
\endif

-- Which rows they are is for the policies of the tables to say: those of the institutions in "binding".
GRANT SELECT
    ON alembic_version, binding, institution, library, admin, member, license, entry, event, outbox, link
    TO :"role";
GRANT SELECT (email_hash) ON account TO :"role";

\if :may_write
GRANT INSERT, UPDATE, DELETE ON institution, library, admin, member, license, outbox, link TO :"role";
GRANT INSERT ON entry, event TO :"role";
GRANT SELECT, DELETE ON holding TO :"role";
\endif

\if :serves
GRANT SELECT, INSERT, UPDATE, DELETE ON account, identity, session, challenge, holding TO :"role";
\endif

INSERT INTO binding (institution, role) VALUES (:'institution', :'role') ON CONFLICT DO NOTHING;

COMMIT;
