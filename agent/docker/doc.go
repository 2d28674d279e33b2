// Package docker says what a job may ask of Docker, in the profile hardened. Whoever may speak to Docker
// is root by it, unless somebody looks at every call: Docker asks an authorization plugin, the agent is
// one, and [Policy.Judge] is what it answers.
//
//	job ──call──▶ dockerd ──AuthZReq──▶ [Plugin] ──▶ [Policy.Judge] ──▶ allowed | the rule, and what to do
//
// Whatever is not known is refused: a call, a field that asks for something, a body that Docker did not
// show. An agent that is dead refuses everything, for Docker refuses what its plugin does not answer.
//
// # What a plugin cannot see
//
//   - Builds. BuildKit speaks through a stream of its own (/session, /grpc), which Docker shows to nobody.
//     That is allowed if [Policy.Builds] says so, for [DaemonConfig] has taken from the builder what this
//     package would refuse: the host's network, and what it calls insecure. The old builder (/build) has
//     no such switch, and takes its parameters from a form, too, which no plugin is shown: it is refused.
//   - no-new-privileges is the daemon's default by [DaemonConfig], for no ordinary client asks for it. What
//     is refused is to turn it off.
//   - What Docker itself fetches when it is told to, as for ADD or an import: it asks as root, from the host.
//     The instance's metadata answers nobody who has not got a token with a PUT first, which Docker never
//     sends.
//   - What becomes of a path after it was judged. A directory that the job owns may be a symbolic link by
//     the time a container starts. Only a container whose root is nobody on the host stops that: Docker's
//     userns-remap, which an image may set up.
//   - Images are known by their names. Patterns keep to registries whoever does not try to get around them;
//     a pull may hide its parameters in a form. They are no wall against somebody who does.
//
// Sources: docs.docker.com, "Access authorization plugin"; github.com/moby/moby, pkg/authorization,
// api/server/router and api/types/container.
package docker
