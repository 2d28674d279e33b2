package docker

import (
	"encoding/json"
	"fmt"
	"os"
	"slices"
)

const (
	// Group is the group of those who may speak to Docker.
	Group = "docker"
	// DaemonFile is where Docker is told by whom to have its calls judged.
	DaemonFile = "/etc/docker/daemon.json"
)

// DaemonConfig is Docker's daemon.json in the profile hardened: it asks the plugin before every call, and
// has by itself what a plugin cannot see to.
const DaemonConfig = `{
  "authorization-plugins": ["` + name + `"],
  "no-new-privileges": true,
  "icc": false,
  "builder": {"entitlements": {"network-host": false, "security-insecure": false}}
}
`

// Asks sees that a Docker which is configured by this file asks the plugin. Without it whoever is in
// [Group] is root.
func Asks(file string) error {
	var config struct {
		Plugins []string `json:"authorization-plugins"`
	}
	text, err := os.ReadFile(file)
	if err == nil {
		err = json.Unmarshal(text, &config)
	}
	if err == nil && slices.Contains(config.Plugins, name) {
		return nil
	}
	if err == nil {
		err = fmt.Errorf("authorization-plugins is %q", config.Plugins)
	}
	return fmt.Errorf(`%s: %w: the runner's user is in group %s, and so it has to name "%s"; docker.DaemonConfig is what to write there`, file, err, Group, name)
}
