package localhub

import (
	"crypto/sha1" // the name of a commit, no secret
	"encoding/hex"
	"encoding/json"
	"fmt"
	"time"
)

// branch is the one that every run is of.
const branch = "main"

// The person who starts every run.
const (
	senderLogin = "developer"
	senderID    = 31415
)

// workflowJob is a job in GitHub's shape: in webhooks and in answers of the API.
type workflowJob struct {
	ID              int64         `json:"id"`
	RunID           int64         `json:"run_id"`
	WorkflowName    string        `json:"workflow_name"`
	HeadBranch      string        `json:"head_branch"`
	RunURL          string        `json:"run_url"`
	RunAttempt      int           `json:"run_attempt"`
	NodeID          string        `json:"node_id"`
	HeadSHA         string        `json:"head_sha"`
	URL             string        `json:"url"`
	HTMLURL         string        `json:"html_url"`
	Status          string        `json:"status"`
	Conclusion      *string       `json:"conclusion"`
	CreatedAt       *time.Time    `json:"created_at"`
	StartedAt       *time.Time    `json:"started_at"`
	CompletedAt     *time.Time    `json:"completed_at"`
	Name            string        `json:"name"`
	Steps           []stepOutcome `json:"steps"`
	CheckRunURL     string        `json:"check_run_url"`
	Labels          []string      `json:"labels"`
	RunnerID        *int64        `json:"runner_id"`
	RunnerName      *string       `json:"runner_name"`
	RunnerGroupID   *int64        `json:"runner_group_id"`
	RunnerGroupName *string       `json:"runner_group_name"`
}

// stepOutcome is a step in GitHub's shape.
type stepOutcome struct {
	Name        string     `json:"name"`
	Status      string     `json:"status"`
	Conclusion  *string    `json:"conclusion"`
	Number      int        `json:"number"`
	StartedAt   *time.Time `json:"started_at"`
	CompletedAt *time.Time `json:"completed_at"`
}

// payload is the body of the webhook that tells of a job.
func (h *Hub) payload(j *job, action string) []byte {
	body, err := json.Marshal(map[string]any{
		"action":       action,
		"workflow_job": h.describeJob(j),
		"repository":   h.describe(j.repository),
		"sender":       h.account(senderLogin, senderID, "User"),
		"installation": map[string]any{"id": j.repository.installations[0], "node_id": nodeID("I", j.repository.installations[0])},
	})
	if err != nil {
		panic(err) // strings, numbers and times always marshal
	}
	return body
}

func (h *Hub) describeJob(j *job) workflowJob {
	api := h.apiURL(j.repository)
	run := fmt.Sprintf("/actions/runs/%d", j.RunID)
	sha := sha1.Sum(fmt.Append(nil, j.RunID)) // the name of a commit, no secret
	all := workflowJob{
		ID: j.id, RunID: j.RunID, RunAttempt: 1, NodeID: nodeID("CR", j.id), Name: j.Name, WorkflowName: j.Workflow, Labels: j.Labels,
		HeadBranch: branch, HeadSHA: hex.EncodeToString(sha[:]),
		RunURL: api + run, URL: fmt.Sprintf("%s/actions/jobs/%d", api, j.id), CheckRunURL: fmt.Sprintf("%s/check-runs/%d", api, j.id),
		HTMLURL: fmt.Sprintf("%s/%s%s/job/%d", h.config.URL, j.repository.fullName(), run, j.id),
		Status:  j.state, CreatedAt: stamp(j.created), StartedAt: stamp(j.created), Steps: []stepOutcome{},
		CompletedAt: stamp(j.completed), Conclusion: orNull(j.conclusion),
	}
	if j.runner == nil {
		return all
	}
	all.StartedAt = stamp(j.started)
	all.RunnerID, all.RunnerName = &j.runner.id, &j.runner.name
	all.RunnerGroupID, all.RunnerGroupName = new(j.runner.group.id), orNull(j.runner.group.name)
	all.Steps = []stepOutcome{{
		Name: "Set up job", Number: 1, Status: all.Status, Conclusion: all.Conclusion, StartedAt: all.StartedAt, CompletedAt: all.CompletedAt,
	}}
	return all
}

// stamp is a time as GitHub writes it: in whole seconds, null where it is not known yet.
func stamp(at time.Time) *time.Time {
	if at.IsZero() {
		return nil
	}
	return new(at.UTC().Truncate(time.Second))
}

func orNull(text string) *string {
	if text == "" {
		return nil
	}
	return &text
}

func (j *job) runnerName() string {
	if j.runner == nil {
		return ""
	}
	return j.runner.name
}
