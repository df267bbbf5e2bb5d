"""Users and groups as rows in PostgreSQL: one row a resource, its SCIM body as JSON."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from contextvars import ContextVar
from datetime import UTC, datetime
from typing import Any, cast
from uuid import uuid4

from scim2_models import (
    AttributeBinding,
    InvalidValueException,
    Meta,
    NotFoundException,
    Path,
    PreconditionFailedException,
    Resource,
    ResourceType,
    ResponseParameters,
    ScimFilter,
    ScimProvider,
    SearchRequest,
    UniquenessException,
)
from scim2_models.path import CompareOperator, Comparison
from scim2_server.storage import AsyncScimStorage, SearchPage
from sqlalchemy import (
    BigInteger,
    Column,
    ColumnElement,
    DateTime,
    Index,
    MetaData,
    Row,
    Select,
    Table,
    Text,
    delete,
    func,
    insert,
    select,
    true,
    update,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.exc import DataError, IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

METADATA = MetaData()
RESOURCES = Table(
    "resources",
    METADATA,
    Column("id", Text, primary_key=True),
    Column("type", Text, nullable=False),
    Column("user_name", Text),  # this and the next two in the form SCIM compares them in
    Column("external_id", Text),
    Column("display_name", Text),
    Column("version", BigInteger, nullable=False),
    Column("created", DateTime(timezone=True), nullable=False),
    Column("last_modified", DateTime(timezone=True), nullable=False),
    Column("body", JSONB, nullable=False),
    Index("one_user_of_a_name", "user_name", unique=True),
    Index("by_external_id", "type", "external_id"),
    Index("by_display_name", "type", "display_name"),
    Index("by_content", "body", postgresql_using="gin", postgresql_ops={"body": "jsonb_path_ops"}),
)
_COMPARED = {"userName": "user_name", "externalId": "external_id", "displayName": "display_name"}
_NOT_IN_THE_BODY = {"id", "meta", "password"}  # nobody signs in here, so no password is kept

_operation: ContextVar[AsyncConnection | None] = ContextVar("operation", default=None)


class Storage(AsyncScimStorage):
    """Keeps what `provider` describes; the tables must exist (`create_tables`)."""

    def __init__(self, engine: AsyncEngine, provider: ScimProvider) -> None:
        self._engine = engine
        self._provider = provider

    async def create_tables(self) -> None:
        async with self._engine.begin() as connection:
            await connection.run_sync(METADATA.create_all)

    @asynccontextmanager
    async def operation(self) -> AsyncIterator[None]:
        """One SCIM operation is one transaction."""
        async with self._engine.begin() as connection:
            token = _operation.set(connection)
            try:
                yield
            finally:
                _operation.reset(token)

    async def get(
        self,
        resource_type: ResourceType,
        resource_id: str,
        *,
        response_parameters: ResponseParameters[Any] | None = None,
    ) -> Resource[Any]:
        # The server names response parameters only when it just reads. Otherwise it reads in order to write, and the
        # lock makes two people who add to one group at once wait for each other instead of failing with 412.
        async with self._connection() as connection:
            row = await self._row(connection, resource_type, resource_id, lock=response_parameters is None)
            return self._resource(row)

    async def search(
        self, resource_types: list[ResourceType], search_request: SearchRequest[Any], *, position: Any = None
    ) -> SearchPage:
        kept = _as_sql(search_request.filter)
        query = select(RESOURCES).where(RESOURCES.c.type.in_([str(kind.name) for kind in resource_types]))
        async with self._connection() as connection:
            if kept is not None and search_request.sort_by is None:
                return await self._page(connection, query.where(kept), search_request)
            rows = await connection.execute(query.order_by(RESOURCES.c.created, RESOURCES.c.id))
            return _page_of([self._resource(row) for row in rows], search_request)

    async def create(self, resource_type: ResourceType, resource: Resource[Any]) -> Resource[Any]:
        row = {"id": uuid4().hex, "type": resource_type.name, "version": 1, **_columns(resource)}
        async with self._writing() as connection:
            # SCIM allows two groups of one name. Whoever makes the second must see the first, and see it as the older
            # one, or clients could not agree on which to keep; hence one after the other, and the time taken last.
            await connection.execute(select(func.pg_advisory_xact_lock(func.hashtext(row["display_name"]))))
            row["created"] = row["last_modified"] = datetime.now(UTC)
            return self._resource((await connection.execute(insert(RESOURCES).values(row).returning(RESOURCES))).one())

    async def update(
        self, resource_type: ResourceType, resource: Resource[Any], *, expected_version: str | None = None
    ) -> Resource[Any]:
        async with self._writing() as connection:
            row = await self._row(connection, resource_type, str(resource.id), lock=True)
            _check_version(row, expected_version)
            query = _new_version(row, **_columns(resource)).returning(RESOURCES)
            return self._resource((await connection.execute(query)).one())

    async def delete(
        self, resource_type: ResourceType, resource_id: str, *, expected_version: str | None = None
    ) -> None:
        async with self._connection() as connection:
            row = await self._row(connection, resource_type, resource_id, lock=True)
            _check_version(row, expected_version)
            await connection.execute(delete(RESOURCES).where(RESOURCES.c.id == row.id))
            await _leave_groups(connection, row.id)

    @asynccontextmanager
    async def _connection(self) -> AsyncIterator[AsyncConnection]:
        """The transaction of the operation that we are in, else one of its own."""
        if (current := _operation.get()) is not None:
            yield current
        else:
            async with self._engine.begin() as connection:
                yield connection

    @asynccontextmanager
    async def _writing(self) -> AsyncIterator[AsyncConnection]:
        async with self._connection() as connection:
            try:
                async with connection.begin_nested():
                    yield connection
            except IntegrityError:
                raise UniquenessException from None
            except DataError:  # a NUL within a text, which PostgreSQL cannot hold
                raise InvalidValueException from None

    async def _row(self, connection: AsyncConnection, kind: ResourceType, resource_id: str, *, lock: bool) -> Row[Any]:
        query = select(RESOURCES).where(RESOURCES.c.type == kind.name, RESOURCES.c.id == resource_id)
        row = (await connection.execute(query.with_for_update() if lock else query)).one_or_none()
        if row is None:
            raise NotFoundException(detail=f"{kind.name} not found")
        return row

    async def _page(
        self, connection: AsyncConnection, query: Select[Any], search_request: SearchRequest[Any]
    ) -> SearchPage:
        total = await connection.scalar(select(func.count()).select_from(query.subquery()))
        query = query.order_by(RESOURCES.c.created, RESOURCES.c.id)
        query = query.offset(search_request.start_index_0).limit(search_request.count)
        return SearchPage(total, [self._resource(row) for row in await connection.execute(query)])

    def _resource(self, row: Row[Any]) -> Resource[Any]:
        resource = cast(type[Resource[Any]], self._provider.model_for(row.type)).model_validate(row.body)
        resource.id = row.id
        resource.meta = Meta(
            resource_type=row.type, created=row.created, last_modified=row.last_modified, version=_version(row)
        )
        return resource


def _page_of(resources: list[Resource[Any]], search_request: SearchRequest[Any]) -> SearchPage:
    """Filter, sort and cut as the library evaluates: for what is not pushed down to SQL."""
    wanted = search_request.filter
    found = search_request.sort([resource for resource in resources if wanted is None or wanted.match(resource)])
    start = search_request.start_index_0 or 0
    stop = None if search_request.count is None else start + search_request.count
    return SearchPage(len(found), found[start:stop])


def _as_sql(wanted: ScimFilter[Any] | None) -> ColumnElement[bool] | None:
    """The filter as a condition when it is nothing but `indexed attribute eq "text"`; None when SQL cannot say it."""
    if wanted is None:
        return true()
    node = wanted.ast
    if wanted.model is None or not isinstance(node, Comparison) or node.op != CompareOperator.eq:
        return None
    binding = wanted.resolve_comparison(node.attr_path, strict=False)
    if binding is None or not isinstance(node.value, str):
        return None
    column = {"id": "id", **_COMPARED}.get(_name(wanted.model, binding))
    return None if column is None else RESOURCES.c[column] == binding.comparable(node.value)


def _name(model: Any, binding: AttributeBinding) -> str:
    """The bare name of an attribute of the resource itself; an extension's may be called the same and is not it."""
    return str(binding.urn).removeprefix(f"{model.__schema__}:")


