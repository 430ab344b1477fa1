"""core 0001: initial."""

from tortoise import migrations
from tortoise.migrations import operations as ops
from aethex_live.ids import uuid7
from orjson import loads
from tortoise.fields.base import OnDelete
from tortoise.fields.data import JSON_DUMPS
from tortoise.fields.db_defaults import Now
from tortoise import fields
from tortoise.indexes import Index
from tortoise.migrations.constraints import CheckConstraint

class Migration(migrations.Migration):
    initial = True

    operations = [
        ops.CreateModel(
            name='AuditEntry',
            fields=[
                ('id', fields.UUIDField(primary_key=True, default=uuid7, unique=True, db_index=True)),
                ('at', fields.DatetimeField(db_default=Now(), auto_now=False, auto_now_add=True)),
                ('actor_id', fields.UUIDField(null=True)),
                ('actor_name', fields.CharField(default='', db_default='', max_length=50)),
                ('action', fields.CharField(max_length=80)),
                ('channel_id', fields.UUIDField(null=True)),
                ('subject', fields.CharField(default='', db_default='', max_length=120)),
                ('detail', fields.JSONField(default=dict, encoder=JSON_DUMPS, decoder=loads)),
            ],
            options={'table': 'core_audit_entry', 'app': 'core', 'indexes': [Index(fields=['channel_id', 'at'], name='core_audit_entry_by_channel'), Index(fields=['at'], name='core_audit_entry_by_time')], 'pk_attr': 'id'},
            bases=['Row'],
        ),
        ops.CreateModel(
            name='Category',
            fields=[
                ('id', fields.UUIDField(primary_key=True, default=uuid7, unique=True, db_index=True)),
                ('slug', fields.CharField(unique=True, max_length=40)),
                ('name', fields.CharField(max_length=60)),
            ],
            options={'table': 'core_category', 'app': 'core', 'pk_attr': 'id'},
            bases=['Row'],
        ),
        ops.CreateModel(
            name='ControlMessage',
            fields=[
                ('id', fields.UUIDField(primary_key=True, default=uuid7, unique=True, db_index=True)),
                ('version', fields.BigIntField(unique=True)),
                ('kind', fields.CharField(max_length=80)),
                ('data', fields.JSONField(default=dict, encoder=JSON_DUMPS, decoder=loads)),
                ('sent_at', fields.DatetimeField(db_default=Now(), auto_now=False, auto_now_add=True)),
            ],
            options={'table': 'core_control_message', 'app': 'core', 'pk_attr': 'id'},
            bases=['Row'],
        ),
        ops.CreateModel(
            name='ControlVersion',
            fields=[
                ('id', fields.IntField(generated=True, primary_key=True, unique=True, db_index=True)),
                ('version', fields.BigIntField(default=0, db_default=0)),
            ],
            options={'table': 'core_control_version', 'app': 'core', 'pk_attr': 'id'},
            bases=['Model'],
        ),
        ops.CreateModel(
            name='Event',
            fields=[
                ('id', fields.UUIDField(primary_key=True, default=uuid7, unique=True, db_index=True)),
                ('type', fields.CharField(max_length=80)),
                ('version', fields.IntField()),
                ('actor_id', fields.UUIDField(null=True)),
                ('channel_id', fields.UUIDField(null=True)),
                ('subject', fields.CharField(max_length=120)),
                ('payload', fields.JSONField(default=dict, encoder=JSON_DUMPS, decoder=loads)),
                ('occurred_at', fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ('recorded_at', fields.DatetimeField(db_default=Now(), auto_now=False, auto_now_add=True)),
                ('position', fields.BigIntField(null=True, unique=True)),
            ],
            options={'table': 'core_event', 'app': 'core', 'indexes': [Index(fields=['channel_id', 'position'], name='core_event_by_channel'), Index(fields=['subject', 'position'], name='core_event_by_subject')], 'pk_attr': 'id'},
            bases=['Row'],
        ),
        ops.CreateModel(
            name='EventCursor',
            fields=[
                ('consumer', fields.CharField(primary_key=True, unique=True, db_index=True, max_length=80)),
                ('position', fields.BigIntField(default=0, db_default=0)),
                ('updated_at', fields.DatetimeField(db_default=Now(), auto_now=True, auto_now_add=False)),
            ],
            options={'table': 'core_event_cursor', 'app': 'core', 'pk_attr': 'consumer'},
            bases=['Model'],
        ),
        ops.CreateModel(
            name='EventDeadLetter',
            fields=[
                ('id', fields.UUIDField(primary_key=True, default=uuid7, unique=True, db_index=True)),
                ('consumer', fields.CharField(max_length=80)),
                ('event_id', fields.UUIDField()),
                ('position', fields.BigIntField()),
                ('error', fields.TextField(unique=False)),
                ('attempts', fields.IntField()),
                ('created_at', fields.DatetimeField(db_default=Now(), auto_now=False, auto_now_add=True)),
            ],
            options={'table': 'core_event_dead_letter', 'app': 'core', 'unique_together': (('consumer', 'event_id'),), 'pk_attr': 'id'},
            bases=['Row'],
        ),
        ops.CreateModel(
            name='Outbox',
            fields=[
                ('id', fields.UUIDField(primary_key=True, default=uuid7, unique=True, db_index=True)),
                ('plugin', fields.CharField(max_length=40)),
                ('topic', fields.CharField(max_length=80)),
                ('payload', fields.JSONField(default=dict, encoder=JSON_DUMPS, decoder=loads)),
                ('dedupe', fields.CharField(null=True, unique=True, max_length=200)),
                ('state', fields.CharField(default='new', db_default='new', max_length=10)),
                ('available_at', fields.DatetimeField(db_default=Now(), auto_now=False, auto_now_add=True)),
                ('lease_until', fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ('attempts', fields.IntField(default=0, db_default=0)),
                ('last_error', fields.TextField(null=True, unique=False)),
            ],
            options={'table': 'core_outbox', 'app': 'core', 'indexes': [Index(fields=['state', 'available_at'], name='core_outbox_by_state')], 'pk_attr': 'id'},
            bases=['Row'],
        ),
        ops.AddConstraint(
            model_name='Outbox',
            constraint=CheckConstraint(check='"state" in (\'new\', \'sent\', \'done\', \'dead\')', name='core_outbox_state_known'),
        ),
        ops.CreateModel(
            name='PluginState',
            fields=[
                ('plugin', fields.CharField(primary_key=True, unique=True, db_index=True, max_length=40)),
                ('switched', fields.CharField(null=True, max_length=3)),
                ('suspended_at', fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ('reason', fields.TextField(default='', db_default='', unique=False)),
                ('updated_at', fields.DatetimeField(db_default=Now(), auto_now=True, auto_now_add=False)),
            ],
            options={'table': 'core_plugin_state', 'app': 'core', 'pk_attr': 'plugin'},
            bases=['Model'],
        ),
        ops.AddConstraint(
            model_name='PluginState',
            constraint=CheckConstraint(check='"switched" in (\'on\', \'off\')', name='core_plugin_state_switched_known'),
        ),
        ops.CreateModel(
            name='ScheduleState',
            fields=[
                ('name', fields.CharField(primary_key=True, unique=True, db_index=True, max_length=80)),
                ('due_at', fields.DatetimeField(db_default=Now(), auto_now=False, auto_now_add=False)),
                ('running_until', fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
            ],
            options={'table': 'core_schedule_state', 'app': 'core', 'pk_attr': 'name'},
            bases=['Model'],
        ),
        ops.CreateModel(
            name='SiteFact',
            fields=[
                ('key', fields.CharField(primary_key=True, unique=True, db_index=True, max_length=60)),
                ('value', fields.TextField(unique=False)),
            ],
            options={'table': 'core_site_fact', 'app': 'core', 'pk_attr': 'key'},
            bases=['Model'],
        ),
        ops.CreateModel(
            name='Topic',
            fields=[
                ('name', fields.CharField(primary_key=True, unique=True, db_index=True, max_length=120)),
                ('seq', fields.BigIntField(default=0, db_default=0)),
                ('epoch', fields.CharField(max_length=16)),
            ],
            options={'table': 'core_topic', 'app': 'core', 'pk_attr': 'name'},
            bases=['Model'],
        ),
        ops.CreateModel(
            name='User',
            fields=[
                ('id', fields.UUIDField(primary_key=True, default=uuid7, unique=True, db_index=True)),
                ('username', fields.CharField(max_length=32)),
                ('username_key', fields.CharField(unique=True, max_length=32)),
                ('display_name', fields.CharField(max_length=50)),
                ('email', fields.CharField(null=True, max_length=254)),
                ('email_key', fields.CharField(null=True, unique=True, max_length=254)),
                ('role', fields.CharField(default='member', db_default='member', max_length=10)),
                ('state', fields.CharField(default='active', db_default='active', max_length=10)),
                ('created_at', fields.DatetimeField(auto_now=False, auto_now_add=True)),
                ('last_seen_at', fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
            ],
            options={'table': 'core_user', 'app': 'core', 'pk_attr': 'id'},
            bases=['Row'],
        ),
        ops.AddConstraint(
            model_name='User',
            constraint=CheckConstraint(check='"role" in (\'member\', \'operator\')', name='core_user_role_known'),
        ),
        ops.AddConstraint(
            model_name='User',
            constraint=CheckConstraint(check='"state" in (\'active\', \'banned\', \'deleted\')', name='core_user_state_known'),
        ),
        ops.CreateModel(
            name='Channel',
            fields=[
                ('id', fields.UUIDField(primary_key=True, default=uuid7, unique=True, db_index=True)),
                ('owner', fields.ForeignKeyField('core.User', source_field='owner_id', db_index=True, db_constraint=True, to_field='id', related_name='channels', on_delete=OnDelete.CASCADE)),
                ('slug', fields.CharField(unique=True, max_length=32)),
                ('name', fields.CharField(max_length=50)),
                ('title', fields.CharField(default='', db_default='', max_length=140)),
                ('category', fields.ForeignKeyField('core.Category', source_field='category_id', null=True, db_index=True, db_constraint=True, to_field='id', related_name='channels', on_delete=OnDelete.SET_NULL)),
                ('language', fields.CharField(default='en', db_default='en', max_length=12)),
                ('hue', fields.IntField(default=0, db_default=0)),
                ('about', fields.TextField(default='', db_default='', unique=False)),
                ('visibility', fields.CharField(default='public', db_default='public', max_length=10)),
                ('created_at', fields.DatetimeField(auto_now=False, auto_now_add=True)),
            ],
            options={'table': 'core_channel', 'app': 'core', 'pk_attr': 'id'},
            bases=['Row'],
        ),
        ops.AddConstraint(
            model_name='Channel',
            constraint=CheckConstraint(check='"visibility" in (\'public\', \'unlisted\')', name='core_channel_visibility_known'),
        ),
        ops.AddConstraint(
            model_name='Channel',
            constraint=CheckConstraint(check='"hue" between 0 and 359', name='core_channel_hue_degrees'),
        ),
        ops.AddConstraint(
            model_name='Channel',
            constraint=CheckConstraint(check='"slug" ~ \'^[a-z0-9_-]{3,32}$\'', name='core_channel_slug_form'),
        ),
        ops.AddConstraint(
            model_name='Channel',
            constraint=CheckConstraint(check='char_length("about") <= 2000', name='core_channel_about_length'),
        ),
        ops.CreateModel(
            name='ChannelModerator',
            fields=[
                ('id', fields.UUIDField(primary_key=True, default=uuid7, unique=True, db_index=True)),
                ('channel', fields.ForeignKeyField('core.Channel', source_field='channel_id', db_constraint=True, to_field='id', related_name='moderators', on_delete=OnDelete.CASCADE)),
                ('user', fields.ForeignKeyField('core.User', source_field='user_id', db_index=True, db_constraint=True, to_field='id', related_name='moderates', on_delete=OnDelete.CASCADE)),
                ('rights', fields.JSONField(default=list, encoder=JSON_DUMPS, decoder=loads)),
                ('created_at', fields.DatetimeField(auto_now=False, auto_now_add=True)),
                ('granted_by', fields.UUIDField(null=True)),
            ],
            options={'table': 'core_channel_moderator', 'app': 'core', 'unique_together': (('channel', 'user'),), 'pk_attr': 'id'},
            bases=['Row'],
        ),
        ops.CreateModel(
            name='ChannelSlug',
            fields=[
                ('slug', fields.CharField(primary_key=True, unique=True, db_index=True, max_length=32)),
                ('channel', fields.ForeignKeyField('core.Channel', source_field='channel_id', db_index=True, db_constraint=True, to_field='id', related_name='slugs', on_delete=OnDelete.CASCADE)),
                ('created_at', fields.DatetimeField(auto_now=False, auto_now_add=True)),
            ],
            options={'table': 'core_channel_slug', 'app': 'core', 'pk_attr': 'slug'},
            bases=['Model'],
        ),
        ops.CreateModel(
            name='Identity',
            fields=[
                ('id', fields.UUIDField(primary_key=True, default=uuid7, unique=True, db_index=True)),
                ('user', fields.ForeignKeyField('core.User', source_field='user_id', db_index=True, db_constraint=True, to_field='id', related_name='identities', on_delete=OnDelete.CASCADE)),
                ('provider', fields.CharField(max_length=40)),
                ('subject', fields.CharField(max_length=200)),
            ],
            options={'table': 'core_identity', 'app': 'core', 'unique_together': (('provider', 'subject'),), 'pk_attr': 'id'},
            bases=['Row'],
        ),
        ops.CreateModel(
            name='Ingest',
            fields=[
                ('id', fields.UUIDField(primary_key=True, default=uuid7, unique=True, db_index=True)),
                ('channel', fields.ForeignKeyField('core.Channel', source_field='channel_id', db_index=True, db_constraint=True, to_field='id', related_name='ingests', on_delete=OnDelete.CASCADE)),
                ('provider', fields.CharField(max_length=40)),
                ('provider_id', fields.CharField(max_length=200)),
                ('key_version', fields.IntField(default=1, db_default=1)),
                ('enabled', fields.BooleanField(default=True, db_default=True)),
                ('created_at', fields.DatetimeField(auto_now=False, auto_now_add=True)),
            ],
            options={'table': 'core_ingest', 'app': 'core', 'unique_together': (('provider', 'provider_id'),), 'pk_attr': 'id'},
            bases=['Row'],
        ),
        ops.CreateModel(
            name='Broadcast',
            fields=[
                ('id', fields.UUIDField(primary_key=True, default=uuid7, unique=True, db_index=True)),
                ('channel', fields.ForeignKeyField('core.Channel', source_field='channel_id', db_constraint=True, to_field='id', related_name='broadcasts', on_delete=OnDelete.CASCADE)),
                ('ingest', fields.ForeignKeyField('core.Ingest', source_field='ingest_id', null=True, db_index=True, db_constraint=True, to_field='id', related_name='broadcasts', on_delete=OnDelete.SET_NULL)),
                ('provider', fields.CharField(max_length=40)),
                ('provider_id', fields.CharField(max_length=200)),
                ('title', fields.CharField(default='', db_default='', max_length=140)),
                ('category', fields.ForeignKeyField('core.Category', source_field='category_id', null=True, db_index=True, db_constraint=True, to_field='id', related_name='broadcasts', on_delete=OnDelete.SET_NULL)),
                ('state', fields.CharField(default='live', db_index=True, db_default='live', max_length=12)),
                ('started_at', fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ('ended_at', fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ('end_reason', fields.CharField(null=True, max_length=12)),
                ('peak_viewers', fields.IntField(default=0, db_default=0)),
                ('playback', fields.JSONField(default=dict, encoder=JSON_DUMPS, decoder=loads)),
            ],
            options={'table': 'core_broadcast', 'app': 'core', 'unique_together': (('provider', 'provider_id'),), 'indexes': [Index(fields=['channel_id', 'started_at'], name='core_broadcast_by_channel')], 'pk_attr': 'id'},
            bases=['Row'],
        ),
        ops.AddConstraint(
            model_name='Broadcast',
            constraint=CheckConstraint(check='"state" in (\'live\', \'reconnecting\', \'ended\')', name='core_broadcast_state_known'),
        ),
        ops.AddConstraint(
            model_name='Broadcast',
            constraint=CheckConstraint(check='"end_reason" in (\'unpublish\', \'timeout\', \'creator\', \'limit\', \'moderation\', \'crash\')', name='core_broadcast_end_reason_known'),
        ),
        ops.AddConstraint(
            model_name='Broadcast',
            constraint=CheckConstraint(check='("state" = \'ended\') = ("ended_at" is not null)', name='core_broadcast_end'),
        ),
        ops.CreateModel(
            name='Recording',
            fields=[
                ('id', fields.UUIDField(primary_key=True, default=uuid7, unique=True, db_index=True)),
                ('channel', fields.ForeignKeyField('core.Channel', source_field='channel_id', db_constraint=True, to_field='id', related_name='recordings', on_delete=OnDelete.CASCADE)),
                ('broadcast', fields.ForeignKeyField('core.Broadcast', source_field='broadcast_id', null=True, db_index=True, db_constraint=True, to_field='id', related_name='recordings', on_delete=OnDelete.SET_NULL)),
                ('provider', fields.CharField(max_length=40)),
                ('provider_id', fields.CharField(max_length=200)),
                ('title', fields.CharField(default='', db_default='', max_length=140)),
                ('state', fields.CharField(default='processing', db_default='processing', max_length=12)),
                ('visibility', fields.CharField(default='public', db_default='public', max_length=10)),
                ('duration', fields.FloatField(default=0.0, db_default=0.0)),
                ('size', fields.BigIntField(default=0, db_default=0)),
                ('width', fields.IntField(null=True)),
                ('height', fields.IntField(null=True)),
                ('has_audio', fields.BooleanField(default=True, db_default=True)),
                ('incomplete', fields.BooleanField(default=False, db_default=False)),
                ('playback', fields.JSONField(default=dict, encoder=JSON_DUMPS, decoder=loads)),
                ('created_at', fields.DatetimeField(auto_now=False, auto_now_add=True)),
                ('deleted_at', fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
            ],
            options={'table': 'core_recording', 'app': 'core', 'unique_together': (('provider', 'provider_id'),), 'indexes': [Index(fields=['channel_id', 'created_at'], name='core_recording_by_channel')], 'pk_attr': 'id'},
            bases=['Row'],
        ),
        ops.AddConstraint(
            model_name='Recording',
            constraint=CheckConstraint(check='"state" in (\'processing\', \'ready\', \'failed\', \'deleted\')', name='core_recording_state_known'),
        ),
        ops.AddConstraint(
            model_name='Recording',
            constraint=CheckConstraint(check='"visibility" in (\'public\', \'unlisted\', \'private\')', name='core_recording_visibility_known'),
        ),
        ops.CreateModel(
            name='Session',
            fields=[
                ('id', fields.UUIDField(primary_key=True, default=uuid7, unique=True, db_index=True)),
                ('user', fields.ForeignKeyField('core.User', source_field='user_id', db_index=True, db_constraint=True, to_field='id', related_name='sessions', on_delete=OnDelete.CASCADE)),
                ('token_hash', fields.CharField(unique=True, max_length=64)),
                ('created_at', fields.DatetimeField(auto_now=False, auto_now_add=True)),
                ('seen_at', fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ('expires_at', fields.DatetimeField(db_index=True, auto_now=False, auto_now_add=False)),
                ('user_agent', fields.CharField(default='', db_default='', max_length=200)),
                ('address', fields.CharField(default='', db_default='', max_length=64)),
                ('provider', fields.CharField(max_length=40)),
            ],
            options={'table': 'core_session', 'app': 'core', 'pk_attr': 'id'},
            bases=['Row'],
        ),
    ]
