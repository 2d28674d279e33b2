package machine

import (
	"errors"
	"fmt"
	"os/user"
	"slices"
	"strconv"
)

// runnerUID is the uid of GitHub's own images, so that files of caches have the owner that they had.
const runnerUID = 1001

// rootsGroups are those whose members are root by another name: a member of disk writes to disks, a
// member of lxd starts a container with / in it. Docker's is not among them: in profile hardened
// Docker has a policy of its own.
var rootsGroups = []string{"root", "sudo", "admin", "wheel", "disk", "kmem", "shadow", "lxd", "incus-admin", "libvirt"}

func accountProblems(f Facts, c Config) []error {
	if f.Runner == nil {
		if reason := f.lacks("useradd"); reason != "" {
			return []error{fmt.Errorf("there is no user %s, and %s", c.Runner, reason)}
		}
		return nil
	}
	var all []error
	if f.Runner.UID == 0 {
		all = append(all, fmt.Errorf("user %s has uid 0: a job needs a user that is not root", c.Runner))
	}
	for _, group := range f.Runner.Groups {
		if c.Profile == Hardened && slices.Contains(rootsGroups, group) {
			all = append(all, fmt.Errorf("user %s is in group %s, which makes it root: gpasswd -d %s %s", c.Runner, group, c.Runner, group))
		}
	}
	return all
}

// accountStep makes the runner's user if the image has none. In compat it may become root, as on
// GitHub's images.
func accountStep(f Facts, c Config) Step {
	step := Step{Name: "user " + c.Runner}
	if f.Runner != nil {
		step.Skip = fmt.Sprintf("it is there, with uid %d", f.Runner.UID)
		return step
	}
	add := []string{"useradd", "--create-home", "--shell", "/bin/bash", "--uid", strconv.Itoa(runnerUID), "--user-group"}
	if f.Docker {
		add = append(add, "--groups", "docker")
	}
	step.Acts = []Act{Command{Args: append(add, c.Runner)}}
	if c.Profile == Compat {
		step.Acts = append(step.Acts, writeFile{"/etc/sudoers.d/90-mayfly-" + c.Runner, 0o440, c.Runner + " ALL=(ALL) NOPASSWD:ALL\n"})
	}
	return step
}

// lookUser reads a user of the machine.
func lookUser(name string) (User, error) {
	found, err := user.Lookup(name)
	if err != nil {
		return User{}, err
	}
	uid, errUID := strconv.Atoi(found.Uid)
	gid, errGID := strconv.Atoi(found.Gid)
	ids, err := found.GroupIds()
	if err := errors.Join(errUID, errGID, err); err != nil {
		return User{}, err
	}
	u := User{Name: name, UID: uid, GID: gid, Home: found.HomeDir}
	for _, id := range ids {
		group, err := user.LookupGroupId(id)
		if err != nil {
			return User{}, err
		}
		u.Groups = append(u.Groups, group.Name)
	}
	return u, nil
}
