"""The service as an ASGI application."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from importlib.metadata import version

from fastapi import FastAPI

from newsdex.search.index import Index
from newsdex.search.server import description, first_page, following, openai, operations, page, problems, responses
from newsdex.search.server.security import Gate
from newsdex.search.server.service import Service
from newsdex.search.server.settings import Settings


def create_app(index: Index, settings: Settings | None = None) -> Gate:
    """The service of ``index``, behind its limits."""
    settings = settings or Settings()
    service = Service(index, settings)

    @asynccontextmanager
    async def life(_app: FastAPI) -> AsyncIterator[None]:
        yield
        if service.writer:
            await service.writer.close()
        service.close()

    app = FastAPI(
        title="newsdex",
        version=version("newsdex"),
        description=description.TEXT,
        lifespan=life,
        docs_url=None,
        redoc_url=None,
        openapi_url=None,
        redirect_slashes=False,
    )
    app.state.service = service
    app.state.routes = list(app.routes)
    problems.install(app)
    # First those whose addresses would be taken for names of articles.
    routers = (first_page, page, following, operations, openai, responses, description)
    for router in (module.router for module in routers):
        app.include_router(router)
        app.state.routes += router.routes
    description.complete(app, keys=bool(settings.keys or settings.views))
    return Gate(app, settings, service.metrics)
