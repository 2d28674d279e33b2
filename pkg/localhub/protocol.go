package localhub

import "time"

// The runner's protocol is our own: GitHub publishes none. It is plain HTTP and JSON below
// [Config].URL, and the runner's id and the secret of its JIT config are the bearer token of every
// request.
//
//	POST   session    201, the runner is online; 409, a session was opened before; 410, removed
//	GET    job        200 with work; 204, none within pollFor, ask again; 404, expired; 410, removed
//	GET    stop       200, the job was cancelled; 204, not within pollFor, ask again; 410, it is over
//	POST   log        204, text was appended to the job's log
//	POST   completed  204, the job has its conclusion and the runner is removed
//	DELETE session    204, the runner is offline
//
// 401 answers a bearer token of no JIT config.
const runnerPath = "/_runner/"

// pollFor is how long a runner's question for a job stays open.
// Source: github.com/actions/runner, whose long poll takes about 50 seconds.
const pollFor = 50 * time.Second

// work is a job as its runner gets it.
type work struct {
	JobID   int64             `json:"job_id"`
	Name    string            `json:"name"`
	Env     map[string]string `json:"env"`
	Timeout time.Duration     `json:"timeout"`
	Steps   []Step            `json:"steps"`
}

// completion is how a job ended.
type completion struct {
	Conclusion string `json:"conclusion"`
}
