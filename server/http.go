package server

import (
	"errors"
	"log/slog"
	"net/http"
	"time"

	"github.com/labstack/echo/v4"
)

// writeTime is how long an answer may take, from its request's header on.
const writeTime = 15 * time.Second

// NewHTTP is the HTTP server of a handler that faces the internet, whoever hosts it: it speaks HTTP/1.1
// alone, and no client can hold it for long or make it keep much. Its own complaints go to the log.
func NewHTTP(handler http.Handler, log *slog.Logger) *http.Server {
	var protocols http.Protocols
	protocols.SetHTTP1(true)
	return &http.Server{
		Handler:                      handler,
		Protocols:                    &protocols,
		DisableGeneralOptionsHandler: true, // OPTIONS * is an unknown path like any other
		ReadHeaderTimeout:            5 * time.Second,
		ReadTimeout:                  10 * time.Second,
		WriteTimeout:                 writeTime,
		IdleTimeout:                  time.Minute,
		MaxHeaderBytes:               16 << 10,
		ErrorLog:                     slog.NewLogLogger(log.Handler(), slog.LevelWarn),
	}
}

// Handler is what the server answers to the internet: GitHub's webhooks, /ping for whoever checks that
// it is up, /readyz for whoever wants to know what it lacks, and /metrics, /internal/tick and the page
// below /admin for whoever has their tokens. Everything else is the webhook stage's to refuse, and to log.
func (s *Server) Handler() http.Handler {
	e := echo.New()
	e.Use(guarded)
	e.HTTPErrorHandler = func(err error, c echo.Context) {
		status := http.StatusInternalServerError
		var known *echo.HTTPError
		if errors.As(err, &known) {
			status = known.Code
		}
		_ = c.NoContent(status)
	}
	e.GET("/ping", func(c echo.Context) error { return c.NoContent(http.StatusOK) })
	e.GET(readyPath, s.readied)
	e.POST(tickPath, s.ticked)
	e.GET(metricsPath, s.scraped)
	e.GET(adminPath, s.administered)
	e.GET(adminPath+"/*", s.administered)
	e.RouteNotFound("/*", echo.WrapHandler(s.webhook)) // which judges path and method itself
	return e
}

// guarded sets what a browser is to know of answers that are not for it.
func guarded(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		header := c.Response().Header()
		header.Set("Cache-Control", "no-store")
		header.Set("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'")
		header.Set("Referrer-Policy", "no-referrer")
		header.Set("Strict-Transport-Security", "max-age=31536000")
		header.Set("X-Content-Type-Options", "nosniff")
		return next(c)
	}
}
