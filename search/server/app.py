"""The service as an ASGI application."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from functools import cache

from fastapi import FastAPI

from newsdex.search.index import Index
from newsdex.search.server import description, first_page, following, openai, operations, page, problems, responses
from newsdex.search.server.security import Gate
from newsdex.search.server.service import Service
from newsdex.search.server.settings import Settings

# First those whose addresses would be taken for names of articles.
_MODULES = (first_page, page, following, operations, openai, responses, description)
_ROUTES = [route for module in _MODULES for route in module.router.routes]


@cache
def describe(*, keys: bool) -> tuple[bytes, str]:
    """Return what an app says of itself, for programs and for people. Made once a process; those that it starts have it."""
    return description.describe(_ROUTES, keys=keys)


def create_app(index: Index, settings: Settings | None = None, ready: Callable[[], None] = lambda: None) -> Gate:
    """The service of ``index``, behind its limits. ``ready`` is called when it starts."""
    settings = settings or Settings()
    service = Service(index, settings)

    @asynccontextmanager
    async def life(_app: FastAPI) -> AsyncIterator[None]:
        ready()
        yield
        await service.close()

    app = FastAPI(routes=_ROUTES, lifespan=life, docs_url=None, redoc_url=None, openapi_url=None, redirect_slashes=False)
    app.state.service = service
    problems.install(app)
    app.state.described, app.state.docs = describe(keys=settings.locked)
    return Gate(app, settings, service.metrics)
