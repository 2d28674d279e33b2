//go:build image

package imagetest

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/mayfly-ci/mayfly/agent/vmtest"
	"github.com/mayfly-ci/mayfly/pkg/assignment"
)

// mutation takes one promise from a machine that runs, and gives it back.
type mutation struct {
	check string // of verify.sh, that fails by it; with | between them, if it is several
	do    string // in bash, as root; $copy is a file of its own
	undo  string
}

// instead puts another text in a file's place, for as long as the mutation lasts. It works in a root that
// cannot be written, and on what the kernel shows as files.
func instead(check, file, text string) mutation {
	return mutation{check, fmt.Sprintf("cat >$copy <<'TEXT'\n%s\nTEXT\ncp --attributes-only --preserve=mode,ownership %s $copy\nmount --bind $copy %s", text, file, file), "umount " + file}
}

// edited is instead, with what sed makes of the file.
func edited(check, file, sed string) mutation {
	return mutation{check, fmt.Sprintf("cp -a %s $copy\nsed -E -i %s $copy\nmount --bind $copy %s", file, quote(sed), file), "umount " + file}
}

func added(check, file, text string) mutation {
	return mutation{check, fmt.Sprintf("mkdir -p %s; echo '%s' >%s", filepath.Dir(file), text, file), "rm " + file}
}

func quote(text string) string { return "'" + strings.ReplaceAll(text, "'", `'\''`) + "'" }

// everywhere are those of both profiles.
var everywhere = []mutation{
	{"no listeners", "python3 -m http.server 8000 --bind 0.0.0.0 >/dev/null 2>&1 & listener=$!; for ((n = 0; n < 300; n++)); do ss -Hlnt | grep -q :8000 && break; sleep 0.1; done", "kill $listener; wait $listener"},
	{"sshd is off", "rm /run/systemd/system/ssh.service", "ln -s /dev/null /run/systemd/system/ssh.service"},
	{"door is closed to the job", "nft list table inet mayfly >/run/door; nft delete table inet mayfly", "nft -f /run/door"},
	edited("clock", "/etc/chrony/chrony.conf", "s/169.254.169.123/ntp.ubuntu.com/"),
	instead("AppArmor", "/sys/module/apparmor/parameters/enabled", "N"),
	instead("swap", "/proc/swaps", "Filename Type Size Used Priority\n/dev/nvme0n1p2 partition 1048572 0 -2"),
	edited("nobody has a password", "/etc/shadow", `s/^runner:[^:]*/runner:$y$j9T$abc$def/`),
	edited("nobody has a password", "/etc/shadow", `s/^root:[^:]*/root:/`),
	edited("root is one", "/etc/passwd", `$atoor:x:0:0::/root:/bin/bash`),
	edited("no people", "/etc/shadow", `s/^(ubuntu:.*:)1:$/\1:/`),
	edited("runner's groups", "/etc/group", `s/^(adm:.*)/\1runner/`),
	added("no host keys", "/etc/ssh/ssh_host_ed25519_key", "a key"),
	instead("runner's version", "/opt/actions-runner/bin/Runner.Listener", "#!/bin/bash\necho 2.328.0"),
	edited("runner is young", "/opt/mayfly/image.env", `s/^(MAYFLY_RUNNER_RELEASED)=.*/\1="2024-01-02"/`),
	edited("manifest", "/opt/mayfly/manifest.json", `s/("agent_sha256": ")./\1g/`),
	edited("manifest", "/opt/mayfly/manifest.json", `s/"docker.io": .*/"docker.io": /`),
	{"Docker starts when it is spoken to", "systemctl stop docker.socket", "systemctl start docker.socket"},
	{"no unit has failed", "systemd-run --quiet --wait --unit=mutation false", "systemctl reset-failed mutation.service"},
	{"no logs", "echo it was said >/var/log/syslog; touch -d 2020-01-01 /var/log/syslog", "rm /var/log/syslog"},
	{"no old temporary files", "echo left >/var/tmp/left; touch -d 2020-01-01 /var/tmp/left", "rm /var/tmp/left"},
	{"no old machine id", "cp /etc/machine-id $copy; touch -d 2020-01-01 $copy; mount --bind $copy /etc/machine-id", "umount /etc/machine-id"},
	{"boot time", "BUDGET=0", "BUDGET=60"},
}

