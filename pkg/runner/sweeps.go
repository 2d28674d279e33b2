package runner

import (
	"maps"
	"time"
)

// Sweeps is when the world was last looked at, and which repositories are watched: one item of the
// record.
type Sweeps struct {
	At             time.Time        `json:"at,omitzero"`              // when the last sweep began
	RepositoriesAt time.Time        `json:"repositories_at,omitzero"` // when the Apps' repositories were listed
	DeliveriesAt   time.Time        `json:"deliveries_at,omitzero"`   // until when failed deliveries were asked for again
	Watched        map[string]Watch `json:"watched"`                  // by the repository's full name
}

// Watch is a repository whose jobs are read.
type Watch struct {
	Scope     Scope     `json:"scope"`
	ReadAt    time.Time `json:"read_at,omitzero"`    // when its jobs were read
	RunnersAt time.Time `json:"runners_at,omitzero"` // when its runners were listed
	ETag      string    `json:"etag,omitempty"`      // of the last reading
	After     int64     `json:"after,omitempty"`     // the run after which the next reading goes on
}

// Reading is what was found of a repository's unfinished jobs.
type Reading struct {
	Jobs   []JobEvent // nil if nothing has changed
	Points int        // that it cost
	Unread []int64    // runs whose jobs could not be read: a call failed, or points were short
	ETag   string     // of all of it; empty if there is something that was not read
	After  int64      // the run that was read last, if points were short
}

// Watching adds repositories; those that are watched already stay as they are.
func (s Sweeps) Watching(scopes ...Scope) Sweeps {
	watched := maps.Clone(s.Watched)
	if watched == nil {
		watched = map[string]Watch{}
	}
	for _, scope := range scopes {
		if _, known := watched[scope.Repository.FullName]; !known {
			watched[scope.Repository.FullName] = Watch{Scope: scope}
		}
	}
	s.Watched = watched
	return s
}

// Only watches these repositories and no others.
func (s Sweeps) Only(scopes ...Scope) Sweeps {
	watched := make(map[string]Watch, len(scopes))
	for _, scope := range scopes {
		if watch, known := s.Watched[scope.Repository.FullName]; known {
			watched[scope.Repository.FullName] = watch
		}
	}
	s.Watched = watched
	return s
}

// With replaces what is known of a repository.
func (s Sweeps) With(w Watch) Sweeps {
	s = s.Watching()
	s.Watched[w.Scope.Repository.FullName] = w
	return s
}

// Key is the sweeps' key in the record.
func (Sweeps) Key() string { return "sweeps" }

// Live is always true: the sweeps are read with all that is unfinished.
func (Sweeps) Live() bool { return true }
