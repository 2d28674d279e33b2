package machine

import "fmt"

// placesStep makes the job's directory. In hardened it is on the work volume, as are all places that
// the job writes to.
func placesStep(f Facts, c Config) Step {
	owner := f.Runner
	if owner == nil {
		owner = &User{Name: c.Runner}
	}
	step := Step{Name: "places", Acts: []Act{makeDir{c.Work, 0o755, owner}}}
	if c.Profile != Hardened {
		return step
	}
	for _, place := range append([]Place{{Path: c.Work}}, c.Places...) {
		step.Acts = append(step.Acts, cover{onVolume(place.Path), place.Path, place.Keep})
	}
	return step
}

// tmpStep puts /tmp into memory.
func tmpStep(c Config) Step {
	if c.TmpSize == 0 {
		return Step{Name: "/tmp in memory", Skip: "it is not asked for"}
	}
	return Step{Name: "/tmp in memory", Acts: []Act{mount{"tmpfs", "/tmp", "tmpfs", fmt.Sprintf("size=%d,mode=1777", c.TmpSize)}}}
}
