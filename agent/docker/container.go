package docker

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
)

const onlyCompat = "leave it out, or use a stack with profile compat"

// config are the fields of a new container. An older Docker takes those of HostConfig here, too; here they
// are unknown, and so refused.
// Source: github.com/moby/moby 20.10, runconfig.ContainerConfigWrapper.
var config = known(
	free("Hostname", "Domainname", "User", "AttachStdin", "AttachStdout", "AttachStderr", "ExposedPorts", "Tty", "OpenStdin",
		"StdinOnce", "Env", "Cmd", "Healthcheck", "ArgsEscaped", "Volumes", "WorkingDir", "Entrypoint", "NetworkDisabled",
		"MacAddress", "OnBuild", "Labels", "StopSignal", "StopTimeout", "Shell"),
	[]field{{"Image", (*Policy).image}},
	within("NetworkingConfig", known([]field{{"EndpointsConfig", endpoints}})),
	within("HostConfig", hostConfig),
)

// resources are the fields of a container that may be changed while it runs.
var resources = slices.Concat(
	free("Memory", "MemoryReservation", "MemorySwap", "MemorySwappiness", "KernelMemory", "KernelMemoryTCP", "NanoCpus",
		"CpuShares", "CpuPeriod", "CpuQuota", "CpuRealtimePeriod", "CpuRealtimeRuntime", "CpusetCpus", "CpusetMems", "CpuCount",
		"CpuPercent", "PidsLimit", "Ulimits", "BlkioWeight", "BlkioWeightDevice", "BlkioDeviceReadBps", "BlkioDeviceWriteBps",
		"BlkioDeviceReadIOps", "BlkioDeviceWriteIOps", "IOMaximumIOps", "IOMaximumBandwidth", "RestartPolicy"),
	unset("devices", onlyCompat, "Devices", "DeviceCgroupRules", "DeviceRequests"),
	unset("cgroup-parent", "leave out --cgroup-parent", "CgroupParent"),
	unset("oom", "leave out --oom-kill-disable: the machine's agent would be killed instead", "OomKillDisable"),
)

// hostConfig are the fields of HostConfig.
var hostConfig = known(
	resources,
	free("AutoRemove", "CapDrop", "ConsoleSize", "ContainerIDFile", "Dns", "DnsOptions", "DnsSearch", "ExtraHosts", "GroupAdd",
		"Init", "Links", "PortBindings", "PublishAllPorts", "ReadonlyRootfs", "ShmSize", "StorageOpt", "Tmpfs", "VolumesFrom"),
	unset("privileged", "leave out --privileged, or use a stack with profile compat", "Privileged"),
	unset("capabilities", "leave out --cap-add, or use a stack with profile compat", "CapAdd", "Capabilities"),
	unset("sysctls", onlyCompat, "Sysctls"),
	unset("annotations", onlyCompat, "Annotations"),
	among("volume-driver", "use the driver local", "VolumeDriver", "local"),
	among("runtime", "leave out --runtime", "Runtime", "runc"),
	among("runtime", "leave out --isolation", "Isolation", "default"),
	among("host-namespaces", "leave out --pid", "PidMode", container),
	among("host-namespaces", "leave out --ipc, or use private or shareable", "IpcMode", "none", "private", "shareable", container),
	among("host-namespaces", "leave out --uts", "UTSMode"),
	among("host-namespaces", "leave out --userns", "UsernsMode"),
	among("host-namespaces", "leave out --cgroupns", "CgroupnsMode", "private"),
	among("host-namespaces", "leave it out", "Cgroup", container),
	within("LogConfig", known(free("Config"),
		among("log-driver", "use json-file, local, journald or none: any other sends from the host itself", "Type", "json-file", "local", "journald", "none"))),
	[]field{
		{"Binds", (*Policy).binds}, {"Mounts", (*Policy).mounts}, {"NetworkMode", networkMode}, {"SecurityOpt", securityOpt},
		{"MaskedPaths", masked}, {"ReadonlyPaths", masked}, {"OomScoreAdj", oomScoreAdj},
	},
)

// create judges a new container.
func (p *Policy) create(c call) error {
	body, err := readBody(c)
	if err != nil {
		return err
	}
	values, err := config.judge(p, "", body)
	if err != nil {
		return err
	}
	if len(p.Images) > 0 && values[fold("Image")] == nil {
		return p.image("Image", "")
	}
	host, _ := values[fold("HostConfig")].(object)
	limits, err := host.fields("HostConfig.")
	if err != nil {
		return err
	}
	return p.limits(limits, true)
}

// update judges a change of what a container may use.
func (p *Policy) update(c call) error {
	body, err := readBody(c)
	if err != nil {
		return err
	}
	values, err := known(resources).judge(p, "", body)
	if err != nil {
		return err
	}
	return p.limits(values, false)
}

var execConfig = known(
	free("User", "Tty", "ConsoleSize", "AttachStdin", "AttachStdout", "AttachStderr", "Detach", "DetachKeys", "Env", "WorkingDir", "Cmd"),
	unset("privileged", "leave out --privileged", "Privileged"),
)

// exec judges a command to be run in a container.
func (p *Policy) exec(c call) error {
	body, err := readBody(c)
	if err == nil {
		_, err = execConfig.judge(p, "", body)
	}
	return err
}

// securityOpt allows what takes from a container, which is no more than the default of [DaemonConfig].
func securityOpt(_ *Policy, name string, value any) error {
	options, is := texts(value)
	if !is {
		return wrongType(name, "a list of strings")
	}
	for _, option := range options {
		switch strings.Replace(option, "=", ":", 1) {
		case "no-new-privileges", "no-new-privileges:true":
		default:
			return &RefusedError{"security-opt", fmt.Sprintf("%s has %.100q", name, option), "leave out --security-opt: seccomp, AppArmor and no-new-privileges stay as they are"}
		}
	}
	return nil
}

// masked judges the paths in /proc that a container does not see or write: Docker's own list, if there is
// none. An empty list is one: nothing would be masked.
func masked(_ *Policy, name string, value any) error {
	if value == nil {
		return nil
	}
	return &RefusedError{"unmasked-paths", name + " is set", "leave out --security-opt systempaths"}
}

func oomScoreAdj(_ *Policy, name string, value any) error {
	if asksNothing(value) {
		return nil
	}
	if n, is := value.(json.Number); is {
		if score, err := n.Int64(); err == nil && score >= 0 {
			return nil
		}
	}
	return &RefusedError{"oom", name + " is less than 0", "leave out --oom-score-adj: the machine's agent would be killed first"}
}
