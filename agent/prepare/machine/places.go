package machine

import "fmt"

// placesStep makes the job's directory. In hardened it is on the work volume, as are all places that
// the job writes to; it may be in one of them.
func placesStep(f Facts, c Config) Step {
	owner := f.Runner
	if owner == nil {
		owner = &User{Name: c.Runner}
	}
	step, work := Step{Name: "places"}, makeDir{c.Work, 0o755, owner}
	if c.Profile != Hardened {
		step.Acts = []Act{work}
		return step
	}
	for _, place := range c.Places {
		step.Acts = append(step.Acts, cover{onVolume(place.Path), place.Path, place.Keep})
	}
	step.Acts = append(step.Acts, work, cover{onVolume(c.Work), c.Work, false})
	return step
}

// tmpStep puts /tmp into memory.
func tmpStep(c Config) Step {
	if c.TmpSize == 0 {
		return Step{Name: "/tmp in memory", Skip: "it is not asked for"}
	}
	return Step{Name: "/tmp in memory", Acts: []Act{mount{"tmpfs", "/tmp", "tmpfs", fmt.Sprintf("size=%d,mode=1777", c.TmpSize)}}}
}
