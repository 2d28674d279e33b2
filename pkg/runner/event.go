package runner

import (
	"encoding/json"
	"fmt"
	"time"
)

// Source is who says that something happened.
type Source string

// The sources of events. EC2 and S3 speak through EventBridge, whose envelope all events share.
const (
	SourceWebhook Source = "mayfly.webhook"
	SourceEC2     Source = "aws.ec2"
	SourceS3      Source = "aws.s3"
)

// Event is one message of the queue: something that happened, as its source tells it. Exactly one
// of Job, Instance and Object is set, by the source.
type Event struct {
	ID       string // the source's id of it: for a webhook, GitHub's delivery id
	At       time.Time
	Source   Source
	Job      *JobEvent
	Instance *InstanceEvent
	Object   *ObjectEvent
}

// JobEvent is what we keep of a workflow_job webhook.
type JobEvent struct {
	Action       string     `json:"action"` // queued, waiting, in_progress, completed
	ID           int64      `json:"id"`
	RunID        int64      `json:"run_id"`
	RunAttempt   int        `json:"run_attempt"`
	Name         string     `json:"name"`
	Workflow     string     `json:"workflow"`
	Labels       []string   `json:"labels"`
	RunnerName   string     `json:"runner_name,omitempty"`
	Conclusion   string     `json:"conclusion,omitempty"`
	CreatedAt    time.Time  `json:"created_at"`    // zero if GitHub did not say, of a job that is no longer queued
	Old          bool       `json:"old,omitempty"` // it says that a job waits which GitHub may have given up by now
	Repository   Repository `json:"repository"`
	Origin       Origin     `json:"origin"`
	Deploys      Known      `json:"deploys,omitempty"` // to an environment; only webhooks say so
	Installation int64      `json:"installation"`
}

// InstanceEvent is EC2's word of an instance: that its state changed, or that a spot instance will be
// interrupted in two minutes. One of State and Action is set.
type InstanceEvent struct {
	Instance string `json:"instance-id"`
	State    string `json:"state,omitempty"`           // pending, running, shutting-down, terminated, stopping, stopped
	Action   string `json:"instance-action,omitempty"` // of an interruption: terminate, stop, hibernate
}

// ObjectEvent is S3's "Object Created": an agent's report is there to be read.
type ObjectEvent struct {
	Bucket string
	Key    string
}

// envelope is EventBridge's, as far as we read it.
type envelope struct {
	ID     string          `json:"id"`
	Source Source          `json:"source"`
	Type   string          `json:"detail-type"`
	Time   time.Time       `json:"time"`
	Detail json.RawMessage `json:"detail"`
}

// detailType is EventBridge's name for the event.
func (e InstanceEvent) detailType() string {
	if e.Action != "" {
		return "EC2 Spot Instance Interruption Warning"
	}
	return "EC2 Instance State-change Notification"
}

type objectDetail struct {
	Bucket struct {
		Name string `json:"name"`
	} `json:"bucket"`
	Object struct {
		Key string `json:"key"`
	} `json:"object"`
}

// MarshalJSON writes the event in EventBridge's envelope.
func (e Event) MarshalJSON() ([]byte, error) {
	outer := struct {
		envelope
		Detail any `json:"detail"`
	}{envelope: envelope{ID: e.ID, Source: e.Source, Time: e.At.UTC()}}
	switch {
	case e.Source == SourceWebhook && e.Job != nil:
		outer.Type, outer.Detail = "workflow_job", e.Job
	case e.Source == SourceEC2 && e.Instance != nil:
		outer.Type, outer.Detail = e.Instance.detailType(), e.Instance
	case e.Source == SourceS3 && e.Object != nil:
		object := objectDetail{}
		object.Bucket.Name, object.Object.Key = e.Object.Bucket, e.Object.Key
		outer.Type, outer.Detail = "Object Created", object
	default:
		return nil, fmt.Errorf("event %q of source %q has nothing that this source tells", e.ID, e.Source)
	}
	return json.Marshal(outer)
}

// UnmarshalJSON reads EventBridge's envelope. An event of another source or type is an error that
// names it.
func (e *Event) UnmarshalJSON(body []byte) error {
	var outer envelope
	if err := json.Unmarshal(body, &outer); err != nil {
		return err
	}
	*e = Event{ID: outer.ID, At: outer.Time, Source: outer.Source}
	switch outer.Source {
	case SourceWebhook:
		e.Job = new(JobEvent)
		return json.Unmarshal(outer.Detail, e.Job)
	case SourceEC2:
		e.Instance = new(InstanceEvent)
		return json.Unmarshal(outer.Detail, e.Instance)
	case SourceS3:
		var object objectDetail
		err := json.Unmarshal(outer.Detail, &object)
		e.Object = &ObjectEvent{Bucket: object.Bucket.Name, Key: object.Object.Key}
		return err
	}
	return fmt.Errorf("event %q has source %q; known are %q, %q and %q", outer.ID, outer.Source, SourceWebhook, SourceEC2, SourceS3)
}
