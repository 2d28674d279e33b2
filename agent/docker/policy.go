package docker

import (
	"errors"
	"fmt"
	"slices"
)

// Policy is what jobs may ask of Docker beyond what harms nobody. Make it with [NewPolicy].
type Policy struct {
	// Mounts are directories of the host: they, and what is below them, may be mounted. The runner's
	// work directory, for one. None is nothing.
	Mounts []string
	// Socket allows to mount /var/run/docker.sock, as GitHub's runner does for each container of a job
	// and each Docker action, unasked. What is said through it is judged as all else is.
	Socket bool
	// Builds allows BuildKit's streams. The daemon has to be configured by [DaemonConfig].
	Builds bool
	// Images are patterns of the images that may run, with their registry and as [path.Match] has
	// them: "docker.io/library/*", "ghcr.io/octo/*". None is any image.
	Images []string
	// What a container may have at most, and has to ask for; 0 is no limit.
	MaxMemory int64   // bytes
	MaxCPUs   float64 // of the machine's
	MaxPIDs   int64   // processes and threads

	resolve func(path string) (string, error) // undoes symbolic links, as root on the host sees them
}

// NewPolicy checks a policy. The error tells of all that is wrong with it.
func NewPolicy(policy Policy) (*Policy, error) { return newPolicy(policy, resolve) }

func newPolicy(policy Policy, resolve func(string) (string, error)) (*Policy, error) {
	var wrong []error
	policy.Mounts, policy.resolve = slices.Clone(policy.Mounts), resolve
	for i, root := range policy.Mounts {
		resolved, err := checkRoot(root, resolve)
		if err != nil {
			wrong = append(wrong, fmt.Errorf("docker policy: mounts: %w", err))
		}
		policy.Mounts[i] = resolved
	}
	for _, pattern := range policy.Images {
		if err := checkPattern(pattern); err != nil {
			wrong = append(wrong, fmt.Errorf("docker policy: images: %w", err))
		}
	}
	if policy.MaxMemory < 0 || policy.MaxCPUs < 0 || policy.MaxPIDs < 0 {
		wrong = append(wrong, errors.New("docker policy: a limit is negative: give 0 for none"))
	}
	if policy.Builds && len(policy.Images) > 0 {
		wrong = append(wrong, errors.New("docker policy: builds and images: nobody sees which images a build begins with: give one of the two"))
	}
	if len(wrong) > 0 {
		return nil, errors.Join(wrong...)
	}
	return &policy, nil
}

// Request is a call of Docker's API, as Docker shows it to its plugins.
type Request struct {
	Method string
	URI    string // with the query
	Body   []byte // JSON of less than 1 MiB; anything else is not shown, and so empty
}

// RefusedError is why a call is refused.
type RefusedError struct {
	Rule string // its name
	What string // what of the call is against it
	Fix  string // what whoever called can do
}

func (r *RefusedError) Error() string {
	return fmt.Sprintf("rule %s: %s: %s", r.Rule, r.What, r.Fix)
}

// Judge says whether a call is allowed: then there is no error. Else it is a *[RefusedError].
func (p *Policy) Judge(request Request) error {
	call, err := readCall(request)
	if err != nil {
		return err
	}
	return p.route(call)
}
