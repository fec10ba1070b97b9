"""The routes: pages, pictures, and what the pages ask for. Everything is named by numbers."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any, Final

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, RedirectResponse, Response
from starlette.routing import Route

from dupfinder.errors import DupfinderError
from dupfinder.model import Skipped
from dupfinder.reports.names import printable
from dupfinder.web import pages, requests
from dupfinder.web.desk import Stale
from dupfinder.web.guard import App, Guard, Secrets
from dupfinder.web.pictures import Pictures
from dupfinder.web.review import Review

_HTML: Final = "text/html; charset=utf-8"
_OUTDATED: Final = "This page is out of date."


def app_of(review: Review, pictures: Pictures, held: Secrets) -> App:
    """The whole application, guarded."""
    routes = _Routes(review, pictures, held.token)
    app = Starlette(
        routes=[
            Route("/", routes.home, methods=["GET"]),
            Route("/plan", routes.plan, methods=["GET"]),
            Route("/done", routes.done, methods=["GET"]),
            Route("/progress", routes.progress, methods=["GET"]),
            Route("/picture/{number:int}", routes.picture, methods=["GET"]),
            Route("/static/{name}", routes.static, methods=["GET"]),
            Route("/decide", routes.decide, methods=["POST"]),
            Route("/act", routes.act, methods=["POST"]),
            Route("/undo", routes.undo, methods=["POST"]),
        ]
    )
    app.router.redirect_slashes = False
    return Guard(app, held)


class _Routes:
    def __init__(self, review: Review, pictures: Pictures, token: str) -> None:
        self._review = review
        self._pictures = pictures
        self._token = token

    async def home(self, _: Request) -> Response:
        """The clusters, once there are any."""
        if self._review.desk is None:
            return _page(pages.waiting(self._token))
        return _page(await run_in_threadpool(pages.clusters, self._review, self._token))

    async def plan(self, _: Request) -> Response:
        """The dry run, made now."""
        if self._review.desk is None or self._review.is_busy:
            return RedirectResponse("/", 303)
        try:
            return _page(await run_in_threadpool(pages.plan, self._review, self._token))
        except DupfinderError as error:
            return _page(pages.trouble(error, self._token), 500)

    async def done(self, _: Request) -> Response:
        """What the last act came to."""
        if self._review.acted is None and self._review.failure is None:
            return RedirectResponse("/", 303)
        return _page(await run_in_threadpool(pages.done, self._review, self._token))

    async def progress(self, _: Request) -> Response:
        """How far it is, for a page that waits."""
        step = self._review.ticker.step
        return JSONResponse(
            {
                "busy": self._review.is_busy,
                "stage": step.stage,
                "done": step.done,
                "total": step.total,
            }
        )

    async def picture(self, request: Request) -> Response:
        """A small picture of a photo, re-encoded; why there is none, if there is none."""
        number, reason = request.path_params["number"], "There is no such picture."
        for photo in next(iter(self._review.shown[number : number + 1]), ()):
            shown = await asyncio.wrap_future(self._pictures.ask(photo))
            if not isinstance(shown, Skipped):
                return Response(shown, media_type="image/webp")
            reason = printable(shown.reason)
        return PlainTextResponse(reason, 404)

    async def static(self, request: Request) -> Response:
        """One of the few files that belong to the pages."""
        found = pages.static(request.path_params["name"])
        if found is None:
            return PlainTextResponse("There is no such file.", 404)
        kind, text = found
        return Response(text, media_type=kind)

    async def decide(self, request: Request) -> Response:
        """Remember decisions; a page of another state is told so."""
        return await self._asked(request, self._decided)

    async def act(self, request: Request) -> Response:
        """Begin to carry the plan out that was looked through."""
        return await self._asked(request, lambda body: self._review.act(*requests.act_of(body)))

    async def undo(self, request: Request) -> Response:
        """Begin to take the last act back."""
        return await self._asked(
            request, lambda body: self._review.take_back(requests.version_of(body))
        )

    def _decided(self, body: bytes) -> int:
        version, changes = requests.changes_of(body)
        if self._review.desk is None or self._review.is_busy:
            raise Stale
        return self._review.desk.change(version, changes)

    async def _asked(self, request: Request, do: Callable[[bytes], Any]) -> Response:
        try:
            answer = await run_in_threadpool(do, await request.body())
        except requests.Malformed:
            return JSONResponse({"error": "This is not what the page sends."}, 400)
        except Stale:
            return JSONResponse({"error": _OUTDATED}, 409)
        except DupfinderError as error:
            return JSONResponse({"error": pages.said(error)}, 500)
        return JSONResponse({"version": answer})


def _page(text: str, status: int = 200) -> Response:
    return Response(text, status, media_type=_HTML)
