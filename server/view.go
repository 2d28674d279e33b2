package server

import (
	"net/http"
	"time"

	"github.com/mayfly-ci/mayfly/server/admin"
)

// View is what this process knows, for people. It waits for no pass. Where another process makes the passes,
// it is as of this one's last.
func (s *Server) View() admin.Overview { return admin.View(s.board.Read(), time.Now()) }

// Story is one job's story, if it is known; see [Server.View].
func (s *Server) Story(job int64) (admin.Story, bool) {
	return admin.StoryOf(s.board.Read(), job, time.Now())
}

// Page shows the same in a browser, below a path: "" or "/admin". It asks nobody who they are.
func (s *Server) Page(base string) http.Handler {
	return admin.Page{Base: base, Stack: s.config.Stack, Read: s.board.Read}.Handler()
}