def _columns(resource: Resource[Any]) -> dict[str, Any]:
    compared = {column: _comparable(resource, name) for name, column in _COMPARED.items()}
    return {**compared, "body": resource.model_dump(exclude=_NOT_IN_THE_BODY)}


def _comparable(resource: Resource[Any], name: str) -> str | None:
    path = cast(Any, Path)[type(resource)](name)
    value = path.get(resource, strict=False)
    return None if value is None else cast(str, path.resolve().comparable(value))


def _version(row: Row[Any]) -> str:
    return f'W/"{row.version}"'


def _check_version(row: Row[Any], expected: str | None) -> None:
    if expected is not None and expected != _version(row):
        raise PreconditionFailedException


def _new_version(row: Row[Any], **values: Any) -> Any:
    changed = update(RESOURCES).where(RESOURCES.c.id == row.id)
    return changed.values(version=row.version + 1, last_modified=datetime.now(UTC), **values)


async def _leave_groups(connection: AsyncConnection, member_id: str) -> None:
    """A deleted resource is nobody's member any more."""
    holding = select(RESOURCES).where(RESOURCES.c.body.contains({"members": [{"value": member_id}]}))
    for row in await connection.execute(holding.order_by(RESOURCES.c.id).with_for_update()):
        members = [member for member in row.body["members"] if member["value"] != member_id]
        await connection.execute(_new_version(row, body={**row.body, "members": members}))
