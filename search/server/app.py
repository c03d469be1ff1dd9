"""The service as an ASGI application."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from importlib import import_module
from importlib.metadata import version
from importlib.util import find_spec

from fastapi import FastAPI
from starlette.types import ASGIApp

from newsdex.search.index import Index
from newsdex.search.server import description, openai, operations, problems
from newsdex.search.server.security import Gate
from newsdex.search.server.service import Service
from newsdex.search.server.settings import Settings

_PAGE = "newsdex.search.server.page"


def create_app(index: Index, settings: Settings | None = None) -> ASGIApp:
    """The service of ``index``, behind its limits."""
    settings = settings or Settings()
    service = Service(index, settings)

    @asynccontextmanager
    async def life(_app: FastAPI) -> AsyncIterator[None]:
        yield
        service.close()

    app = FastAPI(
        title="newsdex",
        version=version("newsdex"),
        description=description.TEXT,
        lifespan=life,
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
    )
    app.state.service = service
    problems.install(app)
    app.include_router(operations.router)
    app.include_router(openai.router)
    app.include_router(description.router)
    if find_spec(_PAGE):
        app.include_router(import_module(_PAGE).router)
    description.complete(app, keys=bool(settings.keys))
    return Gate(app, settings, service.metrics)
