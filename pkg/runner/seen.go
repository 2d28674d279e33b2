package runner

import "time"

// Seen is what EC2 tells of an instance when it is asked. EC2's word lags: an instance may not be
// seen for a while after its launch.
type Seen struct {
	Instance   Instance
	Launch     string // of its tag; empty if the tag is gone
	State      string // pending, running, shutting-down, terminated, stopping, stopped
	LaunchedAt time.Time
}

// Query says which instances of the stack are asked for: those of a launch, or those with an id, or,
// when it is zero, all.
type Query struct {
	Launch    string
	Instances []string
}

// Registered is a runner as GitHub lists it.
type Registered struct {
	ID     int64
	Name   string
	Labels []string
	Online bool
	Busy   bool
}

// Scope is a repository, or for what concerns runners an [Organisation], and the installation through
// which we may see it.
type Scope struct {
	Installation int64      `json:"installation"`
	Repository   Repository `json:"repository"`
}
