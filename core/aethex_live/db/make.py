"""Writing migrations from the difference between models and migrations, for the core and all plugins in one go."""

import importlib
import re
from collections.abc import Sequence
from graphlib import CycleError, TopologicalSorter
from pathlib import Path
from typing import Any

from tortoise.apps import Apps
from tortoise.context import TortoiseContext
from tortoise.fields.relational import ForeignKeyFieldInstance, ManyToManyFieldInstance
from tortoise.migrations import operations as ops
from tortoise.migrations.autodetector import MigrationAutodetector
from tortoise.migrations.schema_generator.operation_generator import OperationGenerator
from tortoise.migrations.writer import MigrationWriter, slugify_migration_name

from aethex_live.errors import AethexError

from .database import AppModels, tortoise_config

_ON_DELETE = {"CASCADE", "SET NULL"}


async def make(
    apps: Sequence[AppModels], *, name: str | None = None, core_baseline: str | None = None, write: bool = True
) -> list[Path]:
    """Write the migrations that are missing, dependencies first; their paths (an empty list when none is missing).

    All apps must be given, also when only one has changed: foreign keys reach across. `name` is put behind the number
    (else it is made from the change). `core_baseline` is the core migration that a plugin of somebody else depends on,
    instead of the newest one. With `write=False` nothing is written: the drift test. Raises `AethexError` for a change
    that would fail on a table with rows, and for foreign keys that break the rules.
    """
    config = tortoise_config(apps)
    written: list[Path] = []
    async with TortoiseContext() as context:
        await context.init(config=config, init_connections=False)
        assert context.apps is not None
        for label in _in_order(context.apps):
            writer = await _writer(context.apps, config["apps"], label, name)
            if writer is None:
                continue
            if core_baseline is not None and label != "core":
                writer.dependencies = [
                    (app, core_baseline) if app == "core" else (app, other) for app, other in writer.dependencies
                ]
            written.append(_write(writer) if write else writer.path())
    return written


def _in_order(apps: Apps) -> list[str]:
    """The labels, each after those that its foreign keys point to (hook order is last in, first out: no help)."""
    graph: dict[str, set[str]] = {}
    for label, models in apps.items():
        graph[label] = set()
        for model in models.values():
            for field in model._meta.fields_map.values():
                if isinstance(field, ForeignKeyFieldInstance | ManyToManyFieldInstance):
                    other = str(field.related_model._meta.app)
                    _check_relation(label, other, model.__name__, field)
                    graph[label].add(other)
        graph[label].discard(label)
    try:
        return list(TopologicalSorter(graph).static_order())
    except CycleError as error:
        raise AethexError(f"Foreign keys go round in a circle: {' -> '.join(error.args[1])}.") from error


def _check_relation(label: str, other: str, model: str, field: Any) -> None:
    if label in {"core", other} or getattr(field, "_generated", False):
        return
    where = f"{label}.{model}.{field.model_field_name}"
    if other != "core":
        raise AethexError(f"{where} points to the plugin {other}: keep its id and ask its service instead.")
    if field.on_delete not in _ON_DELETE:
        raise AethexError(
            f"{where} must be on_delete CASCADE or SET NULL: a plugin that is off must not hold up the core."
        )
    if field.related_name and not str(field.related_name).startswith(f"{label}_"):
        raise AethexError(f"{where} needs related_name={label}_...: it becomes a name on the core's model.")


async def _writer(
    apps: Apps, config: dict[str, dict[str, Any]], label: str, name: str | None
) -> MigrationWriter | None:
    detector = MigrationAutodetector(apps, config)
    await detector.loader.build_graph()
    old, new = await detector._project_state(), detector._current_state()
    operations: list[Any] = []
    for state in (*old.models.values(), *new.models.values()):
        state.options.pop("table_description", None)  # a docstring is no part of the schema
    for operation in OperationGenerator(old, new).generate(app_labels=[label]):
        _refuse_unfillable(label, operation)
        operations.append(operation)
        if isinstance(operation, ops.CreateModel):
            # tortoise#2272: CreateModel drops the constraints of its options
            constraints = (operation.options or {}).pop("constraints", ())
            operations += [ops.AddConstraint(operation.name, constraint) for constraint in constraints]
    if not operations:
        return None
    number, initial = detector._migration_name(label, old, new)
    return MigrationWriter(
        number if initial else f"{number[:4]}_{slugify_migration_name(name or _summary(operations))}",
        label,
        operations,
        dependencies=detector._dependencies_for_app(label, new),
        initial=initial,
        migrations_module=config[label]["migrations"],
    )


def _refuse_unfillable(label: str, operation: Any) -> None:
    """A new NOT NULL column needs a value for the rows that are there; a Python default gives none."""
    if not isinstance(operation, ops.AddField) or isinstance(operation.field, ManyToManyFieldInstance):
        return
    field: Any = operation.field
    if not field.null and not field.has_db_default():
        where = f"{label}.{operation.model_name}.{operation.name}"
        raise AethexError(f"{where} is a new NOT NULL column: it needs db_default=, or null=True.")


def _summary(operations: Sequence[Any]) -> str:
    """A name from the first change, such as "add_channel_hue"."""
    first = operations[0]
    verb = re.sub(r"(?<!^)(?=[A-Z])", "_", type(first).__name__).lower().split("_")[0]
    what = getattr(first, "model_name", None) or getattr(first, "name", "")
    part = getattr(first, "name", "") if hasattr(first, "model_name") else ""
    return "_".join(word for word in (verb, what, part or "") if word)[:50]


def _write(writer: MigrationWriter) -> Path:
    path = writer.write()
    title = writer.name[5:].replace("_", " ")
    path.write_text(f'"""{writer.app_label} {writer.name[:4]}: {title}."""\n\n{path.read_text()}')
    importlib.invalidate_caches()
    return path
