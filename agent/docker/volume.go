package docker

func driver(name string) []field {
	return among("volume-driver", "use the driver local", name, "local")
}

// driverOptions of the driver local mount whatever they like: "o=bind,device=/".
func driverOptions(name string) []field {
	return unset("volume-options", "leave out the options of the volume's driver, which mount anything: mount a directory of the job's", name)
}

var volumeFields = known(free("Name", "Labels"), driver("Driver"), driverOptions("DriverOpts"))

// createVolume judges a new volume.
func (p *Policy) createVolume(c call) error {
	body, err := readBody(c)
	if err == nil {
		_, err = volumeFields.judge(p, "", body)
	}
	return err
}
