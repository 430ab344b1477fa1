"""core 0005: the audit can be added to and chained, and nothing else.

`arrival`, a column that Tortoise does not know, is the order of the inserts, in which entries are chained.
"""

from tortoise import migrations
from tortoise.migrations import operations as ops

_CHANGE = """
create function core_audit_entry_refuse_change() returns trigger language plpgsql as $$
begin
  if tg_op = 'UPDATE' and old.number is null and old.chain is null
     and new.number is not null and new.chain is not null
     and (to_jsonb(new) - 'number' - 'chain') = (to_jsonb(old) - 'number' - 'chain') then
    return new;
  end if;
  raise exception 'The audit can''t be changed: an entry may be added, and chained once.'
    using errcode = 'restrict_violation';
end $$
"""


class Migration(migrations.Migration):
    dependencies = [("core", "0004_foundation")]

    operations = [
        ops.RunSQL(
            [
                "alter table core_audit_entry add column arrival bigint generated always as identity",
                "create index core_audit_entry_unchained on core_audit_entry (arrival) where number is null",
                _CHANGE,
                "create trigger core_audit_entry_append_only before update or delete on core_audit_entry"
                " for each row execute function core_audit_entry_refuse_change()",
                "create trigger core_audit_entry_no_truncate before truncate on core_audit_entry"
                " for each statement execute function core_audit_entry_refuse_change()",
            ],
            [
                "drop trigger core_audit_entry_no_truncate on core_audit_entry",
                "drop trigger core_audit_entry_append_only on core_audit_entry",
                "drop function core_audit_entry_refuse_change()",
                "alter table core_audit_entry drop column arrival",
            ],
        ),
    ]