// inCompat are those that need a root that can be written, and compat's own.
var inCompat = []mutation{
	{"sshd is off", "ln -s /lib/systemd/system/ssh.service /etc/systemd/system/multi-user.target.wants/", "rm /etc/systemd/system/multi-user.target.wants/ssh.service"},
	added("no authorized keys", "/root/.ssh/authorized_keys", "ssh-ed25519 AAAA"),
	added("no private keys", "/home/ubuntu/.ssh/id_ed25519", "a key"),
	added("no history", "/home/runner/.bash_history", "export TOKEN=1"),
	added("no credentials", "/root/.aws/credentials", "[default]"),
	added("no cloud-init", "/etc/cloud/cloud.cfg", "users: []"),
	{"what starts and ends a machine", "systemctl --quiet disable mayfly-watchdog.timer", "systemctl --quiet enable mayfly-watchdog.timer"},
	{"sudo", "mv /etc/sudoers.d/90-runner /run/", "mv /run/90-runner /etc/sudoers.d/"},
	{"sudo", "echo 'ubuntu ALL=(ALL) NOPASSWD:ALL' >/etc/sudoers.d/91; chmod 0440 /etc/sudoers.d/91", "rm /etc/sudoers.d/91"},
	{"AppArmor", "systemctl --quiet disable apparmor.service", "systemctl --quiet enable apparmor.service"},
	{"Docker starts when it is spoken to", "systemctl --quiet enable docker.service", "systemctl --quiet disable docker.service"},
	{"runner's groups", "gpasswd --delete runner docker", "gpasswd --add runner docker"},
}

// inHardened are hardened's own.
var inHardened = []mutation{
	{"root cannot be written", "mount -o remount,rw /", "mount -o remount,ro /"},
	instead("work volume is encrypted", "/sys/class/block/dm-0/dm/uuid", "LVM-0123"),
	{"writes to /opt/actions-runner", "mount -o remount,bind,suid,dev /opt/actions-runner", "mount -o remount,bind,nosuid,nodev /opt/actions-runner"},
	{"work volume is root's", "chmod 0755 /mnt/mayfly", "chmod 0700 /mnt/mayfly"},
	{"writes to /var/tmp", "mount -o remount,bind,suid,dev /var/tmp", "mount -o remount,bind,nosuid,nodev /var/tmp"},
	edited("Docker asks the agent", "/etc/docker/daemon.json", `s/"mayfly"//`),
	edited("Docker asks the agent", "/etc/docker/daemon.json", `s/"icc": false/"icc": true/`),
	edited("Docker asks the agent", "/etc/systemd/system/docker.service.d/mayfly.conf", `s/^ConditionPath/#&/`),
	edited("runner's groups", "/etc/group", `s/^(docker:.*)/\1runner/`),
	edited("sudo", "/etc/sudoers", `$arunner ALL=(ALL) NOPASSWD: ALL`),
}

// ofPlaces are that what is written to a directory is elsewhere, nosuid and nodev as it should be. They come
// first, for they hide what is there.
func ofPlaces() []mutation {
	all := []mutation{
		{"/var is written to memory", "mkdir -p /run/over/up /run/over/work; mount -t overlay overlay /var -o lowerdir=/var,upperdir=/run/over/up,workdir=/run/over/work", "umount /var"},
		{"/etc/docker is written to memory", "mount --bind /etc/docker /run/mayfly-hooks; mount -t tmpfs tmpfs /etc/docker; cp /run/mayfly-hooks/daemon.json /etc/docker", "umount /etc/docker /run/mayfly-hooks"},
		{"/etc/ssh is written to memory", "mount --bind /run/mayfly-hooks /etc/ssh", "umount /etc/ssh"},
	}
	for _, path := range []string{"/home/runner", "/tmp", "/var/tmp", "/var/lib/docker", "/var/lib/containerd", "/opt/actions-runner/_work"} {
		all = append(all, mutation{"writes to " + path, "mount -t tmpfs -o nosuid,nodev tmpfs " + path, "umount " + path})
	}
	return all
}

// list are the first words of the lines of a file that a pattern finds, in order.
func list(file, pattern string) (all []string) {
	for _, found := range regexp.MustCompile("(?m)^"+pattern).FindAllStringSubmatch(mustRead(scripts+file), -1) {
		all = append(all, found[1])
	}
	return all
}

// named are the names of checks, each after a word.
func named(word string, all []string) string {
	return word + strings.Join(all, "|"+word)
}

// ofUnits is that all that is masked could start.
func ofUnits() mutation {
	units := list("units.txt", `([a-zA-Z][^ ]*) `)
	var links []string
	for _, unit := range units {
		dir := "/etc/systemd/system/"
		if !strings.Contains(unit, ".") {
			dir = "/etc/systemd/system-generators/"
		}
		links = append(links, dir+unit)
	}
	files := strings.Join(links, " ")
	return mutation{named("no unit ", units), "rm " + files, "for file in " + files + "; do ln -s /dev/null $file; done"}
}

