package docker

import "strings"

// judge judges a call of one kind.
type judge func(*Policy, call) error

// routes are the calls that are known. The first that fits counts.
var routes = []struct {
	method, path string
	judge        judge
}{
	{"POST", "containers/create", (*Policy).create},
	{"POST", "containers/prune", harmless},
	{"POST", "containers/*/exec", (*Policy).exec},
	{"POST", "containers/*/update", (*Policy).update},
	{"POST", "containers/*/start", (*Policy).start},
	{"POST", "containers/*/stop", harmless},
	{"POST", "containers/*/restart", harmless},
	{"POST", "containers/*/kill", harmless},
	{"POST", "containers/*/pause", harmless},
	{"POST", "containers/*/unpause", harmless},
	{"POST", "containers/*/wait", harmless},
	{"POST", "containers/*/resize", harmless},
	{"POST", "containers/*/attach", harmless},
	{"POST", "containers/*/rename", harmless},
	{"PUT", "containers/*/archive", harmless},
	{"DELETE", "containers/*", harmless},
	{"GET", "containers/**", harmless},
	{"POST", "exec/*/start", harmless},
	{"POST", "exec/*/resize", harmless},
	{"GET", "exec/*/json", harmless},

	{"POST", "images/create", (*Policy).pull},
	{"POST", "images/load", (*Policy).addImage},
	{"POST", "images/prune", harmless},
	{"POST", "images/**/tag", (*Policy).addImage},
	{"POST", "images/**/push", harmless},
	{"DELETE", "images/**", harmless},
	{"GET", "images/**", harmless},
	{"GET", "distribution/**", harmless},
	{"POST", "commit", (*Policy).addImage},
	{"POST", "build/prune", harmless},
	{"POST", "build/cancel", harmless},
	{"POST", "build", (*Policy).oldBuild},
	{"POST", "session", (*Policy).build},
	{"POST", "grpc", (*Policy).build},

	{"POST", "networks/create", (*Policy).createNetwork},
	{"POST", "networks/*/connect", (*Policy).connect},
	{"POST", "networks/*/disconnect", harmless},
	{"POST", "networks/prune", harmless},
	{"DELETE", "networks/*", harmless},
	{"GET", "networks", harmless},
	{"GET", "networks/*", harmless},

	{"POST", "volumes/create", (*Policy).createVolume},
	{"POST", "volumes/prune", harmless},
	{"DELETE", "volumes/*", harmless},
	{"GET", "volumes", harmless},
	{"GET", "volumes/*", harmless},

	{"POST", "auth", harmless},
	{"GET", "_ping", harmless},
	{"GET", "version", harmless},
	{"GET", "info", harmless},
	{"GET", "events", harmless},
	{"GET", "system/df", harmless},
	{"GET", "plugins", harmless},
}

// refused are calls that are no business of a job's, by the first part of their path.
var refused = map[string]judge{
	"plugins": refuse("plugins", "a plugin of Docker's is root on the host", "do without it, or use a stack with profile compat"),
	"swarm":   noSwarm, "services": noSwarm, "nodes": noSwarm, "tasks": noSwarm, "secrets": noSwarm, "configs": noSwarm,
}

var noSwarm = refuse("swarm", "an instance for one job is no part of a swarm, and a service is judged by nobody", "use docker run, or docker compose")

func harmless(*Policy, call) error { return nil }

func refuse(rule, what, fix string) judge {
	return func(*Policy, call) error { return &RefusedError{rule, what, fix} }
}

func (p *Policy) route(c call) error {
	for _, route := range routes {
		if c.is(route.method, route.path) {
			return route.judge(p, c)
		}
	}
	if len(c.path) > 0 {
		if judge, is := refused[c.path[0]]; is {
			return judge(p, c)
		}
	}
	return unknownCall(c.method, "/"+strings.Join(c.path, "/"))
}

// build judges a stream to BuildKit.
func (p *Policy) build(call) error {
	if p.Builds {
		return nil
	}
	return &RefusedError{"build", "nobody is shown what a build does, and this stack allows none", "build elsewhere and pull the image, or ask the stack's operator to allow builds"}
}

// oldBuild judges a build by the old builder, or by BuildKit as old clients ask for it.
func (p *Policy) oldBuild(c call) error {
	if err := p.build(c); err != nil {
		return err
	}
	return &RefusedError{"build", "this call can be told by a form, which nobody is shown, to use the host's network", "build with docker buildx build"}
}

// start judges the start of a container. What it is allowed was judged when it was made.
func (p *Policy) start(c call) error {
	if c.query.Has("checkpoint") || c.query.Has("checkpoint-dir") {
		return &RefusedError{"checkpoint", "a container would begin from a checkpoint", "start it without one"}
	}
	return nil
}
