-- Spread seatsync's tables over the nodes of a Citus cluster. Run it as the owner, after `seatsync ledger migrate`:
--
--     psql -f citus.sql
--
-- The table writer, whose rows are the institutions' locks, stays on the coordinator, to which seatsync connects.
\set ON_ERROR_STOP on
SELECT create_distributed_table('institution', 'institution');
SELECT create_distributed_table('library', 'institution', colocate_with => 'institution');
SELECT create_distributed_table('admin', 'institution', colocate_with => 'institution');
SELECT create_distributed_table('member', 'institution', colocate_with => 'institution');
SELECT create_distributed_table('license', 'institution', colocate_with => 'institution');
SELECT create_distributed_table('entry', 'institution', colocate_with => 'institution');
SELECT create_distributed_table('event', 'institution', colocate_with => 'institution');
SELECT create_distributed_table('outbox', 'institution', colocate_with => 'institution');
SELECT create_distributed_table('link', 'institution', colocate_with => 'institution');
SELECT create_distributed_table('holding', 'institution', colocate_with => 'institution');
SELECT create_reference_table('account');
SELECT create_reference_table('identity');
SELECT create_reference_table('session');
SELECT create_reference_table('challenge');
SELECT create_reference_table('alembic_version');
