"""reports 0001: initial."""

from tortoise import migrations
from tortoise.migrations import operations as ops
from aethex_live.ids import uuid7
from orjson import loads
from tortoise.fields.base import OnDelete
from tortoise.fields.data import JSON_DUMPS
from tortoise import fields
from tortoise.indexes import Index
from tortoise.migrations.constraints import CheckConstraint

class Migration(migrations.Migration):
    dependencies = [('core', '0004_foundation')]

    initial = True

    operations = [
        ops.CreateModel(
            name='Report',
            fields=[
                ('id', fields.UUIDField(primary_key=True, default=uuid7, unique=True, db_index=True)),
                ('kind', fields.CharField(max_length=60)),
                ('subject_id', fields.CharField(max_length=64)),
                ('channel', fields.ForeignKeyField('core.Channel', source_field='channel_id', null=True, db_index=True, db_constraint=True, to_field='id', related_name='reports_reports', on_delete=OnDelete.SET_NULL)),
                ('accused', fields.ForeignKeyField('core.User', source_field='accused_id', null=True, db_index=True, db_constraint=True, to_field='id', related_name='reports_accusations', on_delete=OnDelete.SET_NULL)),
                ('reporter', fields.ForeignKeyField('core.User', source_field='reporter_id', null=True, db_index=True, db_constraint=True, to_field='id', related_name='reports_reports', on_delete=OnDelete.SET_NULL)),
                ('guest_hash', fields.CharField(null=True, max_length=64)),
                ('reason', fields.CharField(max_length=20)),
                ('text', fields.CharField(default='', db_default='', max_length=1000)),
                ('snapshot', fields.JSONField(default=dict, encoder=JSON_DUMPS, decoder=loads)),
                ('wants_news', fields.BooleanField(default=False, db_default=False)),
                ('open_key', fields.CharField(null=True, unique=True, max_length=64)),
                ('created_at', fields.DatetimeField(auto_now=False, auto_now_add=True)),
                ('closed_at', fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ('closed_by', fields.UUIDField(null=True)),
                ('case_id', fields.UUIDField(null=True, db_index=True)),
                ('act', fields.CharField(null=True, max_length=20)),
                ('note', fields.CharField(default='', db_default='', max_length=300)),
            ],
            options={'table': 'reports_report', 'app': 'reports', 'indexes': [Index(fields=['kind', 'subject_id'], name='reports_report_by_subject')], 'pk_attr': 'id'},
            bases=['Row'],
        ),
        ops.AddConstraint(
            model_name='Report',
            constraint=CheckConstraint(check='"reason" in (\'illegal\', \'children\', \'violence\', \'hate\', \'harassment\', \'sexual\', \'self_harm\', \'copyright\', \'spam\', \'other\')', name='reports_report_reason_known'),
        ),
        ops.AddConstraint(
            model_name='Report',
            constraint=CheckConstraint(check='"act" in (\'dismiss\', \'noted\', \'unlist\', \'end\', \'delete\', \'ban\')', name='reports_report_act_known'),
        ),
        ops.AddConstraint(
            model_name='Report',
            constraint=CheckConstraint(check='("closed_at" is null) = ("open_key" is not null)', name='reports_report_open_has_key'),
        ),
        ops.AddConstraint(
            model_name='Report',
            constraint=CheckConstraint(check='("closed_at" is null) = ("act" is null)', name='reports_report_closed_has_act'),
        ),
    ]
