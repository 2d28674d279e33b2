package machine

import (
	"errors"
	"io/fs"
	"path/filepath"
	"strings"
	"testing"
)

// links is a file system with these symbolic links, and with every path that is no link.
func links(all map[string]string) func(string) (string, error) {
	return func(path string) (string, error) {
		for link, target := range all {
			if inside(path, link) {
				return target + strings.TrimPrefix(path, link), nil
			}
		}
		if strings.Contains(path, "/missing") {
			return "", fs.ErrNotExist
		}
		return path, nil
	}
}

func TestWhereSomethingMayBeMounted(t *testing.T) {
	resolve := links(map[string]string{
		"/var/run": "/run", "/srv/etc": "/etc", "/opt/tools": "/opt/mayfly", "/data": "/var/lib/docker", "/secret": "",
	})
	const system, hides = "belongs to the system", "one would hide the other"
	for _, test := range []struct{ targets, err string }{
		{"/work", ""},
		{"/home/runner", ""},
		{"/home/runner/", ""},
		{"/var/lib/docker", ""},
		{"/tmp", ""},
		{"/etcetera", ""},
		{"/work /tmp /var/lib/docker /var/lib/dockers", ""},
		{"/missing/cache", ""},

		{"work", "use a path from /"},
		{"./work", "use a path from /"},
		{"", "use a path from /"},
		{"/work/../etc", `use a path without ".."`},
		{"/work/..", `use a path without ".."`},
		{"/work,exec", `use a path without blanks, control characters, ",", ":"`},
		{"/work:/tmp", "use a path without blanks"},
		{`/wo\rk`, "use a path without blanks"},
		{"/wo\trk", "use a path without blanks"},
		{"/wo\x7frk", "use a path without blanks"},

		{"/", system},
		{"//", system},
		{"/.", system},
		{"/dev", system},
		{"/dev/shm", system},
		{"/proc", system},
		{"/sys/fs/cgroup", system},
		{"/etc", system},
		{"/etc/", system},
		{"//etc", system},
		{"/./etc", system},
		{"/Etc", system},
		{"/ETC/ssh/", system},
		{"/run/docker.sock", system},
		{"/var/run/docker.sock", system},
		{"/var/run", system},
		{"/usr/local/bin", system},
		{"/root/.ssh", system},
		{"/opt/mayfly", system},
		{"/opt/tools/bin", system},
		{"/mnt/mayfly", system},
		{"/home", system},
		{"/var/lib", system},
		{"/srv/etc", system},
		{"/srv/etc/missing/deep", system},

		{"/work /work", hides},
		{"/work /work/", hides},
		{"/work /Work", hides},
		{"/work /work/cache", hides},
		{"/work/cache /work", hides},
		{"/data /var/lib/docker", hides},
	} {
		targets := []string{""}
		if test.targets != "" {
			targets = strings.Split(test.targets, " ")
		}
		err := checkTargets(targets, resolve)
		if test.err == "" && err != nil || test.err != "" && (err == nil || !strings.Contains(err.Error(), test.err)) {
			t.Errorf("%q: got %v, want %q", test.targets, err, test.err)
		}
	}
}

func TestEveryBadTargetIsNamed(t *testing.T) {
	err := checkTargets([]string{"/etc", "/work", "relative"}, links(nil))
	if err == nil || !strings.Contains(err.Error(), `mount on "/etc"`) || !strings.Contains(err.Error(), `mount on "relative"`) || strings.Contains(err.Error(), "/work") {
		t.Errorf("got %v, want the two that are wrong", err)
	}
}

func TestAPathThatCannotBeFollowedIsRefused(t *testing.T) {
	loop := errors.New("too many links")
	err := checkTargets([]string{"/work"}, func(string) (string, error) { return "", loop })
	if !errors.Is(err, loop) {
		t.Errorf("got %v, want %v", err, loop)
	}
}

func TestARealLinkIsFollowed(t *testing.T) {
	dir, err := filepath.EvalSymlinks(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := checkTarget(dir+"/etc", filepath.EvalSymlinks); err != nil {
		t.Errorf("a directory that is not there yet: %v", err)
	}
	makeLink(t, "/etc", filepath.Join(dir, "etc"))
	for _, target := range []string{"/etc", "/etc/missing/deep"} {
		if _, err := checkTarget(dir+target, filepath.EvalSymlinks); err == nil {
			t.Errorf("a link to /etc, %s: got no error", target)
		}
	}
}
