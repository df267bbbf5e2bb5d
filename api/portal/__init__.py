"""The client's side of the door: pages and the same as JSON."""

from fastapi import APIRouter

router = APIRouter()
