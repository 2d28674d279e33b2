package demo

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"time"
)

// site is an HTTP server.
type site struct {
	URL      string
	listener net.Listener
	server   *http.Server
}

// anywhere is a free port of this computer alone.
const anywhere = "127.0.0.1:0"

// newSite takes a port. Who connects before serve is called waits.
func newSite(ctx context.Context, address string) (*site, error) {
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", address)
	if err != nil {
		return nil, fmt.Errorf("cannot listen on %s (%w): give another address with --listen", address, errors.Unwrap(err))
	}
	return &site{URL: "http://" + listener.Addr().String(), listener: listener}, nil
}

// host is the site's own host and port.
func (s *site) host() string { return s.listener.Addr().String() }

// homely answers to a site's own address alone: a name that somebody has point at this computer would
// show the page to a website of theirs (DNS rebinding).
func homely(host string, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Host != host {
			http.Error(w, "this page is at http://"+host+"/", http.StatusMisdirectedRequest)
			return
		}
		next.ServeHTTP(w, r)
	})
}

// serve answers with a server that has the limits that it needs. It does not block.
func (s *site) serve(server *http.Server) {
	s.server = server
	go func() { _ = server.Serve(s.listener) }() // ends when the site is closed
}

// close drops all connections.
func (s *site) close() {
	if s.server == nil {
		_ = s.listener.Close()
		return
	}
	_ = s.server.Close()
}

// unhurried is for the GitHub and the AWS of the demo, where a runner's question for a job stays
// open until there is one.
func unhurried(handler http.Handler) *http.Server {
	return &http.Server{Handler: handler, ReadHeaderTimeout: 5 * time.Second}
}
