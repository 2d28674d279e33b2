package labels

// Key is a key of the grammar: what it does, or why it does nothing.
type Key struct {
	Name    string
	Example string // a value
	Does    string // what it chooses, and what is chosen without it
	Because string // why it is not supported; empty if it is
	Instead string // what to do instead
	// apply puts a value, in lower case and not empty, into what is asked for, or says what is wrong
	// with it. Nil if the key is not supported.
	apply func(ask *Ask, value string) (problem string)
}

// Keys is every key of the grammar, in the order in which they act. Source: RunsOn, "Job labels".
func Keys() []Key { return append([]Key(nil), keys[:]...) }

// keys: first what names much at once, so that what is said beside it counts more.
var keys = [...]Key{
	{Name: "runner", Example: "4cpu-linux-arm64", apply: applyRunner, Does: "vCPUs and architecture at once: `<N>cpu-linux-x64` or `<N>cpu-linux-arm64`, with N one of 1, 2, 4, 8, 16, 32, 48, 64. Without it: `2cpu-linux-x64`."},
	{Name: "cpu", Example: "2+8", apply: applyCPU, Does: "vCPUs: one number, or several, of which the least and the greatest count. Without it: the runner's; without that 2, or 2 or more where `ram` is asked for, or as many as the types have that `family` names in full."},
	{Name: "ram", Example: "16+32", apply: applyRAM, Does: "memory, in GiB: one number is a least one, several are a least and a greatest one. A unit of `gb` may follow. Without it: whatever comes with the vCPUs."},
	{Name: "family", Example: "m7i.*+m7a", apply: applyFamily, Does: "instance types: full names (`c7a.large`), beginnings (`c7` is `c7*`), wildcards (`c7a.*`), or several. Without it: the families that the stack prefers; where none of them has what is asked for, any that it allows."},
	{Name: "image", Example: "ubuntu24-full-x64", apply: applyImage, Does: "one of the images that the stack names: of those that `mayfly image build` made the AMI that was promoted last; the architecture is the image's. Without it: the stack's image for the architecture."},
	{Name: "ami", Example: "ami-0123456789abcdef0", apply: applyAMI, Does: "an AMI by its id, if the stack allows it. Without it: see `image`."},
	{Name: "spot", Example: "false", apply: applySpot, Does: "how instances are bought: `true` (the same as `pco`, `price-capacity-optimized`), `lp` (`lowest-price`), `co` (`capacity-optimized`), `cop` (`capacity-optimized-prioritized`: types in the order of `family`), or `false` (the same as `never`): on demand. Without it: `true`. Where spot has no capacity, the launch is made on demand."},
	{Name: "volume", Example: "80gb:gp3:750mbs:4000iops", apply: applyVolume, Does: "the root volume: size (`gb`, `tb`), type (`gp3`, `gp2`, `io1`, `io2`), throughput (`mbs`), IOPS (`iops`), in any order. What is not said is the stack's."},
	{Name: "env", Example: "staging", apply: applyEnv, Does: "the environment of the stack that is to serve the job; all others ignore it. Without it: `production`."},
	{Name: "region", Example: "eu-west-1", apply: applyRegion, Does: "the region of the stack that is to serve the job; all others ignore it. Without it: any."},
	{Name: "retry", Example: "false", apply: applyRetry, Does: "whether the job is to be run again if EC2 takes its spot instance back: `when-interrupted` or `false`. Without it: `when-interrupted` on spot instances, `false` on demand. See [the life of a job](lifecycle.md#interrupted) for what else may stand against it."},
	{Name: "ssh", Example: "true", apply: applySSH, Does: "whether the people whose keys the stack names may log in to the instance, as the user that runs the job, if the stack allows it. A job of a public repository, or of a fork, is refused if it asks. Without it: `false`. See [who may log in](machine.md#ssh)."},
	{Name: "private", Example: "true", apply: applyPrivate, Does: "whether the instance is put into one of the stack's private subnets, if it has any. Without it: `false`."},

	{Name: "disk", Example: "large", Because: "RunsOn has put volume in its place", Instead: "write volume=80gb"},
	{Name: "hdd", Example: "80", Because: "RunsOn has put volume in its place", Instead: "write volume=80gb"},
	{Name: "iops", Example: "4000", Because: "it is a part of volume", Instead: "write volume=4000iops"},
	{Name: "throughput", Example: "750", Because: "it is a part of volume", Instead: "write volume=750mbs"},
	{Name: "sticky", Example: "docker:20gb", Because: "no disk outlives its job", Instead: "use actions/cache, or put the files into the image"},
	{Name: "extras", Example: "s3-cache+tmpfs", Because: "instances come with what their image has and nothing else", Instead: "set it up in a step of the job, or in the image"},
	{Name: "pool", Example: "small-x64", Because: "there are no warm pools: every job gets a fresh instance", Instead: "ask for a machine, as in cpu=4"},
	{Name: "nested-virt", Example: "true", Because: "the instance types are launched without nested virtualization", Instead: "remove it, or run such jobs elsewhere"},
	{Name: "debug", Example: "true", Because: "nothing holds a job back on its instance", Instead: "re-run the job on GitHub with debug logging"},
	{Name: "preinstall", Example: "script", Because: "scripts are no part of a label", Instead: "install it into the image"},
	{Name: "prerun", Example: "script", Because: "scripts are no part of a label", Instead: "make it the first step of the job"},
	{Name: "tags", Example: "team:a", Because: "one launch serves many jobs, so instances are tagged by stack alone", Instead: "remove it; the record says which job ran where"},
	{Name: "id", Example: "my-runner", Because: "it names a runner in a file, and says nothing in a label", Instead: "write runner=4cpu-linux-x64; to tell jobs apart, write job=…"},
	{Name: "fleet", Example: "linux-small", Because: "there are no fleets that have a name", Instead: "ask for a machine, as in cpu=4"},
	{Name: dependabot, Because: "this bare label stands for a warm pool of its name, and there are no warm pools", Instead: "let Dependabot run on GitHub's own runners"},
}

// dependabot is a key without a name before it and without a value: GitHub gives Dependabot's jobs
// this label where they are to run on self-hosted runners.
const dependabot = "dependabot"

// place is where a key is in keys. It is filled at the start, for apply functions tell of keys.
var place = func() map[string]int {
	places := make(map[string]int, len(keys))
	for i, key := range keys {
		places[key.Name] = i
	}
	return places
}()

// refusal is why a key that is not supported is not, for its user.
func (k Key) refusal() string {
	return "key " + k.Name + " is not supported, because " + k.Because + ": " + k.Instead
}
