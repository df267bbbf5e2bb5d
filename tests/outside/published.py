"""Requests held against what Onfido publishes: the models that its own package generates from its OpenAPI document.

As they stand the models let unknown fields through. So a body is read strictly by its model and written again by it:
what does not come out as it went in is not in the schema. Queries are read by the signatures of the operations.
"""

import inspect
import json
from collections.abc import Callable, Mapping

import onfido
from pydantic import BaseModel, TypeAdapter, ValidationError
from pydantic_core import to_jsonable_python

BODIES: dict[str, type[onfido.ApplicantBuilder | onfido.WorkflowRunBuilder]] = {
    "create_applicant": onfido.ApplicantBuilder,
    "create_workflow_run": onfido.WorkflowRunBuilder,
}
LISTS = {"tags"}  # sent with commas between, as the vendor's own client does


def body_fault(operation: str, body: bytes) -> str | None:
    """Why the schema does not allow this body; None where it does."""
    try:
        read = BODIES[operation].model_validate_json(body, strict=True)
    except ValidationError as error:
        return str(error)
    sent, known = json.loads(body), to_jsonable_python(read.to_dict())
    return None if sent == known else f"not in the schema: {sent} is read as {known}"


def query_fault(operation: str, query: Mapping[str, str]) -> str | None:
    """Why this operation does not allow these parameters, of its path or its query; None where it does."""
    called: Callable[..., object] = getattr(onfido.DefaultApi, operation)
    known = inspect.signature(called).parameters
    for name, text in query.items():
        if name.startswith("_") or name == "self" or name not in known:
            return f"{operation} has no parameter {name}"
        kind: TypeAdapter[object] = TypeAdapter(known[name].annotation)
        try:
            if name in LISTS:
                kind.validate_python(text.split(","))
            else:
                kind.validate_strings(text)
        except ValidationError as error:
            return str(error)
    return None


def shown(answer: BaseModel) -> dict[str, object]:
    """An answer as the vendor's model writes it."""
    read: dict[str, object] = to_jsonable_python(answer.to_dict())  # type: ignore[attr-defined]  # all of them have it
    return read
