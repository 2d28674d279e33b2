package localhub

import (
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
)

// GitHub's limits of a JIT config. Source: docs.github.com, "Create configuration for a just-in-time
// runner for a repository"; 64 characters is what the runner's own configuration allows.
const (
	maxRunnerName = 64
	maxLabels     = 100
)

// jitConfig is all that the stand-in runner knows.
type jitConfig struct {
	URL        string `json:"url"`
	RunnerID   int64  `json:"runner_id"`
	RunnerName string `json:"runner_name"`
	Secret     string `json:"secret"`
}

// bearer is what the runner shows. The id keeps runners apart whose secrets are the same.
func (j jitConfig) bearer() string { return fmt.Sprintf("%d.%s", j.RunnerID, j.Secret) }

func (j jitConfig) encode() string {
	body, err := json.Marshal(j)
	if err != nil {
		panic(err) // strings and numbers always marshal
	}
	return base64.StdEncoding.EncodeToString(body)
}

// decodeJITConfig reads what encode wrote. An error holds nothing of it.
func decodeJITConfig(encoded string) (jitConfig, error) {
	var config jitConfig
	body, err := base64.StdEncoding.DecodeString(encoded)
	if err != nil || json.Unmarshal(body, &config) != nil || config.URL == "" || config.Secret == "" {
		return jitConfig{}, errors.New("the JIT config is not one of localhub's: pass encoded_jit_config as it was given")
	}
	return config, nil
}

type jitRequest struct {
	Name       string   `json:"name"`
	Group      int64    `json:"runner_group_id"`
	Labels     []string `json:"labels"`
	WorkFolder string   `json:"work_folder"`
}

func (q jitRequest) problem() string {
	switch {
	case q.Name == "" || len(q.Name) > maxRunnerName:
		return fmt.Sprintf("Invalid request. name must have 1 to %d characters.", maxRunnerName)
	case len(q.Labels) == 0 || len(q.Labels) > maxLabels:
		return fmt.Sprintf("Invalid request. labels must have 1 to %d items.", maxLabels)
	case q.Group == 0:
		return "Invalid request. runner_group_id wasn't supplied."
	}
	return ""
}

func (h *Hub) createJITConfig(c *call) answer {
	var request jitRequest
	if json.Unmarshal(c.body, &request) != nil {
		return *refuse(http.StatusBadRequest, "Problems parsing JSON")
	}
	if problem := request.problem(); problem != "" {
		return *refuse(http.StatusUnprocessableEntity, problem)
	}
	in := h.groupOf(c.place, request.Group)
	if in == nil {
		return notFound()
	}
	if h.named(c.place, request.Name) != nil {
		return *refuse(http.StatusConflict, fmt.Sprintf("Already exists - A runner with the name %s already exists.", request.Name))
	}
	r := h.register(c.place, in, request)
	config := jitConfig{URL: h.config.URL, RunnerID: r.id, RunnerName: r.name, Secret: h.newJITSecret()}
	h.bearers[config.bearer()] = r
	return answer{status: http.StatusCreated, body: map[string]any{"runner": r.describe(), "encoded_jit_config": config.encode()}}
}

func (h *Hub) newJITSecret() string {
	if h.config.JITSecret != nil {
		return h.config.JITSecret()
	}
	return rand.Text()
}