// ofModules is that all that is not to be loaded could be.
func ofModules() mutation {
	const file = "/etc/modprobe.d/mayfly.conf"
	return instead(named("no module ", list("files/hardened"+file, `install ([a-z0-9]+) /bin/false$`)), file, "")
}

// ofSysctls is that the kernel goes by something else. What can be set only once cannot be taken back, so it is
// what is read that is another.
func ofSysctls(files ...string) mutation {
	var keys []string
	for _, file := range files {
		for _, key := range list(file, `([a-z_0-9.]+) = `) {
			if !slices.Contains(keys, key) {
				keys = append(keys, key)
			}
		}
	}
	paths := "/proc/sys/" + strings.Join(strings.Split(strings.ReplaceAll(strings.Join(keys, " "), ".", "/"), " "), " /proc/sys/")
	return mutation{named("sysctl ", keys),
		"echo 77 >$copy; for file in " + paths + "; do mount --bind $copy $file; done", "umount " + paths}
}

func mustRead(file string) string {
	text, err := os.ReadFile(file)
	if err != nil {
		panic(err)
	}
	return string(text)
}

// batches are mutations of different checks each, which are made together: an emulated machine takes its time to
// look at itself.
func batches(all []mutation) (batches [][]mutation) {
next:
	for _, m := range all {
		for n, batch := range batches {
			if !slices.ContainsFunc(batch, func(other mutation) bool { return other.check == m.check }) {
				batches[n] = append(batch, m)
				continue next
			}
		}
		batches = append(batches, []mutation{m})
	}
	return batches
}

// mutating is a script that makes a batch, has the machine looked at, and unmakes it; at last it has it looked at
// with nothing made.
func mutating(all []mutation) string {
	var b strings.Builder
	for n, batch := range batches(all) {
		for m, mutation := range batch {
			fmt.Fprintf(&b, "copy=/run/copy%d-%d\n%s\n", n, m, mutation.do)
		}
		fmt.Fprintf(&b, "verify | tell batch-%d\n", n)
		for _, mutation := range slices.Backward(batch) {
			fmt.Fprintf(&b, "%s\n", mutation.undo)
		}
	}
	return "{\n" + b.String() + "} >/run/mutating 2>&1\ntell mutating </run/mutating\nverify | tell nothing-made\n"
}

// judge compares what failed with what had to.
func judge(t *testing.T, all []mutation, told map[string]string) {
	t.Helper()
	for n, batch := range batches(all) {
		var want []string
		for _, m := range batch {
			want = append(want, strings.Split(m.check, "|")...)
		}
		slices.Sort(want)
		verified := told[fmt.Sprintf("batch-%d", n)]
		if diff := cmp.Diff(want, failed(t, verified)); diff != "" {
			t.Errorf("batch %d: the checks that failed (-want +got):\n%s%s\nwhile it was made:\n%s", n, diff, verified, told["mutating"])
		}
	}
	if names := failed(t, told["nothing-made"]); len(names) > 0 {
		t.Errorf("with all unmade: got %q, want that none fails:\n%s", names, told["nothing-made"])
	}
}

// says is what a job is told by sudo and by Docker.
var says = map[assignment.Profile][]string{
	assignment.Compat:   {"\n0\n", "Security Options:\n  apparmor\n"},
	assignment.Hardened: {"sudo: a password is required", "Security Options:\n  apparmor\n", "rule privileged"},
}

func TestWhatIsTakenOutIsMissed(t *testing.T) {
	const sysctls, more = "files/all/etc/sysctl.d/zz-mayfly.conf", "files/hardened/etc/sysctl.d/zzz-mayfly-hardened.conf"
	for profile, mutations := range map[assignment.Profile][]mutation{
		assignment.Compat:   slices.Concat(everywhere, inCompat, []mutation{ofUnits(), ofSysctls(sysctls)}),
		assignment.Hardened: slices.Concat(ofPlaces(), everywhere, inHardened, []mutation{ofModules(), ofSysctls(sysctls, more)}),
	} {
		t.Run(string(profile), func(t *testing.T) {
			b := booted(t, profile, mutating(mutations), nil)
			judge(t, mutations, b.Told)
			for _, want := range says[profile] {
				vmtest.Has(t, "the job's log", b.Job.Log, want)
			}
		})
	}
}
