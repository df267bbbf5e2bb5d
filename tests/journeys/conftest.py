from tests.activities.conftest import desk
from tests.workflows.conftest import env

__all__ = ["desk", "env"]
